"""How a person's e-mail address and phone number are written so that two spellings of one are the same text.

Both are parsed by libraries that know the standards (email-validator; phonenumbers, a port of Google's); nothing is
asked of any network, and no provider's own rules (dots that do not count, tags behind a plus) are guessed at.
"""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult


class NotAnAddress(ValueError):
    """Why a text is no e-mail address, without the text itself."""


class NotANumber(ValueError):
    """Why a text is no phone number, without the text itself."""


def email_form(text: str) -> str:
    """The address as it is to be written: its domain in small letters and in its own script, the part before the @ as
    its owner writes it. Raises NotAnAddress."""
    try:
        found = validate_email(text.strip(), check_deliverability=False)
    except EmailNotValidError:
        raise NotAnAddress("It is not an e-mail address, such as name@example.com.") from None
    return found.normalized


def same_email(text: str) -> str:
    """What two spellings of one address have in common. What is no address is compared without regard to case."""
    try:
        return email_form(text).casefold()
    except NotAnAddress:
        return text.strip().casefold()


def phone_form(text: str, region: str = "") -> str:
    """The number in E.164: +492210000. `region`: the two letters of the country in which a number without + is
    dialled. Raises NotANumber."""
    try:
        number = phonenumbers.parse(_international(text), region.strip().upper() or None)
    except NumberParseException:
        raise NotANumber(
            "It is not a phone number, or its country is not known. Write it with + and the country's code."
        ) from None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise NotANumber("It has too few or too many digits for a phone number of its country.")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def same_phone(text: str, region: str = "") -> str:
    """What two spellings of one number have in common. What cannot be read as one is compared by its digits."""
    try:
        return phone_form(text, region)
    except NotANumber:
        return bare_phone(text)


def bare_phone(text: str) -> str:
    return "".join(sign for sign in text if sign.isdecimal() or sign == "+")


def _international(text: str) -> str:
    """00 stands for + in most of the world, and without a region nobody could tell."""
    bare = text.strip()
    return f"+{bare[2:]}" if bare.startswith("00") else bare

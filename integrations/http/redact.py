"""Takes secrets and personal data out of what is kept as evidence or written to a log.

Field names stay, and whether a field was empty stays, since that is what an integrator looks for.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from mappings import cards

HIDDEN = "[hidden]"
LONGEST_TEXT = 2_000
LONGEST_LIST = 50
DEEPEST = 12
# A secret shorter than this is hidden by the name of its field only: as text it would be found in every other word.
SHORTEST_SECRET = 6

_SECRET_NAME = re.compile(
    r"auth(?!or)|token|secret|password|passwd|(api|access|private)_?key|signature|hmac|cookie|session|credential|bearer"
    r"|^(key|pin|cvc|cvv|otp|sid|code_verifier)$"
)
_PERSON_NAME = re.compile(
    r"^(first|last|full|given|family|sur|middle|display|recipient|customer|contact|buyer|billing|shipping"
    r"|receiver|sender|holder|cardholder|user)_?name$|^(surname|company|attention|salutation)$"
)
_EMAIL_NAME = re.compile(r"e?mail")
_PHONE_NAME = re.compile(r"phone|mobile|^tel$|telephone|^fax$|cellular")
_ADDRESS_NAME = re.compile(
    r"^(address_?(line)?_?\d?|line_?\d|street.*|house_?(no|number)?|city|town|suburb|district|locality"
    r"|postal_?code|post_?code|zip.*|postcode)$"
)
_OTHER_PERSONAL = re.compile(
    r"birth|^dob$|^(vat|tax)_?(id|number|no)$|^ip(_?address)?$|iban|^bic$|card_?number|last_?(4|four)$|^(note|notes|comment|comments)$"
    r"|gift_?message|instructions|latitude|longitude|^lat$|^lng$|^passport|^ssn$"
)
# Below one of these everything that is text belongs to a person, whatever its field is called.
_ABOUT_A_PERSON = re.compile(
    r"address|^(ship|bill|deliver|return)_?(to|from)$|^(customer|recipient|buyer|contact|person|profile|receiver"
    r"|sender|consignee|addressee|shipping|billing|user)$"
)
# ... except these, which say nothing about who it is.
_HARMLESS = re.compile(
    r"(^|_)(id|ids|country|country_code|currency|type|kind|state|status|locale|language|__typename|created_at"
    r"|updated_at|version|quantity|amount|code|validated|default|tags)$"
)

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(r"(?<![\w+])\+\d[\d\s().-]{6,18}\d|\(\d{2,5}\)\s?\d[\d\s-]{4,12}\d")
_BEARER = re.compile(r"\b(bearer|basic|token)\s+[\w\-.~+/=]{8,}", re.IGNORECASE)
_SECRET_IN_TEXT = re.compile(
    r"((?:access_|refresh_|api_?|client_|session_)?(?:token|secret|key|password|signature)\"?\s*[=:]\s*\"?)"
    r"([^\s\"&,;}]{6,})",
    re.IGNORECASE,
)
# Who knows the end of such an address can send there; the framework writes it with each refusal.
_WEBHOOK_ADDRESS = re.compile(r"(/hooks/)[\w-]+")
_STEPS = re.compile(r"[.\[\]]+")
_SPLIT_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.\-]+")


class Redactor:
    """Hides by field name, by pattern, and the very values of `secrets` wherever they stand."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        known |= {quote(secret, safe="") for secret in known}
        longest_first = sorted(known, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if known else None

    def text(self, text: str) -> str:
        """Free text: known secrets, e-mail addresses, telephone numbers, what is called token or key."""
        if self._secrets is not None:
            text = self._secrets.sub(HIDDEN, text)
        text = _BEARER.sub(lambda found: f"{found[1]} {HIDDEN}", text)
        text = _SECRET_IN_TEXT.sub(lambda found: found[1] + HIDDEN, text)
        text = _WEBHOOK_ADDRESS.sub(rf"\1{HIDDEN}", text)
        text = _EMAIL.sub("[email]", text)
        text = cards.without_numbers(text)
        return _PHONE.sub("[phone]", text)

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {
            name: HIDDEN if _SECRET_NAME.search(_plain(name)) else self.text(value)[:LONGEST_TEXT]
            for name, value in headers.items()
        }

    def url(self, url: str) -> str:
        parts = urlsplit(url)
        pairs = [
            (name, self._by_name(_plain(name), value, False) if value else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        host = parts.netloc.rpartition("@")[2]
        query = urlencode(pairs, safe="[]:,")
        return urlunsplit((parts.scheme, host, self.text(parts.path), query, ""))

    def value(self, value: Any, depth: int = 0, personal: bool = False) -> Any:
        """A JSON value of the same shape, cut where it is very deep or long."""
        if depth > DEEPEST:
            return "[deeper]"
        if isinstance(value, Mapping):
            return {str(name): self._field(str(name), part, depth, personal) for name, part in value.items()}
        if isinstance(value, list | tuple):
            shown = [self.value(part, depth + 1, personal) for part in value[:LONGEST_LIST]]
            more = len(value) - LONGEST_LIST
            return [*shown, f"[{more} more]"] if more > 0 else shown
        if isinstance(value, str):
            return ("[personal]" if personal and value else self.text(value))[:LONGEST_TEXT]
        return value

    def at(self, path: str, value: str, personal: bool = False) -> str:
        """One value of an object, by its path in it ("address.city", "lines[0].sku"): as `value` shows it there.
        `personal`: the whole object is about a person."""
        *above, name = (step for step in _STEPS.split(path) if step)
        personal = personal or any(_ABOUT_A_PERSON.search(_plain(step)) for step in above)
        if any(_SECRET_NAME.search(_plain(step)) for step in above):
            return HIDDEN
        return str(self._by_name(_plain(name), value, personal)) if value else value

    def _field(self, name: str, value: Any, depth: int, personal: bool) -> Any:
        plain = _plain(name)
        if isinstance(value, Mapping | list | tuple):
            if _SECRET_NAME.search(plain):
                return HIDDEN
            return self.value(value, depth + 1, personal or bool(_ABOUT_A_PERSON.search(plain)))
        if value in (None, "") or isinstance(value, bool):
            return value
        return self._by_name(plain, value, personal)

    def _by_name(self, plain: str, value: Any, personal: bool) -> Any:
        if _SECRET_NAME.search(plain):
            return HIDDEN
        for pattern, mask in _MASKS:
            if pattern.search(plain):
                return mask
        if personal and not _HARMLESS.search(plain):
            return "[personal]"
        return self.text(value)[:LONGEST_TEXT] if isinstance(value, str) else value


_MASKS = (
    (_EMAIL_NAME, "[email]"),
    (_PHONE_NAME, "[phone]"),
    (_PERSON_NAME, "[name]"),
    (_ADDRESS_NAME, "[address]"),
    (_OTHER_PERSONAL, "[personal]"),
)

# What stands in place of a value. None of them is ever one.
MASKS = frozenset({HIDDEN, "[deeper]", *(mask for _, mask in _MASKS)})

ANYTHING = Redactor()


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return bool(_SECRET_NAME.search(_plain(name)))


class RedactingFilter(logging.Filter):
    """Put it on a handler: what it lets through, exceptions too, holds no e-mail address, telephone number or token."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = ANYTHING.text(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = ANYTHING.text(logging.Formatter().formatException(record.exc_info))
        elif record.exc_text:
            record.exc_text = ANYTHING.text(record.exc_text)
        return True


def _plain(name: str) -> str:
    """shippingAddress, Shipping-Address and shipping_address are one name."""
    return _SPLIT_WORDS.sub("_", name).lower()

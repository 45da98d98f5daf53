"""No card data is kept: what a payment provider tells of a card is taken out before anything is stored.

Not the last four digits either: nothing here needs them. What looks like a whole card number is taken out of every
text, wherever it stands: people and shops write them where they do not belong.
"""

from __future__ import annotations

import re
from typing import Any

HIDDEN = "[card]"
# The kinds of records that a payment provider tells.
KINDS = ("payment", "refund", "dispute", "payout")
SHORTEST, LONGEST = 13, 19
_RUN = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?![\w.])")
# Fields by which providers tell of a card, and of what is printed on it.
_FIELDS = frozenset(
    [
        "card",
        "card_id",
        "card_number",
        "cardnumber",
        "card_details",
        "card_present",
        "card_token",
        "pan",
        "bin",
        "iin",
        "last4",
        "last_four",
        "last_digits",
        "cvc",
        "cvc2",
        "cvv",
        "cvv2",
        "cvc_check",
        "security_code",
        "exp_month",
        "exp_year",
        "expiry",
        "expiration_month",
        "expiration_year",
        "expiry_month",
        "expiry_year",
        "fingerprint",
        "cardholder_name",
        "name_on_card",
    ]
)


def is_card_number(digits: str) -> bool:
    """Whether it may be one: of an issuer's first digit, of a card's length, and right by its check digit (Luhn)."""
    if not SHORTEST <= len(digits) <= LONGEST or digits[0] not in "23456":
        return False
    total = 0
    for place, sign in enumerate(reversed(digits)):
        worth = int(sign) * (2 if place % 2 else 1)
        total += worth - 9 if worth > 9 else worth
    return total % 10 == 0


def without_numbers(text: str) -> str:
    """The text without what looks like a card's number."""
    return _RUN.sub(lambda found: HIDDEN if is_card_number(re.sub(r"\D", "", found[0])) else found[0], text)


def without_card_data(value: Any) -> Any:
    """A payload without what it tells of a card. What has nothing of it is given back as it is, uncopied."""
    if isinstance(value, dict):
        kept = {
            name: part if _is_id(name, part) else without_card_data(part)
            for name, part in value.items()
            if not _is_of_card(name)
        }
        same = len(kept) == len(value) and all(kept[name] is value[name] for name in kept)
        return value if same else kept
    if isinstance(value, list):
        parts = [without_card_data(part) for part in value]
        return value if all(one is other for one, other in zip(parts, value, strict=True)) else parts
    if isinstance(value, str):
        changed = without_numbers(value)
        return value if changed == value else changed
    if isinstance(value, int) and not isinstance(value, bool) and is_card_number(str(abs(value))):
        return HIDDEN
    return value


def _is_id(name: str, value: Any) -> bool:
    """Some providers' ids are sixteen digits long, and one in ten would pass for a card's number."""
    return not isinstance(value, dict | list) and (name == "id" or name.endswith(("_id", "Id")))


def _is_of_card(name: str) -> bool:
    return name.replace("-", "_").lower() in _FIELDS

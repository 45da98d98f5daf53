"""Whether two values say the same, whatever form each system gives them. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from mappings.kinds import NUMBER, TEXT, TIME, WHOLE, YES_OR_NO

# Systems cut times to whole seconds; less apart is the same moment.
SAME_MOMENT = 1.0
_AMOUNT = re.compile(r"[+-]?\d{1,30}\.\d{1,30}")
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")


def is_empty(value: Any) -> bool:
    """Null, nothing and an empty list say the same: there is none."""
    return value is None or value == "" or value == [] or value == {}


def say_the_same(one: Any, other: Any, kind: str = "", path: str = "") -> bool:
    """`kind` is what the mapping says of the field (`mappings.kinds`), "" where it is not known."""
    if is_empty(one) or is_empty(other):
        return is_empty(one) and is_empty(other)
    if kind == YES_OR_NO or isinstance(one, bool) or isinstance(other, bool):
        return _yes_or_no(one) == _yes_or_no(other)
    if _are_numbers(one, other, kind):
        return _number(one) == _number(other)
    if kind in ("", TIME):
        moments = _moment(one), _moment(other)
        if moments[0] is not None and moments[1] is not None:
            return abs((moments[0] - moments[1]).total_seconds()) < SAME_MOMENT
    return _text(one, path) == _text(other, path)


def _are_numbers(one: Any, other: Any, kind: str) -> bool:
    """Where nothing is known of the field, digits alone are no number: 0042 may be an article."""
    if _number(one) is None or _number(other) is None:
        return False
    if kind in (NUMBER, WHOLE):
        return True
    if kind == TEXT and isinstance(one, str) and isinstance(other, str):
        # An amount that a mapping turned into text ("12.50") is an amount still.
        return bool(_AMOUNT.fullmatch(one.strip()) and _AMOUNT.fullmatch(other.strip()))
    if isinstance(one, str) and isinstance(other, str):
        return bool(_AMOUNT.fullmatch(one.strip()) or _AMOUNT.fullmatch(other.strip()))
    return all(not isinstance(value, str) or _is_plain_number(value) for value in (one, other))


def _is_plain_number(text: str) -> bool:
    """An id that a system tells as a number stays the same id: only one with a leading zero is another."""
    digits = text.strip().lstrip("+-")
    return not (len(digits) > 1 and digits.startswith("0") and "." not in digits)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _yes_or_no(value: Any) -> bool | str:
    text = str(value).strip().lower()
    return True if text in _YES else False if text in _NO else text


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        found = value
    elif isinstance(value, str) and len(value) >= len("2026-05-01T14:30"):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return None
    else:
        return None
    # A system that tells no zone means UTC far more often than any other.
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _text(value: Any, path: str) -> str:
    text = unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n")
    text = " ".join(text.split())
    name = path.rpartition(".")[2].lower()
    if "email" in name:
        return text.casefold()
    if "phone" in name:
        return re.sub(r"[^\d+]", "", text)
    return text

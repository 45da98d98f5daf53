"""What would be written of a case, beside what is written of an ordinary record: whether it says what is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

Body = Mapping[str, Any]
# The ordinary body, and the case's; gives what is wrong in a sentence, or "".
Check = Callable[[Body, Body], str]
LOUD: Final = "🎉📦"
# Of the ordinary records. No store has such an article, so that nothing that is known of a real one is counted in.
SKU: Final = "SANDBOX-CASE-MUG"
CURRENCY: Final = "EUR"
NUMBER: Final = "7300001"
ON_HAND: Final = 12


def tells_otherwise(ordinary: Body, body: Body) -> str:
    if _leaves(body) != _leaves(ordinary):
        return ""
    return "It would be written exactly as the ordinary one."


def tells_part(ordinary: Body, body: Body) -> str:
    """Where what is in it is written at all."""
    has_list = any(path.partition(".0")[1] for path in _leaves(ordinary))
    return tells_otherwise(ordinary, body) if has_list else ""


def no_money_of_nothing(ordinary: Body, body: Body) -> str:
    """An amount that is not told is left out, or empty: nothing costs nothing because nobody said what it costs."""
    before, after = _leaves(ordinary), _leaves(body)
    lost = [
        path for path, value in before.items() if (_number(value) or 0) > 0 and _number(after.get(path)) == 0
    ]
    return f"{lost[0]} would be written as 0." if lost else ""


def to_the_letter(ordinary: Body, body: Body) -> str:
    """Where a name is written at all, no sign of it is left out or replaced."""
    before = _leaves(ordinary)
    changed = [value for path, value in _leaves(body).items() if value != before.get(path)]
    texts = [value for value in changed if isinstance(value, str)]
    if not texts or any(sign in text for text in texts for sign in LOUD):
        return ""
    return "The emoji is lost on the way."


def says_zero(ordinary: Body, body: Body) -> str:
    before, after = _leaves(ordinary), _leaves(body)
    figures = [path for path, value in before.items() if (_number(value) or 0) > 0 and path in after]
    if any(_number(after[path]) == 0 for path in figures):
        return ""
    return "Nobody over there would see that none is left."


def offers_none_below_zero(ordinary: Body, body: Body) -> str:
    """What only repeats the figure on hand may be below zero: reports tell what is so."""
    before = _leaves(ordinary)
    below = [path for path, value in _leaves(body).items() if (_number(value) or 0) < 0]
    wrong = [path for path in below if _number(before.get(path)) != ON_HAND]
    return f"{wrong[0]} would be below zero." if wrong else ""


def no_made_up_currency(ordinary: Body, body: Body) -> str:
    return _made_up(ordinary, body, lambda value: value.upper() == CURRENCY)


def no_made_up_address(ordinary: Body, body: Body) -> str:
    return _made_up(ordinary, body, lambda value: "@" in value)


def no_made_up_sku(ordinary: Body, body: Body) -> str:
    return _made_up(ordinary, body, lambda value: value == SKU)


def _made_up(ordinary: Body, body: Body, is_it: Callable[[str], bool]) -> str:
    """What the record does not tell is not put in by a rule."""
    before, after = _leaves(ordinary), _leaves(body)
    asked = [path for path, value in before.items() if isinstance(value, str) and is_it(value)]
    # The record's own number in its place is nothing made up.
    filled = [path for path in asked if after.get(path) and NUMBER not in str(after[path])]
    return f"{filled[0]} would be filled all the same: {after[filled[0]]}." if filled else ""


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _leaves(value: Any) -> dict[str, Any]:
    return dict(_each(value, ""))


def _each(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _each(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _each(part, f"{path}.{place}")
    else:
        yield path, value

"""A payload in which what is personal is replaced by harmless values of the same shape: as long, with letters where
letters were and digits where digits were, empty where it was empty.

What is personal is known by the names of fields (as where evidence is redacted), by patterns in text, and by the rules
that read a field into what is personal in our records. Numbers of orders and articles, money and times stay.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from math import isfinite
from typing import Any, Final

import phonenumbers

from integrations.http.redact import ANYTHING, LONGEST_LIST
from mappings.sources import targets_by_path
from mappings.translate import RuleData

Place = tuple[str | int, ...]
EMAIL_AT: Final = "@"
# Of a fraction so many are kept in shape.
PLACES: Final = 8
# Domains that belong to nobody.
HARMLESS_DOMAIN: Final = "example.com"


def personal_places(payload: Any, rules: Collection[RuleData], *, is_of_person: bool = False) -> list[Place]:
    """Where in the payload something of a person stands. `is_of_person`: all of it is about one."""
    by_name = dict.fromkeys(_redacted(payload, ANYTHING.value(payload, personal=is_of_person), ()))
    named = {
        path for path, targets in targets_by_path(list(rules)).items() if any(map(_is_personal, targets))
    }
    by_rule = [place for place, _ in _leaves(payload, ()) if said(place) in named]
    return list(by_name | dict.fromkeys(by_rule))


def replaced(payload: Any, places: Collection[Place]) -> Any:
    """A copy with harmless values at these places."""
    made = deepcopy(payload)
    for place in places:
        holder = made
        for name in place[:-1]:
            holder = holder[name]
        holder[place[-1]] = harmless(holder[place[-1]])
    return made


def harmless(value: Any) -> Any:
    """Of the same shape, and nobody's."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int("".join(map(_sign, str(value))))
    if isinstance(value, float) and isfinite(value):
        # Where somebody lives, to the metre: as many digits, none of which is theirs.
        return float("".join(map(_sign, f"{value:.{PLACES}f}".rstrip("0"))))
    if not isinstance(value, str):
        return value
    head, at, domain = value.partition(EMAIL_AT)
    if at and "." in domain and not any(sign.isspace() for sign in value.strip()):
        blanks = value[: len(value) - len(value.lstrip())], value[len(value.rstrip()) :]
        return f"{blanks[0]}{''.join(map(_sign, head.strip()))}@{HARMLESS_DOMAIN}{blanks[1]}"
    return _phone(value) if value.lstrip().startswith("+") else "".join(map(_sign, value))


def _phone(value: str) -> str:
    """Of the same country, since a number is judged by its country's rules."""
    try:
        left = len(str(phonenumbers.parse(value, None).country_code))
    except phonenumbers.NumberParseException:
        left = 0
    made = ""
    for sign in value:
        made += sign if left and sign.isdecimal() else _sign(sign)
        left -= bool(left and sign.isdecimal())
    return made


def said(place: Place) -> str:
    """ "lines[].sku", as rules name it."""
    text = ""
    for name in place:
        text += "[]" if isinstance(name, int) else f".{name}" if text else name
    return text


def _sign(sign: str) -> str:
    if sign.isdecimal():
        return "1"
    if not sign.isalpha():
        return sign
    if sign.isascii():
        return "A" if sign.isupper() else "a"
    # What trips over letters that are not plain keeps tripping.
    return "É" if sign.isupper() else "é" if sign.islower() else "字"


def _is_personal(target: str) -> bool:
    """Whether a field of our records is about a person: its name says so, or that of what it stands in."""
    nested: Any = "x1"
    for name in reversed(target.replace("[]", "").split(".")):
        nested = {name: nested}
    return bool(ANYTHING.value(nested) != nested)


def _redacted(value: Any, shown: Any, place: Place) -> Iterator[Place]:
    """Where the redactor has put something else. What it cuts off (long lists) it is asked about again, bit by bit."""
    if isinstance(value, dict) and isinstance(shown, dict):
        for name, part in value.items():
            yield from _redacted(part, shown.get(str(name)), (*place, name))
    elif isinstance(value, list) and isinstance(shown, list):
        for number, part in enumerate(value):
            if number < LONGEST_LIST:
                yield from _redacted(part, shown[number], (*place, number))
            else:
                # As its neighbours: a list below a person is about that person.
                yield from _redacted(
                    part, ANYTHING.value(part, personal="[personal]" in shown), (*place, number)
                )
    elif isinstance(value, dict | list):
        yield from (found for found, _ in _leaves(value, place))
    elif value != shown and value not in (None, ""):
        yield place


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, (*place, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from _leaves(part, (*place, number))
    elif value not in (None, "") and not isinstance(value, bool):
        yield place, value

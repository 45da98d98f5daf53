"""What real payloads hold: which fields are filled, how often and with what, before anybody writes a rule.

Nothing is kept: a profile is worked out from the payloads at hand and shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .currencies import places_of
from .outline import DEEPEST, shown, step

MOST_FIELDS = 400
EXAMPLES = 4
# More different values than this are none that a value map would hold.
MOST_DISTINCT = 200
LONGEST_EXAMPLE = 40

_ID_NAME = re.compile(r"(^|_)(id|gid|uuid|guid|number|sku|handle|reference|key)$")
_MONEY_NAME = re.compile(r"price|amount|total|subtotal|tax|discount|fee|cost|refund|balance")
_COUNT_NAME = re.compile(r"quantity|count|qty|position")
_SPLIT_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s.\-]+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LINK = re.compile(r"(https?|gid)://\S+")
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")
_FRACTION = re.compile(r"-?\d{1,15}\.\d{1,4}")
_PHONE = re.compile(r"\+\d[\d\s().-]{6,18}\d")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
# What a masked address and name are shown as.
_ADDRESS, _NAME = "“[address]”", "“[name]”"
_MOMENTS = range(946_684_800, 4_102_444_800)  # 2000 to 2100, as seconds


@dataclass(frozen=True)
class FieldProfile:
    """`path` is JMESPath, with `[]` for all entries of a list. `seen` of `places`: how often it is there with a value,
    of how often it could be. `examples` are (value, how often), personal ones masked. `types` are of JSON."""

    path: str
    seen: int
    places: int
    types: tuple[str, ...]
    distinct: int
    looks_like: str = ""
    examples: tuple[tuple[str, int], ...] = ()

    @property
    def share(self) -> int:
        return round(100 * self.seen / self.places) if self.places else 0

    @property
    def is_always_filled(self) -> bool:
        return self.seen == self.places

    @property
    def is_mixed(self) -> bool:
        return len(self.types) > 1


@dataclass
class _Tally:
    values: list[Any] = field(default_factory=list)
    examples: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    # Of what it lies in, and as which it was met.
    around: str = ""
    met: int = 0


def profile(
    payloads: Sequence[dict[str, Any]], mask: Callable[[dict[str, Any]], Any]
) -> tuple[FieldProfile, ...]:
    """Each field of the payloads, in the order in which they come. `mask` gives a payload of the same shape whose
    values may be shown."""
    tallies: dict[str, _Tally] = {}
    places: Counter[str] = Counter()
    for payload in payloads:
        for around, path, value in _values(payload, "", places, 0):
            tally = tallies.setdefault(path, _Tally(around=around, met=len(tallies)))
            tally.types[type_of(value)] += value is not None and value != ""
            tally.values.append(value)
        for _, path, value in _values(mask(payload), "", Counter(), 0):
            if path in tallies and value not in (None, "") and not isinstance(value, dict | list):
                tallies[path].examples[shown(value)[:LONGEST_EXAMPLE]] += 1
    _hide_names(tallies)
    paths = sorted(tallies, key=lambda path: _way_to(path, tallies))
    return tuple(_profiled(path, tallies[path], places) for path in paths[:MOST_FIELDS])


def _hide_names(tallies: dict[str, _Tally]) -> None:
    """A name beside an address is a person's, whatever the object is called that holds both."""
    addressed = {tally.around for tally in tallies.values() if _ADDRESS in tally.examples}
    for path, tally in tallies.items():
        if tally.around in addressed and path.rpartition(".")[2] == "name":
            tally.examples = Counter({_NAME: sum(tally.examples.values())})


def _way_to(path: str, tallies: dict[str, _Tally]) -> list[int]:
    """Puts the fields of an object below it, also those that only a later payload had."""
    way: list[int] = []
    while path in tallies:
        way.append(tallies[path].met)
        path = tallies[path].around.removesuffix("[]")
    return way[::-1]


def _values(value: Any, path: str, places: Counter[str], depth: int) -> Iterator[tuple[str, str, Any]]:
    """What each field lies in, its own path and its value. `places` counts the objects that could have a field, by
    their own path."""
    if isinstance(value, dict):
        places[path] += 1
        for name, part in value.items():
            inner = step(path, str(name))
            yield path, inner, part
            if depth < DEEPEST:
                yield from _values(part, inner, places, depth + 1)
    elif isinstance(value, list):
        for part in value:
            if isinstance(part, dict | list) and depth < DEEPEST:
                yield from _values(part, f"{path}[]", places, depth + 1)


def _profiled(path: str, tally: _Tally, places: Counter[str]) -> FieldProfile:
    filled = [value for value in tally.values if value not in (None, "", [], {})]
    plain = [value for value in filled if not isinstance(value, dict | list)]
    return FieldProfile(
        path=path,
        seen=len(filled),
        places=places[tally.around],
        types=tuple(name for name, number in tally.types.most_common() if number),
        distinct=len({str(value) for value in plain}),
        looks_like=looks_like(path, plain),
        examples=tuple(tally.examples.most_common(EXAMPLES)),
    )


def type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, list):
        return "list"
    if isinstance(value, dict):
        return "object"
    return "empty" if value is None else "text"


def looks_like(path: str, values: Sequence[Any]) -> str:
    """What all the values could be, in a word or two; nothing where they could be anything."""
    if not values:
        return ""
    name = _SPLIT_WORDS.sub("_", path.rpartition(".")[2].strip('"')).lower()
    texts = [str(value) for value in values if not isinstance(value, bool)]
    if len(texts) < len(values):
        return "yes or no"
    for word, holds in _KINDS:
        if all(holds(name, text) for text in texts):
            return word
    if 1 < len(set(texts)) <= len(texts) // 2 and len(set(texts)) <= MOST_DISTINCT:
        return "one of a few words"
    return ""


def _is_date(_: str, text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_KINDS: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("e-mail", lambda _, text: _EMAIL.fullmatch(text) is not None),
    ("date", _is_date),
    ("date (seconds)", lambda name, text: name.endswith("at") and text.isdigit() and int(text) in _MOMENTS),
    ("currency", lambda name, text: len(text) == 3 and text.isupper() and places_of(text) is not None),
    ("money", lambda name, text: bool(_MONEY_NAME.search(name)) and _NUMBER.fullmatch(text) is not None),
    ("money", lambda name, text: _FRACTION.fullmatch(text) is not None and len(text.rpartition(".")[2]) == 2),
    ("phone", lambda _, text: _PHONE.fullmatch(text) is not None),
    ("link", lambda _, text: _LINK.fullmatch(text) is not None),
    ("id", lambda name, text: bool(_ID_NAME.search(name)) or _UUID.fullmatch(text) is not None),
    ("count", lambda name, text: bool(_COUNT_NAME.search(name)) and text.lstrip("-").isdigit()),
    ("country", lambda name, text: "country" in name and len(text) == 2 and text.isupper()),
    ("number", lambda _, text: _NUMBER.fullmatch(text) is not None),
    ("yes or no", lambda _, text: text.lower() in ("true", "false", "yes", "no")),
)

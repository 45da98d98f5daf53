"""What a job does with a record that fails, in the words that an operator chooses, by kind of failure.

A fallback says how often the record is tried again first, and what happens then: it is held for a person (which is what
happens without any), skipped with a note, sent once more with a value put into the field that failed, or handed over to
a job that leads elsewhere. What may have arrived, and what stops a whole job, no fallback changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec
from msgspec import UNSET

from integrations.models import Kind, SyncJob
from mappings.shapes import convert

from .addresses import BAD_ADDRESS
from .overdue import OVERDUE
from .parcels import Parcel


class When(StrEnum):
    """Kinds of failure, as an operator tells them apart."""

    TEMPORARY = "temporary"
    REFUSED = "refused"
    OUT_OF_STOCK = "out_of_stock"
    MISSING_FIELD = "missing_field"
    UNKNOWN_VALUE = "unknown_value"
    BAD_VALUE = "bad_value"
    WAITED_TOO_LONG = "waited_too_long"
    BUG = "bug"


class Then(StrEnum):
    """What happens when the tries are used up, or at once where there are none."""

    HOLD = "hold"
    SKIP = "skip"
    DEFAULT = "default"
    HAND_OVER = "hand_over"


LABELS = {
    When.TEMPORARY: "It fails for a while (no answer, too many calls, a fault over there)",
    When.REFUSED: "The system refuses the record",
    When.OUT_OF_STOCK: "The system says out of stock",
    When.MISSING_FIELD: "A required value is missing",
    When.UNKNOWN_VALUE: "A value is not in its value map",
    When.BAD_VALUE: "A value has not the form that its field needs",
    When.WAITED_TOO_LONG: "What the record refers to has not come in time",
    When.BUG: "Crossdock makes a mistake",
}
THEN_LABELS = {
    Then.HOLD: "Hold it for a person",
    Then.SKIP: "Skip it, with a note",
    Then.DEFAULT: "Put a value into the field, and send it once more",
    Then.HAND_OVER: "Hand it over to another job, for another system",
}
_SENTENCES = {
    When.TEMPORARY: "{to} fails for a while",
    When.REFUSED: "{to} refuses the record",
    When.OUT_OF_STOCK: "{to} says out of stock",
    When.MISSING_FIELD: "a required value is missing",
    When.UNKNOWN_VALUE: "a value is not in its value map",
    When.BAD_VALUE: "a value has not the form that its field needs",
    When.WAITED_TOO_LONG: "what the record refers to has not come in time",
    When.BUG: "Crossdock makes a mistake",
}
# A mistake of ours says nothing of the record: it is tried again or held, and never passed over.
ALLOWED: Mapping[When, tuple[Then, ...]] = {
    When.TEMPORARY: (Then.HOLD, Then.SKIP),
    When.REFUSED: tuple(Then),
    When.OUT_OF_STOCK: (Then.HOLD, Then.SKIP, Then.HAND_OVER),
    When.MISSING_FIELD: tuple(Then),
    When.UNKNOWN_VALUE: tuple(Then),
    When.BAD_VALUE: tuple(Then),
    When.WAITED_TOO_LONG: (Then.HOLD, Then.SKIP),
    When.BUG: (Then.HOLD,),
}
# Of the others, the same record would fail the same way again.
MAY_TRY_AGAIN = (When.TEMPORARY, When.REFUSED, When.OUT_OF_STOCK, When.BUG)
# Found before anything leaves; of the others an answer tells, or time.
FORESEEN = (When.MISSING_FIELD, When.UNKNOWN_VALUE, When.BAD_VALUE)
# What the vendors call it: Shopify and the sandbox, Medusa, Saleor, warehouses.
OUT_OF_STOCK_CODES = frozenset(
    {
        "out_of_stock",
        "insufficient_stock",
        "insufficient_inventory",
        "insufficient_quantity",
        "not_enough_stock",
        "no_stock",
    }
)
# They have a way of their own: one mend for all jobs, a corrected source, a question to a person.
_NEVER = frozenset({BAD_ADDRESS, OVERDUE, "unreadable", "unreadable_place", "not_found", "worker_died"})
_BY_CODE = {
    "missing_field": When.MISSING_FIELD,
    "unknown_value": When.UNKNOWN_VALUE,
    "waited_too_long": When.WAITED_TOO_LONG,
}
MOST_TRIES, MOST_PAUSE_MINUTES, MOST_HOURS = 100, 24 * 60, 7 * 24
LONGEST_NOTE = 200
MINUTES_OF_AN_HOUR = 60


class Failed(Protocol):
    """What is known of a failed record: a Fault, or the ErrorRecord that was made of one."""

    kind: Any
    code: str
    place: str
    field: str


class Fallback(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One of a job's, as it stands in a configuration file. `code` and `field` narrow what it is about. `tries` of 0:
    it is not tried again first. `value` is put into `field`. `to` is the key of the job that takes
    it over."""

    when: str
    code: str = ""
    field: str = ""
    tries: int = 0
    longest_pause_minutes: int = 15
    for_hours: int = 24
    then: str = Then.HOLD.value
    note: str = ""
    value: Any = UNSET
    to: str = ""

    def to_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    @property
    def changes_the_end(self) -> bool:
        return self.then != Then.HOLD

    @property
    def exactness(self) -> int:
        return bool(self.code) + bool(self.field) + (self.when == When.OUT_OF_STOCK)

    def is_about(self, when: When, failed: Failed) -> bool:
        if self.when != when and not (self.when == When.REFUSED and when == When.OUT_OF_STOCK):
            return False
        return self.code in ("", failed.code) and self.field in ("", failed.field)


def when_of(failed: Failed) -> When | None:
    """None: no fallback may change what becomes of it."""
    if failed.place in ("in_doubt", "worker") or failed.code in _NEVER:
        return None
    if failed.kind == Kind.TRANSIENT:
        return When.TEMPORARY
    if failed.kind == Kind.BUG:
        return When.BUG
    if failed.kind != Kind.DATA:
        return None
    if failed.code in _BY_CODE:
        return _BY_CODE[failed.code]
    if failed.place == "send":
        return When.OUT_OF_STOCK if failed.code in OUT_OF_STOCK_CODES else When.REFUSED
    return When.BAD_VALUE


def fallbacks_of(job: SyncJob) -> list[Fallback]:
    """In the order in which they are asked: the most exact first, then as they are listed."""
    return in_order(from_plain(job.fallbacks))


def from_plain(rows: Sequence[Mapping[str, Any]]) -> list[Fallback]:
    return [convert(dict(row), Fallback) for row in rows]


def in_order(fallbacks: Sequence[Fallback]) -> list[Fallback]:
    return sorted(fallbacks, key=lambda fallback: -fallback.exactness)


def fallback_for(fallbacks: Sequence[Fallback], failed: Failed) -> Fallback | None:
    """The first of these, in their order, that is about this failure."""
    when = when_of(failed)
    if when is None:
        return None
    return next((fallback for fallback in fallbacks if fallback.is_about(when, failed)), None)


def sentence_of(fallback: Fallback, destination: str) -> str:
    """ "When Warehouse refuses the record (code unknown_sku): skip it, with the note “Sold from the shelf”." """
    return f"{condition_of(fallback, destination)}: {'; then '.join(_steps(fallback))}."


def condition_of(fallback: Fallback, destination: str) -> str:
    narrowed = [
        f"{what} {value}" for what, value in (("code", fallback.code), ("field", fallback.field)) if value
    ]
    about = f" ({', '.join(narrowed)})" if narrowed else ""
    return f"When {_SENTENCES[When(fallback.when)].format(to=destination)}{about}"


def _steps(fallback: Fallback) -> Iterator[str]:
    if fallback.tries:
        yield (
            f"try it up to {_counted(fallback.tries, 'time')}, at most "
            f"{_span(fallback.longest_pause_minutes)} apart, for {_counted(fallback.for_hours, 'hour')}"
        )
    yield then_sentence(fallback)


def then_sentence(fallback: Fallback) -> str:
    if fallback.then == Then.SKIP:
        return f"skip it, with the note “{fallback.note.rstrip('. ')}”"
    if fallback.then == Then.DEFAULT:
        return f"put {shown(fallback.value)} into {fallback.field} and send it once more"
    if fallback.then == Then.HAND_OVER:
        return f"hand it over to the job {fallback.to}"
    return "hold it for a person"


def shown(value: Any) -> str:
    if value is UNSET:
        return "a value"
    return f"“{value}”" if isinstance(value, str) else msgspec.json.encode(value).decode()


def put_note(parcel: Parcel) -> str:
    """Which values a fallback has put into this record, for whoever reads what came of it."""
    put = {**parcel.put_in_record, **parcel.put_in_body}
    if not put:
        return ""
    return f"A fallback put in: {', '.join(f'{field}: {shown(value)}' for field, value in put.items())}."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _span(minutes: int) -> str:
    hours, rest = divmod(minutes, MINUTES_OF_AN_HOUR)
    return _counted(hours, "hour") if hours and not rest else _counted(minutes, "minute")

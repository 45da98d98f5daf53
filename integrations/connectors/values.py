"""The plain values that go into a connector and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True)
class Item:
    """One thing as the platform shows it.

    `version` sorts as text: ISO UTC with microseconds ("2026-11-23T06:45:00.000000Z") or a zero-padded integer;
    "" when the platform has none. `partial`: only the id is known, fetch the rest. `origin`: where it stands there, for
    a person who has to find it ("orders.csv, line 17"). `problem`: nothing can be made of it; why, and what to do.
    `nameless`: together with a problem; the id is that of a place, since the thing's own could not be read.
    `alike`: of a look-up that tells it, how many things there carry the very same natural key.
    """

    external_id: str
    payload: dict[str, Any]
    version: str = ""
    deleted: bool = False
    partial: bool = False
    origin: str = ""
    problem: str = ""
    nameless: bool = False
    alike: int = 1


@dataclass(frozen=True)
class Page:
    """One step of a read. `next_position` is JSON, None when all was read.

    `complete`: the whole list was seen in this read, so what is not in it is gone. `notices` are sentences for the
    operator about how the platform behaved. `mark`, on the last page, is given to the next read as its first position:
    for platforms that number their changes and do not time them. A read of everything anew begins without it.
    """

    items: tuple[Item, ...]
    next_position: dict[str, Any] | None = None
    complete: bool = False
    notices: tuple[str, ...] = ()
    total: int | None = None
    mark: dict[str, Any] | None = None


@dataclass(frozen=True)
class Call:
    """One write, prepared: exact, replayable, as JSON. It holds no secret; those are added when it is sent.

    `key` is the idempotency key ("" where the platform has none). `is_repeatable`: done twice it has the effect of
    once by its nature (a level that is set, not added). `line_refs` are our lines in the order in which they are sent.
    """

    resource: str
    operation: str
    step: int
    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    encoding: str = "json"
    natural_key: str = ""
    key: str = ""
    key_header: str = ""
    external_id: str = ""
    is_repeatable: bool = False
    line_refs: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        found = {name: getattr(self, name) for name in _CALL_FIELDS}
        found["line_refs"] = list(self.line_refs)
        return found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Call:
        known = {name: data[name] for name in _CALL_FIELDS if name in data}
        known["line_refs"] = tuple(known.get("line_refs") or ())
        return cls(**known)


_CALL_FIELDS = tuple(part.name for part in fields(Call))


@dataclass(frozen=True)
class Answer:
    """What the destination said to a write that it took.

    `line_ids` leads from our line's id to theirs. `body` is for comparing and as evidence, never for a log.
    `replayed`: the platform says that it had done this call before.
    """

    external_id: str | None = None
    line_ids: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | list[Any] | None = None
    version: str = ""
    request_id: str = ""
    status: int = 0
    replayed: bool = False


@dataclass(frozen=True)
class WriteContext:
    """What a write is prepared from.

    `ids` holds the destination's ids of what it refers to and, under "steps", those that earlier steps returned.
    `kinds`: what the mapping says of the body's fields, by path, where it is known (`mappings.kinds`). `version` and
    `read_at` (seconds since 1970) are the source's: which of two writes of one thing is newer. `source` is the key of
    the connection that it comes from.
    """

    operation: str
    body: dict[str, Any]
    external_id: str | None = None
    ids: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    written: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    subject: str = ""
    natural_key: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    version: str = ""
    read_at: float = 0.0
    source: str = ""


@dataclass(frozen=True)
class Abilities:
    """What a platform can do with one resource. `key_lifetime` is in seconds; `batch_size` 0: no batch calls;
    `fetch_calls`: how many calls one fetch takes; `lookup_after`: seconds until a look-up shows what was written;
    `stands_alone`: what a record refers to (a payment's order) need not be there before it."""

    reads: bool = False
    creates: bool = False
    updates: bool = False
    upserts: bool = False
    actions: tuple[str, ...] = ()
    keys: bool = False
    key_lifetime: float = 0.0
    lookup: bool = False
    lookup_after: float = 0.0
    fetch: bool = False
    fetch_calls: int = 1
    batch_size: int = 0
    batched: tuple[str, ...] = ()
    steps: dict[str, int] = field(default_factory=dict)
    webhook: bool = False
    natural_key: str = ""
    rereads_not_final: bool = False
    stands_alone: bool = False


@dataclass(frozen=True)
class Action:
    """A named write with its condition: JMESPath over {"record": …, "written": …}.

    `once`: never a second time for one thing. `ends_it`: nothing else is written beside it; unless said otherwise,
    so it is for "cancel" and "delete".
    """

    name: str
    when: str
    once: bool = True
    ends_it: bool | None = None

    def __post_init__(self) -> None:
        if self.ends_it is None:
            object.__setattr__(self, "ends_it", self.name in ("cancel", "delete"))


@dataclass(frozen=True)
class Limit:
    """How fast a platform may be called; 0 means that it names no limit.

    GraphQL platforms count points: a bucket of `points`, refilled by `points_per_second`, from which each call takes
    what it costs (`cost`, until the platform's answers say what calls cost).
    """

    calls_per_second: float = 0.0
    burst: int = 1
    concurrent_calls: int = 0
    calls_per_day: int = 0
    points_per_second: float = 0.0
    points: float = 0.0
    cost: float = 0.0


@dataclass(frozen=True)
class Token:
    """What a login gave. `value` is JSON and is kept encrypted; `expires_at` None: it is not said.

    `consent_ends_at`: when a person has to say yes again, where the platform tells.
    """

    value: Any
    expires_at: datetime | None = None
    consent_ends_at: datetime | None = None


@dataclass(frozen=True)
class SettingField:
    """One thing to fill in for a connection. `kind`: text, url, integer, boolean, list or yaml."""

    name: str
    label: str
    required: bool = True
    secret: bool = False
    kind: str = "text"
    default: Any = None
    help_text: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class WebhookEvent:
    """One verified event. `payload` is the thing itself, None where only its id came. `delivery_id` is given only
    where the platform repeats it over redeliveries of the same event. `problem` says why nothing can be made of it:
    the platform takes it for delivered, so it is kept for a person."""

    topic: str
    resource: str
    external_id: str
    delivery_id: str | None = None
    payload: dict[str, Any] | None = None
    occurred: datetime | None = None
    problem: str = ""


@dataclass(frozen=True)
class Subscription:
    """A webhook that the platform sends, or would send if it had not switched it off (`active` False)."""

    id: str
    address: str
    topics: tuple[str, ...]
    active: bool = True


class TestStep(NamedTuple):
    what: str
    ok: bool
    sentence: str


@dataclass
class TestReport:
    """What a connection test reached and what not, in order."""

    __test__ = False  # not a test class, whatever its name says to pytest
    steps: list[TestStep] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def sentence(self) -> str:
        """Of the first step that failed, "" when all went well."""
        return next((step.sentence for step in self.steps if not step.ok), "")

    def add(self, what: str, ok: bool, sentence: str) -> None:
        self.steps.append(TestStep(what, ok, sentence))

    @classmethod
    def failed(cls, what: str, sentence: str) -> TestReport:
        return cls([TestStep(what, False, sentence)])

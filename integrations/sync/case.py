"""One parcel while a worker has it in hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from integrations.connectors.base import Call
from integrations.models import Delivery, Intent, State, SyncJob
from mappings.records import Record, StockLevel, told
from mappings.search import line_keys, search_keys

from .differences import Difference
from .faults import Fault
from .leaving import Leaving
from .parcels import Parcel

if TYPE_CHECKING:
    from .fallbacks import Fallback
    from .person_consents import Said


@dataclass
class Ending:
    """How this try ends without, or after, a write.

    `not_before` set (seconds since 1970): the parcel goes back to the queue until then. `counts` says whether
    the try counts against the job's retry limit. `keeps_intent`: the write is in doubt and stays the key's lock.
    `note`: what a fallback of the job did; it is kept with the Outcome, so nothing personal stands in it.
    `to`: the job that the record is handed over to, in one transaction with the end of this Intent (`settles`);
    `otherwise` is how it ends where that is not possible.
    """

    state: State
    reason: str = ""
    fault: Fault | None = None
    not_before: float | None = None
    counts: bool = False
    keeps_intent: bool = False
    note: str = ""
    to: SyncJob | None = None
    otherwise: Ending | None = None
    settles: int | None = None


@dataclass
class Case:
    place: int
    parcel: Parcel
    delivery: Delivery
    destination_id: str | None = None
    open_intent: Intent | None = None
    record: Record | None = None
    # The same, also where it is not sent: left out by a filter, or held.
    as_read: Record | None = None
    record_data: dict[str, Any] = field(default_factory=dict)
    subject: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    content_hash: str = ""
    references: dict[str, Any] = field(default_factory=dict)
    ending: Ending | None = None
    leaving: Leaving | None = None
    promised_at: datetime | None = None
    # Of an order (see `missing_parcels`): None where the source does not say whether it was shipped.
    called_shipped: bool | None = None
    called_shipped_at: datetime | None = None
    # The job's fallbacks that were about it, in their turn.
    fell_back: list[Fallback] = field(default_factory=list)
    fetched: bool = False
    # Of a stock row that is counted in another one's figure, where each is looked at: `delivery` is the one that writes
    # the figure, and this the row's own.
    own_delivery: Delivery | None = None
    # Only where they matter (see `watch`): digests of what the record holds, by path; the paths of what its owner is to
    # take from here, or of what is filled once as it is made; where the record differs from its owner, and where it is
    # alike.
    seen: dict[str, str] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    differs: list[Difference] = field(default_factory=list)
    agrees: list[str] = field(default_factory=list)
    # Of a customer (see `people`): the Thing that stands for the person, all that are this person, whose Delivery
    # reached the contact first where that is another's, and what held of consent when the record was weighed.
    person: int | None = None
    people: frozenset[int] = frozenset()
    first_writer: Delivery | None = None
    consents: dict[str, Said] = field(default_factory=dict)

    @property
    def locked_thing(self) -> int:
        """The Thing that writes to the destination wait for each other by."""
        return self.delivery.thing_id if self.person is None else self.person

    @property
    def is_superseded(self) -> bool:
        """What is counted anew is never older than anything: it is counted on what is known when its turn comes."""
        return not self.parcel.counted and self.parcel.serial < self.delivery.accepted_serial

    @property
    def stock_row(self) -> StockLevel | None:
        return self.record if isinstance(self.record, StockLevel) else None

    @property
    def rollout_name(self) -> str:
        """By what a rollout takes it in or not. Stock goes by its SKU, whichever row or location told it, since what is
        counted anew, and a bundle, have no row."""
        sku = self.parcel.sku if self.parcel.counted else told(self.stock_row.sku) if self.stock_row else ""
        return str(sku or self.parcel.external_id)

    def search_keys(self) -> list[tuple[str, str]]:
        """Also of what the filter or the rollout leaves out."""
        record = self.as_read if self.record is None else self.record
        return [] if record is None else search_keys(record)

    def line_keys(self) -> list[tuple[str, str]]:
        record = self.as_read if self.record is None else self.record
        return [] if record is None else line_keys(record)


@dataclass
class Sending:
    """One write on its way, for a case. `look_up`: ask whether it is there already, before sending it again."""

    case: Case
    intent_id: int
    leaving: Leaving
    call: Call
    look_up: bool = False
    logins: int = 0

    @property
    def settles_its_parcel(self) -> bool:
        """An earlier write that is carried to its end says nothing of a newer version, nor of what is to be counted
        anew: that is still to be done."""
        if self.case.parcel.counted and self.case.leaving is None:
            return False
        return self.leaving.serial >= self.case.parcel.serial

"""What the rows of Deliveries say while a group is written down, and what they are to say afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from integrations.models import Delivery, State

from . import rows
from .case import Case
from .leaving import Leaving

STATE = (
    "state",
    "state_since",
    "state_reason",
    "subject",
    "attempts",
    "deadline_at",
    "promised_at",
    "called_shipped_at",
)
WRITTEN = (
    "source_version",
    "source_read_at",
    "content_hash",
    "written_state",
    "mapping_version",
    "first_delivered_at",
    "delivered_at",
)


@dataclass(slots=True)
class Standing:
    """What a Delivery's row says under the group's lock, and what it is to say afterwards."""

    pk: int
    accepted_serial: int
    first_delivered_at: datetime | None
    state: str
    state_since: datetime
    state_reason: str
    subject: str
    attempts: int
    deadline_at: datetime | None
    promised_at: datetime | None
    called_shipped_at: datetime | None
    written: Leaving | None = None

    def move(self, state: State, reason: str, now: datetime) -> None:
        if self.state != state:
            self.state, self.state_since = state.value, now
        self.state_reason = reason[:300]

    def told(self, case: Case) -> None:
        """What the source says beside the record's own state; what it does not say stays."""
        self.promised_at = case.promised_at or self.promised_at
        if case.called_shipped is not None:
            self.called_shipped_at = case.called_shipped_at

    def state_row(self) -> rows.Row:
        return (self.pk, *(getattr(self, name) for name in STATE))

    def written_row(self, leaving: Leaving, now: datetime) -> rows.Row:
        return (
            *self.state_row(),
            leaving.version,
            datetime.fromtimestamp(leaving.read_at, UTC),
            leaving.content_hash,
            leaving.written_state,
            leaving.mapping_version,
            self.first_delivered_at or now,
            now,
        )


def standings_of(delivery_ids: set[int]) -> dict[int, Standing]:
    found = (
        Delivery.objects.select_for_update()
        .filter(pk__in=delivery_ids)
        .order_by("thing_id")
        .values_list("pk", "accepted_serial", "first_delivered_at", *STATE)
    )
    return {row[0]: Standing(*row) for row in found}


def store_standings(standings: Iterable[Standing], now: datetime) -> None:
    in_order = list(standings)
    written = [row.written_row(row.written, now) for row in in_order if row.written is not None]
    rows.update(Delivery, (*STATE, *WRITTEN), written)
    rows.update(Delivery, STATE, [row.state_row() for row in in_order if row.written is None])

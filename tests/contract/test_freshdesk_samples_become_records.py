"""Freshdesk's tickets as Records and ours for it, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mappings.presets.freshdesk import TICKETS_READ, TICKETS_WRITE
from mappings.records import Ticket
from tests.contract.dialects.freshdesk import ticket
from tests.contract.samples import read_with, write_with

MOMENT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_ticket() -> None:
    fields = {"cf_crossdock_id": "T-7", "cf_order": "1042"}
    payload = ticket(35, priority=3, description_text="Late.", tags=["late"], custom_fields=fields)
    assert read_with(TICKETS_READ, payload) == Ticket(
        id="35",
        number="35",
        updated_at=MOMENT,
        created_at=MOMENT,
        title="Where is it?",
        status="open",
        email="ada@example.com",
        extra={
            "external_id": "T-7",
            "description": "Late.",
            "priority": "high",
            "tags": ["late"],
            "custom_fields": fields,
        },
    )


@pytest.mark.parametrize(
    ("theirs", "ours"), [(2, "open"), (3, "pending"), (4, "solved"), (5, "closed"), (8, "8")]
)
def test_the_states_of_a_ticket(theirs: int, ours: str) -> None:
    assert read_with(TICKETS_READ, ticket(1, status=theirs)).status == ours


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("open", 2), ("pending", 3), ("solved", 4), ("closed", 5), ("deleted", 2), (None, 2)],
)
def test_a_ticket_is_written_with_its_state(ours: str | None, theirs: int) -> None:
    record = Ticket(id="T-7", title="Where is it?", status=ours, email="Ada@Example.com")
    assert write_with(TICKETS_WRITE, record) == {
        "custom_fields": {"cf_crossdock_id": "T-7"},
        "subject": "Where is it?",
        "description": "Where is it?",
        "email": "ada@example.com",
        "status": theirs,
        "priority": 1,
    }


@pytest.mark.parametrize(("ours", "theirs"), [("low", 1), ("normal", 2), ("high", 3), ("urgent", 4)])
def test_priorities(ours: str, theirs: int) -> None:
    record = Ticket(
        id="T-7", title="Where?", email="a@example.com", extra={"priority": ours, "description": "Late."}
    )
    body = write_with(TICKETS_WRITE, record)
    assert (body["priority"], body["description"]) == (theirs, "Late.")
    assert read_with(TICKETS_READ, ticket(1, priority=theirs)).extra["priority"] == ours

"""Zendesk's own payload as a Record, and our tickets and customers for it, worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mappings.presets.zendesk import TICKETS_READ, TICKETS_WRITE, USERS_READ, USERS_WRITE
from mappings.records import Customer, Ticket
from tests.contract.dialects.zendesk import ticket, user
from tests.contract.samples import read_with, sample, write_with

CHANGED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_ticket() -> None:
    (payload,) = sample("zendesk/incremental_tickets_cursor.json")["tickets"]
    assert read_with(TICKETS_READ, payload) == Ticket(
        id="35436",
        number="35436",
        updated_at=datetime(2011, 5, 5, 10, 38, 52, tzinfo=UTC),
        created_at=datetime(2009, 7, 20, 22, 55, 29, tzinfo=UTC),
        title="Help, my printer is on fire!",
        status="open",
        extra={
            "external_id": "ahg35h3jh",
            "description": "The fire is very colorful.",
            "priority": "high",
            "channel": "web",
            "tags": ["enterprise", "other_tag"],
            "custom_fields": [{"id": 27642, "value": "745"}, {"id": 27648, "value": "yes"}],
        },
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("new", "open"),
        ("open", "open"),
        ("pending", "pending"),
        ("hold", "pending"),
        ("solved", "solved"),
        ("closed", "closed"),
        ("deleted", "deleted"),
    ],
)
def test_the_states_of_a_ticket(theirs: str, ours: str) -> None:
    assert read_with(TICKETS_READ, ticket(1, status=theirs)).status == ours


def test_a_ticket_has_the_address_of_who_asks() -> None:
    record = read_with(TICKETS_READ, ticket(1, subject=None, requester={"email": "Ada@Example.com"}))
    assert (record.email, record.title) == ("ada@example.com", None)


def test_a_user() -> None:
    payload = user(51, email="Ada@Example.com", phone=None, external_id="C-7", tags=["vip"])
    assert read_with(USERS_READ, payload) == Customer(
        id="51",
        number="C-7",
        updated_at=CHANGED,
        created_at=CHANGED,
        name="Ada",
        email="ada@example.com",
        phone=None,
        tags=["vip"],
        extra={"role": "end-user"},
    )


def test_a_ticket_is_written() -> None:
    ours = Ticket(
        id="T-7",
        title="Where is it?",
        status="solved",
        email="Ada@Example.com",
        extra={"description": "Order 1042 is late.", "name": "Ada", "priority": "high", "tags": ["late"]},
    )
    assert write_with(TICKETS_WRITE, ours) == {
        "external_id": "T-7",
        "subject": "Where is it?",
        "comment": {"body": "Order 1042 is late."},
        "status": "solved",
        "requester": {"email": "ada@example.com", "name": "Ada"},
        "priority": "high",
        "tags": ["late"],
    }


@pytest.mark.parametrize("status", ["deleted", "waiting", None])
def test_a_state_that_zendesk_does_not_have_is_open(status: str | None) -> None:
    ours = Ticket(id="T-7", title="Where is it?", status=status, email="ada@example.com")
    assert write_with(TICKETS_WRITE, ours) == {
        "external_id": "T-7",
        "subject": "Where is it?",
        "comment": {"body": "Where is it?"},
        "status": "open",
        "requester": {"email": "ada@example.com", "name": "ada@example.com"},
    }


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ({"name": "Ada L"}, "Ada L"),
        ({"first_name": "Ada", "last_name": None}, "Ada"),
        ({}, "Ada@example.com"),
    ],
)
def test_a_customer_is_written_and_has_a_name(names: dict[str, Any], name: str) -> None:
    ours = Customer(id="C-7", email="Ada@example.com", phone=None, **names)
    assert write_with(USERS_WRITE, ours) == {
        "email": "ada@example.com",
        "name": name,
        "phone": None,
        "external_id": "C-7",
    }


@pytest.mark.parametrize(
    ("typed", "kept"), [("+49 (0)221 000123", "+49221000123"), ("0221 000123", "0221 000123")]
)
def test_a_phone_has_one_form_where_its_country_is_known(typed: str, kept: str) -> None:
    assert read_with(USERS_READ, user(51, phone=typed)).phone == kept
    written = write_with(USERS_WRITE, Customer(id="7", name="Ada", email="ADA@example.com", phone=typed))
    assert (written["email"], written["phone"]) == ("ada@example.com", kept)

"""A lost answer is settled by the newest tickets and then by a search. What a third party wrote of Freshdesk judges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.connectors.base import Connector, WriteContext
from integrations.exceptions import Failure
from tests.contract.dialect import SPECS
from tests.contract.dialects.freshdesk import DIALECT, TICKET, TICKETS, ticket
from tests.contract.openapi import OpenApi
from tests.contract.vendor import Vendor
from tests.integrations.answering import Says

SEARCH = "/api/v2/search/tickets"


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor(OpenApi.of(SPECS / "freshdesk.third-party.json", mount="/api/v2"))
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def freshdesk(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def of_ours(number: int, name: str) -> dict[str, object]:
    return ticket(number, custom_fields={"cf_crossdock_id": name})


def test_what_was_just_made_is_among_the_newest(vendor: Vendor, freshdesk: Connector) -> None:
    vendor.on(f"GET {TICKETS}", Says([ticket(36), of_ours(35, "T-7"), of_ours(34, "T-70")]))
    found = freshdesk.lookup("tickets", "T-7")
    assert found is not None
    assert found.external_id == "35"
    assert vendor.asked[0].params == {"order_by": "created_at", "order_type": "desc", "per_page": "100"}


def test_what_is_older_is_searched_for(vendor: Vendor, freshdesk: Connector) -> None:
    vendor.on(f"GET {TICKETS}", Says([ticket(36)]))
    vendor.on(f"GET {SEARCH}", Says({"total": 2, "results": [of_ours(4, "T-70"), of_ours(5, "T-7")]}))
    found = freshdesk.lookup("tickets", "T-7")
    assert found is not None
    assert (found.external_id, found.version) == ("5", "2026-11-20T10:00:00.000000Z")
    assert vendor.asked[1].params == {"query": "\"cf_crossdock_id:'T-7'\""}


def test_what_is_nowhere_is_nothing(vendor: Vendor, freshdesk: Connector) -> None:
    vendor.on(f"GET {TICKETS}", Says([]))
    vendor.on(f"GET {SEARCH}", Says({"total": 0, "results": []}))
    assert freshdesk.lookup("tickets", "T-7") is None


def test_a_key_that_would_lead_the_search_astray_is_not_searched_for(
    vendor: Vendor, freshdesk: Connector
) -> None:
    vendor.on(f"GET {TICKETS}", Says([]))
    assert freshdesk.lookup("tickets", "T-7' OR status:2 OR cf_x:'") is None
    assert len(vendor.asked) == 1


def test_a_ticket_is_made_whole_and_changed_without_its_description(
    vendor: Vendor, freshdesk: Connector
) -> None:
    vendor.on(f"POST {TICKETS}", Says(ticket(35), 201))
    vendor.on(f"PUT {TICKETS}/35", Says(ticket(35)))
    freshdesk.send(freshdesk.prepare("tickets", WriteContext("create", TICKET), 0, "k"))
    freshdesk.send(freshdesk.prepare("tickets", WriteContext("update", TICKET, "35"), 0, "k"))
    made, changed = vendor.asked
    assert made.json == TICKET
    assert changed.json == {name: TICKET[name] for name in TICKET if name not in ("description", "email")}


def test_a_ticket_is_fetched_with_who_asks(vendor: Vendor, freshdesk: Connector) -> None:
    vendor.on(f"GET {TICKETS}/35", Says(ticket(35, spam=True)))
    found = freshdesk.fetch("tickets", "35")
    assert found is not None
    assert found.deleted
    assert vendor.asked[0].params == {"include": "requester"}


def test_what_freshdesk_refuses_is_named_with_its_field(vendor: Vendor, freshdesk: Connector) -> None:
    wrong = {"field": "email", "message": "It should be a valid email address", "code": "invalid_value"}
    vendor.on(f"POST {TICKETS}", Says({"description": "Validation failed", "errors": [wrong]}, 400))
    with pytest.raises(Failure, match="valid email address") as caught:
        freshdesk.send(freshdesk.prepare("tickets", WriteContext("create", TICKET), 0, "k"))
    assert (caught.value.field, caught.value.in_doubt) == ("email", False)

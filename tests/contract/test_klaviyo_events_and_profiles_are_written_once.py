"""What keeps Klaviyo's profiles and events single, and the text that its webhooks are signed over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.connectors.base import Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.klaviyo import DIALECT, EVENT, profile, refused, signed
from tests.contract.samples import vector
from tests.contract.vendor import Vendor
from tests.integrations.answering import Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def klaviyo(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def test_an_event_carries_what_makes_it_single_and_its_amount_as_a_number(
    vendor: Vendor, klaviyo: Connector
) -> None:
    vendor.on("/api/events", Says(None, 202))
    answer = klaviyo.send(klaviyo.prepare("events", WriteContext("upsert", EVENT), 0, "k"))
    attributes = vendor.asked[0].json["data"]["attributes"]
    assert answer.external_id == attributes["unique_id"] == "A-1042/Placed Order"
    assert (attributes["value"], attributes["value_currency"]) == (12.5, "EUR")
    assert attributes["metric"]["data"]["attributes"] == {"name": "Placed Order"}
    assert attributes["profile"]["data"]["attributes"] == {"email": "ada@example.com"}


def test_an_event_of_no_worth_says_nothing_of_it(vendor: Vendor, klaviyo: Connector) -> None:
    vendor.on("/api/events", Says(None, 202))
    body = {"metric": "Seen", "unique_id": "E7", "email": "ada@example.com", "value": None}
    klaviyo.send(klaviyo.prepare("events", WriteContext("upsert", body), 0, "k"))
    attributes = vendor.asked[0].json["data"]["attributes"]
    assert "value" not in attributes
    assert attributes["properties"] == {}


def test_a_field_that_is_known_to_be_empty_is_cleared(klaviyo: Connector) -> None:
    body = {"email": "p1@example.com", "phone_number": None}
    call = klaviyo.prepare("profiles", WriteContext("upsert", body), 0, "k")
    assert call.body == {"data": {"type": "profile", "attributes": body}}


def test_a_profile_that_collides_with_another_names_it(vendor: Vendor, klaviyo: Connector) -> None:
    vendor.on("/api/profile-import", refused(409, "duplicate_profile", meta={"duplicate_profile_id": "P9"}))
    with pytest.raises(Failure) as caught:
        klaviyo.send(klaviyo.prepare("profiles", WriteContext("upsert", {"email": "a@example.com"}), 0, "k"))
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.DATA, "duplicate_profile", False)
    assert "(P9)" in failure.sentence


def test_a_profile_is_found_by_its_very_address(vendor: Vendor, klaviyo: Connector) -> None:
    here = {"self": "https://a.klaviyo.com/api/profiles"}
    vendor.on("/api/profiles", Says({"data": [profile("P2"), profile("P1")], "links": here}))
    found = klaviyo.lookup("profiles", "p1@example.com")
    assert found is not None
    assert found.external_id == "P1"
    assert vendor.asked[0].params["filter"] == 'equals(email,"p1@example.com")'


def test_a_profile_is_fetched_with_its_consent(vendor: Vendor, klaviyo: Connector) -> None:
    vendor.on("/api/profiles/P1", Says({"data": profile("P1")}))
    found = klaviyo.fetch("profiles", "P1")
    assert found is not None
    assert found.version == "2026-11-20T10:00:00.000000Z"
    assert vendor.asked[0].params["additional-fields[profile]"] == "subscriptions"


def test_a_profile_that_is_gone_is_nothing(vendor: Vendor, klaviyo: Connector) -> None:
    vendor.on("/api/profiles/P1", refused(404, "not_found"))
    assert klaviyo.fetch("profiles", "P1") is None


def test_the_body_and_then_the_time_are_signed() -> None:
    known = vector("klaviyo", "system webhook")
    assert signed(known["raw_body"].encode(), known["timestamp"], known["secret"]) == known["expected"]

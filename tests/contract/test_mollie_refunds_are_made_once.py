"""What keeps a refund single, how it is found again, and what an access token says with each call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.connectors.base import Call, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.mollie import DIALECT, MADE, REFUND, listed, pages, payment, refund, refused
from tests.contract.vendor import Vendor
from tests.integrations.answering import Says

REFUNDS = "/v2/payments/tr_5B8cwPMGnU6qLbRvo7qEZo/refunds"
MAKE = f"POST {REFUNDS}"
KEY = "tr_5B8cwPMGnU6qLbRvo7qEZo/1042-R1"
OURS = {"reference": "1042-R1"}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def mollie(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


@pytest.fixture
def by_token(vendor: Vendor) -> Iterator[Connector]:
    """With an access token, which tells neither the profile nor the mode."""
    dialect = replace(
        DIALECT,
        secrets={"token": "access_0123456789"},
        settings={"profile": "pfl_QkEhN94Ba", "testmode": True},
    )
    made = dialect.connector(vendor)
    yield made
    made.close()


def prepared(mollie: Connector, **told: Any) -> Call:
    return mollie.prepare("refunds", WriteContext("create", {**REFUND, **told}), 0, "0123456789abcdef")


def test_a_refund_carries_the_key_that_keeps_it_single(vendor: Vendor, mollie: Connector) -> None:
    vendor.on(MAKE, MADE)
    assert mollie.send(prepared(mollie)).external_id == "re_1"
    (asked,) = vendor.asked
    assert asked.headers["idempotency-key"] == "0123456789abcdef"
    assert asked.json == {
        "amount": {"currency": "EUR", "value": "2.50"},
        "description": "Broken",
        "metadata": {"reference": "1042-R1", "order_number": "1042"},
    }


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [
        ("EUR", "5", "5.00"),
        ("EUR", "2.5", "2.50"),
        ("EUR", "2.500", "2.50"),
        ("JPY", "500", "500"),
        ("JPY", "500.00", "500"),
        # What the currency does not have is not rounded away.
        ("EUR", "2.505", "2.505"),
        ("JPY", "0.5", "0.5"),
        ("XXY", "2.5", "2.5"),
        ("EUR", "some", "some"),
    ],
)
def test_amounts_have_the_places_of_their_currency(
    mollie: Connector, currency: str, ours: str, theirs: str
) -> None:
    call = prepared(mollie, amount={"currency": currency, "value": ours})
    assert call.body["amount"] == {"currency": currency, "value": theirs}


def test_a_refund_is_found_among_those_of_its_payment(vendor: Vendor, mollie: Connector) -> None:
    rows = [
        refund("re_3", metadata="1042-R1"),
        refund("re_2", metadata={"reference": "1042-R2"}),
        refund("re_1", metadata=OURS),
    ]
    vendor.on(REFUNDS, pages("refunds", rows))
    found = mollie.lookup("refunds", KEY)
    assert found is not None
    assert found.external_id == "re_1"
    assert [asked.params for asked in vendor.asked] == [{"limit": "250"}, {"limit": "250", "from": "re_1"}]
    assert mollie.lookup("refunds", "tr_5B8cwPMGnU6qLbRvo7qEZo/1042-R3") is None


def test_a_payment_that_is_not_there_has_no_refunds(vendor: Vendor, mollie: Connector) -> None:
    vendor.on(REFUNDS, refused(404, "Not Found", "No payment exists with token tr_5B8cwPMGnU6qLbRvo7qEZo."))
    assert mollie.lookup("refunds", KEY) is None


def test_who_may_not_look_is_told_nothing(vendor: Vendor, mollie: Connector) -> None:
    """Taken for "not there", the refund would be made a second time."""
    vendor.on(REFUNDS, refused(401, "Unauthorized Request", "Missing authentication"))
    with pytest.raises(Failure) as caught:
        mollie.lookup("refunds", KEY)
    assert caught.value.code == "unauthorized"


def test_a_refund_is_fetched_as_the_first_of_a_list(vendor: Vendor, mollie: Connector) -> None:
    vendor.on("/v2/refunds", lambda asked: listed(asked, "refunds", refund("re_2"), more="re_1"))
    found = mollie.fetch("refunds", "re_2")
    assert found is not None
    assert (found.external_id, found.payload["paymentId"]) == ("re_2", "tr_5B8cwPMGnU6qLbRvo7qEZo")
    assert vendor.asked[0].params == {"from": "re_2", "limit": "1"}


def test_what_the_list_begins_with_instead_is_another_refund(vendor: Vendor, mollie: Connector) -> None:
    vendor.on("/v2/refunds", lambda asked: listed(asked, "refunds", refund("re_1")))
    assert mollie.fetch("refunds", "re_2") is None


def test_what_is_not_there_is_nothing(vendor: Vendor, mollie: Connector) -> None:
    vendor.on("/v2/refunds", refused(400, "Bad Request", "Invalid cursor value", field="from"))
    vendor.on("/v2/payments/tr_1", refused(404, "Not Found", "No payment exists with token tr_1."))
    assert mollie.fetch("refunds", "re_1") is None
    assert mollie.fetch("payments", "tr_1") is None


@pytest.mark.parametrize(
    ("says", "kind", "code", "in_doubt"),
    [
        (refused(409, "Conflict", "A duplicate refund has been detected"), Kind.TRANSIENT, "temporary", True),
        (
            refused(
                422,
                "Unprocessable Entity",
                "The specified amount cannot be refunded",
                field="amount.value",
            ),
            Kind.DATA,
            "refused",
            False,
        ),
        (refused(503, "Service Unavailable", "Maintenance"), Kind.TRANSIENT, "server_error", True),
    ],
)
def test_what_a_refused_refund_means(
    vendor: Vendor, mollie: Connector, says: Says, kind: Kind, code: str, in_doubt: bool
) -> None:
    vendor.on(MAKE, says)
    with pytest.raises(Failure) as caught:
        mollie.send(prepared(mollie))
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (kind, code, in_doubt)
    assert says.body["detail"] in failure.sentence
    assert failure.field == says.body.get("field", "")


def test_a_payment_of_another_account_is_told(vendor: Vendor, mollie: Connector) -> None:
    vendor.on(MAKE, refused(404, "Not Found", "No payment exists with token tr_1."))
    with pytest.raises(Failure) as caught:
        mollie.send(prepared(mollie))
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.DATA, "payment_unknown", False)
    assert failure.sentence.startswith("Mollie does not know this payment.")


def test_an_access_token_says_which_profile_and_mode_it_means(vendor: Vendor, by_token: Connector) -> None:
    vendor.on("/v2/payments", lambda asked: listed(asked, "payments"))
    by_token.read("payments", since=None, position=None)
    vendor.on("/v2/refunds", lambda asked: listed(asked, "refunds"))
    by_token.read("refunds", since=None, position=None)
    vendor.on("/v2/payments/tr_1", Says(payment("tr_1")))
    by_token.fetch("payments", "tr_1")
    vendor.on(REFUNDS, lambda asked: listed(asked, "refunds"))
    by_token.lookup("refunds", KEY)
    both = {"profileId": "pfl_QkEhN94Ba", "testmode": "true", "limit": "250"}
    assert [asked.params for asked in vendor.asked] == [
        both,
        both,
        {"testmode": "true"},
        {"limit": "250", "testmode": "true"},
    ]
    vendor.on(MAKE, MADE)
    by_token.send(prepared(by_token))
    assert vendor.asked[-1].json["testmode"] is True


def test_an_api_key_says_neither(vendor: Vendor, mollie: Connector) -> None:
    """Mollie refuses both with a key."""
    vendor.on("/v2/payments", lambda asked: listed(asked, "payments"))
    assert mollie.test().ok
    assert vendor.asked[0].params == {"limit": "1"}


def test_what_was_paid_meanwhile_is_read_with_what_is_new(vendor: Vendor, mollie: Connector) -> None:
    """A payment counts by the latest of its times, or one that was made before the last read would be left out."""
    since = datetime(2026, 9, 1, tzinfo=UTC)
    told = {
        "tr_4": (since + timedelta(hours=1), None),
        # A minute is read again.
        "tr_3": (since - timedelta(seconds=50), None),
        "tr_2": (since - timedelta(days=3), since + timedelta(minutes=5)),
        "tr_1": (since - timedelta(days=4), since - timedelta(days=3)),
    }
    rows = [
        {**payment(name, createdAt=made.isoformat()), "paidAt": paid.isoformat() if paid else None}
        for name, (made, paid) in told.items()
    ]
    vendor.on("/v2/payments", lambda asked: listed(asked, "payments", *rows, more="tr_0"))
    page = mollie.read("payments", since=since, position=None)
    assert [item.external_id for item in page.items] == ["tr_4", "tr_3", "tr_2"]
    assert page.next_position is None
    assert page.items[2].version == "2026-09-01T00:05:00.000000Z"

"""What keeps a refund single, and what Razorpay's sentences mean.

What is asked is compared with a description that is not Razorpay's own: a second opinion, and no proof.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integrations.connectors.base import Call, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from tests.contract.dialect import SPECS
from tests.contract.dialects.razorpay import DIALECT, REFUND, listed, named, refused
from tests.contract.openapi import OpenApi
from tests.contract.vendor import Vendor
from tests.integrations.answering import Asked, Says

REFUNDS = "/v1/payments/pay_29QQoUBi66xm2f/refunds"
MAKE = "/v1/payments/pay_29QQoUBi66xm2f/refund"
KEY = "pay_29QQoUBi66xm2f/1042-R1"


class SecondOpinion:
    def __init__(self) -> None:
        self.described = OpenApi.of(SPECS / "razorpay.third-party.json", mount="/v1")

    def request_problems(self, asked: Asked) -> list[str]:
        """But for a payment's refunds, whose count and skip stand on Razorpay's own page alone."""
        return [] if asked.path == REFUNDS else self.described.request_problems(asked)

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        """Razorpay's own examples have nulls where it says there are none."""
        return []


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor(SecondOpinion())
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def razorpay(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def prepared(razorpay: Connector) -> Call:
    return razorpay.prepare("refunds", WriteContext("create", REFUND), 0, "0123456789abcdef")


def test_a_refund_carries_the_key_that_keeps_it_single(vendor: Vendor, razorpay: Connector) -> None:
    vendor.on(MAKE, Says(named("refund", "rfnd_1")))
    assert razorpay.send(prepared(razorpay)).external_id == "rfnd_1"
    asked = vendor.asked[0]
    assert asked.headers["x-refund-idempotency"] == "0123456789abcdef"
    assert asked.json == {
        "amount": 250,
        "receipt": "1042-R1",
        "notes": {"reference": "1042-R1", "order_number": "1042"},
    }


@pytest.mark.parametrize("kind", ["payments", "orders", "refunds"])
def test_lists_are_asked_for_as_others_know_it(vendor: Vendor, razorpay: Connector, kind: str) -> None:
    vendor.on(f"/v1/{kind}", listed())
    razorpay.read(kind, since=None, position=None)
    assert vendor.asked[0].params == {"count": "100", "skip": "0"}


def test_a_refund_is_found_among_those_of_its_payment(vendor: Vendor, razorpay: Connector) -> None:
    pages = {
        "0": listed(*({**named("refund", f"rfnd_{number}"), "notes": []} for number in range(100))),
        "100": listed({**named("refund", "rfnd_x"), "notes": {"reference": "1042-R1"}}),
    }
    vendor.on(REFUNDS, lambda asked: pages[asked.params["skip"]])
    found = razorpay.lookup("refunds", KEY)
    assert found is not None
    assert found.external_id == "rfnd_x"
    assert razorpay.lookup("refunds", "pay_29QQoUBi66xm2f/1042-R2") is None


def test_a_refund_of_an_older_hand_is_found_by_its_receipt(vendor: Vendor, razorpay: Connector) -> None:
    vendor.on(REFUNDS, listed({**named("refund", "rfnd_x"), "notes": [], "receipt": "1042-R1"}))
    found = razorpay.lookup("refunds", KEY)
    assert found is not None
    assert found.external_id == "rfnd_x"


@pytest.mark.parametrize(
    ("says", "kind", "code", "in_doubt"),
    [
        (refused(409, "Request is being processed"), Kind.TRANSIENT, "temporary", True),
        (
            refused(400, "The payment has been fully refunded already"),
            Kind.DATA,
            "fully_refunded",
            False,
        ),
        (
            refused(400, "Different request with the same idempotency key has already been processed."),
            Kind.DATA,
            "refused",
            False,
        ),
        (refused(400, "The id provided does not exist"), Kind.DATA, "not_found", False),
        (refused(502, "Bad gateway", "GATEWAY_ERROR"), Kind.TRANSIENT, "server_error", True),
    ],
)
def test_what_a_refused_refund_means(
    vendor: Vendor, razorpay: Connector, says: Says, kind: Kind, code: str, in_doubt: bool
) -> None:
    vendor.on(MAKE, says)
    with pytest.raises(Failure) as caught:
        razorpay.send(prepared(razorpay))
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (kind, code, in_doubt)


def test_what_razorpay_says_is_quoted(vendor: Vendor, razorpay: Connector) -> None:
    vendor.on(MAKE, refused(400, "The amount must be at least INR 1.00"))
    with pytest.raises(Failure) as caught:
        razorpay.send(prepared(razorpay))
    assert "The amount must be at least INR 1.00" in caught.value.sentence


@pytest.mark.parametrize("sentence", ["The id provided does not exist", "pay_1 is not a valid id"])
def test_what_is_not_there_is_nothing(vendor: Vendor, razorpay: Connector, sentence: str) -> None:
    vendor.on("/v1/payments/pay_1", refused(400, sentence))
    assert razorpay.fetch("payments", "pay_1") is None

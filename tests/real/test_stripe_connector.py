"""The Stripe connector against a server that keeps payments, refunds and customers, and sends signed events."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from integrations.connectors.base import SignatureRefused, WriteContext
from integrations.connectors.stripe import Stripe
from integrations.exceptions import Failure, Kind
from mappings.presets.stripe import PAYMENTS_READ, REFUNDS_READ, REFUNDS_WRITE
from mappings.records import Refund
from tests.contract.samples import read_with, write_with
from tests.integrations.answering import LOOPBACK, Asked, Platform, Says
from tests.integrations.connectors.declaring import ids, read_all
from tests.real.payments import ADDRESS, KEY, Payments

pytestmark = [pytest.mark.real("curl"), pytest.mark.timeout(400)]
SECRET = "whsec_local"
AMOUNTS = itertools.count(int(time.time()) % 100_000 + 100_000)


@pytest.fixture
def stripe(payments: Payments) -> Iterator[Stripe]:
    connector = Stripe({"base_url": ADDRESS}, {"token": KEY, "webhook_secret": SECRET}, guard=LOOPBACK)
    yield connector
    connector.close()


def refunding(charge: dict[str, Any], amount: str, reference: str) -> WriteContext:
    record = Refund(
        id=reference,
        amount=Decimal(amount),
        currency="EUR",
        reason="damaged 🍵",
        extra={"payment": charge["id"]},
    )
    return WriteContext("create", write_with(REFUNDS_WRITE, record))


def test_the_test_button(stripe: Stripe) -> None:
    assert stripe.test().ok


def test_a_wrong_key_is_the_operators_to_mend(payments: Payments) -> None:
    connector = Stripe({"base_url": ADDRESS}, {"token": "nothing"}, guard=LOOPBACK)
    report = connector.test()
    connector.close()
    assert not report.ok


def test_every_payment_is_read_also_behind_the_first_page(stripe: Stripe, payments: Payments) -> None:
    charges = payments.charges()
    assert len(charges) >= 12
    pages = read_all(stripe, "charges")  # type: ignore[arg-type]  # any declared connector reads so
    assert sorted(ids(pages)) == sorted(charge["id"] for charge in charges)


def test_a_payment_becomes_a_record_with_its_order(stripe: Stripe, payments: Payments) -> None:
    amount = next(AMOUNTS)
    charge = payments.pay(amount)
    item = stripe.fetch("charges", charge["id"])
    assert item is not None
    record = read_with(PAYMENTS_READ, item.payload)
    assert (record.amount, record.currency, record.status) == (Decimal(amount) / 100, "EUR", "paid")


def test_a_refund_is_made_and_found_again_by_our_reference(stripe: Stripe, payments: Payments) -> None:
    amount = next(AMOUNTS)
    charge = payments.pay(amount)
    context = refunding(charge, "3.00", f"R-{amount}")
    call = stripe.prepare("refunds", context, 0, f"key-{amount}")
    made = stripe.send(call)
    assert made.external_id
    found = stripe.lookup("refunds", call.natural_key)
    assert found is not None
    assert found.external_id == made.external_id
    assert stripe.lookup("refunds", f"{charge['id']}/another") is None
    item = stripe.fetch("refunds", made.external_id)
    assert item is not None
    record = read_with(REFUNDS_READ, item.payload)
    assert (record.amount, record.currency) == (Decimal("3.00"), "EUR")
    paid = stripe.fetch("charges", charge["id"])
    assert paid is not None
    assert read_with(PAYMENTS_READ, paid.payload).status == "partially_refunded"


def test_a_payment_that_is_not_there_is_the_records_fault(stripe: Stripe, payments: Payments) -> None:
    reference = f"R-{next(AMOUNTS)}"
    call = stripe.prepare("refunds", refunding({"id": "ch_nobody"}, "1.00", reference), 0, reference)
    with pytest.raises(Failure) as caught:
        stripe.send(call)
    assert caught.value.kind == Kind.DATA
    assert KEY not in str(caught.value.evidence)


def test_a_signed_event_is_believed_and_no_other(stripe: Stripe, payments: Payments) -> None:
    here = Platform()
    here.on("/hooks/x", lambda asked: Says({}))
    payments.tell(f"{here.base}/hooks/x", SECRET)
    try:
        customer = payments.ask("POST", "/v1/customers", {"name": "Bo", "email": "bo@example.com"})
        sent = arrived(here, customer["id"])
    finally:
        here.close()
    (event,) = stripe.verify_webhook(sent.headers, sent.raw)
    assert (event.topic, event.resource, event.external_id) == (
        "customer.created",
        "customers",
        customer["id"],
    )
    with pytest.raises(SignatureRefused):
        stripe.verify_webhook(sent.headers, sent.raw.replace(b"Bo", b"Cy"))


def arrived(here: Platform, about: str) -> Asked:
    ends = time.monotonic() + 15
    while time.monotonic() < ends:
        for asked in list(here.asked):
            if about.encode() in asked.raw:
                return asked
        time.sleep(0.05)
    raise AssertionError("no event came")

"""Payments of a server that keeps them as Stripe does, matched to a sandbox shop's orders."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, BookedPayment, BookedRefund, SyncJob
from integrations.sync import deliver, pull, steer
from monitoring.models import PaymentMatch, PaymentMismatch
from monitoring.payments import keep
from tests.real.payments import ADDRESS, KEY, Payments
from tests.sandbox.running import SandboxProcess

pytestmark = [pytest.mark.real("curl"), pytest.mark.timeout(400)]
JOBS = ("orders", "payments", "refunds")
CONFIGURATION = """\
connections:
  shop: {{name: The shop, platform: sandbox_shop, settings: {{base_url: "{base}/shop"}}, secrets: {{token: "{token}"}}}}
  stripe: {{name: Stripe, platform: stripe, settings: {{base_url: "{stripe}"}}, secrets: {{token: "{key}"}}}}
  books: {{name: Books, platform: books}}
workflows:
  money:
    template: payments-matched
    with: {{shop: [shop], provider: [stripe], books: books}}
"""


@pytest.fixture
def shop(tmp_path: Path, settings: Settings, transactional_db: None) -> Iterator[SandboxProcess]:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    running = SandboxProcess(tmp_path / "sandbox").start()
    yield running
    running.kill()


def carry() -> None:
    """The emulator has neither disputes nor the entries of payouts, so these are not read here."""
    ends = time.monotonic() + 120
    jobs = list(SyncJob.objects.filter(workflow__key="money", destination_resource__in=JOBS).order_by("pk"))
    assert len(jobs) == len(JOBS)
    for job in jobs:
        assert steer.run_now(job) is not None
        while not pull.pull(job.pk, ends):
            assert time.monotonic() < ends
            SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
    while Batch.objects.filter(settled_at__isnull=True).exists():
        for job in jobs:
            deliver.drain(job.pk, time.monotonic() + 10)
        assert time.monotonic() < ends
    keep.keep()


def test_stripes_payments_and_refunds_find_their_orders(payments: Payments, shop: SandboxProcess) -> None:
    apply(
        plan(
            CONFIGURATION.format(base=shop.base, token=shop.tokens["shop"], stripe=ADDRESS, key=KEY),
            {},
        )
    )
    amount = int(time.time()) % 100_000 + 200_000
    charges: list[dict[str, Any]] = []
    for one in (amount, amount + 1, amount + 2):
        charges.append(payments.pay(one))
        line = {"sku": "MUG", "quantity": 1, "price": str(Decimal(one) / 100)}
        number = {"number": str(one), "lines": [line], "charged": False}
        shop.control("POST", "/shop/orders", number)
    payments.ask("POST", "/v1/refunds", {"charge": charges[2]["id"], "amount": 500})
    carry()
    matched = PaymentMatch.objects.filter(order__isnull=False).select_related("order", "payment")
    told = {row.payment.external_id: row.order.number for row in matched if row.order is not None}
    # By the end of what the charge says (“SO-…”), or by its amount and time where the emulator says it at the intent
    # alone.
    assert [told.get(charge["id"]) for charge in charges] == [str(amount + place) for place in range(3)]
    kept = BookedPayment.objects.get(external_id=charges[0]["id"])
    assert (kept.amount, kept.currency, kept.status) == (Decimal(amount) / 100, "EUR", "paid")
    refund = BookedRefund.objects.get(payment_external_id=charges[2]["id"])
    open_now = PaymentMismatch.objects.filter(settled_at__isnull=True)
    assert [row.about for row in open_now.filter(kind="refund_only_at_provider")] == [refund.pk]

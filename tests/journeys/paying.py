"""A shop whose customers pay at three providers, and everything about it that can go wrong, planted by hand."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, SyncJob
from integrations.sync import deliver, pull, steer
from monitoring.payments import keep
from tests.sandbox.running import SandboxProcess

PROVIDERS = ("payments", "payments2", "payments3")
CURRENCIES = ("EUR", "USD", "JPY")
# Who takes the money where nobody says otherwise.
PAID_AT = "payments"
PATIENCE = 120.0
CONFIGURATION = """\
connections:
  shop: {{name: The shop, platform: sandbox_shop, settings: {{base_url: "{base}/shop"}}, secrets: {{token: "{shop}"}}}}
  payments: {{name: First provider, platform: sandbox_payments, settings: {{base_url: "{base}/payments"}},
              secrets: {{token: "{payments}"}}}}
  payments2: {{name: Second provider, platform: sandbox_payments, settings: {{base_url: "{base}/payments2"}},
               secrets: {{token: "{payments2}"}}}}
  payments3: {{name: Third provider, platform: sandbox_payments, settings: {{base_url: "{base}/payments3"}},
               secrets: {{token: "{payments3}"}}}}
  books: {{name: Books, platform: books}}
workflows:
  money:
    template: payments-matched
    with: {{shop: [shop], provider: [payments, payments2, payments3], books: books}}
"""


@dataclass
class Planted:
    """What must be found, by kind: what it is about, as a person calls it (an order's number, a provider's id)."""

    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, kind: str, *about: str) -> None:
        self.kinds[kind] |= set(about)

    def __len__(self) -> int:
        return sum(len(found) for found in self.kinds.values())


@dataclass
class Till:
    sandbox: SandboxProcess
    planted: Planted = field(default_factory=Planted)

    def configure(self) -> None:
        apply(plan(CONFIGURATION.format(base=self.sandbox.base, **self.sandbox.tokens), {}))

    # What people do.

    def provider_of(self, number: int) -> str:
        return PROVIDERS[number % 3]

    def order(self, number: int, **more: Any) -> dict[str, Any]:
        """Each of its own amount and customer, over three providers and three currencies."""
        currency = CURRENCIES[number // 3 % 3]
        price = str(1000 + number * 37) if currency == "JPY" else f"{10 + number * 0.37:.2f}"
        asked = {
            "number": str(number),
            "currency": currency,
            "lines": [{"sku": "MUG", "quantity": 1, "price": price}],
            "email": f"customer{number}@example.com",
            "provider": self.provider_of(number),
            "shipping_address": {"country": "DE"},
        }
        placed: dict[str, Any] = self.sandbox.control("POST", "/shop/orders", {**asked, **more})
        return placed

    def paid(self, number: int, **changes: Any) -> dict[str, Any]:
        """The payment of an order, changed at its provider."""
        path = f"/{self.provider_of(number)}/payments/{number}"
        changed: dict[str, Any] = self.sandbox.control("POST", path, changes)
        return changed

    def act(self, number: int, verb: str, **asked: Any) -> None:
        self.sandbox.control("POST", f"/shop/orders/{number}/{verb}", asked)

    def ship(self, placed: dict[str, Any]) -> None:
        body = {"lines": [{"line_id": line["id"], "quantity": line["quantity"]} for line in placed["lines"]]}
        answer = self.sandbox.ask("POST", f"/shop/orders/{placed['id']}/fulfillments", body)
        assert answer.status == 201, answer.raw

    def at_provider(self, provider: str, what: str, **asked: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.sandbox.control("POST", f"/{provider}/{what}", asked)
        return made

    # What the portal does.

    def carry(self) -> None:
        """Everything is read to its end and booked, whatever the other sides do meanwhile."""
        ends = time.monotonic() + PATIENCE
        jobs = list(SyncJob.objects.filter(workflow__key="money").order_by("pk"))
        for job in jobs:
            assert steer.run_now(job) is not None, f"{job.key} may not run"
            while not pull.pull(job.pk, ends):
                assert time.monotonic() < ends, f"{job.key} was not read in time"
                SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
        while Batch.objects.filter(settled_at__isnull=True).exists():
            for job in jobs:
                deliver.drain(job.pk, time.monotonic() + 10)
            assert time.monotonic() < ends, "not all was booked in time"
        keep.keep()


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())

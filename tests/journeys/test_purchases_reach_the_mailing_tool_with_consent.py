"""A paid order is one event in the mailing tool, a refund corrects it, and nobody is written of who never agreed: with
answers that are lost, and calls that are refused."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import Delivery, ErrorRecord, SyncJob
from integrations.sync import deliver, marketing_consent
from tests.sandbox.running import SandboxProcess

from .told import as_text, read_told
from .world import World

CONFIGURATION = Path(__file__).parent / "marketing.yaml"
PLACED, REFUNDED = "Placed Order", "Refunded Order"


class Marketing(World):
    def configure(self) -> None:
        told = read_told(CONFIGURATION)
        environment = SandboxSide(self.sandbox.base, self.sandbox.tokens).environment()
        apply(plan(as_text(told), environment))
        product = {"sku": "MUG", "title": "Mug", "price": "12.50", "currency": "EUR", "available": 500}
        self.sandbox.control("POST", "/shop/products", product)

    def go(self) -> None:
        for name in ("consent", "purchases", "refunds"):
            for key in SyncJob.objects.filter(key__contains=name).values_list("key", flat=True):
                self.carry(key)

    def customer(self, name: str, accepts: bool | None) -> str:
        person = {"email": f"{name}@example.com", "accepts_marketing": accepts}
        made: dict[str, Any] = self.sandbox.control("POST", "/shop/customers", person)
        return str(made["id"])

    def consent(self, customer: str, *, given: bool) -> None:
        asked = {"channel": "email", "given": given}
        self.sandbox.control("POST", f"/shop/customers/{customer}/consent", asked)

    def sell(self, number: str, name: str, **more: Any) -> None:
        self.place(number, ("MUG", 2), email=f"{name}@example.com", **more)

    def refund(self, number: str, amount: str) -> None:
        self.sandbox.control("POST", f"/shop/orders/{number}/refund", {"amount": amount})

    def events(self) -> list[tuple[str, str, str]]:
        """(event, order, amount or what was given back), in the order in which the tool took them."""
        held: list[dict[str, Any]] = []
        while True:
            page = len(held) // 250 + 1
            found = self.sandbox.ask("GET", f"/mail/events?per_page=250&page={page}").body
            held += found["events"]
            if len(held) >= found["total"]:
                break
        return [
            (one["event"], one["properties"]["order_number"], str(_amount(one["properties"]))) for one in held
        ]

    def reasons(self, job: str) -> dict[str, str]:
        rows = Delivery.objects.filter(job__key__contains=job, state="filtered")
        return dict(rows.values_list("subject", "state_reason"))


def _amount(properties: dict[str, Any]) -> Any:
    return properties.get("amount", properties.get("refunded"))


@pytest.fixture
def store(process: SandboxProcess, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Marketing:
    monkeypatch.setattr(marketing_consent, "PATIENCE", 0.0)
    process.control("POST", "/reset", {})
    made = Marketing(process)
    made.configure()
    return made


def test_a_paid_order_is_one_event_and_what_is_given_back_corrects_it(store: Marketing) -> None:
    store.customer("anna", True)
    store.sell("1001", "Anna")
    store.sell("1002", "anna", payment_status="pending")
    store.go()
    assert store.events() == [(PLACED, "1001", "25.00")]

    store.sandbox.control("POST", "/shop/orders/1001/edit", {"lines": [{"sku": "MUG", "quantity": 3}]})
    store.sandbox.control("POST", "/shop/orders/1002/pay", {})
    store.go()
    store.go()
    assert store.events() == [(PLACED, "1001", "25.00"), (PLACED, "1002", "25.00")]

    store.refund("1001", "12.50")
    store.go()
    store.refund("1001", "25.00")
    store.go()
    store.go()
    assert store.events()[2:] == [(REFUNDED, "1001", "12.50"), (REFUNDED, "1001", "37.50")]
    assert not store.open_errors()


def test_nobody_is_written_of_who_is_not_known_to_agree(store: Marketing) -> None:
    store.customer("anna", True)
    store.customer("bert", False)
    store.customer("cora", None)
    for number, name in (("1001", "anna"), ("1002", "bert"), ("1003", "cora"), ("1004", "dora")):
        store.sell(number, name)
    store.place("1005", ("MUG", 1))
    store.go()
    assert store.events() == [(PLACED, "1001", "25.00")]
    assert store.reasons("purchases") == {
        "Order #1002": marketing_consent.REFUSED,
        "Order #1003": marketing_consent.UNKNOWN,
        "Order #1004": marketing_consent.UNKNOWN,
        "Order #1005": marketing_consent.NOBODY,
    }


def test_consent_that_is_withdrawn_counts_also_for_an_order_that_was_told(store: Marketing) -> None:
    anna, bert = store.customer("anna", True), store.customer("bert", False)
    store.sell("1001", "anna")
    store.sell("1002", "bert")
    store.go()
    store.consent(anna, given=False)
    store.consent(bert, given=True)
    store.go()
    store.refund("1001", "5.00")
    store.sell("1003", "bert")
    store.go()
    assert store.events() == [(PLACED, "1001", "25.00"), (PLACED, "1003", "25.00")]


def test_an_order_waits_for_word_of_its_customer(store: Marketing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marketing_consent, "PATIENCE", 900.0)
    monkeypatch.setattr(marketing_consent, "LOOK_EVERY", 0.05)
    store.sell("1001", "anna")
    (purchases,) = SyncJob.objects.filter(key__contains="purchases").values_list("key", flat=True)
    store.read(purchases)
    deliver.drain(store.job(purchases).pk, time.monotonic() + 5)
    assert Delivery.objects.get(job__key=purchases).state == "waiting"
    assert store.events() == []
    store.customer("anna", True)
    store.read("marketing-consent-shop")
    store.deliver("marketing-consent-shop")
    store.deliver(purchases)
    assert store.events() == [(PLACED, "1001", "25.00")]


def test_fifty_orders_are_fifty_events_though_the_mailing_tool_fails(store: Marketing) -> None:
    """Of 60 buyers 50 agree; 20 send something back. Answers are lost, before and after the event was taken."""
    for number in range(60):
        store.customer(f"buyer{number}", number < 50)
        store.sell(str(2000 + number), f"buyer{number}")
    for kind, options in (
        ("error_after", {"probability": 0.1, "seed": 7, "count": 20}),
        ("rate_limited", {"probability": 0.1, "seed": 8, "count": 20, "retry_after": 0}),
        ("error_before", {"probability": 0.1, "seed": 9, "count": 20}),
        ("no_answer", {"count": 1, "seconds": 0.1}),
        ("cut", {"count": 1}),
    ):
        store.sandbox.fault("mail", kind, path="^/events$", method="POST", **options)
    store.go()
    for number in range(20):
        store.refund(str(2000 + number), "12.50")
    store.go()
    counted = Counter(store.events())
    expected = {(PLACED, str(2000 + number), "25.00"): 1 for number in range(50)}
    assert counted == expected | {(REFUNDED, str(2000 + number), "12.50"): 1 for number in range(20)}
    fired = {rule["kind"]: rule["fired"] for rule in store.sandbox.control("GET", "/faults")["faults"]}
    assert min(fired.values()) >= 1
    assert not ErrorRecord.objects.filter(settled_at__isnull=True).exists()

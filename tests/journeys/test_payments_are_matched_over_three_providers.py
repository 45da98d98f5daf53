"""330 orders paid at three providers in three currencies, faults on: every planted mismatch is found, and nothing else.

What is planted stands here by hand, with the finding that it must come to; nothing of it is taken from the portal.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from integrations.models import (
    BookedDispute,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedRefund,
    Delivery,
    State,
)
from monitoring.models import MismatchKind, PaymentMatch, PaymentMismatch
from monitoring.payments import keep
from tests.sandbox.running import SandboxProcess

from .paying import PROVIDERS, Till, moment

pytestmark = pytest.mark.timeout(300)
FIRST, LAST = 2001, 2330
SHELVES = {
    "order": (BookedOrder, "number"),
    "payment": (BookedPayment, "external_id"),
    "refund": (BookedRefund, "external_id"),
    "dispute": (BookedDispute, "external_id"),
    "payout": (BookedPayout, "external_id"),
}


@pytest.fixture
def till(process: SandboxProcess, transactional_db: None) -> Till:
    process.control("POST", "/reset", {})
    for provider in PROVIDERS:
        for kind, options in (
            ("rate_limited", {"count": 2, "after": 1, "retry_after": 0}),
            ("error_before", {"count": 2, "after": 3}),
            ("cut", {"count": 2, "after": 5}),
            ("duplicate_rows", {"count": 3}),
            ("malformed", {"count": 1, "after": 2}),
        ):
            process.fault(provider, kind, method="GET", path="^/(payments|refunds)$", **options)
    process.fault("shop", "error_before", method="GET", path="^/orders$", count=2)
    made = Till(process)
    made.configure()
    return made


def found() -> dict[str, set[str]]:
    """What is listed, as a person calls what it is about."""
    told: dict[str, set[str]] = defaultdict(set)
    for row in PaymentMismatch.objects.filter(settled_at__isnull=True):
        shelf, name = SHELVES[row.what]
        thing = shelf._default_manager.select_related("source").get(pk=row.about)
        key = "" if row.what == "order" else thing.source.key
        told[row.kind].add(getattr(thing, name) + key)
    return dict(told)


def test_every_planted_mismatch_is_found_and_nothing_else(till: Till) -> None:
    placed = {}
    special: dict[int, dict[str, Any]] = {
        **{number: {"payment_status": "failed"} for number in (2010, 2011, 2012, 2015, 2020)},
        **{number: {"payment_status": "pending"} for number in (2013, 2014, 2018, 2019)},
        **{number: {"charged": False} for number in (2016, 2017)},
    }
    numbers = list(range(FIRST, LAST + 1))
    for number in numbers[:110]:
        placed[number] = till.order(number, **special.get(number, {}))
    till.carry()
    for number in numbers[110:]:
        placed[number] = till.order(number)
    plant(till, placed)
    till.carry()
    plant_later(till)
    till.carry()

    faults = till.sandbox.control("GET", "/faults")["faults"]
    assert sum(rule["fired"] for rule in faults) >= 18, "the other sides did misbehave"
    assert not Delivery.objects.exclude(state__in=(State.DELIVERED, State.UNCHANGED)).exists()
    assert len(till.planted) >= 36
    assert found() == {kind: names for kind, names in till.planted.kinds.items() if names}
    assert set(till.planted.kinds) == set(MismatchKind.values), "of every kind at least one"
    check_confidences()
    assert keep.recount() == 0, "what was kept step by step is what a recount finds"


def plant(till: Till, placed: dict[int, dict[str, object]]) -> None:
    add = till.planted.add
    # Open orders whose payment failed; one is paid later and is none any more.
    add("payment_failed", "2010", "2011", "2012")
    # Shipped, and pending, failed or nowhere.
    for number in (2013, 2014, 2015):
        till.ship(placed[number])
    add("shipped_unpaid", "2013", "2014", "2015")
    till.paid(2030, status="authorized")
    till.ship(placed[2030])
    add("shipped_unpaid", "2030")
    # The shop says paid, and no provider has it.
    add("order_without_payment", "2016", "2017")
    # Pending on both sides, and nothing to be told: 2018 and 2019.
    # Another amount, another currency, paid twice.
    till.paid(2031, amount=100)
    till.paid(2032, amount=99_900)
    till.at_provider("payments", "payments", amount=500, currency="EUR", order_number="2034")
    add("amount_differs", "2031", "2032", "2034")
    till.paid(2035, currency="gbp")
    till.paid(2045, currency="chf")
    add("currency_differs", "2035", "2045")
    # Cancelled, and the money kept.
    for number in (2036, 2037):
        till.act(number, "cancel", refund=False)
    add("cancelled_still_paid", "2036", "2037")
    # Money without an order: a name that leads nowhere, no name at all.
    for provider, asked in (
        ("payments", {"amount": 4321, "currency": "EUR", "order_number": "9901"}),
        ("payments2", {"amount": 1234, "currency": "USD", "order_number": "SHOP-9902"}),
        ("payments3", {"amount": 77_777, "currency": "JPY"}),
        ("payments3", {"amount": 111, "currency": "EUR", "email": "nobody@example.com"}),
    ):
        add("paid_without_order", till.at_provider(provider, "payments", **asked)["id"] + provider)
    # Twins: the same customer buys the same twice, and neither payment says for which.
    for first in (2101, 2110):
        for number in (3000 + first, 3001 + first):
            same = {"currency": "EUR", "email": f"twin{first}@example.com", "provider": "payments"}
            line = {"sku": "MUG", "quantity": 1, "price": f"{first / 10:.2f}"}
            till.order(number, lines=[line], **same)
            changed = till.sandbox.control("POST", f"/payments/payments/{number}", {"order_number": None})
            add("choose_order", changed["id"] + "payments")
    # A fee that the provider's price list does not have.
    for number, fee in ((2040, 900), (2041, 1), (2042, 777)):
        add("fee_unexplained", till.paid(number, fee=fee)["id"] + till.provider_of(number))
    # Right, though it does not look so: a longer reference, none at all, two parts.
    for number in (2050, 2051, 2052, 2053):
        till.paid(number, order_number=f"WC-{number}")
    for number in (2060, 2061, 2062, 2063, 2064):
        till.paid(number, order_number=None)
    half = placed[2070]
    total = int(Decimal(str(half["total"])) * (1 if half["currency"] == "JPY" else 100))
    till.paid(2070, amount=total - 500)
    provider = till.provider_of(2070)
    till.at_provider(provider, "payments", amount=500, currency=half["currency"], order_number="2070")


def plant_later(till: Till) -> None:
    add = till.planted.add
    # Paid after all: no mismatch any more. 2020 had failed, 2018 was pending.
    for number in (2020, 2018):
        till.act(number, "pay")
    # Given back on both sides, as a whole and in parts: nothing to be told.
    for number in (2080, 2081, 2082):
        till.act(number, "refund", amount="3")
    till.act(2083, "cancel")
    # Given back on one side alone.
    for number in (2084, 2085, 2086):
        till.act(number, "refund", amount="4", at_provider=False)
    refunds = till.sandbox.ask("GET", "/shop/refunds?limit=250").body["refunds"]
    add(
        "refund_only_in_shop",
        *(row["id"] + "shop" for row in refunds if row["order_number"] in ("2084", "2085", "2086")),
    )
    for number in (2087, 2088, 2089):
        provider = till.provider_of(number)
        made = till.at_provider(provider, "refunds", payment_id=str(number), amount=300)
        add("refund_only_at_provider", made["id"] + provider)
    # Asked back by the bank; one was won already.
    for number, due in ((2090, "2026-12-24"), (2091, "2027-01-05"), (2092, "2027-02-01")):
        provider = till.provider_of(number)
        made = till.at_provider(provider, "disputes", payment_id=str(number), due_by=moment(due))
        add("dispute_open", made["id"] + provider)
    till.at_provider(till.provider_of(2093), "disputes", payment_id="2093", status="won")
    send_to_the_bank(till)


def send_to_the_bank(till: Till) -> None:
    """Of nine payouts two do not add up, one has an entry that is nothing's, and of one a fee was changed later."""
    add = till.planted.add
    made = {}
    for provider in PROVIDERS:
        for currency in ("eur", "usd", "jpy"):
            off = {("payments", "usd"): -250, ("payments3", "jpy"): 99}.get((provider, currency), 0)
            strange = -777 if (provider, currency) == ("payments2", "usd") else 0
            asked = {"currency": currency, "off": off, "strange": strange}
            sent = made[provider, currency] = till.at_provider(provider, "payouts", **asked)
            if off:
                add("payout_differs", sent["id"] + provider)
            if strange:
                add("payout_entry_unknown", sent["id"] + provider)
    changed = made["payments2", "eur"]
    entry = next(part for part in changed["parts"] if part["type"] == "payment")
    path = f"/payments2/payments/{entry['source']}"
    till.sandbox.control("POST", path, {"fee": entry["fee"] + 1})
    add("payout_entry_differs", changed["id"] + "payments2")


def check_confidences() -> None:
    matches = {
        row.order.number: row
        for row in PaymentMatch.objects.select_related("order").filter(order__isnull=False)
        if row.order is not None
    }
    named = [matches[str(number)] for number in (2001, 2100, 2330)]
    assert [(row.how, row.confidence) for row in named] == [("reference", Decimal("1.00"))] * 3
    ends = [matches[str(number)] for number in (2050, 2051, 2052, 2053)]
    assert {(row.how, row.confidence) for row in ends} == {("reference", Decimal("0.90"))}
    alike = [matches[str(number)] for number in (2060, 2061, 2062, 2063, 2064)]
    assert {(row.how, row.confidence) for row in alike} == {("likeness", Decimal("0.95"))}
    twins = PaymentMatch.objects.filter(how="ambiguous")
    assert sorted(len(row.candidates) for row in twins) == [2, 2, 2, 2]

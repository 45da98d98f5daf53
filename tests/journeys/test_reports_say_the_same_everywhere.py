"""Orders, payments, refunds, shipments, stock and customers: counted and summed in a database, in CSV and Parquet
files, over the API and on our own page, they are the same, with late changes, refunds, a cancellation and faults.

What is expected was worked out by hand from what people did in the shop, below.
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.demo import stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.models import BookedOrder, ErrorRecord, Partner, PartnerKey, SyncJob
from monitoring.sales import sales
from tests.conftest import ROOT
from tests.integrations.partner_api.calls import Api
from tests.sandbox.running import SandboxProcess, warehouse_order

from .reports import figures, of_api, of_csv, of_parquet, of_sqlite, plain
from .told import as_text, read_told
from .world import World

CONFIGURATION = Path(__file__).parent / "reporting.yaml"
SHELVES = ("orders", "payments", "refunds", "shipments", "stock", "customers")
# Each fires once in each round; rows come doubled and out of order where another fault leaves it a request.
SURE = ("rate_limited", "cut", "malformed", "error_before", "no_answer_before")
FAULTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("shop", "rate_limited", {"path": "^/orders$", "retry_after": 0}),
    ("shop", "duplicate_rows", {"path": "^/orders$", "count": 3}),
    ("shop", "shuffled_rows", {"path": "^/orders$", "count": 2}),
    ("shop", "cut", {"path": "^/customers$"}),
    ("payments", "malformed", {"path": "^/payments$"}),
    ("payments", "error_before", {"path": "^/refunds$"}),
    ("warehouse", "error_before", {"path": "^/stock$"}),
    ("warehouse", "no_answer_before", {"path": "^/shipments$", "seconds": 0.1}),
)
# Orders 1001 to 1006: 25 + 35.90 + 12.50 + 45 EUR, 4,500 JPY, 20 USD. The provider keeps 1.5 % and 0.25 of each: in
# cents 38+25, 54+25, 19+25, 68+25 = 279 (JPY: 68, since 0.25 of a yen is none), USD 30+25 = 55.
BEFORE = {
    "orders": 6,
    "cancelled": 0,
    "sold": {"EUR": "118.4", "JPY": "4500", "USD": "20"},
    "lines": 6,
    "units": "10",
    "paid": {"EUR": "118.4", "JPY": "4500", "USD": "20"},
    "fees": {"EUR": "2.79", "JPY": "68", "USD": "0.55"},
    "payments": 6,
    "given back, as the shop says": {},
    "given back, as the provider says": {},
    "shipments": 1,
    "on hand": "53",
    "customers": 3,
    "want mails": 1,
    "people": 4,
}
# Later: one bowl more in 1002 (+30), one mug of 1001 given back (12.50), 1005 cancelled and given back (45), 1007
# placed (12.50, of which the provider keeps 19+25 cents), 3 mugs found, and a second customer wants mails.
AFTER = BEFORE | {
    "orders": 7,
    "cancelled": 1,
    "sold": {"EUR": "115.9", "JPY": "4500", "USD": "20"},
    "lines": 7,
    "units": "12",
    "paid": {"EUR": "130.9", "JPY": "4500", "USD": "20"},
    "fees": {"EUR": "3.23", "JPY": "68", "USD": "0.55"},
    "payments": 7,
    "given back, as the shop says": {"EUR": "57.5"},
    "given back, as the provider says": {"EUR": "57.5"},
    "on hand": "56",
    "want mails": 2,
}

# What the guide's queries answer at the end, in its order.
GUIDE: list[list[tuple[Any, ...]]] = [
    [("EUR", 4, 115.9), ("JPY", 1, 4500), ("USD", 1, 20)],
    [("EUR", 57.5)],
    [("BOWL", 2), ("MUG", 9)],
    [("provider/pay_00000002", 35.9, 65.9)],
    [(2, 1), (2, 1)],
]


def answers_of_the_guide(database: Path) -> list[list[tuple[Any, ...]]]:
    guide = (ROOT / "docs" / "workflows" / "reporting.md").read_text("utf-8")
    with sqlite3.connect(database) as connection:
        return [
            connection.execute(query).fetchall()
            for query in re.findall(r"```sql\n(.*?)```", guide, re.DOTALL)
        ]


@dataclass
class Reporting(World):
    folder: Path

    def configure(self) -> None:
        told = read_told(CONFIGURATION)
        demo = read_told(stage.CONFIGURATION)
        told["connections"]["warehouse"] = demo["connections"]["warehouse"]
        environment = SandboxSide(self.sandbox.base, self.sandbox.tokens).environment()
        apply(plan(as_text(told), environment))

    def open(self) -> None:
        for sku, units in (("MUG", 40), ("BOWL", 10), ("LAMP", 5)):
            self.sandbox.control("POST", f"/warehouse/stock/{sku}", {"on_hand": units})
            product = {
                "sku": sku,
                "title": f"{sku} ☕",
                "price": "12.50",
                "currency": "EUR",
                "available": 100,
            }
            self.sandbox.control("POST", "/shop/products", product)
        for name, accepts in (("anna", True), ("bert", False), ("cora", None)):
            person = {"email": f"{name}@example.com", "accepts_marketing": accepts}
            self.sandbox.control("POST", "/shop/customers", person)
        self.sell("1001", "anna", ("MUG", 2, "12.50"))
        self.sell("1002", "bert", ("BOWL", 1, "30.00"), shipping="5.90")
        self.sell("1003", "anna", ("MUG", 1, "12.50"))
        self.sell("1004", "cora", ("MUG", 3, "1500"), currency="JPY")
        self.sell("1005", "dora", ("LAMP", 1, "45.00"))
        self.sell("1006", "dora", ("MUG", 2, "10.00"), currency="USD")
        asked = self.sandbox.ask("POST", "/warehouse/orders", warehouse_order("1001", ("MUG", 2)))
        assert asked.status == 201
        self.sandbox.control("POST", "/warehouse/orders/1001/ship", {})

    def sell(self, number: str, name: str, line: tuple[str, int, str], **more: Any) -> None:
        sku, quantity, price = line
        lines = [{"sku": sku, "quantity": quantity, "price": price}]
        placed_at = f"2026-11-{int(number) - 981}T23:30:00+01:00"
        email = f"{name}@example.com"
        self.place(number, **{"lines": lines, "email": email, "placed_at": placed_at, **more})

    def change(self) -> None:
        staff = self.sandbox.control
        staff("POST", "/shop/orders/1002/edit", {"lines": [{"sku": "BOWL", "quantity": 2}]})
        staff("POST", "/shop/orders/1001/refund", {"lines": [{"sku": "MUG", "quantity": 1}]})
        staff("POST", "/shop/orders/1005/cancel", {})
        self.sell("1007", "bert", ("MUG", 1, "12.50"))
        # It bears a day of the past; that it came now is told by its last change.
        staff("POST", "/shop/orders/1007/edit", {"lines": [{"sku": "MUG", "quantity": 1}]})
        staff("POST", "/warehouse/stock/MUG", {"on_hand": 41})
        bert = next(one for one in self.customers() if one["email"] == "bert@example.com")
        staff("POST", f"/shop/customers/{bert['id']}/consent", {"channel": "email", "given": True})

    def customers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.sandbox.ask("GET", "/shop/customers").body["customers"]
        return found

    def carry_all(self) -> None:
        for way in ("booked", "to-database", "to-files"):
            keys = SyncJob.objects.filter(key__contains=way).order_by("pk").values_list("key", flat=True)
            for key in keys:
                self.carry(key)

    def sides(self, api: Api) -> dict[str, dict[str, Any]]:
        rows = {
            "SQL": of_sqlite(self.folder / "bi.sqlite3"),
            "CSV": of_csv(self.folder / "csv"),
            "Parquet": of_parquet(self.folder / "parquet"),
            "API": of_api(api),
        }
        return {name: figures(of) for name, of in rows.items()}


@pytest.fixture
def store(process: SandboxProcess, tmp_path: Path, settings: Settings, transactional_db: None) -> Reporting:
    settings.SQLITE_FOLDER = settings.FILES_ROOT = str(tmp_path)
    process.control("POST", "/reset", {})
    made = Reporting(process, tmp_path)
    made.configure()
    made.open()
    return made


@pytest.fixture
def api(store: Reporting) -> Api:
    partner = Partner.objects.create(key="bi", name="The BI tool", calls_per_minute=6000)
    partner.jobs.set(SyncJob.objects.filter(destination__platform="books"))
    return Api(PartnerKey.issue(partner, ["books"])[1])


def on_our_page() -> dict[str, Any]:
    found = sales(date(2026, 11, 20), date(2026, 11, 30))
    return {
        "orders": found.orders + found.cancelled,
        "cancelled": found.cancelled,
        "sold": {one.code: plain(one.value) for one in sorted(found.currencies, key=lambda one: one.code)},
    }


def test_the_same_is_counted_and_summed_on_every_side(store: Reporting, api: Api) -> None:
    for system, kind, options in FAULTS:
        store.sandbox.fault(system, kind, **{"count": 1, **options})
    store.carry_all()
    assert store.sides(api) == dict.fromkeys(("SQL", "CSV", "Parquet", "API"), BEFORE)
    assert on_our_page() == {name: BEFORE[name] for name in ("orders", "cancelled", "sold")}

    store.change()
    for system, kind, options in FAULTS:
        store.sandbox.fault(system, kind, **{"count": 1, **options})
    store.carry_all()
    assert store.sides(api) == dict.fromkeys(("SQL", "CSV", "Parquet", "API"), AFTER)
    assert on_our_page() == {name: AFTER[name] for name in ("orders", "cancelled", "sold")}
    assert answers_of_the_guide(store.folder / "bi.sqlite3") == GUIDE
    fired = [rule["fired"] for rule in store.sandbox.control("GET", "/faults")["faults"]]
    assert sum(fired) >= 2 * len(SURE)
    assert not ErrorRecord.objects.filter(settled_at__isnull=True).exists()


def test_nothing_personal_reaches_the_books_or_bi(store: Reporting) -> None:
    store.carry_all()
    held = (store.folder / "bi.sqlite3").read_bytes()
    for file in store.folder.rglob("*"):
        held += file.read_bytes() if file.is_file() else b""
    held += str(list(BookedOrder.objects.values())).encode()
    assert b"MUG" in held
    assert not [word for word in (b"example.com", "Käthe".encode(), b"Lindenstra") if word in held]

"""From a shop's orders, payments and refunds to what stands in the books, by the engine and ready mappings: once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.connectors.base import Limit
from integrations.connectors.xero import Xero
from integrations.models import AccessToken, Batch, Connection, ErrorRecord, Intent, SyncJob
from integrations.sync import deliver, pull, steer
from mappings.presets.preset import Preset
from mappings.presets.xero import INVOICES_WRITE, PAYMENTS_WRITE, REFUNDS_WRITE
from tests.integrations.answering import Asked, Platform, Says

API = "/api.xro/2.0"
TENANT = "7f1c2a44-6f6a-4b3c-8e11-1234567890ab"
PATIENCE = 30.0
MOMENT = "2026-11-20T10:00:00Z"
ID, CHANGED = {"target": "id", "source": "id", "required": True}, {"target": "updated_at", "source": "at"}
MONEY = [
    {"target": name, "source": name} for name in ("order_id", "order_number", "amount", "currency", "status")
]
READ: dict[str, list[dict[str, Any]]] = {
    "orders": [
        *(
            {"target": name, "source": name}
            for name in ("number", "currency", "total", "tax", "status", "email")
        ),
        {"target": "payment_status", "source": "paid"},
        {"target": "placed_at", "source": "placed"},
        {"target": "customer.name", "source": "buyer"},
        {"target": "lines[]", "source": "lines"},
        *(
            {"target": f"lines[].{name}", "source": name}
            for name in ("sku", "title", "ordered", "total", "tax")
        ),
    ],
    "payments": [*MONEY, {"target": "created_at", "source": "at"}],
    "refunds": [
        *(rule for rule in MONEY if rule["target"] != "status"),
        {"target": "created_at", "source": "at"},
    ],
}
JOBS = {
    "orders": ("order", "invoices", INVOICES_WRITE),
    "payments": ("payment", "payments", PAYMENTS_WRITE),
    "refunds": ("refund", "credit_notes", REFUNDS_WRITE),
}


class Ledger:
    """Keeps what it is told, with the rules of Xero's that matter here. `loses`: so many answers never arrive."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.kept: dict[str, list[dict[str, Any]]] = {
            "Contacts": [],
            "Invoices": [],
            "CreditNotes": [],
            "Payments": [],
        }
        self.loses = 0
        for kind in self.kept:
            platform.on(f"PUT {API}/{kind}", lambda asked, kind=kind: self._made(kind, asked))  # type: ignore[misc]
            platform.on(f"GET {API}/{kind}", lambda asked, kind=kind: self._found(kind, asked))  # type: ignore[misc]

    def _made(self, kind: str, asked: Asked) -> Says:
        assert asked.headers["xero-tenant-id"] == TENANT
        rows = [self._one(kind, one) for one in asked.json[kind]]
        if kind != "Contacts" and self.loses:
            self.loses -= 1
            return Says(silent=True)
        errors = [row for row in rows if row.get("ValidationErrors")]
        if errors and asked.params["summarizeErrors"] == "true":
            return Says({"ErrorNumber": 10, "Type": "ValidationException", "Elements": errors}, 400)
        return Says({kind: rows})

    def _one(self, kind: str, one: dict[str, Any]) -> dict[str, Any]:
        unique = {"Contacts": "Name", "Invoices": "InvoiceNumber", "CreditNotes": "CreditNoteNumber"}.get(
            kind
        )
        if unique and any(row[unique] == one[unique] for row in self.kept[kind]):
            said = "already assigned to another contact" if kind == "Contacts" else "# must be unique"
            return {**one, "StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": said}]}
        number = sum(len(rows) for rows in self.kept.values()) + 1
        name = f"00000000-0000-4000-8000-{number:012d}"
        made = {**one, f"{kind.removesuffix('s')}ID": name, "Status": one.get("Status", "AUTHORISED")}
        self.kept[kind].append(made)
        if kind == "Invoices":
            self.platform.on(f"GET {API}/Invoices/{name}", lambda asked: Says({kind: [made]}))
            self.platform.on(f"POST {API}/Invoices/{name}", lambda asked: self._changed(made, asked))
        return made

    def _changed(self, made: dict[str, Any], asked: Asked) -> Says:
        made |= asked.json["Invoices"][0]
        return Says({"Invoices": [made]})

    def _found(self, kind: str, asked: Asked) -> Says:
        rows = self.kept[kind]
        if "IDs" in asked.params:
            rows = [row for row in rows if row["InvoiceID"] in asked.params["IDs"]]
        elif "InvoiceNumbers" in asked.params:
            rows = [row for row in rows if row["InvoiceNumber"] == asked.params["InvoiceNumbers"]]
        elif "where" in asked.params:
            where = asked.params["where"]
            rows = [
                row
                for row in rows
                if any(f'"{value}"' in where for value in row.values() if isinstance(value, str))
            ]
        return Says({kind: rows})

    def numbers(self, kind: str, name: str) -> list[Any]:
        return sorted(row[name] for row in self.kept[kind])


class Shop:
    def __init__(self, platform: Platform) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in JOBS}
        for name in JOBS:
            platform.on(f"/{name}", lambda asked, name=name: Says({"rows": self.rows[name]}))  # type: ignore[misc]

    def ordered(self, number: int, buyer: str, email: str, **more: Any) -> None:
        line = {"sku": "MUG", "title": "Mug", "ordered": 2, "total": "12.50", "tax": "2.08"}
        told = {
            "id": f"A-{number}",
            "number": f"{number}",
            "currency": "EUR",
            "total": "12.50",
            "tax": "2.08",
        }
        told |= {
            "status": "open",
            "paid": "paid",
            "placed": MOMENT,
            "at": MOMENT,
            "buyer": buyer,
            "email": email,
        }
        self.rows["orders"].append({**told, "lines": [line], **more})

    def paid(self, number: int, amount: str, status: str = "paid") -> None:
        told = {
            "id": f"pay_{number}",
            "order_id": f"A-{number}",
            "order_number": f"{number}",
            "amount": amount,
        }
        self.rows["payments"].append({**told, "currency": "EUR", "status": status, "at": MOMENT})

    def refunded(self, number: int, amount: str) -> None:
        told = {"id": f"{number}-1", "order_id": f"A-{number}", "order_number": f"{number}", "amount": amount}
        self.rows["refunds"].append({**told, "currency": "EUR", "at": MOMENT})


@pytest.fixture
def platforms() -> Iterator[tuple[Platform, Platform]]:
    both = Platform(), Platform()
    yield both
    for one in both:
        one.close()


@pytest.fixture
def shop(platforms: tuple[Platform, Platform]) -> Shop:
    return Shop(platforms[0])


@pytest.fixture
def ledger(
    platforms: tuple[Platform, Platform], transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Ledger:
    # Nobody waits for a minute to be over here.
    monkeypatch.setattr(Xero, "limit", lambda self: Limit(concurrent_calls=5))
    configure(*platforms)
    return Ledger(platforms[1])


def configure(shop: Platform, books: Platform) -> None:
    declaration = {
        "base_url": shop.base,
        "resources": {name: {"list": {"path": f"/{name}", "records": "rows"}} for name in JOBS},
    }
    data: dict[str, Any] = {
        "connections": {
            "shop": {"name": "The shop", "platform": "rest", "settings": {"declaration": declaration}},
            "books": {
                "name": "The books",
                "platform": "xero",
                "settings": {"base_url": books.base, "tenant_id": TENANT, "payment_account": "090"},
                "secrets": {"client_id": "client-0123456789", "client_secret": "secret-0123456789"},
            },
        },
        "mappings": {},
        "jobs": {},
    }
    for name, (kind, resource, preset) in JOBS.items():
        data["mappings"] |= {
            f"read-{name}": of("rest", name, kind, "read", [ID, *READ[name]]),
            f"write-{name}": of("xero", resource, kind, "write", plain(preset)),
        }
        data["jobs"][name] = {
            "source": "shop",
            "source_resource": name,
            "destination": "books",
            "destination_resource": resource,
            "kind": kind,
            "read_mapping": f"read-{name}",
            "write_mapping": f"write-{name}",
        }
    apply(plan(json.dumps(data), {}))
    AccessToken.objects.update_or_create(
        connection=Connection.objects.get(key="books"),
        defaults={"token": {"access_token": "access-0123456789", "refresh_token": "refresh-0123456789"}},
    )


def of(
    platform: str, resource: str, kind: str, direction: str, rules: list[dict[str, Any]]
) -> dict[str, Any]:
    return {"platform": platform, "resource": resource, "kind": kind, "direction": direction, "rules": rules}


def plain(preset: Preset) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = msgspec.to_builtins(list(preset.rules))
    return found


def carry(name: str) -> None:
    ends = time.monotonic() + PATIENCE
    job = SyncJob.objects.get(key=name)
    steer.run_now(job)
    while not pull.pull(job.pk, ends):
        assert time.monotonic() < ends, "the shop was not read in time"
        SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
    while Batch.objects.filter(job=job, settled_at__isnull=True).exists():
        deliver.drain(job.pk, time.monotonic() + 10)
        assert time.monotonic() < ends, "not all was settled in time"
        time.sleep(0.01)


def errors() -> list[tuple[str, str]]:
    return sorted(ErrorRecord.objects.filter(settled_at__isnull=True).values_list("subject", "code"))


def test_orders_payments_and_refunds_come_to_the_right_sums(shop: Shop, ledger: Ledger) -> None:
    for number in range(1, 31):
        shop.ordered(number, "Test Buyer", f"{number % 3}@example.com")
        shop.paid(number, "12.50")
    shop.refunded(7, "5.00")
    for name in JOBS:
        carry(name)
    assert errors() == []
    assert ledger.numbers("Invoices", "InvoiceNumber") == sorted(str(number) for number in range(1, 31))
    # Three people of one name: two of them have the address behind it.
    assert ledger.numbers("Contacts", "Name") == [
        "Test Buyer",
        *sorted(
            f"Test Buyer ({number}@example.com)" for number in (0, 1, 2) if f"{number}@" not in first(ledger)
        ),
    ]
    incoming = [Decimal(str(row["Amount"])) for row in ledger.kept["Payments"] if "Invoice" in row]
    outgoing = [Decimal(str(row["Amount"])) for row in ledger.kept["Payments"] if "CreditNote" in row]
    assert (sum(incoming), outgoing) == (Decimal("375.0"), [Decimal(5)])
    (note,) = ledger.kept["CreditNotes"]
    (invoice,) = [row for row in ledger.kept["Invoices"] if row["InvoiceNumber"] == "7"]
    assert note["Contact"] == invoice["Contact"]
    # All of them in one call, and the contacts before in two and one more for the names.
    assert sum(one.method == "PUT" and one.path == f"{API}/Invoices" for one in ledger.platform.asked) <= 2


def first(ledger: Ledger) -> str:
    return str(next(row["EmailAddress"] for row in ledger.kept["Contacts"] if row["Name"] == "Test Buyer"))


def test_what_was_booked_and_whose_answers_were_lost_is_booked_once(shop: Shop, ledger: Ledger) -> None:
    for number in (1, 2, 3):
        shop.ordered(number, f"Test Buyer {number}", f"{number}@example.com")
    ledger.loses = 2
    carry("orders")
    assert ledger.numbers("Invoices", "InvoiceNumber") == ["1", "2", "3"]
    shop.refunded(1, "5.00")
    ledger.loses = 1
    carry("refunds")
    assert (len(ledger.kept["CreditNotes"]), len(ledger.kept["Payments"])) == (1, 1)
    assert errors() == []
    assert not Intent.objects.filter(settled_at__isnull=True).exists()


def test_a_cancelled_order_is_voided_and_a_failed_payment_is_told(shop: Shop, ledger: Ledger) -> None:
    shop.ordered(1, "Test Buyer", "1@example.com", paid="pending")
    shop.paid(1, "12.50", "failed")
    carry("orders")
    shop.rows["orders"][0] |= {"status": "cancelled", "at": "2026-11-20T11:00:00Z"}
    carry("orders")
    carry("payments")
    assert ledger.numbers("Invoices", "Status") == ["VOIDED"]
    assert ledger.kept["Payments"] == []
    assert [code for _, code in errors()] == ["not_paid"]


def test_what_changes_in_the_shop_and_not_in_the_books_is_not_sent(shop: Shop, ledger: Ledger) -> None:
    shop.ordered(1, "Test Buyer", "1@example.com")
    carry("orders")
    asked = len(ledger.platform.asked)
    shop.rows["orders"][0] |= {"paid": "partially_refunded", "total": "7.50", "at": "2026-11-20T11:00:00Z"}
    carry("orders")
    assert len(ledger.platform.asked) == asked
    assert errors() == []

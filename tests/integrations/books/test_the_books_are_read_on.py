"""The books as a source: page by page, what changed since, and what was taken out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.connectors import books_reading
from integrations.connectors.base import Item, Page, TestReport
from integrations.connectors.books import BooksConnector
from integrations.models import BookedOrder

from .booking import bring, carry, configure, told

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=1)


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "number": f"#{number}",
        "currency": "EUR",
        "total": f"{number}.50",
        "placed_at": "2026-11-23T06:45:00Z",
        "email": "kaethe@example.com",
        "lines": [{"id": "1", "sku": "MUG", "ordered": "1"}],
        **more,
    }


def pages(since: datetime | None = None) -> list[Page]:
    connector = BooksConnector({}, {})
    found = [connector.read("orders", since=since, position=None)]
    while found[-1].next_position is not None:
        found.append(connector.read("orders", since=since, position=found[-1].next_position))
    return found


def items(since: datetime | None = None) -> list[Item]:
    return [item for page in pages(since) for item in page.items]


def test_every_row_is_met_once_though_many_were_booked_in_the_same_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(books_reading, "PAGE", 3)
    configure("order")
    told("shop-orders", *(order(number) for number in range(1, 8)))
    told("shop-orders", order(8))
    found = pages()
    assert [item.external_id for page in found for item in page.items] == [f"shop/{n}" for n in range(1, 9)]
    assert [page.complete for page in found] == [False, False, True]
    assert BookedOrder.objects.values("booked_at").distinct().count() == 2


def test_a_row_is_told_as_plain_data() -> None:
    configure("order")
    told("shop-orders", order(7))
    (item,) = items()
    told_of_it = {
        name: item.payload[name] for name in ("id", "source", "number", "currency", "total", "placed_at")
    }
    assert told_of_it == {
        "id": "shop/7",
        "source": "shop",
        "number": "7",
        "currency": "EUR",
        "total": "7.5",
        "placed_at": "2026-11-23T06:45:00.000000Z",
    }
    assert item.payload["lines"][0]["sku"] == "MUG"
    assert len(item.payload["person"]) == 32
    assert item == BooksConnector({}, {}).fetch("orders", "shop/7")
    assert BooksConnector({}, {}).fetch("orders", "market/7") is None


def test_only_what_was_booked_since_is_read() -> None:
    configure("order")
    told("shop-orders", order(1), order(2))
    BookedOrder.objects.update(booked_at=datetime(2026, 11, 23, tzinfo=UTC))
    told("shop-orders", order(2, total="3.00"))
    assert [item.external_id for item in items(datetime(2026, 11, 24, tzinfo=UTC))] == ["shop/2"]


def test_what_was_removed_is_told_as_removed() -> None:
    configure("order", removed="delete")
    told("shop-orders", order(1), order(2))
    bring("shop-orders", [Item("1", {}, deleted=True)], datetime.now(UTC) + LATER)
    carry("shop-orders")
    found = {item.external_id: item.deleted for item in items(datetime(2026, 11, 23, tzinfo=UTC))}
    assert found == {"shop/1": True, "shop/2": False}
    assert [item.external_id for item in items()] == ["shop/2"]


def test_the_test_button_says_what_is_in_them() -> None:
    configure("order")
    told("shop-orders", order(1))
    report: TestReport = BooksConnector({}, {}).test()
    assert report.ok
    sentences = {step.what: step.sentence for step in report.steps}
    assert sentences["Looking at orders"].startswith("Last booked on ")
    assert sentences["Looking at payments"] == "Nothing is booked yet."

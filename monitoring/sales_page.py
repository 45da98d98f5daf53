"""The page “Sales”: what the books say of some days, with a link to the rows behind each number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from integrations.models import BookedOrder
from integrations.templatetags.portal import money, percent
from monitoring import links
from monitoring.charts import drawn
from monitoring.links import Linked
from monitoring.periods import midnight
from monitoring.sales import Currency, Sales, sales, shops
from monitoring.tables import Row, Table

PERMISSION = "integrations.view_bookedorder"
# So that one look costs little, however many orders there are.
LONGEST = 366
# Beyond these no calendar goes, once a time zone has moved it.
FIRST_YEAR, LAST_YEAR = 1900, 9000
SHOWN = 31


CURRENCY_COLUMNS = ("Orders", "Value", "Refunds", "Refunded", "Net", "Per order")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    today = timezone.localdate()
    first, last, problem = asked(request, today)
    found = sales(first, last)
    context = {
        **admin.site.each_context(request),
        "title": "Sales",
        "problem": problem,
        "found": found,
        "periods": list(periods(today, first, last)),
        "zone": timezone.get_current_timezone_name(),
        "figures": figures(found),
        "currencies": Table(
            "Sales by currency",
            "Currency",
            CURRENCY_COLUMNS,
            [of_currency(found, one) for one in found.currencies],
        ),
        "days": Table("Sales by day", "Day", ("Currency", "Orders", "Value", "Refunded"), list(days(found))),
        "chart": drawn("orders", "Orders", *chart(found)),
        "is_empty": not BookedOrder.objects.exists(),
    }
    return TemplateResponse(request, "monitoring/sales.html", context)


def asked(request: HttpRequest, today: date) -> tuple[date, date, str]:
    """The days that are asked for, else the last 30; and a sentence where they make no sense."""
    usual = (today - timedelta(days=SHOWN - 2), today)
    texts = (request.GET.get("from", ""), request.GET.get("to", ""))
    if not any(texts):
        return *usual, ""
    try:
        first, last = (
            date.fromisoformat(text) if text else day for text, day in zip(texts, usual, strict=True)
        )
    except ValueError:
        return *usual, "Enter days as 2026-11-23. The last 30 days are shown."
    if first.year < FIRST_YEAR or last.year > LAST_YEAR:
        return *usual, f"Choose days from {FIRST_YEAR} to {LAST_YEAR}. The last 30 days are shown."
    if first > last or (last - first).days >= LONGEST:
        return (
            *usual,
            f"Choose at most {LONGEST} days, the first before the last. The last 30 days are shown.",
        )
    return first, last, ""


def periods(today: date, first: date, last: date) -> Iterator[dict[str, Any]]:
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    for label, begin, end in (
        ("Today", today, today),
        ("Last 7 days", today - timedelta(days=6), today),
        ("Last 30 days", today - timedelta(days=29), today),
        ("This month", month, today),
        ("Last month", before, month - timedelta(days=1)),
    ):
        query = urlencode({"from": begin.isoformat(), "to": end.isoformat()})
        yield {"label": label, "query": query, "active": (begin, end) == (first, last)}


def figures(found: Sales) -> list[tuple[str, Linked, str]]:
    """What needs no currency: (title, number, what it means)."""
    share = Linked(found.known, _orders(found, found.known, sold="known").href, percent(found.repeat_share))
    return [
        ("Orders", _orders(found, found.orders, sold="stands"), "placed and not cancelled"),
        ("Cancelled", _orders(found, found.cancelled, sold="cancelled"), "placed in these days"),
        ("Renewals", _orders(found, found.renewals, far="renewal", sold="stands"), "of subscriptions"),
        (
            "Repeat orders",
            share,
            f"{found.again:,} of {found.known:,} orders by known customers, renewals left out",
        ),
    ]


def of_currency(found: Sales, one: Currency) -> Row:
    orders = _orders(found, one.orders, sold="yes", currency=one.code)
    refunds = links.booked(
        "bookedrefund",
        one.refunds,
        found.since,
        found.until,
        "created_at",
        given="yes",
        currency=one.code,
        source__in=_sources(),
    )
    return Row(
        one.code or "Not told",
        (
            orders,
            _worth(one.value, one.code),
            refunds,
            _worth(one.refunded, one.code),
            _worth(one.net, one.code),
            "–" if one.average is None else _worth(one.average.quantize(Decimal("0.01")), one.code),
        ),
    )


def days(found: Sales) -> Iterator[Row]:
    """The newest first; a day with two currencies has two lines."""
    for day, by_currency in reversed(found.days.items()):
        for code, (orders, value, refunded) in by_currency.items():
            linked = links.booked(
                "bookedorder",
                orders,
                midnight(day),
                midnight(day + timedelta(days=1)),
                "placed_at",
                sold="yes",
                currency=code,
            )
            cells = (
                code or "Not told",
                linked,
                _worth(value, code),
                _worth(refunded, code) if refunded else "–",
            )
            yield Row(f"{day:%a %d %b %Y}", cells)


def chart(found: Sales) -> tuple[list[str], list[int]]:
    counts = [sum(orders for orders, _, _ in of.values()) for of in found.days.values()]
    return [f"{day:%d %b}" for day in found.days], counts


def _orders(found: Sales, count: int, **query: object) -> Linked:
    return links.booked("bookedorder", count, found.since, found.until, "placed_at", **query)


def _sources() -> str:
    return ",".join(str(source) for source in shops())


def _worth(amount: Decimal, code: str) -> str:
    return money(amount, code) if code else f"{amount:,}"

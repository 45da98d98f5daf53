"""The books: what was sold, paid, given back, shipped and stocked. Read here, changed nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations.connectors.books_reading import plain
from integrations.models import (
    Booked,
    BookedDispute,
    BookedLine,
    BookedOrder,
    BookedPayment,
    BookedRefund,
    BookedShipment,
    BookedTicket,
    Connection,
)
from integrations.sync.measures import SOLD, SOLD_TO_KNOWN, SOLD_WITH_VALUE
from integrations.templatetags.portal import ago, money
from mappings.search import normalise

from .frame import FactsAdmin, FactsInline, QuickView, display
from .questions import Question, RowQuestion, When

# What of the books belongs to an order, and what it is called.
OF_ORDER: tuple[tuple[type[Model], str], ...] = (
    (BookedPayment, "payments"),
    (BookedRefund, "refunds"),
    (BookedDispute, "disputes"),
    (BookedShipment, "shipments"),
    (BookedTicket, "tickets"),
)


class WhichSource(RowQuestion):
    """Systems that something is read from, not all that are connected: the books have no others."""

    title = "From which system?"
    parameter_name = "source"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        booking = Connection.objects.filter(reading_jobs__destination__platform="books").distinct()
        return list(booking.order_by("name").values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(source_id=pk)


class BookedWhen(When):
    title = "Booked when?"
    moment_field = "booked_at"


def worth_of(amount: Any, currency: str) -> str:
    return money(amount, currency) if amount is not None else "–"


def quantity_of(value: Any) -> str:
    return plain(value) or "–"


def day_of(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i") if moment else "–"


class BooksAdmin(FactsAdmin):
    """A list is in the order in which its rows came, which needs no sorting of a million; what is searched is found
    by an index, as it stands or as an order's number."""

    list_select_related = ("source",)
    ordering = ("-id",)
    list_filter: ClassVar[tuple[type[Any], ...]] = (WhichSource, BookedWhen)
    search_fields = ("external_id",)
    search_help_text = "Order number, or an id of the system it came from"
    empty_text = "Make a job whose destination is the books, and what it carries stands here."
    numbered_by: tuple[str, ...] = ("order_number",)
    found_by: tuple[str, ...] = ("external_id",)
    exclude = ("version", "read_at")
    narrowed_by = {"order_number": "Order"}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(pk__in=self._called(term)), False

    def _called(self, term: str) -> set[int]:
        """Each in a query of its own: with OR between them no database would use their indexes."""
        number = normalise("order_number", term)
        wanted = [Q(**{name: number}) for name in self.numbered_by]
        sources = Connection.objects.values_list("pk", flat=True)
        wanted += [
            Q(external_id=term, source__in=list(sources)) if name == "external_id" else Q(**{name: term})
            for name in self.found_by
        ]
        rows = self.model._default_manager
        return {
            pk for condition in wanted for pk in rows.filter(condition).values_list("pk", flat=True)[:500]
        }

    @display("From", ordering="source__name")
    def of(self, row: Booked) -> str:
        return row.source.name

    @display("Booked", ordering="booked_at")
    def booked(self, row: Booked) -> str:
        return ago(row.booked_at)

    @display("Amount", ordering="amount")
    def worth(self, row: Any) -> str:
        return worth_of(row.amount, row.currency)

    @display("Made", ordering="created_at")
    def made(self, row: Any) -> str:
        return day_of(row.created_at)

    @display("Order", ordering="order_number")
    def order(self, row: Any) -> str | SafeString:
        if not row.order_number:
            return "–"
        url = reverse("admin:integrations_bookedorder_changelist")
        return format_html('<a href="{}?number={}">#{}</a>', url, row.order_number, row.order_number.upper())


def named(title: str, name: str) -> Callable[[Any, Any], str]:
    """The column that leads to the row's own page."""

    @display(title, ordering=name)
    def column(self: Any, row: Any) -> str:
        return str(getattr(row, name) or row.external_id)

    return column


class LinesInline(FactsInline):
    model = BookedLine
    fields = ("sku", "title", "how_many", "gone", "sent", "back", "price", "sum")
    readonly_fields = fields
    ordering = ("position",)
    verbose_name_plural = "Lines"

    @display("Ordered")
    def how_many(self, row: BookedLine) -> str:
        return quantity_of(row.ordered)

    @display("Cancelled")
    def gone(self, row: BookedLine) -> str:
        return quantity_of(row.cancelled)

    @display("Shipped")
    def sent(self, row: BookedLine) -> str:
        return quantity_of(row.shipped)

    @display("Refunded")
    def back(self, row: BookedLine) -> str:
        return quantity_of(row.refunded)

    @display("Price")
    def price(self, row: BookedLine) -> str:
        return worth_of(row.unit_price, row.order.currency)

    @display("Sum")
    def sum(self, row: BookedLine) -> str:
        return worth_of(row.total, row.order.currency)


class HowFar(Question):
    title = "How far is it?"
    parameter_name = "far"
    answers = (
        ("all", "All", Q()),
        ("open", "Open", Q(status="open")),
        ("closed", "Closed", Q(status="closed")),
        ("cancelled", "Cancelled", Q(status="cancelled")),
        ("paid", "Paid, not shipped in full", Q(payment_status="paid") & ~Q(fulfillment_status="fulfilled")),
        ("renewal", "Renewals", Q(is_renewal=True)),
    )


class WasItSold(Question):
    title = "Was it sold?"
    parameter_name = "sold"
    answers = (
        ("all", "All", Q()),
        ("stands", "Not cancelled", SOLD),
        ("yes", "Sold, with its value", SOLD_WITH_VALUE),
        ("cancelled", "Cancelled", ~SOLD),
        ("known", "Sold to a known person, no renewal", SOLD_TO_KNOWN),
    )


@admin.register(BookedOrder)
class BookedOrderAdmin(BooksAdmin):
    list_display = (
        "name",
        "value",
        "status",
        "payment_status",
        "fulfillment_status",
        "placed",
        "of",
        "booked",
    )
    list_filter = (HowFar, WasItSold, WhichSource, BookedWhen)
    inlines = (LinesInline,)
    empty_title = "No orders are booked yet"
    search_help_text = "Order number, SKU, or an id of the shop"
    numbered_by = ("number",)
    readonly_fields = ("of", "placed", "value", "made_of", "belongs", "booked")
    fields = (
        "of",
        "external_id",
        "placed",
        "value",
        "made_of",
        "status",
        "payment_status",
        "fulfillment_status",
        "cancelled_at",
        "is_renewal",
        "country",
        "belongs",
        "booked",
    )
    narrowed_by = {
        "number": "Order",
        "person": "The same customer",
        "placed_at__gte": "Placed since",
        "placed_at__lt": "Placed before",
        "currency": "Currency",
        "source__in": "Systems",
    }
    quick_views = (
        QuickView("All", ""),
        QuickView("Paid, not shipped in full", "far=paid"),
        QuickView("Cancelled", "far=cancelled"),
    )

    def _called(self, term: str) -> set[int]:
        of_sku = BookedLine.objects.filter(sku=term).order_by("-id").values_list("order_id", flat=True)[:500]
        return super()._called(term) | set(of_sku)

    @display("Order", ordering="number")
    def name(self, row: BookedOrder) -> str:
        return f"#{(row.number or row.external_id).upper()}"

    @display("Value", ordering="total")
    def value(self, row: BookedOrder) -> str:
        return worth_of(row.total, row.currency)

    @display("Placed", ordering="placed_at")
    def placed(self, row: BookedOrder) -> str:
        return day_of(row.placed_at)

    @display("Made of")
    def made_of(self, row: BookedOrder) -> str:
        parts = (
            ("goods", row.subtotal),
            ("shipping", row.shipping_total),
            ("discount", row.discount_total),
            ("tax", row.tax),
        )
        told = [f"{name} {worth_of(amount, row.currency)}" for name, amount in parts if amount is not None]
        return ", ".join(told) or "–"

    @display("What belongs to it")
    def belongs(self, row: BookedOrder) -> str | SafeString:
        """Whatever system told of it: it is found by the order's number."""
        if not row.number:
            return "–"
        links = (
            (reverse(f"admin:integrations_{model._meta.model_name}_changelist"), row.number, count, what)
            for model, what in OF_ORDER
            if (count := model._default_manager.filter(order_number=row.number).count())
        )
        found = format_html_join(", ", '<a href="{}?order_number={}">{} {}</a>', links)
        return found or "Nothing yet"

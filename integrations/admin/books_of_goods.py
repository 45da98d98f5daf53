"""The books of shipments, stock, customers and tickets. Read here, changed nowhere."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.models import BookedCustomer, BookedShipment, BookedStock, BookedTicket
from integrations.sync.measures import about_orders

from .books import BookedWhen, BooksAdmin, WhichSource, day_of, named, quantity_of
from .frame import display
from .questions import Question


class OnItsWay(Question):
    title = "Where is it?"
    parameter_name = "where"
    answers = (
        ("all", "All", Q()),
        ("way", "Shipped, not delivered", Q(shipped_at__isnull=False, delivered_at__isnull=True)),
        ("there", "Delivered", Q(delivered_at__isnull=False)),
        ("here", "Not shipped yet", Q(shipped_at__isnull=True)),
    )


@admin.register(BookedShipment)
class BookedShipmentAdmin(BooksAdmin):
    list_display = ("name", "order", "carrier", "tracking_number", "status", "shipped", "delivered", "of")
    list_filter = (OnItsWay, WhichSource, BookedWhen)
    empty_title = "No shipments are booked yet"
    found_by = ("external_id", "tracking_number")
    search_help_text = "Order number, tracking number, or an id of the warehouse"
    name = named("Shipment", "number")

    @display("Shipped", ordering="shipped_at")
    def shipped(self, row: BookedShipment) -> str:
        return day_of(row.shipped_at)

    @display("Delivered", ordering="delivered_at")
    def delivered(self, row: BookedShipment) -> str:
        return day_of(row.delivered_at)


@admin.register(BookedStock)
class BookedStockAdmin(BooksAdmin):
    list_display = ("name", "location", "there", "reserved", "free", "of", "booked")
    empty_title = "No stock is booked yet"
    numbered_by = ()
    found_by = ("external_id", "sku")
    search_help_text = "SKU"
    narrowed_by = {"sku": "SKU"}
    name = named("SKU", "sku")

    @display("On hand", ordering="on_hand")
    def there(self, row: BookedStock) -> str:
        return quantity_of(row.on_hand)

    @display("Allocated", ordering="allocated")
    def reserved(self, row: BookedStock) -> str:
        return quantity_of(row.allocated)

    @display("Available", ordering="available")
    def free(self, row: BookedStock) -> str:
        return quantity_of(row.available)


class MayBeMailed(Question):
    title = "Wants mails?"
    parameter_name = "mails"
    answers = (
        ("all", "All", Q()),
        ("yes", "Yes", Q(accepts_marketing=True)),
        ("no", "No", Q(accepts_marketing=False)),
        ("unknown", "Not told", Q(accepts_marketing__isnull=True)),
    )


@admin.register(BookedCustomer)
class BookedCustomerAdmin(BooksAdmin):
    list_display = ("name", "country", "accepts_marketing", "orders", "made", "of", "booked")
    list_filter = (MayBeMailed, WhichSource, BookedWhen)
    empty_title = "No customers are booked yet"
    search_help_text = "An id of the system it came from"
    numbered_by = ()
    narrowed_by = {"person": "The same person"}
    name = named("Customer", "external_id")

    @display("Orders")
    def orders(self, row: BookedCustomer) -> str | SafeString:
        if not row.person:
            return "–"
        url = reverse("admin:integrations_bookedorder_changelist")
        return format_html('<a href="{}?person={}">Show</a>', url, row.person)


class IsItAboutAnOrder(Question):
    title = "About an order?"
    parameter_name = "about"
    answers = (("all", "All", Q()), ("order", "Names an order, or comes from a buyer", Q()))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return about_orders(queryset) if self.value() == "order" else queryset


@admin.register(BookedTicket)
class BookedTicketAdmin(BooksAdmin):
    list_filter = (IsItAboutAnOrder, *BooksAdmin.list_filter)
    narrowed_by = {
        **BooksAdmin.narrowed_by,
        "created_at__gte": "Made since",
        "created_at__lt": "Made before",
    }
    list_display = ("name", "order", "status", "made", "of", "booked")
    empty_title = "No tickets are booked yet"
    name = named("Ticket", "number")

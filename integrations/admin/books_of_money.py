"""The books of payments, refunds, disputes and payouts. Read here, changed nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.models import BookedDispute, BookedPayment, BookedPayout, BookedRefund
from integrations.sync.measures import GIVEN_BACK

from .books import BookedWhen, BooksAdmin, WhichSource, day_of, named, worth_of
from .frame import display
from .questions import Question

OPEN_DISPUTES = ("open", "answered")


class PaidOrNot(Question):
    title = "What became of it?"
    parameter_name = "became"
    answers = (
        ("all", "All", Q()),
        *(
            (name, name.replace("_", " ").capitalize(), Q(status=name))
            for name in ("paid", "pending", "failed")
        ),
        ("refunded", "Refunded", Q(status__in=("refunded", "partially_refunded"))),
        ("alone", "No order told", Q(order_number="")),
    )


@admin.register(BookedPayment)
class BookedPaymentAdmin(BooksAdmin):
    list_display = ("name", "order", "worth", "cost", "status", "provider", "made", "of")
    list_filter = (PaidOrNot, WhichSource, BookedWhen)
    empty_title = "No payments are booked yet"
    found_by = ("external_id", "reference", "payout")
    search_help_text = "Order number, reference, payout, or an id of the provider"
    narrowed_by = {"order_number": "Order", "payout": "Payout"}
    name = named("Payment", "reference")

    @display("Fee", ordering="fee")
    def cost(self, row: BookedPayment) -> str:
        return worth_of(row.fee, row.currency)


class WasItGivenBack(Question):
    title = "Was it given back?"
    parameter_name = "given"
    answers = (
        ("all", "All", Q()),
        ("yes", "Yes, or not told otherwise", GIVEN_BACK),
        ("failed", "It failed", ~GIVEN_BACK),
    )


@admin.register(BookedRefund)
class BookedRefundAdmin(BooksAdmin):
    list_display = ("name", "order", "worth", "status", "made", "of")
    list_filter = (WasItGivenBack, WhichSource, BookedWhen)
    empty_title = "No refunds are booked yet"
    found_by = ("external_id", "payment_external_id")
    narrowed_by = {
        "order_number": "Order",
        "currency": "Currency",
        "created_at__gte": "Made since",
        "created_at__lt": "Made before",
        "source__in": "Systems",
    }
    name = named("Refund", "external_id")


class DisputeStands(Question):
    title = "Where does it stand?"
    parameter_name = "stands"
    answers = (
        ("all", "All", Q()),
        ("open", "Not decided yet", Q(status__in=OPEN_DISPUTES)),
        ("won", "Won", Q(status="won")),
        ("lost", "Lost", Q(status="lost")),
    )


@admin.register(BookedDispute)
class BookedDisputeAdmin(BooksAdmin):
    list_display = ("name", "order", "worth", "reason", "status", "due", "made", "of")
    list_filter = (DisputeStands, WhichSource, BookedWhen)
    empty_title = "No disputes are booked yet"
    found_by = ("external_id", "payment_external_id")
    name = named("Dispute", "external_id")

    @display("Answer due", ordering="due_by")
    def due(self, row: BookedDispute) -> str:
        return day_of(row.due_by)


@admin.register(BookedPayout)
class BookedPayoutAdmin(BooksAdmin):
    list_display = ("name", "worth", "cost", "status", "arrives", "payments", "of")
    empty_title = "No payouts are booked yet"
    search_help_text = "An id of the payment provider"
    numbered_by = ()
    narrowed_by: dict[str, str] = {}
    name = named("Payout", "external_id")

    @display("Fee", ordering="fee")
    def cost(self, row: BookedPayout) -> str:
        return worth_of(row.fee, row.currency)

    @display("Arrives", ordering="arrives_at")
    def arrives(self, row: BookedPayout) -> str:
        return day_of(row.arrives_at)

    @display("Payments in it")
    def payments(self, row: BookedPayout) -> SafeString:
        url = reverse("admin:integrations_bookedpayment_changelist")
        return format_html('<a href="{}?payout={}">Show</a>', url, row.external_id)

"""Money that does not match: each row says what happened and what to do, and leads to where it is done."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from integrations.admin.bulk import bulk_action
from integrations.admin.frame import DialogForm, FactsAdmin, QuickView, action, display
from integrations.admin.questions import Question, RowQuestion
from integrations.models import Connection
from integrations.sync import shared_clock
from integrations.templatetags.portal import ago, money
from monitoring.models import MismatchKind, PaymentMismatch
from monitoring.payments import decisions
from monitoring.payments.listed import by_kind, due_soon, listed, on_their_way

from .money_forms import SetAsideForm, SetAsideManyForm

WORST = {
    MismatchKind.SHIPPED_UNPAID.label: "danger",
    MismatchKind.DISPUTE_OPEN.label: "danger",
    MismatchKind.PAID_WITHOUT_ORDER.label: "warning",
    MismatchKind.CHOOSE_ORDER.label: "info",
}
# A cell that begins so would be worked out by a spreadsheet.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "kind",
    "what to do",
    "provider",
    "order",
    "payment",
    "amount",
    "expected",
    "currency",
    "since",
    "due by",
)


class IsItOpen(Question):
    title = "Still open?"
    parameter_name = "open"
    answers = (
        ("open", "Open", lambda request: listed()),
        ("young", "Perhaps on its way", lambda request: on_their_way()),
        ("aside", "Set aside", Q(settled_at__isnull=True, set_aside_at__isnull=False)),
        ("settled", "Settled", Q(settled_at__isnull=False)),
        ("due", "An answer is due in three days", lambda request: due_soon()),
        ("all", "All", Q()),
    )


class WhatIsWrong(Question):
    title = "What is wrong?"
    parameter_name = "kind"
    answers = (("all", "All", Q()), *((value, label, Q(kind=value)) for value, label in MismatchKind.choices))


class WhichProvider(RowQuestion):
    title = "Which provider?"
    parameter_name = "source"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        known = PaymentMismatch.objects.order_by().values("source").distinct()
        return list(Connection.objects.filter(pk__in=known).order_by("name").values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(source_id=pk)


def _older_than(days: int) -> Any:
    return lambda request: Q(since__lt=shared_clock.now() - timedelta(days=days))


class HowOld(Question):
    title = "How old?"
    parameter_name = "age"
    answers = (
        ("any", "Any", Q()),
        ("1", "More than a day", _older_than(1)),
        ("7", "More than a week", _older_than(7)),
        ("30", "More than a month", _older_than(30)),
    )


@admin.register(PaymentMismatch)
class PaymentMismatchAdmin(FactsAdmin):
    list_display = ("what_to_do", "kind_label", "provider", "belongs_to", "worth", "age")
    list_display_links = None
    list_filter = (IsItOpen, WhatIsWrong, WhichProvider, HowOld, ("currency", admin.AllValuesFieldListFilter))
    list_select_related = ("source", "order", "payment")
    ordering = ("-since", "-id")
    search_fields = ("order__number", "payment__external_id")
    search_help_text = "Order number, or the provider's id of the payment"
    empty_title = "All of it matches"
    empty_text = "A payment, refund, dispute or payout that does not agree with the orders stands here."
    list_before_template = "admin/monitoring/paymentmismatch/head.html"
    narrowed_by = {"currency": "Currency", "order": "Order", "payment": "Payment"}
    quick_views = (
        QuickView("Open", ""),
        QuickView("Answer soon", "open=due"),
        QuickView("Perhaps on its way", "open=young"),
        QuickView("Set aside", "open=aside"),
        QuickView("Settled", "open=settled"),
    )
    actions = ("set_aside_many",)
    actions_row = ("set_aside", "take_up")

    def has_settle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.settle_paymentmismatch")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        here = reverse("admin:monitoring_paymentmismatch_changelist")
        told = [
            {
                "label": entry.label,
                "href": f"{here}?{urlencode({'kind': entry.kind})}",
                "count": entry.count,
                "sums": [
                    (
                        money(total, currency),
                        f"{here}?{urlencode({'kind': entry.kind, 'currency': currency})}",
                    )
                    for currency, (_, total) in sorted(entry.sums.items())
                ],
            }
            for entry in by_kind(listed())
        ]
        export = f"{reverse('admin:monitoring_paymentmismatch_export')}?{request.GET.urlencode()}"
        return super().changelist_view(request, {"kinds": told, "export": export, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/", view, name="monitoring_paymentmismatch_export"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """It has no page of its own: its payment has, else its order, else the thing in the books."""
        row = self.object_for(request, object_id, "view")
        return HttpResponseRedirect(_place_of(row))

    # --- the list ---------------------------------------------------------------------------------------------

    @display("What to do", ordering="kind")
    def what_to_do(self, row: PaymentMismatch) -> str:
        told = format_html('<a class="portal-sentence" href="{}">{}</a>', _place_of(row), row.sentence)
        if row.set_aside_at and not row.settled_at:
            by = row.set_aside_by or "Somebody"
            return format_html(
                '{}<br><span class="portal-quiet">{}: {}</span>', told, by, row.set_aside_reason
            )
        return told

    @display("What is wrong", ordering="kind", label=WORST)
    def kind_label(self, row: PaymentMismatch) -> str:
        return row.get_kind_display()

    @display("Provider", ordering="source__name")
    def provider(self, row: PaymentMismatch) -> str:
        return row.source.name

    @display("Order and payment", ordering="order__number")
    def belongs_to(self, row: PaymentMismatch) -> str:
        found = []
        if row.order is not None:
            url = reverse("admin:integrations_bookedorder_change", args=[row.order_id])
            found.append((url, f"#{row.order.number or row.order.external_id}"))
        if row.payment is not None:
            url = reverse("admin:integrations_bookedpayment_change", args=[row.payment_id])
            found.append((url, row.payment.external_id))
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>', found) or "–"

    @display("Amount", ordering="amount")
    def worth(self, row: PaymentMismatch) -> str:
        if row.amount is None:
            return "–"
        told = format_html('<span class="portal-amount">{}</span>', money(row.amount, row.currency))
        if row.expected is not None:
            expected = money(row.expected, row.currency)
            return format_html('{}<span class="portal-quiet">expected {}</span>', told, expected)
        return told

    @display("Since", ordering="since")
    def age(self, row: PaymentMismatch) -> str:
        if row.due_by is None:
            return ago(row.since)
        due = timezone.localtime(row.due_by).strftime("%d %b %Y")
        return format_html('{}<br><span class="portal-quiet">due {}</span>', ago(row.since), due)

    # --- what a person decides --------------------------------------------------------------------------------

    @action(
        "Set aside",
        permissions=["settle"],
        title="Set this aside",
        text="It is not listed any more. If it is gone and comes back, it is listed again.",
        button="Set aside",
        form=SetAsideForm,
        icon="visibility_off",
    )
    def set_aside(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "settle")
        rows = PaymentMismatch.objects.filter(pk=row.pk)
        done = decisions.set_aside(rows, form.cleaned_data["reason"], self.person(request))
        sentence = "Set aside. Your reason is kept." if done else "It is settled or set aside already."
        return self.done(request, sentence, self._list())

    @action(
        "Take up again",
        permissions=["settle"],
        title="Take this up again",
        text="It is listed again.",
        button="Take up again",
        icon="visibility",
    )
    def take_up(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "settle")
        done = decisions.take_up(PaymentMismatch.objects.filter(pk=row.pk))
        return self.done(request, "It is listed again." if done else "It was not set aside.", self._list())

    @bulk_action(
        "Set aside",
        permission="settle",
        text="They are not listed any more. What is gone and comes back is listed again.",
        button="Set aside",
        form=SetAsideManyForm,
    )
    def set_aside_many(self, request: HttpRequest, rows: QuerySet[PaymentMismatch], form: Any) -> str:
        done = decisions.set_aside(rows, form.cleaned_data["reason"], self.person(request))
        return f"{done} set aside. Your reason is kept."

    def _list(self) -> str:
        return reverse("admin:monitoring_paymentmismatch_changelist")

    # --- export -----------------------------------------------------------------------------------------------

    def export_view(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The rows of the list as it is filtered, as CSV; as many as there are, in little memory."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        rows = self.get_changelist_instance(request).get_queryset(request)
        answer = StreamingHttpResponse(_as_csv(rows), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="money-that-does-not-match.csv"'
        return answer


def _place_of(row: PaymentMismatch) -> str:
    """Where it is looked at and settled."""
    if row.payment_id is not None and row.kind in (
        MismatchKind.CHOOSE_ORDER,
        MismatchKind.PAID_WITHOUT_ORDER,
    ):
        return f"{reverse('admin:monitoring_paymentmatch_changelist')}by-payment/{row.payment_id}/"
    if row.what in ("dispute", "payout", "refund"):
        return reverse(f"admin:integrations_booked{row.what}_change", args=[row.about])
    if row.payment_id is not None:
        return f"{reverse('admin:monitoring_paymentmatch_changelist')}by-payment/{row.payment_id}/"
    return reverse("admin:integrations_bookedorder_change", args=[row.about])


class _Line:
    """A file whose write gives the line back."""

    def write(self, text: str) -> str:
        return text


def _as_csv(rows: QuerySet[PaymentMismatch]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows.select_related("source", "order", "payment").iterator(chunk_size=500):
        yield writer.writerow([_harmless(value) for value in _values(row)])


def _values(row: PaymentMismatch) -> tuple[Any, ...]:
    return (
        row.get_kind_display(),
        row.sentence,
        row.source.name,
        row.order.number if row.order else "",
        row.payment.external_id if row.payment else "",
        "" if row.amount is None else format(row.amount.normalize(), "f"),
        "" if row.expected is None else format(row.expected.normalize(), "f"),
        row.currency,
        row.since.isoformat(),
        row.due_by.isoformat() if row.due_by else "",
    )


def _harmless(value: str) -> str:
    return (
        f"'{value}"
        if value.startswith(FORMULAS) and not value.lstrip("-").replace(".", "", 1).isdigit()
        else value
    )

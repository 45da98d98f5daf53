"""Which order each payment belongs to, how sure that is, and what a person decides about it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.admin.frame import DialogForm, FactsAdmin, QuickView, action, display
from integrations.admin.questions import Question, RowQuestion
from integrations.models import BookedOrder, Connection
from integrations.templatetags.portal import ago, money, percent
from monitoring.models import HowMatched, PaymentMatch, PaymentMismatch
from monitoring.payments import decisions
from monitoring.payments.listed import OPEN

from .money_forms import ChooseOrderForm, ReasonForm

COLOURS = {
    HowMatched.REFERENCE.label: "success",
    HowMatched.LIKENESS.label: "info",
    HowMatched.AMBIGUOUS.label: "warning",
    HowMatched.NONE.label: "danger",
    HowMatched.PERSON.label: "primary",
}


class HowWasItMatched(Question):
    title = "How was it matched?"
    parameter_name = "how"
    answers = (("all", "All", Q()), *((value, label, Q(how=value)) for value, label in HowMatched.choices))


class HowSure(Question):
    title = "How sure?"
    parameter_name = "sure"
    answers = (
        ("any", "Any", Q()),
        ("less", "Matched, and less than 0.90", Q(order__isnull=False, confidence__lt="0.90")),
        ("sure", "0.90 and more", Q(order__isnull=False, confidence__gte="0.90")),
    )


class WhichProvider(RowQuestion):
    title = "Which provider?"
    parameter_name = "source"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        known = Connection.objects.filter(reading_jobs__kind="payment").distinct()
        return list(known.order_by("name").values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(payment__source_id=pk)


@admin.register(PaymentMatch)
class PaymentMatchAdmin(FactsAdmin):
    list_display = ("payment_id_there", "provider", "worth", "paid", "order_link", "how_label", "sure")
    list_filter = (HowWasItMatched, HowSure, WhichProvider)
    list_select_related = ("payment__source", "order")
    ordering = ("-id",)
    search_fields = ("=payment__external_id", "=named_number", "=order__number")
    search_help_text = "The provider's id of the payment, or an order number"
    empty_title = "No payment is matched yet"
    empty_text = "Start the workflow “Payments matched”: what it books is compared here."
    change_form_template = "admin/monitoring/paymentmatch/page.html"
    narrowed_by = {"order": "Order"}
    quick_views = (
        QuickView("All", ""),
        QuickView("To choose", "how=ambiguous"),
        QuickView("Without an order", "how=none"),
        QuickView("Less sure", "sure=less"),
        QuickView("Decided by people", "how=person"),
    )
    actions_detail = ("confirm", "choose", "undo", "release")

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.decide_paymentmatch")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.of_payment_view)
        here = path("by-payment/<int:payment>/", view, name="monitoring_paymentmatch_of_payment")
        return [here, *super().get_urls()]

    def of_payment_view(self, request: HttpRequest, payment: int) -> HttpResponse:
        """So that a link knows nothing but the payment."""
        found = PaymentMatch.objects.filter(payment=payment).values_list("pk", flat=True).first()
        if found is None:
            raise Http404(f"Payment {payment} is not matched yet.")
        return HttpResponseRedirect(reverse("admin:monitoring_paymentmatch_change", args=[found]))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        match = self.object_for(request, object_id, "view")
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **_page(match)})

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what makes sense for this payment."""
        offered = super().get_actions_detail(request, object_id)
        match = self.get_object(request, str(object_id))
        if match is None:
            return []
        hidden = {"release"} if not match.is_decided else {"confirm"}
        if match.order_id is None:
            hidden |= {"confirm", "undo"}
        return [entry for entry in offered if entry.path not in hidden]

    # --- the list ---------------------------------------------------------------------------------------------

    @display("Payment")
    def payment_id_there(self, row: PaymentMatch) -> str:
        return row.payment.external_id

    @display("Provider", ordering="payment__source__name")
    def provider(self, row: PaymentMatch) -> str:
        return row.payment.source.name

    @display("Amount", ordering="payment__amount")
    def worth(self, row: PaymentMatch) -> str:
        return money(row.payment.amount, row.payment.currency) if row.payment.amount is not None else "–"

    @display("Paid", ordering="payment__created_at")
    def paid(self, row: PaymentMatch) -> str:
        return ago(row.payment.created_at) if row.payment.created_at else "–"

    @display("Order", ordering="order__number")
    def order_link(self, row: PaymentMatch) -> str:
        if row.order is None:
            many = len(row.candidates)
            return f"{many} candidates" if many else "–"
        url = reverse("admin:integrations_bookedorder_change", args=[row.order_id])
        return format_html('<a href="{}">#{}</a>', url, row.order.number or row.order.external_id)

    @display("How", ordering="how", label=COLOURS)
    def how_label(self, row: PaymentMatch) -> str:
        return row.get_how_display()

    @display("How sure", ordering="confidence")
    def sure(self, row: PaymentMatch) -> str:
        return percent(float(row.confidence)) if row.order_id is not None else "–"

    # --- what a person decides --------------------------------------------------------------------------------

    @action(
        "Confirm",
        permissions=["decide"],
        title="Confirm this order",
        text="The payment keeps this order, whatever comes in later.",
        button="Confirm",
        form=ReasonForm,
        icon="check_circle",
    )
    def confirm(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        match = self.object_for(request, object_id, "decide")
        done = decisions.confirm(match, form.cleaned_data["reason"], self.person(request))
        return self._back(request, match, done, "Confirmed.", "It has no order: choose one.")

    @action(
        "Choose the order",
        permissions=["decide"],
        title="Choose the order of this payment",
        text="Crossdock does not change it afterwards.",
        button="Choose",
        form=ChooseOrderForm,
        icon="rule",
    )
    def choose(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        match = self.object_for(request, object_id, "decide")
        order = form.cleaned_data["order"]
        decisions.choose(match, order, form.cleaned_data["reason"], self.person(request))
        return self._back(request, match, True, f"The payment belongs to order {order.number} now.", "")

    @action(
        "Undo",
        permissions=["decide"],
        title="Take the order away",
        text="The payment has no order then, until somebody chooses one or leaves it to Crossdock again.",
        button="Undo",
        form=ReasonForm,
        icon="undo",
    )
    def undo(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        match = self.object_for(request, object_id, "decide")
        done = decisions.undo(match, form.cleaned_data["reason"], self.person(request))
        return self._back(request, match, done, "The payment has no order now.", "It had no order.")

    @action(
        "Leave it to Crossdock",
        permissions=["decide"],
        title="Leave it to Crossdock again",
        text="It is matched by itself, now and when something new comes in.",
        button="Leave it to Crossdock",
        form=ReasonForm,
        icon="smart_toy",
    )
    def release(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        match = self.object_for(request, object_id, "decide")
        done = decisions.release(match, form.cleaned_data["reason"], self.person(request))
        return self._back(
            request, match, done, "It is matched by itself again.", "Nobody had decided about it."
        )

    def _back(
        self, request: HttpRequest, match: PaymentMatch, done: bool, sentence: str, no: str
    ) -> HttpResponse:
        url = reverse("admin:monitoring_paymentmatch_change", args=[match.pk])
        return self.done(request, sentence if done else no, url, messages.SUCCESS if done else messages.ERROR)


def _page(match: PaymentMatch) -> dict[str, Any]:
    orders = BookedOrder.objects.select_related("source").in_bulk(
        [int(entry[0]) for entry in match.candidates]
    )
    payment = match.payment
    return {
        "match": match,
        "payment": payment,
        "worth": money(payment.amount, payment.currency) if payment.amount is not None else "–",
        "how_colour": COLOURS[match.get_how_display()],
        "candidates": [
            (orders[int(order)], f"{float(confidence):.2f}", reasons)
            for order, confidence, reasons in match.candidates
            if int(order) in orders
        ],
        "mismatches": PaymentMismatch.objects.filter(OPEN, _of(match)).order_by("-since"),
        "decisions": match.decisions.select_related("person", "order"),
    }


def _of(match: PaymentMatch) -> Q:
    about = Q(payment=match.payment_id)
    return about | Q(order=match.order_id) if match.order_id is not None else about

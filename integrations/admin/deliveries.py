"""Records: where each one stands, and everything that happened to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern

from integrations.models import PENDING_STATES, Delivery, Door, State, SyncJob
from integrations.sync import finding
from integrations.sync.measures import BACKLOG_STATES, NEAR_HOURS, promise_is_near, promise_is_past
from integrations.templatetags.portal import ago, money, promised_hour

from . import taking_back
from .frame import FactsAdmin, QuickView, display
from .job_columns import RECORD_COLOURS, rows_url
from .mapping_versions import used_by
from .questions import FromSystem, OfSystem, Question, ToSystem, When, WhichJob
from .record_pages import journey_of, pages_of

SHOWN_OUTCOMES = 50
NOT_DELIVERED_YET = Q(state__in=[*PENDING_STATES, State.FAILED])


class WhereDoesItStand(Question):
    title = "Where does it stand?"
    parameter_name = "state"
    answers = (
        ("all", "All", Q()),
        ("backlog", "On its way", Q(state__in=BACKLOG_STATES)),
        *((value, label, Q(state=value)) for value, label in State.choices),
    )


class PromisedWhen(Question):
    title = "Promised when?"
    parameter_name = "promised"
    answers = (
        ("all", "Any hour", Q()),
        (
            "near",
            f"Within {NEAR_HOURS} hours, or past, and not delivered yet",
            lambda request: promise_is_near() & NOT_DELIVERED_YET,
        ),
        ("past", "Past, and not delivered yet", lambda request: promise_is_past() & NOT_DELIVERED_YET),
    )


class Since(When):
    title = "Since when?"
    moment_field = "state_since"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """All jobs and states are named, so that the index (job, state, since) is used."""
        narrowed = super().queryset(request, queryset)
        if narrowed is queryset:
            return queryset
        jobs = list(SyncJob.objects.values_list("pk", flat=True))
        return narrowed.filter(job__in=jobs, state__in=State.values)


@admin.register(Delivery)
class DeliveryAdmin(FactsAdmin):
    list_display = (
        "record",
        "state_label",
        "job",
        "why",
        "attempts",
        "promised",
        "since",
        "first_delivered",
    )
    list_filter = (WhereDoesItStand, WhichJob, PromisedWhen, Since, OfSystem, FromSystem, ToSystem)
    list_select_related = ("job", "thing")
    # By id: sorting a million rows by anything else takes seconds. Since when is sorted by on request.
    ordering = ("-id",)
    empty_title = "No records yet"
    empty_text = "Each record that comes in stands here with its state."
    search_fields = ("subject",)
    search_help_text = "Order number, or an id of any system"
    narrowed_by = {"thing": "Thing", "job__workflow": "Workflow"}
    change_form_template = "admin/integrations/delivery/page.html"
    quick_views = (
        QuickView("All", ""),
        QuickView("On their way", "state=backlog"),
        QuickView("Need a person", "state=failed"),
        QuickView("Held back", "state=held"),
        QuickView("Delivered", "state=delivered"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Exact, by index: how a person calls it, or an id of any system. A million rows are not scanned."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(thing__in=finding.things_called(term, finding.IN_ADDRESSES)), False

    @display("Why")
    def why(self, row: Delivery) -> str:
        return row.state_reason or "–"

    @display("Record", ordering="subject")
    def record(self, row: Delivery) -> str:
        return str(row)

    @display("State", ordering="state", label=RECORD_COLOURS)
    def state_label(self, row: Delivery) -> str:
        return row.get_state_display()

    @display("Promised", ordering="promised_at")
    def promised(self, row: Delivery) -> str:
        return promised_hour(row.promised_at)

    @display("Since", ordering="state_since")
    def since(self, row: Delivery) -> str:
        return ago(row.state_since)

    @display("First delivered", ordering="first_delivered_at")
    def first_delivered(self, row: Delivery) -> str:
        return ago(row.first_delivered_at)

    def get_urls(self) -> list[URLPattern]:
        return [*taking_back.urls(self), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rows = Delivery.objects.select_related(
            "job__source", "job__destination", "job__read_mapping", "job__write_mapping", "thing"
        )
        delivery = get_object_or_404(rows, pk=object_id if object_id.isdecimal() else 0)
        return super().change_view(
            request,
            object_id,
            form_url,
            {**(extra_context or {}), **history_of(delivery), **taking_back.shown(request, delivery)},
        )


def history_of(delivery: Delivery) -> dict[str, Any]:
    outcomes = delivery.outcomes.select_related("run").order_by("-recorded_at", "-id")[:SHOWN_OUTCOMES]
    return {
        "delivery": delivery,
        "came_in": came_in(delivery),
        "pages": pages_of(delivery),
        "journey_url": journey_of(delivery.thing_id),
        "used_versions": used_by(delivery.job, last_mapping_version(delivery)),
        "outcomes": [(outcome, _worth(outcome.amount, outcome.currency)) for outcome in outcomes],
        "errors": delivery.errors.defer("evidence", "payload").order_by("-first_seen_at")[:10],
        "external_ids": delivery.thing.external_ids.select_related("connection").order_by("connection__name"),
        "other_jobs": Delivery.objects.filter(thing=delivery.thing)
        .exclude(pk=delivery.pk)
        .select_related("job"),
        "state_colour": RECORD_COLOURS.get(delivery.get_state_display(), ""),
        "all_outcomes_url": rows_url("outcome", delivery=delivery.pk),
    }


def came_in(delivery: Delivery) -> datetime:
    """When the newest version came from the source: a retry takes in the same version once more."""
    told = delivery.outcomes.filter(received_at__isnull=False)
    if delivery.accepted_version:
        first = told.filter(source_version=delivery.accepted_version).aggregate(at=Min("received_at"))["at"]
        return min(first or delivery.accepted_at, delivery.accepted_at)
    if told.filter(serial=delivery.accepted_serial, run__door=Door.RETRY).exists():
        of_source = told.exclude(run__door=Door.RETRY).order_by("-serial", "received_at").first()
        return of_source.received_at or delivery.accepted_at if of_source else delivery.accepted_at
    return delivery.accepted_at


def last_mapping_version(delivery: Delivery) -> str:
    """That of the last try, also where it came to nothing."""
    tried = delivery.outcomes.exclude(mapping_version="").order_by("-recorded_at", "-id")
    return tried.values_list("mapping_version", flat=True).first() or delivery.mapping_version


def _worth(amount: Any, currency: str) -> str:
    return money(amount, currency) if amount is not None else ""

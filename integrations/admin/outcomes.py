"""Outcomes: the facts behind every figure. Read here, changed nowhere."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import Kind, Outcome, State
from integrations.sync.measures import (
    ATTEMPTED_STATES,
    NEW_ORDERS_ACCEPTED,
    NOT_WRITTEN_STATES,
    STOCK_TOLD,
    parcels_of_known_orders,
    processing_seconds,
)
from integrations.templatetags.portal import ago, duration, money

from .frame import FactsAdmin, QuickView, display
from .job_columns import RECORD_COLOURS
from .questions import FromSystem, OfSystem, Question, ToSystem, When, WhichJob


class WhatCameOfIt(Question):
    title = "What came of it?"
    parameter_name = "result"
    answers = (
        ("all", "All", Q()),
        ("attempted", "Had to be written", Q(state__in=ATTEMPTED_STATES)),
        ("not_written", "Failed, or skipped by a fallback", Q(state__in=NOT_WRITTEN_STATES)),
        *((value, label, Q(state=value)) for value, label in State.choices),
        ("timed", "New orders, with a processing time", NEW_ORDERS_ACCEPTED),
        ("told", "Stock that a channel took, with its delay", STOCK_TOLD),
        (
            "shipped",
            "Parcels, with the delay from their order",
            lambda request: Q(pk__in=parcels_of_known_orders().values("pk")),
        ),
    )


class WhoseFault(Question):
    title = "What kind of failure?"
    parameter_name = "kind"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(kind=value)) for value, label in Kind.choices),
    )


@admin.register(Outcome)
class OutcomeAdmin(FactsAdmin):
    list_display = (
        "record",
        "state_label",
        "what_was_done",
        "job",
        "value",
        "processing",
        "attempt",
        "versions",
        "recorded",
    )
    list_display_links = None
    list_filter = (WhatCameOfIt, When, WhichJob, WhoseFault, OfSystem, FromSystem, ToSystem)
    empty_title = "Nothing has happened yet"
    empty_text = "Each try of each record stands here, with what came of it."
    list_select_related = ("delivery", "job")
    ordering = ("-recorded_at", "-id")
    narrowed_by = {
        "run": "Run",
        "delivery": "Record",
        "job__workflow": "Workflow",
        "currency": "Currency",
        "recorded_at__gte": "Since",
        "recorded_at__lt": "Before",
    }
    quick_views = (
        QuickView("All", ""),
        QuickView("Delivered", "result=delivered"),
        QuickView("Failed", "result=failed"),
        QuickView("Retrying", "result=retrying"),
    )

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """An outcome has no page of its own: it is a line in its record's history."""
        outcome = self.object_for(request, object_id, "view")
        return HttpResponse(
            status=302,
            headers={"Location": reverse("admin:integrations_delivery_change", args=[outcome.delivery_id])},
        )

    @display("What was done", ordering="operation")
    def what_was_done(self, row: Outcome) -> str:
        return row.operation.replace("_", " ").capitalize() or "–"

    @display("Record", ordering="delivery__subject")
    def record(self, row: Outcome) -> str:
        url = reverse("admin:integrations_delivery_change", args=[row.delivery_id])
        return format_html('<a href="{}">{}</a>', url, row.delivery)

    @display("Outcome", ordering="state", label=RECORD_COLOURS)
    def state_label(self, row: Outcome) -> str:
        return row.get_state_display()

    @display("Value", ordering="amount")
    def value(self, row: Outcome) -> str:
        return money(row.amount, row.currency) if row.amount is not None else "–"

    @display("Event → accepted")
    def processing(self, row: Outcome) -> str:
        if row.state != State.DELIVERED or row.occurred_at is None or row.accepted_at is None:
            return "–"
        return duration(processing_seconds(row.occurred_at, row.accepted_at, row.job.created_at))

    @display("Mapping versions")
    def versions(self, row: Outcome) -> str:
        numbers = row.mapping_version.split(".")
        return f"read {numbers[0]}, write {numbers[1]}" if len(numbers) > 1 else "–"

    @display("Recorded", ordering="recorded_at")
    def recorded(self, row: Outcome) -> str:
        return ago(row.recorded_at)

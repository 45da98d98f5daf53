"""Webhooks as they arrived, and what became of them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import InboundEvent, InboundState
from integrations.sync.replay import replay
from integrations.templatetags.portal import ago

from .bulk import bulk_action
from .connection_form import as_json
from .frame import DialogForm, FactsAdmin, QuickView, action, display
from .questions import Question, WhichSystem

STATE_COLOURS = {
    "Received": "info",
    "Processed": "success",
    "Duplicate": "primary",
    "Could not be processed": "danger",
}


class WhatBecameOfIt(Question):
    title = "What became of it?"
    parameter_name = "state"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(state=value)) for value, label in InboundState.choices),
    )


@admin.register(InboundEvent)
class InboundEventAdmin(FactsAdmin):
    list_display = ("what", "connection", "state_label", "arrived", "attempts", "what_went_wrong")
    list_filter = (WhatBecameOfIt, WhichSystem)
    empty_title = "No webhooks yet"
    empty_text = "Make a webhook address on a connection, and enter it in the system that shall send."
    list_select_related = ("connection",)
    ordering = ("-received_at", "-id")
    search_fields = ("=external_id", "=delivery_id", "topic")
    search_help_text = "Id or topic"
    narrowed_by = {
        "connection": "System",
        "resource": "Resource",
        "received_at__gte": "Since",
        "received_at__lt": "Before",
    }
    actions = ("replay_many",)
    actions_detail = ("replay_one",)
    quick_views = (
        QuickView("All", ""),
        QuickView("Waiting", "state=received"),
        QuickView("Could not be processed", "state=failed"),
    )
    fieldsets = (
        ("Event", {"fields": ("topic", "resource", "external_id", "connection", "delivery_id")}),
        ("What became of it", {"fields": ("state_label", "sentence", "arrived", "processed", "attempts")}),
        ("As it arrived", {"fields": ("shown_headers", "shown_body")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundEvent]:
        rows: QuerySet[InboundEvent] = super().get_queryset(request)
        return rows.defer("body", "headers")

    @display("What went wrong")
    def what_went_wrong(self, row: InboundEvent) -> str:
        return row.sentence or "–"

    @display("Event", ordering="topic")
    def what(self, row: InboundEvent) -> str:
        return str(row)

    @display("State", ordering="state", label=STATE_COLOURS)
    def state_label(self, row: InboundEvent) -> str:
        return row.get_state_display()

    @display("Arrived", ordering="received_at")
    def arrived(self, row: InboundEvent) -> str:
        return ago(row.received_at)

    @display("Processed", ordering="processed_at")
    def processed(self, row: InboundEvent) -> str:
        return ago(row.processed_at)

    @display("Headers")
    def shown_headers(self, row: InboundEvent) -> str:
        return format_html('<pre class="portal-code">{}</pre>', as_json(row.headers))

    @display("Body")
    def shown_body(self, row: InboundEvent) -> str:
        body: Any = row.body
        return format_html('<pre class="portal-code">{}</pre>', bytes(body or b"").decode(errors="replace"))

    def get_fieldsets(self, request: HttpRequest, obj: InboundEvent | None = None) -> Any:
        """The body has personal data: only for those who may replay it."""
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if self.has_replay_permission(request, obj) else fieldsets[:2]

    # --- what can be done -------------------------------------------------------------------------------------

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.replay_inboundevent")

    @action(
        "Replay",
        icon="replay",
        permissions=["replay"],
        title="Replay this webhook",
        text="It is processed as if it had just arrived. What was delivered already is not sent twice.",
        button="Replay",
    )
    def replay_one(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        event = self.object_for(request, object_id, "replay")
        url = reverse("admin:integrations_inboundevent_change", args=[event.pk])
        if not replay(InboundEvent.objects.filter(pk=event.pk)):
            return self.done(request, "It waits for its first processing already.", url, messages.WARNING)
        return self.done(request, "It is being processed again.", url)

    @bulk_action(
        "Replay",
        permission="replay",
        text="They are processed as if they had just arrived. What was delivered already is not sent twice.",
        button="Replay them",
    )
    def replay_many(self, request: HttpRequest, rows: QuerySet[InboundEvent], form: forms.Form) -> str:
        return f"{replay(rows)} webhooks are being processed again."

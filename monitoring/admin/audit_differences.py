"""What does not say the same on both sides: why, and repaired with one click."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.admin.bulk import bulk_action
from integrations.admin.frame import Crumb, DialogForm, FactsAdmin, QuickView, action, display
from integrations.models import Conflict, Delivery, ErrorRecord
from integrations.templatetags.portal import ago
from monitoring.audits.repair import repair
from monitoring.models import AuditDifference

from .audit_columns import (
    CAUSE_COLOURS,
    STATE_COLOURS,
    IsItOpen,
    WhatKind,
    WhichAudit,
    WhichChannel,
    Why,
    what_differs,
)

# What leads to a page is shown to whoever may open that.
NEEDS = {
    "conflict_link": "integrations.view_conflict",
    "error_link": "integrations.view_errorrecord",
    "journey_link": "integrations.view_delivery",
}


@admin.register(AuditDifference)
class AuditDifferenceAdmin(FactsAdmin):
    list_display = (
        "what",
        "channel",
        "should_say_text",
        "says_text",
        "cause_label",
        "why",
        "last_seen",
        "state_label",
    )
    list_display_links = None
    list_filter = (IsItOpen, Why, WhichAudit, WhichChannel, WhatKind)
    list_select_related = ("audit__job__destination",)
    search_fields = ("subject", "external_id")
    search_help_text = "SKU, order number or id"
    ordering = ("-last_seen_at", "-id")
    narrowed_by = {"external_id": "Record", "delivery": "Delivery", "run": "Comparison"}
    actions = ("repair_many",)
    actions_detail = ("repair_one",)
    quick_views = (
        QuickView("Open", ""),
        QuickView("Not in flight", "cause=settled"),
        QuickView("Written past the owner", "cause=written_past"),
        QuickView("Missed webhooks", "cause=missed_webhook"),
        QuickView("Repaired", "state=repaired"),
    )
    empty_title = "Nothing differs"
    empty_text = (
        "What an audit finds different on both sides of a job stands here, with its cause. "
        "An audit compares by its schedule, or at once with “Compare now”. Add one under Audits."
    )
    fields = (
        ("record", "channel_name"),
        ("field_name", "location"),
        ("cause_label", "state_label"),
        ("should_say_text", "says_text"),
        "why",
        "next_step",
        ("audit_link", "comparison"),
        ("delivery_link", "repair_state"),
        "conflict_link",
        "error_link",
        "journey_link",
        ("first_seen", "last_seen"),
    )
    readonly_fields = (
        "record",
        "channel_name",
        "cause_label",
        "state_label",
        "field_name",
        "should_say_text",
        "says_text",
        "why",
        "next_step",
        "audit_link",
        "delivery_link",
        "error_link",
        "journey_link",
        "comparison",
        "first_seen",
        "last_seen",
        "repair_state",
        "conflict_link",
    )

    def has_repair_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.repair_auditdifference")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.object_for(request, object_id, "view")
        shown = {"original": Crumb(row, row.subject), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, shown)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the way to a page that this user may not open."""
        return [
            field
            for field in super().get_fields(request, obj)
            if field not in NEEDS or request.user.has_perm(NEEDS[field])
        ]

    # --- columns ----------------------------------------------------------------------------------------------

    @display("What differs", ordering="subject")
    def what(self, row: AuditDifference) -> str:
        return what_differs(row)

    @display("Record")
    def record(self, row: AuditDifference) -> str:
        return row.subject

    @display("Field")
    def field_name(self, row: AuditDifference) -> str:
        return row.field or "the whole record"

    @display("In", ordering="audit__job__destination__name")
    def channel(self, row: AuditDifference) -> str:
        return str(row.audit.job.destination)

    @display("In")
    def channel_name(self, row: AuditDifference) -> str:
        return str(row.audit.job.destination)

    @display("Should say")
    def should_say_text(self, row: AuditDifference) -> str:
        return row.should_say or "–"

    @display("Says")
    def says_text(self, row: AuditDifference) -> str:
        return row.says or "–"

    @display("Cause", ordering="cause", label=CAUSE_COLOURS)
    def cause_label(self, row: AuditDifference) -> str:
        return row.get_cause_display()

    @display("Why")
    def why(self, row: AuditDifference) -> str:
        return format_html('<span class="portal-sentence">{}</span>', row.sentence)

    @display("What to do")
    def next_step(self, row: AuditDifference) -> str:
        return row.next_action

    @display("Last seen", ordering="last_seen_at")
    def last_seen(self, row: AuditDifference) -> str:
        return ago(row.last_seen_at)

    @display("First seen")
    def first_seen(self, row: AuditDifference) -> str:
        return ago(row.first_seen_at)

    @display("State", ordering="state", label=STATE_COLOURS)
    def state_label(self, row: AuditDifference) -> str:
        return row.get_state_display()

    @display("Audit")
    def audit_link(self, row: AuditDifference) -> str:
        url = reverse("admin:monitoring_audit_change", args=[row.audit_id])
        return format_html('<a href="{}">{}</a>', url, row.audit)

    @display("Its deliveries")
    def delivery_link(self, row: AuditDifference) -> str:
        if row.delivery_id is None:
            return "It was never delivered."
        url = reverse("admin:integrations_delivery_change", args=[row.delivery_id])
        return format_html('<a href="{}">{}</a>', url, row.subject)

    @display("Open error")
    def error_link(self, row: AuditDifference) -> str:
        held = ErrorRecord.objects.filter(delivery=row.delivery_id, settled_at__isnull=True)
        error = held.defer("evidence", "payload").first() if row.delivery_id is not None else None
        if error is None:
            return "none"
        url = reverse("admin:integrations_errorrecord_change", args=[error.pk])
        return format_html('<a href="{}">{}</a>', url, error.sentence)

    @display("In all systems")
    def journey_link(self, row: AuditDifference) -> str:
        record = Delivery.objects.filter(pk=row.delivery_id or 0).first()
        if record is None:
            return "It was never accepted."
        return format_html('<a href="{}">Its journey</a>', reverse("journey", args=[record.thing_id]))

    @display("Conflict")
    def conflict_link(self, row: AuditDifference) -> str:
        """The oldest that is open between both systems about this record: of its other fields there may be more."""
        found = (
            Conflict.objects.filter(
                settled_at__isnull=True,
                thing__deliveries=row.delivery_id,
                owner_id=row.audit.job.source_id,
                other_id=row.audit.job.destination_id,
            )
            .order_by("pk")
            .first()
        )
        if row.delivery_id is None or found is None:
            return "none is open"
        url = reverse("admin:integrations_conflict_change", args=[found.pk])
        return format_html('<a href="{}">See both sides and decide</a>', url)

    @display("Found by")
    def comparison(self, row: AuditDifference) -> str:
        if row.run_id is None:
            return "–"
        url = reverse("admin:monitoring_auditrun_change", args=[row.run_id])
        return format_html('<a href="{}">Comparison {}</a>', url, row.run_id)

    @display("Repair")
    def repair_state(self, row: AuditDifference) -> str:
        if row.repair_asked_at is None:
            return "not asked for"
        who = f" by {row.repaired_by.get_username()}" if row.repaired_by else ""
        if row.repair_run_id is None:
            return format_html("asked for {}{}", ago(row.repair_asked_at), who)
        url = reverse("admin:integrations_syncrun_change", args=[row.repair_run_id])
        return format_html(
            'asked for {}{}: <a href="{}">run {}</a>',
            ago(row.repair_asked_at),
            who,
            url,
            row.repair_run_id,
        )

    # --- repairs ----------------------------------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        return offered if row is not None and row.state == "open" else []

    @action(
        "Repair",
        icon="build",
        permissions=["repair"],
        title="Repair this difference",
        text="The record is delivered again by its job, all of its fields at once. Afterwards both sides are read once "
        "more, and what agrees is closed.",
        button="Repair",
    )
    def repair_one(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "repair")
        done = repair(AuditDifference.objects.filter(pk=row.pk), self.person(request))
        url = reverse("admin:monitoring_auditdifference_change", args=[row.pk])
        return self.done(
            request, done.sentence(), url, messages.WARNING if done.reasons else messages.SUCCESS
        )

    @bulk_action(
        "Repair",
        permission="repair",
        text="Their records are delivered again by their jobs, and held errors are retried. What is in flight is left "
        "alone: it arrives by itself.",
        button="Repair them",
    )
    def repair_many(self, request: HttpRequest, rows: QuerySet[AuditDifference], form: forms.Form) -> str:
        chosen = AuditDifference.objects.filter(pk__in=rows.order_by().values("pk"))
        return repair(chosen, self.person(request)).sentence()

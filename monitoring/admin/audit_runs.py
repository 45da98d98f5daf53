"""Comparisons, the records behind their numbers, and the daily figures they leave."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join

from integrations.admin.frame import DialogForm, FactsAdmin, QuickView, action, display
from integrations.admin.job_columns import counted
from integrations.admin.questions import Question
from integrations.sync import shared_clock
from integrations.templatetags.portal import ago, duration, percent
from monitoring.audits.accuracy import Accuracy
from monitoring.models import (
    AuditDifference,
    AuditedRecord,
    AuditPoint,
    AuditRun,
    AuditState,
    Cause,
    Verdict,
)

from .audit_columns import (
    CAUSE_COLOURS,
    RUN_COLOURS,
    VERDICT_COLOURS,
    OfWhichRuns,
    WhatWasFound,
    WhichAudit,
    WhichChannel,
    audit_rows_url,
    share_of,
)


class HowDidItEnd(Question):
    title = "How did it end?"
    parameter_name = "state"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(state=value)) for value, label in AuditState.choices),
        ("differing", "With differences", Q(differ__gt=0)),
    )


@admin.register(AuditRun)
class AuditRunAdmin(FactsAdmin):
    list_display = (
        "run_name",
        "begun_by",
        "state_label",
        "started",
        "took",
        "share",
        "compared_count",
        "differ_count",
        "read_calls",
    )
    list_filter = (HowDidItEnd, WhichAudit, WhichChannel)
    narrowed_by = {"id__in": "Comparisons"}
    list_select_related = ("audit",)
    ordering = ("-started_at", "-id")
    actions_detail = ("cancel_run",)
    quick_views = (
        QuickView("All", ""),
        QuickView("Running", "state=running"),
        QuickView("With differences", "state=differing"),
        QuickView("Could not be done", "state=failed"),
    )
    empty_title = "Nothing compared yet"
    empty_text = "Each time an audit compares both sides of its job, it stands here with what it found."
    fields = (
        ("audit_link", "state_label"),
        ("door", "sample"),
        ("started", "took"),
        ("share", "settled"),
        "interval",
        ("compared_count", "left_out_count"),
        ("agree_count", "differ_count"),
        "why",
        ("source_rows", "destination_rows"),
        ("read_calls", "only_there"),
        "sentence",
    )
    readonly_fields = (
        "audit_link",
        "sample",
        "state_label",
        "started",
        "took",
        "share",
        "settled",
        "interval",
        "compared_count",
        "agree_count",
        "differ_count",
        "left_out_count",
        "why",
    )

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.run_audit")

    @display("How it began", ordering="door")
    def begun_by(self, row: AuditRun) -> str:
        return row.get_door_display()

    @display("Comparison", ordering="id")
    def run_name(self, row: AuditRun) -> str:
        return f"{row.audit.name}: {row.pk}"

    @display("Audit")
    def audit_link(self, row: AuditRun) -> str:
        url = reverse("admin:monitoring_audit_change", args=[row.audit_id])
        return format_html('<a href="{}">{}</a>', url, row.audit)

    @display("Which records")
    def sample(self, row: AuditRun) -> str:
        if row.asked is not None:
            return f"{len(row.asked['ids']):,} that were repaired"
        return f"a sample of {row.sample_percent} %" if row.is_sample else "all"

    @display("State", ordering="state", label=RUN_COLOURS)
    def state_label(self, row: AuditRun) -> str:
        return row.get_state_display()

    @display("Started", ordering="started_at")
    def started(self, row: AuditRun) -> str:
        return ago(row.started_at)

    @display("Took")
    def took(self, row: AuditRun) -> str:
        return duration((row.finished_at - row.started_at).total_seconds()) if row.finished_at else "–"

    @display("Agrees")
    def share(self, row: AuditRun) -> str:
        return share_of(Accuracy(row.compared, row.agree, row.in_flight).share)

    @display("Without what is in flight")
    def settled(self, row: AuditRun) -> str:
        return share_of(Accuracy(row.compared, row.agree, row.in_flight).settled_share)

    @display("The whole, by this sample")
    def interval(self, row: AuditRun) -> str:
        found = Accuracy(row.compared, row.agree, row.in_flight).interval() if row.is_sample else None
        if found is None:
            return "–"
        return f"between {percent(found[0])} and {percent(found[1])}, 95 times of 100"

    @display("Compared", ordering="compared")
    def compared_count(self, row: AuditRun) -> str:
        return _records(row, row.compared, "compared")

    @display("Agree", ordering="agree")
    def agree_count(self, row: AuditRun) -> str:
        return _records(row, row.agree, "agrees")

    @display("Differ", ordering="differ")
    def differ_count(self, row: AuditRun) -> str:
        return _records(row, row.differ, "differs")

    @display("Left out by the job", ordering="left_out")
    def left_out_count(self, row: AuditRun) -> str:
        return _records(row, row.left_out, "left_out")

    @display("Why they differ")
    def why(self, row: AuditRun) -> str:
        found = [
            (
                _records(row, row.causes[cause], "differs", cause=cause),
                label.lower(),
            )
            for cause, label in Cause.choices
            if row.causes.get(cause)
        ]
        return format_html_join(", ", "{} {}", found) if found else "–"

    @action(
        "Cancel",
        icon="cancel",
        permissions=["run"],
        title="Cancel this comparison",
        text="Nothing more is read. What it has found so far stays open.",
        button="Cancel it",
    )
    def cancel_run(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        run = self.object_for(request, object_id, "run")
        now = shared_clock.now()
        cancelled = AuditRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(
            state=AuditState.CANCELLED, finished_at=now, moved_at=now, sentence="Cancelled by a person."
        )
        url = reverse("admin:monitoring_auditrun_change", args=[run.pk])
        if not cancelled:
            return self.done(request, "It is over already.", url, messages.INFO)
        return self.done(request, "It is cancelled.", url)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        offered = super().get_actions_detail(request, object_id)
        is_open = (
            str(object_id).isdecimal()
            and AuditRun.objects.filter(pk=object_id, finished_at__isnull=True).exists()
        )
        return offered if is_open else []


def _records(row: AuditRun, count: int, verdict: str, **more: str) -> str:
    """The rows of older comparisons are let go of: then it is a plain number."""
    if not count:
        return counted(0, "")
    return counted(count, audit_rows_url("auditedrecord", run=row.pk, verdict=verdict, **more))


@admin.register(AuditedRecord)
class AuditedRecordAdmin(FactsAdmin):
    list_display = ("record", "audit_name", "location", "verdict_label", "cause_label")
    list_display_links = None
    list_filter = (WhatWasFound, OfWhichRuns)
    list_select_related = ("run__audit",)
    search_fields = ("subject", "external_id")
    search_help_text = "SKU, order number or id"
    ordering = ("-run", "external_id")
    narrowed_by = {"run": "Comparison", "cause": "Cause"}
    quick_views = (
        QuickView("All", ""),
        QuickView("The latest", "latest=yes"),
        QuickView("Differ", "verdict=differs"),
        QuickView("Left out", "verdict=left_out"),
    )
    empty_title = "No record was compared yet"
    empty_text = "The records of each audit's latest comparisons stand here: which agree, and which differ."

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """Its page is the list of its differences."""
        row = self.object_for(request, object_id, "view")
        url = audit_rows_url(
            "auditdifference", audit=row.run.audit_id, external_id=row.external_id, state="all"
        )
        return HttpResponse(status=302, headers={"Location": url})

    @display("Record", ordering="subject")
    def record(self, row: AuditedRecord) -> str:
        name = row.subject or row.external_id
        if row.verdict != Verdict.DIFFERS:
            return name
        url = audit_rows_url(
            "auditdifference", audit=row.run.audit_id, external_id=row.external_id, state="all"
        )
        return format_html('<a href="{}">{}</a>', url, name)

    @display("Audit", ordering="run")
    def audit_name(self, row: AuditedRecord) -> str:
        url = reverse("admin:monitoring_auditrun_change", args=[row.run_id])
        return format_html('<a href="{}">{}</a>', url, row.run.audit)

    @display("Found", ordering="verdict", label=VERDICT_COLOURS)
    def verdict_label(self, row: AuditedRecord) -> str:
        return row.get_verdict_display()

    @display("Cause", ordering="cause", label=CAUSE_COLOURS)
    def cause_label(self, row: AuditedRecord) -> str:
        return row.get_cause_display() or "–"


@admin.register(AuditPoint)
class AuditPointAdmin(FactsAdmin):
    row_names = ("figure", "figures")
    list_display = (
        "of_day",
        "audit_name",
        "channel",
        "location",
        "share",
        "settled",
        "compared",
        "agree",
        "in_flight",
    )
    list_display_links = None
    list_filter = (WhichAudit, WhichChannel)
    list_select_related = ("audit__job__destination",)
    ordering = ("-day", "audit", "location")
    empty_title = "No figures yet"
    empty_text = (
        "Each day's last comparison of an audit stands here, by location: how accuracy goes over time."
    )

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """It is a part of its comparison."""
        row = self.object_for(request, object_id, "view")
        url = (
            reverse("admin:monitoring_auditrun_change", args=[row.run_id])
            if row.run_id
            else reverse("admin:monitoring_audit_change", args=[row.audit_id])
        )
        return HttpResponse(status=302, headers={"Location": url})

    @display("Day", ordering="day", most_first=True)
    def of_day(self, row: AuditPoint) -> str:
        return date_format(row.day, "j M Y")

    @display("Audit", ordering="audit__name")
    def audit_name(self, row: AuditPoint) -> str:
        url = reverse("admin:monitoring_audit_change", args=[row.audit_id])
        return format_html('<a href="{}">{}</a>', url, row.audit)

    @display("Channel", ordering="audit__job__destination__name")
    def channel(self, row: AuditPoint) -> str:
        return str(row.audit.job.destination)

    @display("Agrees")
    def share(self, row: AuditPoint) -> str:
        told = share_of(Accuracy(row.compared, row.agree, row.in_flight).share)
        if row.run_id is None:
            return told
        url = reverse("admin:monitoring_auditrun_change", args=[row.run_id])
        return format_html('<a class="portal-count" href="{}">{}</a>', url, told)

    @display("Without what is in flight")
    def settled(self, row: AuditPoint) -> str:
        return share_of(Accuracy(row.compared, row.agree, row.in_flight).settled_share)


def open_differences_badge(request: HttpRequest) -> str:
    """For the sidebar: what does not arrive by itself; "" where there is none."""
    rows = AuditDifference.objects.filter(state="open").exclude(cause=Cause.IN_FLIGHT)
    count = rows.order_by()[:1_000].count()
    return "999+" if count == 1_000 else str(count or "")

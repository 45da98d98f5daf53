"""Audits: when which job is compared, how it goes over time, and a comparison at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.admin.frame import DialogForm, PortalAdmin, QuickView, action, display
from integrations.admin.job_columns import counted
from integrations.admin.questions import WhichJob
from integrations.templatetags.portal import ago, percent
from mappings.models import Mapping
from monitoring import accuracy_figures
from monitoring.audits import starting
from monitoring.audits.accuracy import Accuracy
from monitoring.audits.repair import repair
from monitoring.charts import accuracy_chart
from monitoring.models import NEXT_ACTIONS, Audit, AuditDifference, AuditDoor, AuditPoint, AuditRun, Cause

from .audit_columns import audit_rows_url, share_of

if TYPE_CHECKING:
    FormOfAudit = forms.ModelForm[Audit]
else:
    FormOfAudit = forms.ModelForm


class AuditForm(FormOfAudit):
    class Meta:
        labels = {
            "every_minutes": "Compare every (minutes)",
            "at_hour": "Begin in the hour (0 to 23)",
            "sample_percent": "Share compared (per cent)",
            "destination_mapping": "Read the destination with",
            "also_fields": "More fields to compare",
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields.get("destination_mapping")
        if isinstance(field, forms.ModelChoiceField):
            field.queryset = Mapping.objects.filter(direction="read")

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        # Of an audit that is there, its job is shown and not asked for.
        job = told.get("job") or (self.instance.job if self.instance.job_id else None)
        mapping = told.get("destination_mapping")
        if job is not None and mapping is not None and mapping.kind != job.kind:
            self.add_error(
                "destination_mapping",
                f"It reads {mapping.kind.replace('_', ' ')}; the job carries {job.kind.replace('_', ' ')}.",
            )
        return told


class SampleForm(DialogForm):
    sample_percent = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100,
        label="Share to compare, in per cent",
        help_text="Empty: as the audit says.",
    )


@admin.register(Audit)
class AuditAdmin(PortalAdmin):
    form = AuditForm
    list_display = ("name", "sides", "share", "settled", "open_count", "compared_at", "next_one", "enabled")
    list_filter = (WhichJob,)
    list_select_related = ("job__source", "job__destination")
    search_fields = ("name", "key")
    ordering = ("name",)
    fields = (
        ("name", "key"),
        ("job", "enabled"),
        ("every_minutes", "at_hour"),
        "sample_percent",
        "destination_mapping",
        "also_fields",
    )
    actions_detail = ("audit_now", "repair_all")
    change_form_outer_before_template = "admin/monitoring/audit/head.html"
    quick_views = (QuickView("All", ""),)
    empty_title = "No audits yet"
    empty_text = (
        "An audit compares both sides of a job without writing. Add one: choose a job, how often, and "
        "whether all of it or a sample."
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Audit | None = None) -> tuple[str, ...]:
        """Its differences and figures are those of this job."""
        return () if obj is None else ("key", "job")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj is not None else {"key": ("name",)}

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.run_audit")

    def has_repair_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.repair_auditdifference")

    def save_model(self, request: HttpRequest, obj: Audit, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if {"every_minutes", "at_hour"} & set(form.changed_data):
            # The next one follows the new rhythm.
            Audit.objects.filter(pk=obj.pk).update(next_at=None)

    # --- the list ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return accuracy_figures.with_latest(super().get_queryset(request))

    @display("Job", ordering="job__name")
    def sides(self, row: Audit) -> str:
        url = reverse("admin:integrations_syncjob_change", args=[row.job_id])
        return format_html(
            '<span><a href="{}">{}</a><br><span class="portal-quiet">{} → {}</span></span>',
            url,
            row.job,
            row.job.source,
            row.job.destination,
        )

    @display("Agrees")
    def share(self, row: Any) -> str:
        if not row.run_compared:
            return "–"
        url = audit_rows_url("auditedrecord", run=row.run_pk, verdict="compared")
        share = share_of(row.run_agree / row.run_compared)
        return format_html('<a class="portal-count" href="{}">{}</a>', url, share)

    @display("Without what is in flight")
    def settled(self, row: Any) -> str:
        at_rest = (row.run_compared or 0) - (row.run_in_flight or 0)
        return share_of(row.run_agree / at_rest) if at_rest else "–"

    @display("Open differences", ordering="open_now")
    def open_count(self, row: Any) -> str:
        return counted(row.open_now, audit_rows_url("auditdifference", audit=row.pk))

    @display("Compared", ordering="run_finished_at")
    def compared_at(self, row: Any) -> str:
        return ago(row.run_finished_at) if row.run_finished_at else "not yet"

    @display("Next", ordering="next_at")
    def next_one(self, row: Audit) -> str:
        if not row.enabled or not row.every_minutes:
            return "by hand"
        return ago(row.next_at) if row.next_at else "soon"

    # --- the page ---------------------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        audit = self.object_for(request, object_id, "view")
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **_shown(audit)})

    @action(
        "Compare now",
        icon="balance",
        permissions=["run"],
        title="Compare both sides now",
        text="Reads both systems within their rate limits and writes nothing. What differs is told with its cause.",
        button="Compare",
        form=SampleForm,
    )
    def audit_now(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        audit = self.object_for(request, object_id, "run")
        back = reverse("admin:monitoring_audit_change", args=[audit.pk])
        sample = form.cleaned_data["sample_percent"]
        try:
            run = starting.begin(audit, AuditDoor.PERSON, sample_percent=sample)
        except starting.NotPossible as reason:
            return self.done(request, str(reason), back, messages.ERROR)
        self.log_change(request, audit, "Compared by hand.")
        return self.done(
            request,
            "Both sides are being compared.",
            reverse("admin:monitoring_auditrun_change", args=[run.pk]),
        )

    @action(
        "Repair all",
        icon="build",
        permissions=["repair"],
        title="Repair all open differences of this audit",
        text="Each record is delivered again by the job itself, and held errors are retried. What is in flight is left "
        "alone. Afterwards both sides are read once more, and what agrees is closed.",
        button="Repair all",
    )
    def repair_all(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        audit = self.object_for(request, object_id, "repair")
        done = repair(AuditDifference.objects.filter(audit=audit), self.person(request))
        self.log_change(request, audit, f"Repaired: {done.sentence()}"[:500])
        url = reverse("admin:monitoring_audit_change", args=[audit.pk])
        return self.done(
            request, done.sentence(), url, messages.WARNING if done.reasons else messages.SUCCESS
        )


def _shown(audit: Audit) -> dict[str, Any]:
    """Over time, by location, and why it differs now."""
    rows = accuracy_figures.points(audit)
    causes = accuracy_figures.open_by_cause(audit)
    run = AuditRun.objects.filter(audit=audit).first()
    return {
        "points": [_point(row) for row in rows],
        "chart": accuracy_chart(accuracy_figures.by_day(rows)) if rows else None,
        "days": accuracy_figures.SHOWN_DAYS,
        "last_run": run,
        "causes": [
            {
                "label": label,
                "number": counted(
                    causes[cause], audit_rows_url("auditdifference", audit=audit.pk, cause=cause)
                ),
                "next": NEXT_ACTIONS[cause],
            }
            for cause, label in Cause.choices
            if causes.get(cause)
        ],
        "points_url": audit_rows_url("auditpoint", audit=audit.pk),
        "runs_url": audit_rows_url("auditrun", audit=audit.pk),
    }


def _point(row: AuditPoint) -> dict[str, Any]:
    found = Accuracy(row.compared, row.agree, row.in_flight)
    return {
        "row": row,
        "share": percent(found.share),
        "settled": percent(found.settled_share),
        "run_url": reverse("admin:monitoring_auditrun_change", args=[row.run_id]) if row.run_id else "",
    }

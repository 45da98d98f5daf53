"""Workflows: the business problem, the jobs that solve it, by what that is seen, and the launch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html, format_html_join

from integrations.configuration import targets
from integrations.models import MEASURE_FORMS, Measure, SyncJob, Unit, Workflow, WorkflowTarget
from integrations.sync import launch
from integrations.templatetags.portal import ago

from .frame import AnyTabularInline, DialogForm, FactsAdmin, FactsInline, PortalAdmin, action, display
from .job_columns import STATE_COLOURS, counted, dashboard_link, rows_url, state_of
from .launching import LaunchForm, way_to
from .record_pages import below
from .starting import may_start, shelf_view, start_view
from .suite_runs import suite_line
from .workflow_document import markdown_view, may_read, page_view

if TYPE_CHECKING:
    RowsOfWorkflow = BaseInlineFormSet[WorkflowTarget, Workflow, Any]
else:
    RowsOfWorkflow = BaseInlineFormSet

LAUNCH_COLOURS = {"Launched": "success", "Not launched": "warning", "New jobs wait": "warning"}


class JobsOfWorkflow(FactsInline):
    model = SyncJob
    verbose_name_plural = "Jobs of this workflow"
    fields = ("job_link", "source", "destination", "state_label", "sandbox", "suite")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[SyncJob]:
        rows: QuerySet[SyncJob] = super().get_queryset(request)
        return rows.select_related("source", "destination")

    @display("Job")
    def job_link(self, row: SyncJob) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:integrations_syncjob_change", args=[row.pk]), row
        )

    @display("State", label=STATE_COLOURS)
    def state_label(self, row: SyncJob) -> str:
        return state_of(row)

    @display("Passed in the sandbox")
    def sandbox(self, row: SyncJob) -> str:
        passed = launch.passed_run(row)
        if passed is None:
            return "launched without" if row.launched_at else "not yet"
        url = reverse("admin:integrations_syncrun_change", args=[passed.pk])
        return format_html('<a href="{}">{}</a>, {}', url, passed, ago(passed.finished_at))

    @display("Sandbox suite")
    def suite(self, row: SyncJob) -> str:
        return suite_line(row)


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]  # the class is no generic when the program runs
    """With numbers as a person writes them: 5, not 5.0000."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in targets.COLUMNS.values():
            if self.initial.get(name) is not None:
                self.initial[name] = targets.number(self.initial[name])


class TargetRows(RowsOfWorkflow):
    """Money has a currency, and nothing else has."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            told = getattr(form, "cleaned_data", {})
            if not told or told.get("DELETE") or told.get("measure") not in Measure.values:
                continue
            is_money = MEASURE_FORMS[Measure(told["measure"])].unit == Unit.MONEY
            if is_money and not told.get("currency"):
                form.add_error("currency", "This is money: give its currency, as EUR.")
            if not is_money and told.get("currency"):
                form.add_error("currency", "This is no money: leave the currency empty.")
            if told.get("baseline") is None and told.get("target") is None:
                form.add_error("target", "Say how it should be, or how it was before.")
            for name in ("baseline", "target"):
                if told.get(name) is not None and told[name] < 0:
                    form.add_error(name, "Give 0 or more.")


class Targets(AnyTabularInline):
    model = WorkflowTarget
    form = TargetForm
    formset = TargetRows
    verbose_name_plural = "How it was before, and how it should be"
    fields = ("measure", "currency", "baseline", "target", "told_in")
    readonly_fields = ("told_in",)
    extra = 0
    hide_title = True

    @display("In")
    def told_in(self, row: WorkflowTarget) -> str:
        form = row.form
        if form is None:
            return "–"
        return ", ".join(word for word in (row.currency or form.unit.label, form.direction.label) if word)


@admin.register(Workflow)
class WorkflowAdmin(PortalAdmin):
    list_display = ("name", "problem", "owner", "launch_label", "job_count")
    empty_title = "No workflows yet"
    empty_text = (
        "A workflow groups the jobs that solve one problem. Start from a template: it makes them for you."
    )
    list_before_template = "admin/integrations/workflow/head.html"
    change_form_outer_before_template = "admin/integrations/workflow/head.html"
    search_fields = ("name", "key", "problem")
    prepopulated_fields = {"key": ("name",)}
    readonly_fields = ("launch_line", "did_it_help", "documented")
    fieldsets = (
        ("Workflow", {"fields": ("name", "key", "problem", "owner")}),
        ("State", {"fields": ("launch_line", "did_it_help", "documented")}),
        ("What is measured", {"fields": (("period", "minutes_per_record"),)}),
    )
    inlines = (Targets, JobsOfWorkflow)
    actions_detail = ("launch",)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What was told of it (alerts that fired, verdicts) goes with it: these are facts, which nobody deletes alone.
        Its jobs stay, without a workflow."""
        shown, counts, lacking, protected = super().get_deleted_objects(objs, request)
        facts = {
            str(model._meta.verbose_name)
            for model, its in self.admin_site._registry.items()
            if isinstance(its, FactsAdmin)
        }
        return shown, counts, set(lacking) - facts, protected

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        shelf = path("templates/", guarded(self.shelf), name="integrations_workflow_templates")
        start = path("templates/<slug:key>/", guarded(self.start), name="integrations_workflow_start")
        document = path(
            "<int:object_id>/document/", guarded(self.document), name="integrations_workflow_document"
        )
        markdown = path(
            "<int:object_id>/document.md", guarded(self.markdown), name="integrations_workflow_markdown"
        )
        return [shelf, start, document, markdown, *super().get_urls()]

    def document(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return page_view(self, request, self.object_for(request, str(object_id), "view"))

    def markdown(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return markdown_view(request, self.object_for(request, str(object_id), "view"))

    def shelf(self, request: HttpRequest) -> HttpResponse:
        return shelf_view(self, request)

    def start(self, request: HttpRequest, key: str) -> HttpResponse:
        return start_view(self, request, key)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **_offered(request)})

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().add_view(request, form_url, {**(extra_context or {}), **_offered(request)})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workflow]:
        rows: QuerySet[Workflow] = super().get_queryset(request)
        return rows.select_related("launched_by").annotate(number_of_jobs=Count("jobs"))

    def get_fieldsets(self, request: HttpRequest, obj: Workflow | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return [part for part in fieldsets if part[0] != "State"]
        if may_read(request):
            return fieldsets
        return [
            (name, {**part, "fields": tuple(field for field in part["fields"] if field != "documented")})
            for name, part in fieldsets
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Workflow | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    def has_launch_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.launch_workflow")

    @display("Jobs", ordering="number_of_jobs")
    def job_count(self, row: Any) -> str:
        found = counted(row.number_of_jobs, rows_url("syncjob", workflow=row.pk))
        return below(found, dashboard_link("workflow", row.pk)) if row.number_of_jobs else found

    @display("Launched?", ordering="launched_at", label=LAUNCH_COLOURS)
    def launch_label(self, row: Workflow) -> str:
        if row.launched_at is None:
            return "Not launched"
        return "New jobs wait" if launch.waiting_jobs(row) else "Launched"

    @display("Launched")
    def launch_line(self, row: Workflow) -> str:
        if row.launched_at is None:
            head = format_html("{}", "Not yet: its jobs run between sandbox systems only.")
        else:
            by = f" by {row.launched_by}" if row.launched_by else ""
            head = format_html("{}{}", ago(row.launched_at), by)
            if waiting := launch.waiting_jobs(row):
                head = format_html("{}. {} joined it since and wait for the next launch.", head, waiting)
            else:
                return head
        lacking = launch.missing(row)
        if not lacking:
            return format_html("{} Nothing is missing: press “Launch”.", head)
        lines = format_html_join("", "<li>{} {}</li>", (self._mend(row, one) for one in lacking))
        return format_html('{} Missing are:<ul class="portal-bullets">{}</ul>', head, lines)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.looked_at_by = request.user
        return row

    def _mend(self, row: Any, lacking: launch.Missing) -> tuple[str, str]:
        page = way_to(lacking, row.looked_at_by)
        return lacking.sentence, format_html(
            '<a class="underline" href="{}">Fix it</a>', page
        ) if page else ""

    @display("Did it help?")
    def did_it_help(self, row: Workflow) -> str:
        try:
            url = reverse("admin:monitoring_workflowresult_change", args=[row.pk])
        except NoReverseMatch:  # a portal without sight
            return "–"
        return format_html(
            '<a href="{}">Its figures: before, now, and as it should be</a> · {}',
            url,
            dashboard_link("workflow", row.pk),
        )

    @display("Documentation")
    def documented(self, row: Workflow) -> str:
        page = reverse("admin:integrations_workflow_document", args=[row.pk])
        markdown = reverse("admin:integrations_workflow_markdown", args=[row.pk])
        return format_html(
            '<a href="{}">All of it on one page, to print</a>, or <a href="{}">as Markdown</a>',
            page,
            markdown,
        )

    @action(
        "Launch",
        icon="rocket_launch",
        permissions=["launch"],
        title="Launch this workflow",
        text="From then on its jobs may run against production systems.",
        button="Launch",
        form=LaunchForm,
    )
    def launch(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        workflow = self.object_for(request, object_id, "launch")
        back = reverse("admin:integrations_workflow_change", args=[workflow.pk])
        reason = str(form.cleaned_data.get("reason", "")).strip()
        lacking = launch.launch(workflow, self.person(request), reason)
        if lacking:
            sentences = " ".join(one.sentence for one in lacking)
            return self.done(request, f"It was not launched. {sentences}", back, messages.ERROR)
        self.log_change(request, workflow, f"Launched all the same: {reason}" if reason else "Launched.")
        return self.done(request, f"{workflow.name} is launched. Its jobs may run against production.", back)


def _offered(request: HttpRequest) -> dict[str, Any]:
    return {"templates_url": reverse("admin:integrations_workflow_templates")} if may_start(request) else {}

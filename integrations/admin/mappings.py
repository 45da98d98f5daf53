"""Mappings: the rules in a table, tried on real payloads, published as versions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.connectors import registry
from integrations.models import SyncJob
from integrations.sync.payload_changes import accept_as_they_are, shapes_of
from integrations.templatetags.portal import ago
from mappings.labels import kind_name
from mappings.models import Direction, Mapping, MappingVersion

from .frame import DialogForm, PortalAdmin, QuickView, action, display
from .mapping_form import SAVED_WHILE_TRIED, MappingForm, is_as_seen, stamp
from .mapping_presets import preset_view
from .mapping_rules import Rules
from .mapping_versions import RollBackForm, drafts_among, standing, versions_view
from .questions import Question
from .studio import page_of, studio_view
from .suite_runs import run_at_mapping
from .tried_errors import tell_of_errors, trial_of, trial_urls
from .tried_records import records_trial_urls
from .tried_suite import has_card, has_draft, is_held_back, suite_jobs, suite_url, suite_urls


class WhichWay(Question):
    title = "Which way?"
    parameter_name = "direction"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(direction=value)) for value, label in Direction.choices),
    )


@admin.register(Mapping)
class MappingAdmin(PortalAdmin):
    list_display = (
        "name",
        "way",
        "platform_label",
        "resource",
        "kind_label",
        "version",
        "rule_count",
        "job_count",
        "published",
    )
    list_filter = (WhichWay, "platform", "kind")
    search_fields = ("name", "key", "platform")
    search_help_text = "Name or platform"
    history_about = "Each published set of rules is a version of its own: see the page of the mapping."
    empty_title = "No mappings yet"
    empty_text = (
        "A mapping says which field of one system becomes which field of our records, or the other way."
    )
    prepopulated_fields = {"key": ("name",)}
    fieldsets = (
        (
            None,
            {"fields": (("name", "key"), ("direction", "kind"), ("platform", "resource"), "description")},
        ),
    )
    form = MappingForm
    inlines = (Rules,)
    change_form_template = "admin/mappings/mapping/studio.html"
    actions_detail = ("run_suite", "roll_back", "accept_payloads")
    quick_views = (
        QuickView("All", ""),
        QuickView("Reading", "direction=read"),
        QuickView("Writing", "direction=write"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mapping]:
        rows: QuerySet[Mapping] = super().get_queryset(request)
        newest = MappingVersion.objects.filter(mapping=OuterRef("pk")).order_by("-number")
        return rows.annotate(
            number_of_rules=Count("rules", distinct=True),
            published_at=Subquery(newest.values("published_at")[:1]),
        )

    def get_prepopulated_fields(self, request: HttpRequest, obj: Mapping | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Of the rows of this page, which have a draft: asked once for all of them."""
        shown = super().get_changelist_instance(request)
        rows: list[Any] = list(shown.result_list)
        drafts = drafts_among(rows)
        for row in rows:
            row.draft = drafts.get(row.pk)
        shown.result_list = rows
        return shown

    # --- columns ----------------------------------------------------------------------------------------------

    @display("Direction", ordering="direction", label={"Reads": "info", "Writes": "success"})
    def way(self, row: Mapping) -> str:
        return "Reads" if row.direction == Direction.READ else "Writes"

    @display("Platform", ordering="platform")
    def platform_label(self, row: Mapping) -> str:
        kind = registry.platforms().get(row.platform)
        return kind.label if kind is not None else row.platform

    @display("Kind", ordering="kind")
    def kind_label(self, row: Mapping) -> str:
        return kind_name(row.kind)

    @display("Version in use", ordering="current_number")
    def version(self, row: Any) -> str:
        number = str(row.current_number) if row.current_number else "none yet"
        if row.draft is None:
            return number
        by = f", by {row.draft.by}" if row.draft.by else ""
        told = format_html("Draft, {}. Saved {}{}", row.draft.differs, ago(row.draft.since), by)
        return format_html('{}<span class="portal-again">{}</span>', number, told)

    @display("Rules", ordering="number_of_rules")
    def rule_count(self, row: Any) -> int:
        return int(row.number_of_rules)

    @display("Used by")
    def job_count(self, row: Mapping) -> str:
        jobs = SyncJob.objects.filter(Q(read_mapping=row) | Q(write_mapping=row)).count()
        return f"{jobs} {'job' if jobs == 1 else 'jobs'}"

    @display("Published", ordering="published_at")
    def published(self, row: Any) -> str:
        return ago(row.published_at)

    # --- drafts and versions ----------------------------------------------------------------------------------

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Only rules that passed their checks come here. Unless they are to stay a draft, workers use them from now
        on."""
        super().save_related(request, form, formsets, change)
        mapping: Mapping = form.instance
        if "_draft" in request.POST:
            self._tell_of_draft(request, mapping)
            return
        if has_card(mapping):
            request.publishes_mapping = True  # type: ignore[attr-defined]  # see change_view
            return
        self.publish(request, mapping, stamp(mapping))

    def publish(self, request: HttpRequest, mapping: Mapping, seen: str) -> None:
        """`seen`: the stamp of what this person saved, which is what was tried."""
        before = mapping.current_number
        with transaction.atomic():
            if not is_as_seen(mapping, seen):
                self.message_user(request, SAVED_WHILE_TRIED, messages.ERROR)
                return
            version = mapping.publish(self.person(request))
        # Whoever publishes has looked at what is read.
        accept_as_they_are(shapes_of(mapping))
        if version.number != before:
            self.message_user(request, f"Version {version.number} is in use from now on.", messages.SUCCESS)
            tell_of_errors(self, request, mapping)
        else:
            self.message_user(
                request, f"The rules are as before: version {version.number} stays in use.", messages.INFO
            )

    def _tell_of_draft(self, request: HttpRequest, mapping: Mapping) -> None:
        in_use = (
            f"Version {mapping.current_number} stays in use until you publish."
            if mapping.current_number
            else "No job can use it until you publish."
        )
        self.message_user(request, f"The draft is saved. {in_use}", messages.SUCCESS)

    def response_add(
        self, request: HttpRequest, obj: Mapping, post_url_continue: str | None = None
    ) -> HttpResponse:
        """On to its rules, beside records."""
        return redirect("admin:mappings_mapping_change", obj.pk)

    def response_change(self, request: HttpRequest, obj: Mapping) -> HttpResponse:
        """Back to the rules: what was tried stands beside them."""
        return redirect("admin:mappings_mapping_change", obj.pk)

    def versions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        mapping = self.object_for(request, object_id, "view")
        return versions_view(self, request, mapping)

    def has_run_suite_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.run_syncjob")

    @action(
        "Sandbox suite",
        icon="checklist",
        permissions=["run_suite"],
        title="Try what goes wrong in a store",
        text="A failed payment, a cancellation, stock that is out and more, through each job that uses this mapping, "
        "with its draft where there is one. Nothing is written to the real systems; the score cards are kept.",
        button="Run the suite",
    )
    def run_suite(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        mapping = self.object_for(request, object_id, "run_suite")
        return run_at_mapping(self, request, mapping, suite_jobs(mapping), is_draft=has_draft(mapping))

    @action(
        "Roll back",
        icon="undo",
        permissions=["change"],
        title="Roll back to an old version",
        text="A new version is published that equals the old one. Workers use it from then on, and its rules replace "
        "those on the page, a draft too. Nothing that was delivered is taken back.",
        button="Roll back",
        form=RollBackForm,
    )
    def roll_back(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        mapping = self.object_for(request, object_id, "change")
        number, reason = form.cleaned_data["version"], form.cleaned_data["reason"]
        made = mapping.roll_back(mapping.versions.get(number=number), self.person(request), reason)
        self.log_change(request, mapping, f"Rolled back to version {number}: {reason}")
        url = reverse("admin:mappings_mapping_change", args=[mapping.pk])
        sentence = f"Version {made.number} equals version {number} and is in use from now on."
        return self.done(request, sentence, url)

    @action(
        "The payloads are right",
        icon="done_all",
        permissions=["change"],
        title="The payloads are right as they are",
        text="What came otherwise than before is remembered as it is now, and not told any more. The rules stay as "
        "they are.",
        button="They are right",
    )
    def accept_payloads(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        mapping = self.object_for(request, object_id, "change")
        accept_as_they_are(shapes_of(mapping))
        url = reverse("admin:mappings_mapping_change", args=[mapping.pk])
        return self.done(request, "Remembered. The next change is told again.", url)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What there is nothing to do with is not offered."""
        offered = super().get_actions_detail(request, object_id)
        row = self.get_object(request, object_id)
        hidden: set[str] = set()
        if row is not None and not any(shape.read().changes for shape in shapes_of(row)):
            hidden.add("accept_payloads")
        if row is not None and row.current_number < 2:
            hidden.add("roll_back")
        if row is not None and not has_card(row):
            hidden.add("run_suite")
        return [entry for entry in offered if entry.path not in hidden]

    # --- the preview ------------------------------------------------------------------------------------------

    def has_preview_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mappings.preview_mapping")

    def get_urls(self) -> list[URLPattern]:
        preview = path(
            "<path:object_id>/preview/",
            self.admin_site.admin_view(self.preview),
            name="mappings_mapping_preview",
        )
        preset = path(
            "preset/", self.admin_site.admin_view(self.begin_with_preset), name="mappings_mapping_preset"
        )
        versions = path(
            "<path:object_id>/versions/",
            self.admin_site.admin_view(self.versions),
            name="mappings_mapping_versions",
        )
        return [
            preview,
            preset,
            versions,
            *trial_urls(self),
            *records_trial_urls(self),
            *suite_urls(self),
            *super().get_urls(),
        ]

    def begin_with_preset(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return preset_view(self, request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        offered = {"preset_url": reverse("admin:mappings_mapping_preset")}
        return super().add_view(request, form_url, {**(extra_context or {}), **offered})

    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        mapping = self.object_for(request, object_id, "preview")
        return studio_view(self, request, mapping)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        mapping = self.get_object(request, object_id)
        shown: dict[str, Any] = {}
        if mapping is not None:
            shown = page_of(mapping, self.has_preview_permission(request)) | {"state": standing(mapping)}
            shown["trial"] = trial_of(request, mapping)
            shown["seen"] = request.POST.get("seen") or stamp(mapping)
            shown["suite_url"] = suite_url(mapping) if has_card(mapping) else ""
        response = super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})
        if mapping is not None and getattr(request, "publishes_mapping", False):
            # The rules are saved, and the transaction is over: trying them has no place in it.
            saved = Mapping.objects.get(pk=mapping.pk)
            seen = stamp(saved)
            if not is_held_back(self, request, saved):
                self.publish(request, saved, seen)
        return response

"""Systems: connect one, see whether it works, test it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import PROTECT, Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from integrations.connectors import registry
from integrations.connectors.versions import spoken_by
from integrations.models import Connection, Health, InboundEvent, JobState, SyncJob
from integrations.models.connection import CREDENTIALS_CHANGED
from integrations.sync import allowance, connect, credentials, notices, shared_clock
from integrations.templatetags.portal import ago

from . import catalogue
from .connection_form import CLEAR, SECRET, SETTING, ConnectionForm, form_for
from .consent import ConsentActions, redirect_url
from .frame import DialogForm, FactsAdmin, QuickView, action, display
from .guided import PERMISSIONS as FOR_A_JOB
from .job_columns import dashboard_link, rows_url
from .questions import Question
from .record_pages import below
from .webhooks import WebhookActions, webhook_path

PAGES = "admin/integrations/connection"
HEALTH_COLOURS = {
    "Working": "success",
    "Failing": "danger",
    "Not tested yet": "warning",
    CREDENTIALS_CHANGED: "warning",
}


# As people call them where a connection is kept by them.
KINDS: dict[type[Model], str] = {InboundEvent: "received webhooks"}


class TestForm(DialogForm):
    """Nothing to fill in. It says where the page holds more than what is saved."""

    form_before_template = "admin/test_saved.html"


class DoesItWork(Question):
    title = "Does it work?"
    parameter_name = "health"
    answers = (
        ("all", "All", Q()),
        *((value, label, Q(health=value)) for value, label in Health.choices),
    )


class WhichEnvironment(Question):
    title = "For real?"
    parameter_name = "environment"
    answers = (
        ("all", "All", Q()),
        ("production", "Production", Q(environment="production")),
        ("sandbox", "Sandbox", Q(environment="sandbox")),
    )


@admin.register(Connection)
class ConnectionAdmin(ConsentActions, WebhookActions):
    list_display = ("name", "platform_label", "environment_label", "health_label", "checked", "job_count")
    list_display_links = ("name",)
    list_filter = (DoesItWork, WhichEnvironment)
    empty_title = "No systems yet"
    empty_text = "Connect the one that has the records, and the one that needs them."
    search_fields = ("name", "key", "platform")
    search_help_text = "Search by name or platform"
    history_about = "Secrets are not kept in versions: only that one was changed stands below."
    written_with_form = ("settings", "secrets", "webhook_secret_before")
    actions = ("delete_selected",)
    actions_detail = ("give_access", "test_connection", "order_webhooks", "give_webhook_address")
    quick_views = (
        QuickView("All", ""),
        QuickView("Working", "health=working"),
        QuickView("Failing", "health=failing"),
        QuickView("Not tested yet", "health=untested"),
    )
    prepopulated_fields = {"key": ("name",)}
    change_form_before_template = "admin/opened_with.html"

    # --- the list ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        rows: QuerySet[Connection] = super().get_queryset(request)
        return rows.annotate(
            reading=Count("reading_jobs", distinct=True), writing=Count("writing_jobs", distinct=True)
        ).defer("secrets")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With the host under which the portal is seen: a webhook's address is copied as it stands."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            row.redirect_url = redirect_url(request)
        if row is not None and row.webhook_address:
            row.webhook_url = request.build_absolute_uri(webhook_path(row))
        return row

    @display("Platform", ordering="platform")
    def platform_label(self, row: Connection) -> str:
        return _label(row.platform)

    @display("Environment", ordering="environment", label={"Production": "info", "Sandbox": "primary"})
    def environment_label(self, row: Connection) -> str:
        return row.get_environment_display()

    @display("Health", ordering="health", label=HEALTH_COLOURS)
    def health_label(self, row: Connection) -> str:
        return row.health_words

    @display("Last tested", ordering="health_checked_at")
    def checked(self, row: Connection) -> str:
        return ago(row.health_checked_at)

    @display("Jobs")
    def job_count(self, row: Any) -> str:
        """A job may read and write one system, so the two do not add up to the rows of the list."""
        if not row.reading + row.writing:
            return "–"
        url = rows_url("syncjob", system=row.pk)
        told = format_html('<a href="{}">read by {}, written by {}</a>', url, row.reading, row.writing)
        return below(told, dashboard_link("connection", row.pk))

    # --- the form ---------------------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_add_permission(request) and _platform_of(request) is None:
            return self.catalogue_view(request)
        return super().add_view(request, form_url, extra_context)

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        """To its test, whoever may do it: until that has passed no job can use it. Else to its own page."""
        if {IS_POPUP_VAR, "_continue", "_addanother"} & set(request.POST):
            return super().response_add(request, obj, post_url_continue)
        page = "test_connection" if self.has_test_permission(request, obj) else "change"
        url = reverse(f"admin:integrations_connection_{page}", args=[obj.pk])
        return self.done(request, f"{obj.name} is saved.", url)

    # --- what can be connected --------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        guarded = self.admin_site.admin_view
        return [
            path("catalogue/", guarded(self.catalogue_view), name="integrations_connection_catalogue"),
            path(
                "catalogue/<slug:platform>/",
                guarded(self.platform_view),
                name="integrations_connection_platform",
            ),
            *super().get_urls(),
        ]

    def catalogue_view(self, request: HttpRequest) -> HttpResponse:
        """For whoever may see connections: which systems there are."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        groups = catalogue.found(request)
        return self.page(request, f"{PAGES}/catalogue.html", "Connect a system", groups=groups)

    def platform_view(self, request: HttpRequest, platform: str) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        entry = catalogue.of(platform)
        connect_url = f"{reverse('admin:integrations_connection_add')}?platform={platform}"
        return self.page(
            request,
            f"{PAGES}/platform.html",
            entry.label,
            entry=entry,
            connect_url=connect_url if self.has_add_permission(request) else "",
            redirect_url=redirect_url(request),
        )

    def get_form(
        self, request: HttpRequest, obj: Connection | None = None, change: bool = False, **options: Any
    ) -> type[ConnectionForm]:
        form = super().get_form(request, obj, change, form=self._form(request, obj), **options)
        return cast(type[ConnectionForm], form)

    def _form(self, request: HttpRequest, obj: Connection | None) -> type[ConnectionForm]:
        platform = obj.platform if obj is not None else _platform_of(request)
        return form_for(platform, obj) if platform else ConnectionForm

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        names = list(self._form(request, obj).base_fields)
        settings = [name for name in names if name.startswith(SETTING)]
        secrets = [name for name in names if name.startswith((SECRET, CLEAR))]
        platform = obj.platform if obj is not None else _platform_of(request)
        label = _label(platform) if platform else "Platform"
        fieldsets: list[tuple[str, dict[str, Any]]] = [
            ("Connection", {"fields": ["name", "key", "environment", "enabled"]}),
        ]
        if platform and catalogue.of(platform).natives:
            fieldsets.append(("Beside our jobs", {"fields": ["native_integrations"]}))
        if settings:
            fieldsets.append((f"{label}: settings", {"fields": settings}))
        if secrets:
            about = "Stored encrypted and never shown again. An empty input keeps what is stored. "
            url = reverse("admin:integrations_connection_platform", args=[platform])
            link = format_html('{}<a href="{}" target="_blank">How to get them</a>', about, url)
            if obj is None and platform:
                link = format_html("{}{}", link, _redirect_address(request, platform))
            fieldsets.append((f"{label}: secrets", {"fields": secrets, "description": link}))
        if obj is not None:
            fieldsets.append(("State", {"fields": self.get_readonly_fields(request, obj)}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        return (
            "health_line",
            "figures_line",
            "version_line",
            "access_line",
            "budget_line",
            "webhook_line",
            "subscription_line",
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and form.has_other_credentials:
            credentials.changed(obj.pk)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        return self.prepopulated_fields if obj is None else {}

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        """What a system calls its things hangs on its connection: it is switched off, not deleted."""
        if obj is not None and obj.external_ids.exists():
            return False
        return bool(super().has_delete_permission(request, obj))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Says what keeps it: Django's page speaks of rights that nobody can have."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_delete_permission(request, row) or not self._tell_kept(request, [row]):
            return super().delete_view(request, object_id, extra_context)
        return redirect(reverse("admin:integrations_connection_change", args=[row.pk]))

    @admin.action(permissions=["delete"], description="Delete selected %(verbose_name_plural)s")
    def delete_selected(self, request: HttpRequest, rows: QuerySet[Connection]) -> HttpResponse | None:
        return None if self._tell_kept(request, rows) else delete_selected(self, request, rows)

    # Django's page asks.
    delete_selected.confirms = True  # type: ignore[attr-defined]

    def _tell_kept(self, request: HttpRequest, rows: Iterable[Connection]) -> bool:
        """Whether one of them cannot be deleted; that and what to do is then told on the next page."""
        kept = [(row, names) for row in rows if (names := self._kept_by(row))]
        for row, names in kept:
            sentence = f"{row.name} cannot be deleted: it still has {', '.join(names)}."
            remedy = "Switch it off instead: turn off “Enabled” and save."
            messages.error(request, f"{sentence} {remedy}")
        return bool(kept)

    def _kept_by(self, row: Connection) -> list[str]:
        """The facts about it, which nobody deletes, and the jobs that use it."""
        names: list[str] = []
        for related in Connection._meta.related_objects:
            kind = related.related_model
            stays = (
                isinstance(self.admin_site._registry.get(kind), FactsAdmin) or related.on_delete is PROTECT
            )
            if stays and kind._base_manager.filter(**{related.field.name: row}).exists():
                names.append(KINDS.get(kind) or str(kind._meta.verbose_name_plural))
        if row.external_ids.exists():
            names.append("known records")
        return list(dict.fromkeys(names))

    @display("Health")
    def health_line(self, row: Connection) -> str:
        if row.health_checked_at is None:
            return row.get_health_display()
        if row.awaits_test:
            return f"{row.health_words}. A test is on its way; its jobs go on."
        return format_html(
            "{} ({}) {}", row.get_health_display(), ago(row.health_checked_at), row.health_sentence
        )

    @display("Version of its API")
    def version_line(self, row: Connection) -> str:
        known = registry.platforms().get(row.platform)
        spoken = spoken_by(known.facts, row.settings) if known is not None else None
        told = announced_of(row)
        if spoken is None:
            return told or "–"
        whose = "entered here" if spoken.is_pinned else "spoken by Crossdock"
        ends = f"kept at least until {spoken.ends:%d %b %Y}" if spoken.ends else "no end is announced"
        return ". ".join(part for part in (f"{spoken.name} ({whose}), {ends}", told) if part)

    @display("Figures")
    def figures_line(self, row: Connection) -> str:
        return dashboard_link("connection", row.pk, "What comes from it and goes to it, over time") or "–"

    @display("Calls")
    def budget_line(self, row: Connection) -> str:
        return allowance.sentence(row)

    # --- what can be done -------------------------------------------------------------------------------------

    def has_test_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.test_connection")

    @action(
        "Test",
        icon="cable",
        permissions=["test"],
        title="Test this connection",
        text="Crossdock calls the system now, with what is saved, and tells step by step what it reached. Nothing is "
        "written there.",
        button="Test now",
        form=TestForm,
    )
    def test_connection(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        connection = self.object_for(request, object_id, "test")
        report = connect.test(connection)
        halted = _halted_jobs(connection) if report.ok else []
        shown = {"report": report, "halted": halted, "next": _next_step(request) if report.ok else None}
        return HttpResponse(render_to_string("admin/connection_report.html", shown, request))


def _next_step(request: HttpRequest) -> dict[str, str] | None:
    """What whoever has just connected a system does next; nothing where jobs are there already."""
    if SyncJob.objects.exclude(state=JobState.DRAFT).exists():
        return None
    working = Connection.objects.filter(health=Health.WORKING)[:2].count()
    if working >= 2 and request.user.has_perms(FOR_A_JOB):
        return {"href": reverse("admin:integrations_syncjob_add"), "label": "New job"}
    if working < 2 and request.user.has_perm("integrations.add_connection"):
        return {"href": reverse("admin:integrations_connection_catalogue"), "label": "Connect another system"}
    return None


def _halted_jobs(connection: Connection) -> list[SyncJob]:
    """What a failure stopped and a person has to let go on, now that the connection works."""
    jobs = SyncJob.objects.filter(Q(source=connection) | Q(destination=connection), state=JobState.HALTED)
    return list(jobs.order_by("name"))


def _redirect_address(request: HttpRequest, platform: str) -> SafeString:
    """What has to be entered at the platform before its secrets are had; "" where nobody is asked for consent."""
    entry = catalogue.of(platform)
    if not entry.consent:
        return mark_safe("")
    shown = {"entry": entry, "address": redirect_url(request)}
    return render_to_string(f"{PAGES}/redirect_address.html", shown)


def _platform_of(request: HttpRequest) -> str | None:
    platform = request.GET.get("platform", "")
    return platform if platform in registry.platforms() else None


def _label(platform: str) -> str:
    kind = registry.platforms().get(platform)
    return kind.label if kind is not None else platform


def announced_of(row: Connection) -> str:
    """What its answers announced lately of the end of what Crossdock calls."""
    if row.announced_at is None or row.announced_at < shared_clock.now() - notices.LASTS:
        return ""
    ends = f", it ends on {row.announced_end:%d %b %Y}" if row.announced_end else ""
    said = f": {row.announced_said}" if row.announced_said else ""
    return f"Its answers announce that something which Crossdock uses is on its way out{ends}{said}"

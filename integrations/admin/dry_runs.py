"""Reports of dry runs: what a job would create, change and skip, by example and field by field. Kept, and shared by
their address."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from integrations.http.redact import ANYTHING
from integrations.models import DryRun, DryRunLine, DryRunResult, DryRunState
from integrations.sync import people
from integrations.sync.dry_run_report import EMPTY
from integrations.templatetags.portal import ago, number

from .frame import FactsAdmin, display
from .questions import WhichJob

COLOURS = {"Running": "info", "Finished": "success", "Failed": "danger"}
# The order in which a person wants to know, and how each is coloured.
RESULTS: tuple[tuple[DryRunResult, str], ...] = (
    (DryRunResult.FAIL, "bad"),
    (DryRunResult.DOUBLE, "bad"),
    (DryRunResult.CREATE, "good"),
    (DryRunResult.CHANGE, "good"),
    (DryRunResult.WRITE, "good"),
    (DryRunResult.ACT, "good"),
    (DryRunResult.WAIT, "warn"),
    (DryRunResult.NOTED, "warn"),
    (DryRunResult.ELSEWHERE, "warn"),
    (DryRunResult.SKIP, "plain"),
    (DryRunResult.SAME, "plain"),
)
# In the flow only the first of each are shown; the report has them all.
FIRST = 3


def may_see_values(user: Any) -> bool:
    """Whether the values of a person are shown: to whoever sees the records of errors."""
    return bool(user.has_perm("integrations.retry_errorrecord"))


def report_of(row: DryRun, user: Any, most: int = FIRST) -> dict[str, Any]:
    """What pages show of a dry run to this user. `most` examples of each result."""
    counts = row.counts or {}
    sees_all = may_see_values(user)
    groups = _groups(row, most, sees_all)
    return {
        "dry_run": row,
        "dry_running": row.state == DryRunState.RUNNING,
        "dry_run_url": reverse("admin:integrations_dryrun_change", args=[row.pk]),
        "dry_run_progress_url": reverse("admin:integrations_dryrun_progress", args=[row.pk]),
        "results": [
            {"label": what.label, "count": counts[what.value], "colour": colour, "key": what.value}
            for what, colour in RESULTS
            if counts.get(what.value)
        ],
        "groups": groups,
        "hides_values": not sees_all and bool(groups),
        "by_fallback": _by_fallback(row, sees_all),
        "extent": _extent(row),
    }


def _extent(row: DryRun) -> str:
    looked = number(row.looked_at)
    if row.state == DryRunState.RUNNING:
        return f"{looked} looked at so far"
    if row.is_complete:
        return f"all {looked} records that the source has"
    return f"the first {looked} records"


def _groups(row: DryRun, most: int, sees_all: bool) -> list[dict[str, Any]]:
    if row.state == DryRunState.RUNNING:
        return []
    counts = row.counts or {}
    lines = sorted(row.lines.all(), key=lambda line: (line.what, line.place))
    by_what = {what: list(found) for what, found in groupby(lines, key=lambda line: line.what)}
    return [
        {
            "key": what.value,
            "label": what.label,
            "colour": colour,
            "count": counts.get(what.value, 0),
            "lines": [_line(line, sees_all) for line in by_what[what][:most]],
            "left": counts.get(what.value, 0) - min(most, len(by_what[what])),
        }
        for what, colour in RESULTS
        if what.value in by_what and (what != DryRunResult.SAME or most > FIRST)
    ]


def _by_fallback(row: DryRun, sees_all: bool) -> list[dict[str, Any]]:
    """Each of the job's fallbacks, with the records that it is about: what becomes of them is in their group."""
    if row.state == DryRunState.RUNNING:
        return []
    told = [dict(one, records=[]) for one in row.by_fallback or []]
    for line in row.lines.all() if any(one["count"] for one in told) else ():
        for place in (line.told or {}).get("fallbacks", []):
            told[place]["records"].append(
                {"subject": _text(line.subject, sees_all), "what": line.get_what_display()}
            )
    for one in told:
        one["left"] = one["count"] - len(one["records"])
    return told


def _text(text: str, sees_all: bool) -> str:
    return text if sees_all else ANYTHING.text(text)


def _value(line: DryRunLine, name: str, value: str | None, sees_all: bool) -> str | None:
    """That a field is empty, or not known, is no secret."""
    if sees_all or value is None or value in ("", EMPTY):
        return value
    return ANYTHING.at(name, value, personal=line.dry_run.job.kind == people.KIND)


def _line(line: DryRunLine, sees_all: bool) -> dict[str, Any]:
    """Only what differs of what would be changed; all of what would be created."""
    fields: Sequence[Any] = (line.told or {}).get("fields", [])
    differs = [field for field in fields if field[1] != field[2]]
    return {
        "subject": _text(line.subject, sees_all),
        "reason": _text(line.reason, sees_all),
        "rules": [
            (line.dry_run.by_fallback or [])[place]["sentence"]
            for place in (line.told or {}).get("fallbacks", [])
        ],
        "fields": [
            {
                "name": name,
                "old": _value(line, name, old, sees_all),
                "new": _value(line, name, new, sees_all),
            }
            for name, old, new in differs
        ],
        "same": len(fields) - len(differs),
        "knows_old": any(old is not None for _, old, _ in fields),
    }


@admin.register(DryRun)
class DryRunAdmin(FactsAdmin):
    list_display = ("dry_run_name", "state_label", "started", "by", "looked", "foreseen")
    list_filter = (WhichJob,)
    empty_title = "No dry runs yet"
    empty_text = (
        "A dry run says what a job would create, change and skip, and writes nothing. Begin one at a job."
    )
    list_select_related = ("job", "asked_by")
    ordering = ("-started_at", "-id")
    change_form_template = "admin/integrations/dryrun/page.html"

    @display("Dry run", ordering="id")
    def dry_run_name(self, row: DryRun) -> str:
        return f"{row.job.name}: dry run {row.pk}"

    @display("State", ordering="state", label=COLOURS)
    def state_label(self, row: DryRun) -> str:
        return row.get_state_display()

    @display("Started", ordering="started_at")
    def started(self, row: DryRun) -> str:
        return ago(row.started_at)

    @display("Asked by")
    def by(self, row: DryRun) -> str:
        return str(row.asked_by or "–")

    @display("Records")
    def looked(self, row: DryRun) -> str:
        return number(row.looked_at)

    @display("What would happen")
    def foreseen(self, row: DryRun) -> str:
        counts = row.counts or {}
        told = [
            f"{number(counts[what.value])} {what.label.lower()}"
            for what, _ in RESULTS
            if counts.get(what.value)
        ]
        return ", ".join(told) or "–"

    def get_urls(self) -> list[URLPattern]:
        progress = path(
            "<path:object_id>/progress/",
            self.admin_site.admin_view(self.progress_view),
            name="integrations_dryrun_progress",
        )
        return [progress, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self._row(object_id)
        shown = report_of(row, request.user, most=1000)
        return super().change_view(
            request,
            object_id,
            form_url,
            {**(extra_context or {}), **shown, "whole": True, "title": "Dry run"},
        )

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The part of a page that changes while it goes. `whole`: all examples, as on the report's own page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        whole = bool(request.GET.get("whole"))
        shown = report_of(self._row(object_id), request.user, most=1000 if whole else FIRST)
        return TemplateResponse(request, "admin/integrations/dryrun/report.html", {**shown, "whole": whole})

    def _row(self, object_id: str) -> DryRun:
        rows: QuerySet[DryRun] = DryRun.objects.select_related("job__source", "job__destination", "asked_by")
        return get_object_or_404(rows, pk=object_id if object_id.isdecimal() else 0)

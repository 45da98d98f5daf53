"""A mapping's draft, tried on what went well: which fields of the newest records would come out differently."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from integrations.exceptions import Failure
from integrations.models import SyncJob
from integrations.sync.draft_rules import jobs_with
from integrations.sync.dry_run_report import said
from integrations.sync.tried_records import NEWEST, RecordsTried, Verdict, try_records
from mappings.compared import Differing
from mappings.expressions import ExpressionError
from mappings.models import Direction, Mapping
from mappings.records import ABSENT
from mappings.versions import in_short

from .frame import Crumb, PortalAdmin
from .tried_errors import WRONG_RULES, may_try_records, records_url, trial_url

SHOWN: Final = 20
SHOWN_FIELDS: Final = 30
HEADINGS: Final = {
    Verdict.FAILS: ("Would need a person", "bad"),
    Verdict.DIFFERS: ("Would come out differently", "warn"),
    Verdict.MENDED: ("Would need nobody any more", "good"),
}


@dataclass(frozen=True)
class Group:
    key: str
    label: str
    colour: str
    count: int
    lines: list[dict[str, Any]]

    @property
    def left(self) -> int:
        return self.count - len(self.lines)


def records_trial_urls(model_admin: PortalAdmin) -> list[URLPattern]:
    def view(request: HttpRequest, object_id: str) -> HttpResponse:
        mapping = model_admin.object_for(request, object_id, "preview")
        if not may_try_records(request):
            raise PermissionDenied
        return _page(model_admin, request, mapping)

    wrapped = model_admin.admin_site.admin_view(view)
    return [path("<path:object_id>/try-records/", wrapped, name="mappings_mapping_try_records")]


def _page(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    """Asks the source on POST alone. What it says is shown on this screen and kept nowhere."""
    in_use, snapshot = mapping.in_use(), mapping.snapshot()
    is_draft = in_use is not None and bool(in_short(in_use.snapshot, snapshot))
    jobs = list(jobs_with(mapping))
    chosen = request.POST.get("job", "")
    job = next((job for job in jobs if str(job.pk) == chosen), jobs[0] if jobs else None)
    tried, wrong = None, ""
    if request.method == "POST" and job is not None and is_draft:
        tried, wrong = _tried(job, mapping, snapshot)
    return model_admin.page(
        request,
        "admin/mappings/mapping/try_records.html",
        f"Try on delivered records: {mapping.name}",
        mapping=mapping,
        jobs=jobs,
        job=job,
        is_draft=is_draft,
        tried=tried,
        wrong=wrong,
        short=_in_short(tried) if tried is not None else "",
        figures=_figures(tried) if tried is not None else [],
        groups=_groups(tried) if tried is not None else [],
        reads=mapping.direction == Direction.READ,
        newest=NEWEST,
        here=records_url(mapping),
        errors_url=trial_url(mapping) if request.user.has_perm("integrations.view_errorrecord") else "",
        back=reverse("admin:mappings_mapping_change", args=[mapping.pk]),
        original=Crumb(mapping, mapping.name),
    )


def _tried(job: SyncJob, mapping: Mapping, snapshot: dict[str, Any]) -> tuple[RecordsTried | None, str]:
    try:
        return try_records(job, mapping, snapshot), ""
    except Failure as failure:
        return None, failure.sentence
    except (ExpressionError, KeyError) as error:
        return None, WRONG_RULES.format(error)


def _in_short(tried: RecordsTried) -> str:
    """“48 same, 2 differ”."""
    counts = tried.counts
    words = {
        Verdict.SAME: "same",
        Verdict.DIFFERS: "differs" if counts[Verdict.DIFFERS] == 1 else "differ",
        Verdict.FAILS: "would need a person",
        Verdict.MENDED: "would need nobody any more",
    }
    told = [f"{counts[verdict]} {word}" for verdict, word in words.items() if counts[verdict]]
    return ", ".join(told)


def _figures(tried: RecordsTried) -> list[tuple[str, int]]:
    return tried.fields[:SHOWN_FIELDS]


def _groups(tried: RecordsTried) -> list[Group]:
    found = []
    for verdict, (label, colour) in HEADINGS.items():
        rows = [row for row in tried.rows if row.verdict == verdict]
        if rows:
            lines = [
                {
                    "subject": row.subject,
                    "sentence": row.sentence,
                    "fields": [_shown(one) for one in row.fields[:SHOWN_FIELDS]],
                }
                for row in rows[:SHOWN]
            ]
            found.append(Group(verdict.value, label, colour, len(rows), lines))
    return found


def _shown(one: Differing) -> tuple[str, str, str]:
    return one.field, _value(one.before), _value(one.after)


def _value(value: Any) -> str:
    return "left out" if value is ABSENT else said(value) or "empty"

"""A mapping's draft, tried on the open errors of its jobs before it is published; and the retry of what it settles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.models import ErrorRecord
from integrations.sync import retry
from integrations.sync.draft_rules import jobs_with
from integrations.sync.tried_errors import AT_MOST, ErrorsTried, ErrorTried, Verdict, open_errors, try_errors
from mappings.expressions import ExpressionError
from mappings.models import Mapping
from mappings.versions import in_short

from .error_actions import change_url
from .error_page import is_on_its_way
from .frame import Crumb, PortalAdmin
from .paging import CAP

SHOWN: Final = 50
HEADINGS: Final = {
    Verdict.OTHER: ("Another problem", "warning"),
    Verdict.SAME: ("The same problem", "danger"),
    Verdict.UNSURE: ("Sent otherwise, to be seen", "info"),
    Verdict.LEFT_OUT: ("Not sent", "default"),
    Verdict.FINE: ("Settled", "success"),
}
WRONG_RULES: Final = "The rules as they are saved cannot be tried: {}. Correct and save them first."
CHANGED: Final = "The rules were changed meanwhile. Look at the result below, then retry."


@dataclass(frozen=True)
class Trial:
    """What leads from the mapping's page to its trials. `errors` is "" where none is open; an address is "" where it is
    not for this person."""

    url: str
    errors: str
    errors_word: str
    records_url: str


@dataclass(frozen=True)
class Section:
    title: str
    colour: str
    count: int
    rows: list[ErrorTried]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def trial_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_try_errors", args=[mapping.pk])


def trial_urls(model_admin: PortalAdmin) -> list[URLPattern]:
    def view(request: HttpRequest, object_id: str) -> HttpResponse:
        mapping = model_admin.object_for(request, object_id, "preview")
        if not request.user.has_perm("integrations.view_errorrecord"):
            raise PermissionDenied
        if request.method == "POST":
            return _retry(model_admin, request, mapping)
        return _page(model_admin, request, mapping)

    wrapped = model_admin.admin_site.admin_view(view)
    return [path("<path:object_id>/try-errors/", wrapped, name="mappings_mapping_try_errors")]


def records_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_try_records", args=[mapping.pk])


def may_try_errors(request: HttpRequest) -> bool:
    return request.user.has_perms(("mappings.preview_mapping", "integrations.view_errorrecord"))


def may_try_records(request: HttpRequest) -> bool:
    return request.user.has_perms(("mappings.preview_mapping", "integrations.view_delivery"))


def trial_of(request: HttpRequest, mapping: Mapping) -> Trial | None:
    """None where there is nothing to try, or this person may not."""
    errors, records = may_try_errors(request), may_try_records(request)
    if not (errors or records) or not jobs_with(mapping).exists():
        return None
    count = _count(mapping) if errors else 0
    number = f"more than {CAP:,}" if count > CAP else f"{count:,}" if count else ""
    return Trial(
        url=trial_url(mapping) if errors else "",
        errors=number,
        errors_word="error" if count == 1 else "errors",
        records_url=records_url(mapping) if records else "",
    )


def tell_of_errors(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> None:
    """After a version was published: what stands with an error may be settled by it."""
    trial = trial_of(request, mapping)
    if trial is None or not trial.errors:
        return
    text = (
        "{} open {} of its jobs came before it. <a href='{}'>See which it settles, and retry one first</a>."
    )
    sentence = format_html(text, trial.errors[:1].upper() + trial.errors[1:], trial.errors_word, trial.url)
    model_admin.message_user(request, sentence, messages.INFO)


def _count(mapping: Mapping) -> int:
    return int(open_errors(mapping).order_by().values("pk")[: CAP + 1].count())


def _page(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    in_use = mapping.in_use()
    snapshot = mapping.snapshot()
    is_draft = in_use is None or bool(in_short(in_use.snapshot, snapshot))
    tried, wrong = None, ""
    try:
        tried = try_errors(mapping, snapshot, _start(request))
    except (ExpressionError, KeyError) as error:
        wrong = WRONG_RULES.format(error)
    return model_admin.page(
        request,
        "admin/mappings/mapping/try_errors.html",
        f"Try on open errors: {mapping.name}",
        mapping=mapping,
        tried=tried,
        wrong=wrong,
        is_draft=is_draft,
        with_what="the draft" if is_draft else f"version {mapping.current_number}",
        sections=_sections(tried) if tried is not None else [],
        settled=len(tried.settled) if tried is not None else 0,
        by_retry=sum(row.by_retry for row in tried.rows) if tried is not None else 0,
        ids=",".join(map(str, tried.settled)) if tried is not None else "",
        next_count=min(AT_MOST, tried.left) if tried is not None else 0,
        jobs=list(jobs_with(mapping)),
        may_retry=not is_draft and request.user.has_perm("integrations.retry_errorrecord"),
        first=_first(request, mapping),
        records_url=records_url(mapping) if is_draft and may_try_records(request) else "",
        back=reverse("admin:mappings_mapping_change", args=[mapping.pk]),
        original=Crumb(mapping, mapping.name),
    )


def _sections(tried: ErrorsTried) -> list[Section]:
    found = []
    for verdict, (title, colour) in HEADINGS.items():
        rows = [row for row in tried.rows if row.verdict == verdict]
        if rows:
            found.append(Section(title, colour, len(rows), rows[:SHOWN]))
    return found


def _start(request: HttpRequest) -> int:
    asked = request.GET.get("start", "")
    return int(asked) if _is_number(asked) else 0


def _first(request: HttpRequest, mapping: Mapping) -> dict[str, Any] | None:
    """The record that went ahead of the others, and what became of it."""
    asked = request.GET.get("first", "")
    jobs = jobs_with(mapping).order_by().values("pk")
    rows = ErrorRecord.objects.filter(job__in=jobs).select_related("delivery").defer("payload", "evidence")
    error = rows.filter(pk=int(asked)).first() if _is_number(asked) else None
    if error is None:
        return None
    goes = error.delivery is not None and is_on_its_way(error, error.delivery.state)
    return {"error": error, "url": change_url(error), "on_its_way": goes, "done": not error.is_open}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


# --- the retry --------------------------------------------------------------------------------------------------


def _retry(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    """Of those that the page named, with the version it named: one, or all that are left."""
    if not request.user.has_perm("integrations.retry_errorrecord"):
        raise PermissionDenied
    url = trial_url(mapping)
    if request.POST.get("version") != str(mapping.current_number):
        return model_admin.done(request, CHANGED, url, messages.ERROR)
    rows = retry.may_go(_named(request, mapping))
    by = model_admin.person(request)
    if "one" in request.POST:
        first = retry.most_urgent(rows).first()
        if first is None or not retry.retry(ErrorRecord.objects.filter(pk=first.pk), by):
            return model_admin.done(request, "None of them waits for a retry any more.", url, messages.INFO)
        sentence = f"{first.subject or 'One record'} is on its way again, ahead of the others."
        return model_admin.done(request, sentence, f"{url}?first={first.pk}")
    queued = retry.retry(rows, by)
    if not queued:
        return model_admin.done(request, "None of them waits for a retry any more.", url, messages.INFO)
    word = "record is" if queued == 1 else "records are"
    return model_admin.done(request, f"{queued:,} {word} on the way again.", url)


def _named(request: HttpRequest, mapping: Mapping) -> QuerySet[ErrorRecord]:
    names = request.POST.get("errors", "").split(",")[:AT_MOST]
    return open_errors(mapping).filter(pk__in=[int(name) for name in names if _is_number(name)])

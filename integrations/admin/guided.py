"""A new job in one flow: which systems, what to carry, a look at real records, a dry run, the launch.

The flow keeps its state in the address (the two systems) and then in the draft's own row: going back, reloading and
coming back tomorrow are all the same page. Nothing is sent before the launch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from integrations.configuration import drafts
from integrations.configuration.pairs import Pair, pairs
from integrations.connectors import catalogue
from integrations.exceptions import Failure
from integrations.models import Connection, Environment, Health, JobState, SyncJob
from integrations.sync import dry_run_report, launch, looked
from integrations.templatetags.portal import ago
from mappings.expressions import ExpressionError
from mappings.sentences import within

from .dry_runs import report_of
from .frame import Crumb, PortalAdmin
from .guided_forms import LaunchJobForm, OwnWayForm
from .guided_steps import NO_DRY_RUN, begin_url, dry_run_standing, note_looked_at, step_url, steps_of
from .launching import way_to

PAGES = "admin/integrations/syncjob/guided"
# Whoever begins a job makes its row and the copies of its mappings.
PERMISSIONS = ("integrations.add_syncjob", "mappings.add_mapping")


@dataclass(frozen=True)
class SystemCard:
    """`why_not`: why it cannot be chosen, and the page on which that is mended."""

    pk: int
    name: str
    platform: str
    is_real: bool
    state: str
    tested: str
    reads: bool
    writes: bool
    why_not: str = ""
    mend: str = ""


def begin_view(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponse:
    """The first two steps, before there is a row. The systems stand in the address."""
    if not all(request.user.has_perm(name) for name in PERMISSIONS):
        raise PermissionDenied
    chosen = {end: _chosen(request.GET.get(end, "")) for end in ("source", "destination")}
    source, destination = chosen["source"], chosen["destination"]
    asked = any(name in request.GET for name in chosen)
    problem = _not_fit(source, destination) if asked else ""
    if source is not None and destination is not None and not problem:
        return _what_view(model_admin, request, source, destination)
    cards = list(_cards())
    return model_admin.page(
        request,
        f"{PAGES}/systems.html",
        "New job: which systems?",
        **steps_of(request, 1),
        sources=[card for card in cards if card.reads],
        destinations=[card for card in cards if card.writes],
        ready=sum(not card.why_not for card in cards),
        chosen={end: row.pk if row is not None else None for end, row in chosen.items()},
        problem=problem,
        drafts=_drafts(),
    )


def _chosen(asked: str) -> Connection | None:
    rows = Connection.objects.filter(pk=int(asked)) if asked.isdecimal() and len(asked) < 19 else None
    return rows.first() if rows is not None else None


def _not_fit(source: Connection | None, destination: Connection | None) -> str:
    if source is None or destination is None:
        return "Choose one system on each side."
    if source.pk == destination.pk:
        return "Choose two different systems: a job does not write into what it reads."
    for row in (source, destination):
        if why := _why_not(row):
            return f"{row.name} cannot be used yet: {why}"
    return ""


def _why_not(row: Connection) -> str:
    if row.awaits_test:
        return "it was not tested since its credentials changed. A test is on its way."
    if row.health == Health.UNTESTED:
        return "it was not tested yet."
    if row.health == Health.FAILING:
        return "its last test failed."
    return "" if row.enabled else "it is switched off."


def _cards() -> Iterable[SystemCard]:
    """All connections, without opening their secrets."""
    entries: dict[str, catalogue.PlatformEntry | None] = {}
    for row in Connection.objects.defer("secrets", "settings").order_by("name", "pk"):
        if row.platform not in entries:
            entries[row.platform] = _entry(row.platform)
        entry = entries[row.platform]
        # An operator's own declaration says what it does: shown on both sides.
        is_declared = entry is None or not entry.resources
        yield SystemCard(
            row.pk,
            row.name,
            entry.label if entry is not None else row.platform,
            row.environment == Environment.PRODUCTION,
            row.health_words,
            ago(row.health_checked_at) if row.health_checked_at else "",
            is_declared or bool(entry and entry.reads),
            is_declared or bool(entry and entry.writes),
            _why_not(row),
            reverse("admin:integrations_connection_change", args=[row.pk]),
        )


def _entry(platform: str) -> catalogue.PlatformEntry | None:
    try:
        return catalogue.entry(platform)
    except Failure:
        return None


def _drafts() -> QuerySet[SyncJob]:
    rows = SyncJob.objects.filter(state=JobState.DRAFT).select_related("source", "destination")
    return rows.order_by("-updated_at")[:10]


# --- what to carry ------------------------------------------------------------------------------------------------


def _what_view(
    model_admin: PortalAdmin, request: HttpRequest, source: Connection, destination: Connection
) -> HttpResponse:
    problem, ready, own = "", [], None
    try:
        ready = pairs(source, destination)
        own = OwnWayForm(source, destination, request.POST if "own" in request.POST else None)
    except Failure as failure:
        problem = failure.sentence
    if request.method == "POST" and not problem:
        pair = _pair_told(request, ready, own)
        if pair is not None:
            job = drafts.begin(source, destination, pair.read, pair.write, model_admin.person(request))
            model_admin.log_addition(request, job, "Began it as a draft.")
            return redirect(step_url(job, "look"))
        if own is None or not own.is_bound:
            problem = "Choose what is to be carried."
    return model_admin.page(
        request,
        f"{PAGES}/what.html",
        "New job: what to carry?",
        **steps_of(request, 2),
        source=source,
        destination=destination,
        pairs=[(pair, _sentence(pair, source, destination)) for pair in ready],
        own=own,
        problem=problem,
        is_real=destination.environment == Environment.PRODUCTION,
        back=begin_url(),
    )


def _pair_told(request: HttpRequest, ready: list[Pair], own: OwnWayForm | None) -> Pair | None:
    if own is not None and own.is_bound:
        return own.pair() if own.is_valid() else None
    return next((pair for pair in ready if pair.key == request.POST.get("pair")), None)


def _sentence(pair: Pair, source: Connection, destination: Connection) -> str:
    read, written = (name.replace("_", " ") for name in (pair.read.resource, pair.write.resource))
    return f"Reads {read} in {within(source.name)}, writes {written} in {within(destination.name)}."


# --- the steps of a draft -----------------------------------------------------------------------------------------


def _draft(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> SyncJob:
    """Raises Http404 and PermissionDenied."""
    if not all(request.user.has_perm(name) for name in PERMISSIONS):
        raise PermissionDenied
    rows = SyncJob.objects.select_related(
        "source", "destination", "read_mapping", "write_mapping", "workflow"
    )
    job = rows.filter(pk=object_id).first() if object_id.isdecimal() and len(object_id) < 19 else None
    if job is None:
        raise Http404(f"There is no job {object_id}.")
    return job


def _no_draft(model_admin: PortalAdmin, request: HttpRequest, job: SyncJob) -> HttpResponse | None:
    """Who comes back after the launch, or sends it twice, is led to the job."""
    if job.state == JobState.DRAFT:
        return None
    url = reverse("admin:integrations_syncjob_change", args=[job.pk])
    return model_admin.done(request, f"{job.name} is launched already.", url, messages.INFO)


def look_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    job = _draft(model_admin, request, object_id)
    return _no_draft(model_admin, request, job) or model_admin.page(
        request,
        f"{PAGES}/look.html",
        "New job: look at it",
        **steps_of(request, 3, job),
        job=job,
        original=Crumb(job, job.name),
        records_url=step_url(job, "records"),
        next_url=step_url(job, "dry_run"),
        back=begin_url(job),
    )


def records_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The part of the page that takes as long as the source does. What it shows is kept nowhere."""
    job = _draft(model_admin, request, object_id)
    found, problem = [], ""
    try:
        found = looked.look(job)
    except (Failure, ExpressionError) as failure:
        problem = getattr(failure, "sentence", str(failure))
    else:
        note_looked_at(request, job)
    good = sum(not one.problems for one in found)
    return model_admin.page(
        request, f"{PAGES}/records.html", "", job=job, looked=found, good=good, problem=problem
    )


def dry_run_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """POST begins one; GET shows the newest."""
    job = _draft(model_admin, request, object_id)
    if (away := _no_draft(model_admin, request, job)) is not None:
        return away
    if request.method == "POST":
        most = None if "all" in request.POST else dry_run_report.SAMPLE
        dry_run_report.begin(job, model_admin.person(request), most)
        return redirect(step_url(job, "dry_run"))
    newest = job.dry_runs.select_related("job__source", "job__destination", "asked_by").first()
    return model_admin.page(
        request,
        f"{PAGES}/dry_run.html",
        "New job: dry run",
        **steps_of(request, 4, job),
        **(report_of(newest, request.user) if newest is not None else {}),
        job=job,
        original=Crumb(job, job.name),
        sample=dry_run_report.SAMPLE,
        next_url=step_url(job, "launch"),
        back=step_url(job, "look"),
    )


def launch_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    job = _draft(model_admin, request, object_id)
    if (away := _no_draft(model_admin, request, job)) is not None:
        return away
    may_launch = request.user.has_perm("integrations.run_syncjob")
    form = LaunchJobForm(job, request.POST or None)
    if request.method == "POST":
        if not may_launch:
            raise PermissionDenied
        while form.is_valid():
            try:
                return _launched(model_admin, request, form.told())
            except drafts.CarriedAlready:
                # Another was launched since we looked: now the form asks why.
                form = LaunchJobForm(job, request.POST)
    return model_admin.page(
        request,
        f"{PAGES}/launch.html",
        "New job: launch",
        **steps_of(request, 5, job),
        job=job,
        original=Crumb(job, job.name),
        form=form,
        may_launch=may_launch,
        no_dry_run=NO_DRY_RUN.get(dry_run_standing(job), ""),
        is_real=job.destination.environment == Environment.PRODUCTION,
        reads_real=job.source.environment == Environment.PRODUCTION,
        estimate_url=step_url(job, "estimate"),
        advices=_ways_to(launch.advices(job), request),
        back=step_url(job, "dry_run"),
    )


def _launched(model_admin: PortalAdmin, request: HttpRequest, job: SyncJob) -> HttpResponse:
    launched = drafts.go_live(job)
    url = reverse("admin:integrations_syncjob_change", args=[job.pk])
    if launched.run is not None:
        model_admin.log_change(request, launched.job, f"Launched at {job.rollout_percent} %.")
        return model_admin.done(request, f"{job.name} is live. Its first records are on their way.", url)
    if launched.job.is_held_for_launch and launched.job.workflow is not None:
        workflow = launched.job.workflow
        sentence = f"{job.name} is set up and waits until {workflow} is launched: it would touch production. "
        lacking = " ".join(one.sentence for one in launched.missing) or "Nothing is missing: launch it there."
        url = reverse("admin:integrations_workflow_change", args=[workflow.pk])
        return model_admin.done(request, sentence + lacking, url, messages.WARNING)
    return model_admin.done(request, f"{job.name} is launched already.", url, messages.INFO)


def _ways_to(lacking: Iterable[launch.Missing], request: HttpRequest) -> list[dict[str, str]]:
    return [
        {"sentence": one.sentence, "href": way_to(one, request.user), "words": one.words} for one in lacking
    ]


def estimate_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """What the choices on the page would mean for the records that the dry run looked at. Stores nothing."""
    job = _draft(model_admin, request, object_id)
    if request.method != "POST":
        return redirect(step_url(job, "launch"))
    form = LaunchJobForm(job, request.POST)
    form.is_valid()
    newest = job.dry_runs.filter(state="finished").first()
    context: dict[str, Any] = {"job": job, "missing": _ways_to(form.missing_for_production(), request)}
    if newest is not None and not {"filter", "rollout_percent"} & set(form.errors):
        told = form.told()
        going, shown = dry_run_report.would_go(newest, told)
        context |= {"going": going, "shown": shown, "filter": told.filter, "percent": told.rollout_percent}
    return model_admin.page(request, f"{PAGES}/estimate.html", "", **context)

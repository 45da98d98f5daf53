"""The pages of a workflow's and a connection's dashboard, and the figures of any dashboard that renew themselves."""

from __future__ import annotations

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from integrations.models import Connection, Workflow
from monitoring.dashboards import PERMISSION, around, look_at, period_of, shown, stopped
from monitoring.now import what_runs
from monitoring.scopes import (
    BOTH,
    CONNECTION,
    DIRECTIONS,
    WORKFLOW,
    Scope,
    of_connection,
    of_workflow,
    portal,
)
from monitoring.seen import Seen
from monitoring.standing import standing

# What else a person must be allowed to see where one of these is looked at.
VIEWS = {WORKFLOW: "integrations.view_workflow", CONNECTION: "integrations.view_connection"}


@require_safe
def of_one_workflow(request: HttpRequest, pk: int) -> HttpResponse:
    _allow(request, WORKFLOW)
    workflow = get_object_or_404(Workflow, pk=pk)
    also = [
        ("The workflow", reverse("admin:integrations_workflow_change", args=[pk])),
        ("Did it help?", reverse("admin:monitoring_workflowresult_change", args=[pk])),
        ("On the map", f"{reverse('systems')}?workflow={workflow.key}"),
    ]
    return _page(request, of_workflow(workflow), f"Dashboard: {workflow.name}", also)


@require_safe
def of_one_connection(request: HttpRequest, pk: int) -> HttpResponse:
    _allow(request, CONNECTION)
    connection = get_object_or_404(Connection.objects.defer("secrets"), pk=pk)
    also = [
        ("The connection", reverse("admin:integrations_connection_change", args=[pk])),
        ("Its jobs", f"{reverse('admin:integrations_syncjob_changelist')}?system={pk}"),
        ("On the map", reverse("systems")),
    ]
    return _page(
        request, of_connection(connection, _direction(request)), f"Dashboard: {connection.name}", also
    )


def _page(request: HttpRequest, scope: Scope, title: str, also: list[tuple[str, str]]) -> HttpResponse:
    seen = look_at(scope, period_of(request), timezone.now())
    context = {
        **admin.site.each_context(request),
        "title": title,
        "also": also,
        "alarms": stopped(seen.jobs, Connection.objects.filter(pk__in=_systems(seen))),
        **around(seen),
        **shown(seen),
    }
    return TemplateResponse(request, "monitoring/dashboard.html", context)


def _systems(seen: Seen) -> set[int]:
    """Both ends of its jobs; of a connection itself too."""
    ends = {end for job in seen.jobs for end in (job.source_id, job.destination_id)}
    return {seen.look.scope.pk} if seen.look.scope.kind == CONNECTION else ends


@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """The figures, renewed while the page is looked at; answered at once, never held open."""
    _allow(request)
    seen = look_at(_asked(request), period_of(request), timezone.now())
    return TemplateResponse(request, "monitoring/renewed.html", shown(seen))


@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """What runs, asked for every few seconds; answered at once, never held open."""
    _allow(request)
    return TemplateResponse(request, "monitoring/now.html", what_runs(standing()))


def _asked(request: HttpRequest) -> Scope:
    for kind in (WORKFLOW, CONNECTION):
        asked = request.GET.get(kind, "")
        if not asked:
            continue
        _allow(request, kind)
        pk = int(asked) if asked.isdecimal() and len(asked) < 19 else 0
        if kind == WORKFLOW:
            return of_workflow(get_object_or_404(Workflow, pk=pk))
        connection = get_object_or_404(Connection.objects.defer("secrets"), pk=pk)
        return of_connection(connection, _direction(request))
    return portal()


def _direction(request: HttpRequest) -> str:
    chosen = request.GET.get("direction", BOTH)
    return chosen if chosen in DIRECTIONS else BOTH


def _allow(request: HttpRequest, kind: str = "") -> None:
    wanted = (PERMISSION, VIEWS[kind]) if kind else (PERMISSION,)
    if not request.user.has_perms(wanted):
        raise PermissionDenied

"""The page of the map, and the part of it that renews itself."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from integrations.models import Workflow

from .drawing import draw
from .map import TONES, read_map

PERMISSIONS = ("integrations.view_syncjob", "integrations.view_connection")
# Seconds between two looks while somebody has the page before them.
POLL_SECONDS = 20


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    _allow(request)
    context = {**admin.site.each_context(request), "title": "Map of systems", **_shown(request)}
    return TemplateResponse(request, "monitoring/systems.html", context)


@require_safe
def drawing(request: HttpRequest) -> HttpResponse:
    """Asked for every few seconds; answered at once, never held open."""
    _allow(request)
    return TemplateResponse(request, "monitoring/systems_map.html", _shown(request))


def _allow(request: HttpRequest) -> None:
    if not all(request.user.has_perm(permission) for permission in PERMISSIONS):
        raise PermissionDenied


def _shown(request: HttpRequest) -> dict[str, Any]:
    workflows = list(Workflow.objects.order_by("name"))
    chosen = next((row for row in workflows if row.key == request.GET.get("workflow")), None)
    found = read_map(chosen)
    return {
        "map": found,
        "drawing": draw(found),
        "workflows": workflows,
        "chosen": chosen,
        "poll_seconds": POLL_SECONDS,
        "tones": sorted(set(TONES.values())),
        "carriers": [(edge, carrier) for edge in found.edges for carrier in edge.jobs],
    }

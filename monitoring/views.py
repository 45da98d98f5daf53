"""Parts of the front page that renew themselves, and the three addresses that an orchestrator asks."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monitoring import health
from monitoring.cards import cards
from monitoring.dashboards import PERMISSION, period_of
from monitoring.figures import figures
from monitoring.now import what_runs
from monitoring.standing import standing


@require_safe
def now(request: HttpRequest) -> HttpResponse:
    """What runs, asked for every few seconds; answered at once, never held open."""
    _allow(request)
    return TemplateResponse(request, "monitoring/now.html", what_runs(standing()))


@require_safe
def numbers(request: HttpRequest) -> HttpResponse:
    """The cards, renewed while the page is looked at."""
    _allow(request)
    period = period_of(request)
    context = {"cards": cards(figures(period), standing(), period), "period": period, "as_of": timezone.now()}
    return TemplateResponse(request, "monitoring/cards.html", context)


def _allow(request: HttpRequest) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied


@never_cache
@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all: otherwise restart it. A database that is away is no reason to."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process and its database answer: only then send it requests."""
    found = health.alive()
    return JsonResponse(found.as_json(), status=200 if found.ok else 503)


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 while the portal as a whole does its work: otherwise call a person. No web process is at fault for it."""
    found = health.ready()
    return JsonResponse(found.as_json(), status=200 if found.ok else 503)

"""The addresses that machines ask."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from monitoring import health, prometheus


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


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, which signs in by METRICS_TOKEN."""
    token = str(settings.METRICS_TOKEN)
    if not token:
        return HttpResponse(
            "Set METRICS_TOKEN to have metrics here.\n", status=404, content_type="text/plain"
        )
    said = request.headers.get("Authorization", "")
    if not constant_time_compare(said, f"Bearer {token}"):
        refusal = "Send the METRICS_TOKEN as “Authorization: Bearer …”.\n"
        response = HttpResponse(refusal, status=401, content_type="text/plain; charset=utf-8")
        response["WWW-Authenticate"] = "Bearer"
        return response
    return HttpResponse(prometheus.render(), content_type=prometheus.CONTENT_TYPE)

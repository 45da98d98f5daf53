"""What the admin's frame asks for at each page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static

from integrations.models import Connection, Environment


def environment(request: HttpRequest) -> list[str] | None:
    """The badge in the header: nobody should take a trial for the real thing, nor an empty portal for one that works
    on it. None where a portal that is meant for production has no connection to a production system yet."""
    name = str(settings.PORTAL_ENVIRONMENT)
    if name == "production" and not _is_signed_in(request):
        return None
    if name == "production" and not Connection.objects.filter(environment=Environment.PRODUCTION).exists():
        return None
    return [name.capitalize(), "success" if name == "production" else "warning"]


def _is_signed_in(request: HttpRequest) -> bool:
    """Whoever is at the door is told nothing of what is connected, and the door stands without a database."""
    user = getattr(request, "user", None)
    return user is not None and bool(user.is_authenticated)


def stylesheet(request: HttpRequest) -> str:
    return static("portal/portal.css")


def pages_stylesheet(request: HttpRequest) -> str:
    return static("portal/pages.css")


def figures_stylesheet(request: HttpRequest) -> str:
    return static("portal/figures.css")


def script(request: HttpRequest) -> str:
    return static("portal/portal.js")


def once_script(request: HttpRequest) -> str:
    return static("portal/once.js")


def unanswered_script(request: HttpRequest) -> str:
    return static("portal/unanswered.js")


def favicon(request: HttpRequest) -> str:
    return static("portal/favicon.svg")


def sign_in_frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the pages for signing in stand outside the admin and need its colours and title too."""
    return admin.site.each_context(request) if request.path.startswith("/accounts/") else {}

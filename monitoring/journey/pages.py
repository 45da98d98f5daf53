"""The pages: find a record, and its journey. What is searched for stands in a form's body, never in an address."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.admin.frame import LARGEST
from integrations.models import Thing

from .belonging import title_of
from .finding import LONGEST, find
from .look import look_at
from .timeline import by_day

PERMISSION: Final = "integrations.view_delivery"
SHOWN: Final = 200
SHOWN_OF_ALL: Final = 2_000
# Written by portal.js: the zone of the clock on the reader's wall.
ZONE_COOKIE: Final = "crossdock_zone"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """One hit leads to its journey at once."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    typed = request.POST.get("s", "").strip()[:LONGEST]
    found = find(typed) if typed else None
    if found is not None and len(found.hits) == 1:
        return redirect(found.hits[0].href)
    context = {"title": "Find a record", "typed": typed, "found": found, "longest": LONGEST}
    return TemplateResponse(request, "monitoring/find.html", {**admin.site.each_context(request), **context})


@never_cache
@require_POST
def palette(request: HttpRequest) -> HttpResponse:
    """What the command palette shows for what is typed there: records, and pages of the portal."""
    typed = request.POST.get("s", "").strip()[:LONGEST]
    may_find = request.user.has_perm(PERMISSION)
    context = {
        "found": find(typed) if typed and may_find else None,
        "pages": _pages_called(request, typed) if typed else [],
        "typed": typed,
        "may_find": may_find,
    }
    return TemplateResponse(request, "monitoring/palette.html", context)


def _pages_called(request: HttpRequest, typed: str) -> list[dict[str, Any]]:
    """Of the menu, as this user sees it."""
    return [
        {"title": item["title"], "about": group["title"], "href": str(item["link"]), "icon": item["icon"]}
        for group in admin.site.get_sidebar_list(request)  # type: ignore[attr-defined]  # unfold's
        for item in group["items"]
        if item["has_permission"] and typed.casefold() in str(item["title"]).casefold()
    ]


@never_cache
@require_safe
def journey(request: HttpRequest, thing_id: int) -> HttpResponse:
    """Whichever part is asked for, the page is that of the order."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    thing = Thing.objects.filter(pk=thing_id).first() if thing_id <= LARGEST else None
    if thing is None:
        raise Http404("There is no such record, or it was deleted.")
    shows_all, oldest_first = "all" in request.GET, request.GET.get("order") == "oldest"
    with timezone.override(_zone_of(request)):
        found = look_at(thing, request.user.has_perm, SHOWN_OF_ALL if shows_all else SHOWN)
        group = found.group
        if group.main.pk != thing.pk:
            return redirect("journey", group.main.pk)
        events = found.events[::-1] if oldest_first else found.events
        context = {
            "title": found.title,
            "journey": found,
            "days": by_day(events),
            "oldest_first": oldest_first,
            "shows_all": shows_all,
            "zone": timezone.get_current_timezone_name(),
            "has_parts": len(group.things) > 1,
            "namesakes": _links(group.namesakes, found.titles),
            "people": _links(group.people, found.titles),
            "theirs": _links(group.theirs, found.titles),
        }
        page = {**admin.site.each_context(request), **context}
        # Hours are written while it is drawn: the zone counts until then.
        return TemplateResponse(request, "monitoring/journey.html", page).render()


def _links(things: list[Thing], titles: dict[int, str]) -> list[tuple[str, str]]:
    return [(title_of(one, titles), reverse("journey", args=[one.pk])) for one in things]


def _zone_of(request: HttpRequest) -> ZoneInfo | None:
    """None, which is the store's own, where the browser did not say or nobody knows the name."""
    try:
        return ZoneInfo(request.COOKIES[ZONE_COOKIE])
    except (KeyError, ValueError, OSError, ZoneInfoNotFoundError):
        return timezone.get_current_timezone()

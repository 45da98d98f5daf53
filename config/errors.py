"""What is shown where no page could be: in the portal's look for people, as problem+json for programs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from integrations.partner_api.problems import problem_page

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = "This request cannot be understood, or came by a name that this portal does not go by."
    return _answer(request, 400, "bad_request", "This does not work", sentence)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = "Your account has no right to do this. Ask an administrator for it."
    return _answer(request, 403, "permission_denied", "Not allowed", sentence)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django asks here when a form comes without its token: nearly always a page that was open for too long."""
    sentence = (
        "Nothing was changed. The page was open for too long, or cookies are off: load it anew and try again."
    )
    return _answer(request, 403, "token_missing", "The page is too old", sentence)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    sentence = "There is nothing at this address. It may have been deleted, or the link is not whole."
    return _answer(request, 404, "not_found", "Not found", sentence)


def fault(request: HttpRequest) -> HttpResponse:
    sentence = "Crossdock met a fault of its own; it stands in the log of the web server. Records are not lost by it."
    return _answer(request, 500, "fault", "A fault in Crossdock", sentence)


def _answer(request: HttpRequest, status: int, code: str, title: str, sentence: str) -> HttpResponse:
    if request.path.startswith(API):
        return problem_page(status, code, sentence)
    # Without the request: what its context would ask of the database may be what failed.
    return render(None, "error.html", {"status": status, "title": title, "sentence": sentence}, status=status)

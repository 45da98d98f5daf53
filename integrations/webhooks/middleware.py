"""Webhooks come by hundreds a second, from machines: what serves people is not asked about them."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from .receive import receive
from .urls import MOUNTED_AT

_PREFIX = f"/{MOUNTED_AT}"


class WebhooksFirst:
    """Answers webhooks past the session, the login, the forms' protection, the messages and the history.

    Together those cost as much as verifying and storing. What holds for every call stands before this one (HTTPS)
    or is done here (ALLOWED_HOSTS).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        address = request.path_info.removeprefix(_PREFIX)
        if address == request.path_info or not address or "/" in address:
            return self._get_response(request)
        request.get_host()  # raises where the host is not one of ours
        return receive(request, address)

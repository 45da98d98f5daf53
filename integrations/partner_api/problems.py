"""Every refusal of the partner API has one shape: `application/problem+json` (RFC 9457).

`code` is stable and for programs, `detail` is a sentence for people, `errors` names each field that is wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404, JsonResponse
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger(__name__)

_NOT_FOUND = "There is nothing at this address, or this key may not see it."
_NO_KEY = exceptions.ErrorDetail(
    "Send the key that the store gave you, as 'Authorization: Bearer <key>'.", "not_authenticated"
)

_TITLES = {
    400: "The request is not right",
    401: "No valid key",
    403: "Not allowed",
    404: "Not found",
    405: "This method is not possible here",
    406: "Not acceptable",
    409: "Not possible in the present state",
    411: "The length of the body is missing",
    413: "The body is too large",
    415: "This kind of body is not understood",
    422: "The request contradicts an earlier one",
    429: "Too many calls",
    500: "A fault in Crossdock",
    503: "Not possible at the moment",
}


class FieldError(TypedDict):
    field: str
    reason: str


class FieldErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Where in the request, for example records[3].external_id.")
    reason = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """The shape of every refusal."""

    type = serializers.CharField(help_text="urn:crossdock:problem: followed by the code.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="A sentence for people: what is wrong and what to do.")
    errors = FieldErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # DRF means a field here


class Problem(exceptions.APIException):
    """A refusal with its status, its stable code and a sentence that names the remedy."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(detail=sentence, code=code)
        self.status_code = status


def problem(status: int, code: str, sentence: str, errors: Sequence[FieldError] = ()) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": f"urn:crossdock:problem:{code}",
        "title": _TITLES.get(status, "The request was refused"),
        "status": status,
        "code": code,
        "detail": sentence,
    }
    if errors:
        body["errors"] = list(errors)
    return body


def problem_page(status: int, code: str, sentence: str) -> JsonResponse:
    """A problem from where no view of the API has been reached: an unknown address, a host that is not ours."""
    return JsonResponse(problem(status, code, sentence), status=status, content_type=MEDIA_TYPE)


def answer_problem(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: turns any exception into a problem; an unforeseen one is logged as well."""
    set_rollback()
    if isinstance(exc, Http404):
        return _respond(problem(404, "not_found", _NOT_FOUND))
    if isinstance(exc, PermissionDenied):
        return _respond(problem(403, "permission_denied", "This key may not do that."))
    if isinstance(exc, RequestDataTooBig):
        return _respond(problem(413, "body_too_large", "The body is larger than this portal takes."))
    if isinstance(exc, exceptions.ValidationError):
        errors = list(_flatten(exc.detail))
        return _respond(problem(exc.status_code, "invalid", _summary(errors), errors))
    if isinstance(exc, exceptions.NotAuthenticated):
        exc.detail = _NO_KEY
    if isinstance(exc, exceptions.APIException):
        return _respond_api(exc)
    return _respond_unforeseen(exc, context)


def _respond_api(exc: exceptions.APIException) -> Response:
    codes = exc.get_codes()
    code = codes if isinstance(codes, str) else exc.default_code
    headers: dict[str, str] = {}
    if (scheme := getattr(exc, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = scheme
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    return _respond(problem(exc.status_code, code, str(exc.detail)), headers)


def _respond_unforeseen(exc: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]._request
    _log.error("unforeseen fault in the partner API", exc_info=exc)
    got_request_exception.send(sender=None, request=request)
    sentence = (
        "Crossdock met a fault of its own. Nothing was changed; repeat the call later with the same key."
    )
    return _respond(problem(500, "fault", sentence))


def _respond(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(body, status=body["status"], headers=dict(headers or {}), content_type=MEDIA_TYPE)


def _summary(errors: list[FieldError]) -> str:
    if not errors:
        return "The request is not right."
    first = errors[0]
    more = f" And {len(errors) - 1} more, see errors." if len(errors) > 1 else ""
    where = f"{first['field']}: " if first["field"] else ""
    return f"{where}{first['reason']}{more}"


def _flatten(detail: Any, path: str = "") -> Iterator[FieldError]:
    """DRF's nested messages as a flat list; `non_field_errors` belong to the object that holds them."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _flatten(inner, _joined(path, key))
    elif isinstance(detail, (list, tuple)):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list, tuple))
            yield from _flatten(inner, f"{path}[{index}]" if nested else path)
    else:
        yield {"field": path, "reason": str(detail)}


def _joined(path: str, key: Any) -> str:
    if key == "non_field_errors":
        return path
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else str(key)

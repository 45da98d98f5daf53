"""The API's description and a page to try it, both without a key: they hold no data."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from .problems import MEDIA_TYPE, problem


@cache
def schema_text() -> str:
    """The schema as YAML, made once per process: it costs some tenths of a second and never changes."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})  # type: ignore[no-untyped-call]
    return rendered.decode()


def schema(request: HttpRequest) -> HttpResponse:
    return HttpResponse(schema_text(), content_type="application/yaml; charset=utf-8")


def try_it(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files, without inline scripts and without any other host."""
    return render(request, "partner_api/docs.html")


def nothing_here(request: HttpRequest, rest: str = "") -> JsonResponse:
    """The last address of the list: whatever nobody else answers gets a problem, not a page."""
    body: dict[str, Any] = problem(404, "not_found", "There is nothing at this address. See /api/v1/docs.")
    return JsonResponse(body, status=404, content_type=MEDIA_TYPE)

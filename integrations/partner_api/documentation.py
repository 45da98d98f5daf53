"""The API's description and a page to try it, both without a key: they hold no data."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from .problems import problem_page

READING = ("GET", "HEAD")


@cache
def schema_text() -> str:
    """The schema as YAML, made once per process: it costs some tenths of a second and never changes."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})  # type: ignore[no-untyped-call]
    return rendered.decode()


@csrf_exempt
def schema(request: HttpRequest) -> HttpResponse:
    if request.method not in READING:
        return _only_to_read()
    return HttpResponse(schema_text(), content_type="application/yaml; charset=utf-8")


@csrf_exempt
def try_it(request: HttpRequest) -> HttpResponse:
    """Swagger UI from our own static files, without inline scripts and without any other host."""
    if request.method not in READING:
        return _only_to_read()
    return render(request, "partner_api/docs.html")


@csrf_exempt
def nothing_here(request: HttpRequest, rest: str = "") -> JsonResponse:
    """The last address of the list: whatever nobody else answers gets a problem, not a page.

    Also on POST: there is no session here whose token could be missing.
    """
    return problem_page(404, "not_found", "There is nothing at this address. See /api/v1/docs.")


def _only_to_read() -> JsonResponse:
    answer = problem_page(405, "method_not_allowed", "This address can only be read: use GET.")
    answer["Allow"] = ", ".join(READING)
    return answer

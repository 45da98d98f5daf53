"""Pages by descending id: what is added meanwhile comes before the first page and moves nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

Row = TypeVar("Row")

PAGE_SIZE = 100
LARGEST_PAGE = 500


class NewestFirst(BasePagination):
    """`results` and `next`: the address of the next page, null on the last one."""

    def __init__(self) -> None:
        self._next: str | None = None

    def paginate_queryset(
        self, queryset: QuerySet[Any, Row] | Sequence[Row], request: Request, view: APIView | None = None
    ) -> list[Row]:
        if not isinstance(queryset, QuerySet):
            raise TypeError("Only rows of a table can be paged through by their id.")
        size = _page_size(request)
        rows = queryset.order_by("-pk")
        if (cursor := request.query_params.get("cursor")) is not None:
            rows = rows.filter(pk__lt=_decode(cursor))
        page = list(rows[: size + 1])
        if len(page) > size:
            page = page[:size]
            here = request.build_absolute_uri()
            self._next = replace_query_param(here, "cursor", _encode(_pk_of(page[-1])))
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": "string",
                    "format": "uri",
                    "nullable": True,
                    "description": "The next page; null on the last one.",
                },
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "required": False,
                "description": "Taken from `next` of the page before; not to be made up.",
                "schema": {"type": "string"},
            },
            {
                "name": "page_size",
                "in": "query",
                "required": False,
                "description": "Rows on a page.",
                "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE_SIZE},
            },
        ]


def _pk_of(row: Any) -> int:
    return int(row.pk)


def _page_size(request: Request) -> int:
    text = request.query_params.get("page_size", str(PAGE_SIZE))
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= LARGEST_PAGE):
        raise ValidationError({"page_size": [f"Give a whole number from 1 to {LARGEST_PAGE}."]})
    return int(text)


def _encode(pk: int) -> str:
    return base64.urlsafe_b64encode(b"before:%d" % pk).decode().rstrip("=")


def _decode(cursor: str) -> int:
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode("ascii")
    except (UnicodeError, binascii.Error):
        text = ""
    word, _, number = text.partition(":")
    if word != "before" or not number.isdigit() or len(number) > 18:
        raise ValidationError(
            {"cursor": ["This cursor is not one of ours. Take it from 'next' of the page before."]}
        )
    return int(number)

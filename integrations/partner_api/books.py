"""The books, read by a program: each shelf as a list, of what the partner's own jobs have booked."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from integrations.connectors.books_words import ORDERS, REFUNDS, SHELVES, columns_of
from integrations.models import Booked, BookedLine
from mappings.search import normalise

from .base import PartnerView
from .pagination import NewestFirst


class BooksQuery(serializers.Serializer[Any]):
    source = serializers.SlugField(  # type: ignore[assignment]  # DRF means a field here
        required=False, help_text="The key of the system that told it."
    )
    booked_since = serializers.DateTimeField(
        required=False, help_text="Only what was written at this time or later: late changes are among it."
    )
    booked_before = serializers.DateTimeField(required=False, help_text="Only what was written before.")


class NumberedQuery(BooksQuery):
    number = serializers.CharField(
        required=False, max_length=120, help_text="The order number, with or without #."
    )


def _fields(model: type[models.Model]) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    return {column.name: _field(model._meta.get_field(column.name)) for column in columns_of(model)}


def _field(field: Any) -> serializers.Field[Any, Any, Any, Any]:
    match field:
        case models.DateTimeField():
            return serializers.DateTimeField(allow_null=True)
        case models.DecimalField():
            return serializers.DecimalField(20, 4, allow_null=True, normalize_output=True)
        case models.BooleanField():
            return serializers.BooleanField(allow_null=True)
    return serializers.CharField()


def _serializer(name: str, **fields: Any) -> type[serializers.Serializer[Any]]:
    return type(name, (serializers.Serializer,), fields)


LineSerializer = _serializer(
    "BookedLineSerializer", position=serializers.IntegerField(), **_fields(BookedLine)
)


def _shelf_serializer(shelf: str, model: type[Booked]) -> type[serializers.Serializer[Any]]:
    lines = {"lines": LineSerializer(many=True)} if shelf == ORDERS else {}
    return _serializer(
        f"{model.__name__}Serializer",
        source=serializers.CharField(source="source.key", help_text="The key of the system that told it."),
        external_id=serializers.CharField(help_text="Its id there."),
        booked_at=serializers.DateTimeField(),
        **_fields(model),
        **lines,
    )


class _Shelf(PartnerView, ListAPIView[Booked]):
    """One kind of row. Which sources a partner may see follows from the jobs that are its own."""

    scope = "books"
    pagination_class = NewestFirst
    shelf = ""

    def get_queryset(self) -> QuerySet[Booked]:
        given = self.parameters()
        # Shops tell refunds with their orders.
        shelves = (self.shelf, ORDERS) if self.shelf == REFUNDS else (self.shelf,)
        booking = self.jobs().filter(destination__platform="books", destination_resource__in=shelves)
        wanted = Q(source__in=list(booking.values_list("source", flat=True).distinct()))
        if key := given.get("source"):
            wanted &= Q(source__key=key)
        if since := given.get("booked_since"):
            wanted &= Q(booked_at__gte=since)
        if before := given.get("booked_before"):
            wanted &= Q(booked_at__lt=before)
        if number := given.get("number"):
            name = "number" if self.shelf == ORDERS else "order_number"
            wanted &= Q(**{name: normalise("order_number", number)})
        rows: QuerySet[Any] = SHELVES[self.shelf]._default_manager.filter(wanted).select_related("source")
        return rows.prefetch_related("lines") if self.shelf == ORDERS else rows


def _view(shelf: str) -> type[_Shelf]:
    model = SHELVES[shelf]
    numbered = shelf == ORDERS or any(field.name == "order_number" for field in model._meta.concrete_fields)
    query = NumberedQuery if numbered else BooksQuery
    described = extend_schema(
        operation_id=f"list_booked_{shelf}",
        summary=f"Booked {shelf}, newest first",
        description=(
            "What your jobs have carried into the store's books. There are no personal data in it: `person` is the "
            "same for the same e-mail address and says nothing else. Amounts are never in more than one currency."
        ),
        parameters=[query],
    )
    made = type(
        f"Booked{shelf.capitalize()}List",
        (_Shelf,),
        {"shelf": shelf, "query": query, "serializer_class": _shelf_serializer(shelf, model)},
    )
    found: type[_Shelf] = extend_schema_view(get=described)(made)
    return found


VIEWS = {shelf: _view(shelf) for shelf in SHELVES}

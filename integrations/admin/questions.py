"""Filters that read as questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from integrations.models import Connection, SyncJob
from integrations.sync.measures import PERIODS, period_start

Condition = Q | Callable[[HttpRequest], Q]


class Question(admin.SimpleListFilter):
    """`answers` are (value in the address, what it is called, which rows). The first one is the default.

    The default needs no value in the address; `everything` (no condition) should be among the answers.
    """

    template = "admin/question.html"
    answers: ClassVar[tuple[tuple[str, str, Condition], ...]] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, label, _ in self.answers]

    def value(self) -> str:
        chosen = super().value()
        known = [value for value, _, _ in self.answers]
        return chosen if chosen in known else known[0]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for value, _, condition in self.answers:
            if value == self.value():
                return queryset.filter(condition if isinstance(condition, Q) else condition(request))
        raise AssertionError("value() is one of the answers")

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        for place, (value, label) in enumerate(self.lookup_choices):
            query = (
                changelist.get_query_string(remove=[self.parameter_name or ""])
                if place == 0
                else changelist.get_query_string({self.parameter_name or "": value})
            )
            yield {"selected": self.value() == value, "query_string": query, "display": label}


class RowQuestion(admin.SimpleListFilter):
    """A question whose answers are rows: which job, which system."""

    template = "admin/question.html"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        raise NotImplementedError

    def condition(self, pk: int) -> Q:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in self.rows(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(self.condition(int(chosen))) if chosen and chosen.isdecimal() else queryset

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        name = self.parameter_name or ""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[name]),
            "display": "All",
        }
        for value, label in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({name: value}),
                "display": label,
            }


class WhichJob(RowQuestion):
    title = "Which job?"
    parameter_name = "job"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        return list(SyncJob.objects.values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(job_id=pk)


class WhichSystem(RowQuestion):
    title = "Which system?"
    parameter_name = "system"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        return list(Connection.objects.values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(connection_id=pk)


class WhichSystemOfJob(WhichSystem):
    """For rows that belong to a job: the job reads from or writes to the system."""

    def condition(self, pk: int) -> Q:
        return Q(job__source_id=pk) | Q(job__destination_id=pk)


class OfSystem(RowQuestion):
    """Asked by a link from a system's dashboard: what its jobs carried, in both directions."""

    title = "Of which system?"
    parameter_name = "of_system"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        asked = request.GET.get(self.parameter_name or "", "")
        pk = int(asked) if asked.isdecimal() else 0
        return list(Connection.objects.filter(pk=pk).values_list("pk", "name"))

    def condition(self, pk: int) -> Q:
        return Q(job__source_id=pk) | Q(job__destination_id=pk)


class FromSystem(OfSystem):
    title = "From which system?"
    parameter_name = "from_system"

    def condition(self, pk: int) -> Q:
        return Q(job__source_id=pk)


class ToSystem(OfSystem):
    title = "To which system?"
    parameter_name = "to_system"

    def condition(self, pk: int) -> Q:
        return Q(job__destination_id=pk)


class When(admin.SimpleListFilter):
    """Within one of the periods of the dashboard, by the same bounds."""

    title = "When?"
    parameter_name = "when"
    template = "admin/question.html"
    moment_field: ClassVar[str] = "recorded_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(key, label) for key, (label, _) in PERIODS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen not in PERIODS:
            return queryset
        return queryset.filter(**{f"{self.moment_field}__gte": period_start(chosen, timezone.now())})

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        for choice in super().choices(changelist):
            yield {**choice, "display": "Any time" if choice["display"] == "All" else choice["display"]}

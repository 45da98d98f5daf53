"""The questions that whoever is on duty asks of the errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from integrations.models import ERROR_ASKS_FOR_A_PERSON, Kind, Outcome, State
from integrations.sync import put_off
from integrations.sync.measures import NEAR_HOURS, assigned_errors, promise_is_near, promise_is_past

from .questions import OfSystem, Question, RowQuestion, When

IN_DOUBT = Q(place="in_doubt")
# Answers to “Still open?” that show open errors alone.
OPEN_ONES = ("open", "put_off", "unsettled")


class StillOpen(Question):
    """Open ones first: the list is a queue of work, not an archive."""

    title = "Still open?"
    parameter_name = "open"
    answers = (
        ("open", "Open", ERROR_ASKS_FOR_A_PERSON),
        ("put_off", "Ignored for now", put_off.IS_PUT_OFF),
        ("unsettled", "Open, those ignored for now too", put_off.IS_OPEN),
        ("settled", "Settled", Q(settled_at__isnull=False)),
        ("ignored", "Ignored by a person", Q(settled_how="ignored")),
        ("skipped", "Skipped by a fallback", Q(settled_how="skipped")),
        ("all", "All", Q()),
    )


class WhoseFault(Question):
    title = "What kind of failure?"
    parameter_name = "kind"
    answers = (
        ("all", "All", Q()),
        ("data", "The record or the mapping", Q(kind=Kind.DATA)),
        ("config", "The connection", Q(kind=Kind.CONFIG)),
        ("transient", "The other system, for a while", Q(kind=Kind.TRANSIENT)),
        ("bug", "Crossdock", Q(kind=Kind.BUG)),
    )


class InDoubt(Question):
    title = "In doubt?"
    parameter_name = "doubt"
    answers = (
        ("all", "All", Q()),
        ("yes", "It may have arrived", IN_DOUBT),
        ("no", "It did not arrive", ~IN_DOUBT),
    )


class WhoHasIt(Question):
    title = "Who has it?"
    parameter_name = "assigned"
    answers = (
        ("all", "All", Q()),
        ("me", "I", lambda request: Q(pk__in=assigned_errors(request.user.pk))),
        ("nobody", "Nobody", lambda request: ~Q(pk__in=assigned_errors())),
    )


class LeftByRun(RowQuestion):
    """Asked by a link from a run's page. What was tried again in another run since is still there."""

    title = "Left to a person by which run?"
    parameter_name = "left_by"

    def rows(self, request: HttpRequest) -> list[tuple[int, str]]:
        run = request.GET.get("left_by", "")
        return [(int(run), f"Run {run}")] if run.isdecimal() else []

    def condition(self, pk: int) -> Q:
        return left_by_run(pk)


class ErrorsOfSystem(OfSystem):
    """Of its jobs, in both directions, and of the system itself."""

    def condition(self, pk: int) -> Q:
        return super().condition(pk) | Q(job__isnull=True, connection_id=pk)


def left_by_run(pk: int) -> Q:
    """Errors of records that came to a person in this run, whichever run tried them last."""
    return Q(run_id=pk) | Q(
        delivery__in=Outcome.objects.filter(run_id=pk, state=State.FAILED).values("delivery")
    )


class StuckMoney(RowQuestion):
    """Offers the currencies that the list was found to have: they are not looked up a second time."""

    title = "How much is stuck?"
    parameter_name = "currency"
    with_money: ClassVar[Q] = Q(amount__isnull=False) & ~Q(currency="")

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("any", "Any money")]

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:  # type: ignore[override]
        found = {one.currency for one in changelist.money} | {self.value() or "any"}
        found.discard("any")
        self.lookup_choices = [
            *self.lookup_choices[:1],
            *[(currency, f"In {currency}") for currency in sorted(found)],
        ]
        return super().choices(changelist)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        with_money = queryset.filter(self.with_money)
        return with_money if chosen == "any" else with_money.filter(self.in_currency(chosen))

    def in_currency(self, currency: str) -> Q:
        return Q(currency=currency)


class PromisedWhen(Question):
    """Before which hour it must be settled, or a promise to a customer is broken."""

    title = "Promised when?"
    parameter_name = "promised"
    answers = (
        ("all", "Any hour", Q()),
        ("near", f"Within {NEAR_HOURS} hours, or past", lambda request: promise_is_near("delivery__")),
        ("past", "Past", lambda request: promise_is_past("delivery__")),
        ("told", "Any that was promised", Q(delivery__promised_at__isnull=False)),
    )


class SeenWhen(When):
    title = "Last seen when?"
    moment_field = "last_seen_at"

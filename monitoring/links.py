"""Numbers that lead to their rows. A number without its list is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from django.urls import reverse


@dataclass(frozen=True)
class Linked:
    """`count` rows are behind `href`: the list there has exactly that many. `text` is shown instead, if given.

    Without `href` the rows are not kept any more, or in no one list.
    """

    count: int
    href: str
    text: str = ""
    # What a template asks of a cell that may be a text.
    is_linked: ClassVar[bool] = True


def outcomes(count: int, period: str, text: str = "", **query: object) -> Linked:
    return Linked(count, _list("outcome", when=period, **query), text)


def outcomes_between(count: int, begin: datetime, end: datetime, text: str = "", **query: object) -> Linked:
    bounds = {"recorded_at__gte": begin.isoformat(), "recorded_at__lt": end.isoformat()}
    return Linked(count, _list("outcome", **query, **bounds), text)


def outcomes_since(count: int, begin: datetime, text: str = "", **query: object) -> Linked:
    return Linked(count, _list("outcome", **query, recorded_at__gte=begin.isoformat()), text)


def outcomes_of(count: int, workflow: int, period: str, text: str = "", **query: object) -> Linked:
    return Linked(count, _list("outcome", job__workflow=workflow, when=period, **query), text)


def errors(count: int, text: str = "", **query: object) -> Linked:
    """Those that ask for a person: that is the list's own default."""
    return Linked(count, _list("errorrecord", **query), text)


def unsettled(count: int, text: str = "", **query: object) -> Linked:
    """Open errors, those too that a person ignores for now."""
    return errors(count, text, open="unsettled", **query)


def records(count: int, text: str = "", **query: object) -> Linked:
    return Linked(count, _list("delivery", **query), text)


def audit_runs(runs: list[int]) -> Linked:
    address = reverse("admin:monitoring_auditrun_changelist")
    return Linked(len(runs), f"{address}?{urlencode({'id__in': ','.join(map(str, runs))})}")


def judgements(count: int, workflow: int, begin: datetime, end: datetime) -> Linked:
    bounds = {"at__gte": begin.isoformat(), "at__lt": end.isoformat()}
    return Linked(count, _list("judgement", error__job__workflow=workflow, what="touch", **bounds))


def booked(model: str, count: int, begin: datetime, end: datetime, moment: str, **query: object) -> Linked:
    bounds = {f"{moment}__gte": begin.isoformat(), f"{moment}__lt": end.isoformat()}
    return Linked(count, _list(model, **query, **bounds))


def unannounced(count: int, text: str = "", **query: object) -> Linked:
    """Parcels that nobody was told of."""
    address = reverse("admin:monitoring_unannouncedparcel_changelist")
    return Linked(count, f"{address}?{urlencode(query)}" if query else address, text)


def compared(count: int, text: str = "", **query: object) -> Linked:
    """Records that audits have compared."""
    return Linked(count, _of_sight("auditedrecord", **query), text)


def audits(count: int, text: str = "") -> Linked:
    return Linked(count, _of_sight("audit"), text)


def _list(model: str, **query: object) -> str:
    return _address(f"admin:integrations_{model}_changelist", query)


def _of_sight(model: str, **query: object) -> str:
    return _address(f"admin:monitoring_{model}_changelist", query)


def _address(name: str, query: dict[str, object]) -> str:
    address = reverse(name)
    return f"{address}?{urlencode(query)}" if query else address

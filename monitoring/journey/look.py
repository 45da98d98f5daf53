"""One look at a journey: reads the facts, and puts them together for the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from integrations.models import Delivery, Thing
from monitoring.models import AuditDifference

from . import events, money
from .belonging import Group, group_of, title_of, titles_of
from .events import Event, May
from .masks import masked
from .places import Place, places_of
from .timeline import in_order
from .verdict import Facts, Verdict, verdict_of

MOST_DELIVERIES: Final = 120
MOST_DIFFERENCES: Final = 50
# Joined to each Delivery; the secrets of its systems are not read.
JOINED: Final = ("job__source", "job__destination", "job__read_mapping", "job__write_mapping")
UNREAD: Final = ("job__source__secrets", "job__destination__secrets")


@dataclass
class Journey:
    """`is_cut`: there is more than was read."""

    group: Group
    title: str
    titles: dict[int, str]
    verdict: Verdict
    places: list[Place]
    events: list[Event]
    is_cut: bool


def look_at(thing: Thing, may: May, most: int) -> Journey:
    """In a number of queries that grows neither with the facts of this Thing nor with those of others."""
    group = group_of(thing)
    rows = Delivery.objects.filter(thing__in=group.things).select_related(*JOINED).defer(*UNREAD)
    deliveries = {row.pk: row for row in rows.order_by("pk")[:MOST_DELIVERIES]}
    others = [*group.namesakes, *group.people, *group.theirs]
    titles = titles_of([*group.things, *(one.pk for one in others)])
    title = title_of(group.main, titles)
    titles |= _told_apart(group, titles)
    outcomes = events.outcomes_of(deliveries, most)
    is_cut = group.is_cut or len(outcomes) > most
    errors, intents = events.errors_of(deliveries), events.intents_of(deliveries, most)
    conflicts = events.conflicts_of(group.things) if may("integrations.view_conflict") else []
    differences = _differences(deliveries) if may("monitoring.view_auditdifference") else []
    booked = money.seen_by(group.booked, may)
    told = [
        *events.of_outcomes(outcomes[:most], deliveries, errors, intents, may),
        *events.of_pending(deliveries.values(), {row.delivery_id for row in outcomes}),
        *events.of_intents(intents, deliveries),
        *events.of_errors(errors, deliveries, may),
        *events.of_webhooks(group.external_ids, may),
        *events.of_conflicts(conflicts),
        *events.of_changes(group.things),
        *money.of_books(booked),
        *_of_differences(differences, deliveries),
    ]
    facts = Facts(list(deliveries.values()), errors, conflicts, differences, booked.mismatches, booked)
    may_open = may("integrations.view_connection")
    return Journey(
        group,
        title,
        titles,
        verdict_of(facts, may),
        places_of(deliveries.values(), group.external_ids, titles, may_open),
        in_order(told),
        is_cut,
    )


def _told_apart(group: Group, titles: dict[int, str]) -> dict[int, str]:
    """Of parts that are called alike, as the stock of one SKU at several places, each with its id."""
    alike = Counter(titles.get(pk) for pk in group.things)
    first_id: dict[int, str] = {}
    for row in sorted(group.external_ids, key=lambda row: row.pk):
        first_id.setdefault(row.thing_id, row.external_id)
    return {
        pk: f"{title} ({masked(first_id[pk])})"
        for pk, title in titles.items()
        if alike[title] > 1 and pk in first_id
    }


def _differences(deliveries: dict[int, Delivery]) -> list[AuditDifference]:
    return list(AuditDifference.objects.filter(delivery__in=deliveries).order_by("-id")[:MOST_DIFFERENCES])


def _of_differences(rows: list[AuditDifference], deliveries: dict[int, Delivery]) -> list[Event]:
    found = []
    for row in rows:
        delivery = deliveries[row.delivery_id or 0]
        to, thing = delivery.job.destination.name, delivery.thing_id
        found.append(Event(row.first_seen_at, to, f"An audit found: {row.sentence}", "warn", thing))
        if row.closed_at is not None:
            how = row.get_state_display().lower()
            found.append(Event(row.closed_at, to, f"Both sides agree again: {how}", "", thing))
    return found

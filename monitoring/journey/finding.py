"""From what a person types or pastes to the journeys that it may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.urls import reverse

from integrations.models import BookedLine, BookedPayment, Delivery, ExternalId, SearchKey, Thing
from integrations.sync import finding

from .belonging import JOINING, ORDER, title_of, titles_of
from .booked import things_of

LONGEST: Final = 254
SHOWN: Final = 20
MOST_LINES: Final = 50
# As this portal itself calls things: “Shipment 77 of order #1042”, “Stock of MUG-001”.
CALLED: Final = re.compile(r"^(?:.*\border\s+#?|stock of\s+)(?P<name>\S+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Hit:
    title: str
    about: str
    href: str


@dataclass(frozen=True)
class Found:
    """`is_cut`: there are more than are shown."""

    hits: list[Hit]
    is_cut: bool = False


def find(typed: str) -> Found:
    """The newest first. Parts of an order are told as the order."""
    term = typed.strip()[:LONGEST]
    if not term:
        return Found([])
    things = _things(term)
    if not things and (called := CALLED.match(term)):
        things = _things(called["name"])
    return _hits(_together(_roots(things)))


def _things(term: str) -> set[int]:
    found = finding.things_called(term, finding.IN_BODIES)
    lines = BookedLine.objects.filter(sku=term).order_by("-id").select_related("order")[:MOST_LINES]
    payments = BookedPayment.objects.filter(reference=term)[:MOST_LINES]
    booked = {(row.order.source_id, row.order.external_id) for row in lines}
    booked |= {(row.source_id, row.external_id) for row in payments}
    return found | things_of(booked)


def _roots(found: Iterable[int]) -> list[Thing]:
    """Lines are told as their order; the newest first."""
    rows = Thing.objects.filter(pk__in=list(found)).select_related("parent").order_by("-pk")
    roots = {(row.parent or row).pk: row.parent or row for row in rows}
    return list(roots.values())


def _together(things: list[Thing]) -> list[Thing]:
    """One for all that have a name in common: the order, else the first."""
    keys = SearchKey.objects.filter(thing__in=[one.pk for one in things], kind__in=JOINING)
    names: dict[int, set[str]] = {}
    for thing, digest in keys.values_list("thing_id", "digest"):
        names.setdefault(thing, set()).add(digest)
    kept = [one for one in things if one.kind == ORDER]
    taken = {digest for one in kept for digest in names.get(one.pk, ())}
    for one in things:
        if one.kind != ORDER and not names.get(one.pk, set()) & taken:
            kept.append(one)
            taken |= names.get(one.pk, set())
    return sorted(kept, key=lambda one: -one.pk)


def _hits(things: list[Thing]) -> Found:
    shown = things[:SHOWN]
    titles = titles_of(one.pk for one in shown)
    known = ExternalId.objects.filter(thing__in=[one.pk for one in shown]).order_by("id")
    systems: dict[int, list[str]] = {}
    for thing, name in known.values_list("thing_id", "connection__name"):
        systems.setdefault(thing, []).append(name)
    going = Delivery.objects.filter(thing__in=[one.pk for one in shown]).order_by("id")
    for thing, name in going.values_list("thing_id", "job__destination__name"):
        systems.setdefault(thing, []).append(name)
    hits = [
        Hit(
            title_of(one, titles),
            " → ".join(dict.fromkeys(systems.get(one.pk, ["No system knows it"]))),
            reverse("journey", args=[one.pk]),
        )
        for one in shown
    ]
    return Found(hits, len(things) > SHOWN)

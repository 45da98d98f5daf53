"""Where a journey's Things are now: one card for each system, with the ids there and a way into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse

from integrations.admin.job_columns import RECORD_COLOURS
from integrations.admin.record_pages import page_in
from integrations.models import Connection, Delivery, ExternalId

from . import holding
from .masks import masked

STATUSES = ("status", "payment_status", "fulfillment_status")
FIGURES = ("on_hand", "available")
# The portal itself gives no ids.
BOOKS = "books"


@dataclass
class Known:
    """One Thing in one system. `page`: where a person sees it there."""

    title: str
    what: str
    external_id: str
    page: str = ""


@dataclass
class Standing:
    """What one job last did about one Thing there."""

    title: str
    state: str
    colour: str
    since: datetime
    href: str
    reason: str = ""
    says: str = ""


@dataclass
class Place:
    name: str
    href: str
    known: list[Known] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    told: datetime | None = None
    is_ours: bool = False


def places_of(
    deliveries: Iterable[Delivery], ids: Iterable[ExternalId], titles: dict[int, str], may_open: bool
) -> list[Place]:
    """Where it came from first, then where it went. `may_open`: whether this user may see connections."""
    found: dict[int, Place] = {}

    def place(of: Connection) -> Place:
        address = reverse("admin:integrations_connection_change", args=[of.pk]) if may_open else ""
        return found.setdefault(of.pk, Place(of.name, address, is_ours=of.platform == BOOKS))

    rows = sorted(deliveries, key=lambda row: row.pk)
    for row in rows:
        source = place(row.job.source)
        source.told = max(source.told or row.accepted_at, row.accepted_at)
    for row in rows:
        place(row.job.destination).standings.append(_standing(row, titles))
    for one in ids:
        title = titles.get(one.thing_id, "")
        page = page_in(one.connection, one.resource, one.external_id)
        place(one.connection).known.append(
            Known(title, one.resource.replace("_", " "), masked(one.external_id), page)
        )
    return list(found.values())


def _standing(row: Delivery, titles: dict[int, str]) -> Standing:
    state = row.get_state_display()
    address = reverse("admin:integrations_delivery_change", args=[row.pk])
    title = row.subject if row.job.kind == "event" else titles.get(row.thing_id, "") or row.job.name
    since = row.delivered_at or row.state_since
    if state not in ("Delivered", "Unchanged"):
        since = row.state_since
    return Standing(
        title,
        state,
        RECORD_COLOURS.get(state, ""),
        since,
        address,
        _why(row),
        _says(row.written_state),
    )


def _why(row: Delivery) -> str:
    """A rollout's share as it is now."""
    held = holding.held(row)
    if held is None or not held.is_by_rollout:
        return row.state_reason
    return f"{held.why[0].upper()}{held.why[1:]}."


def _says(view: Any) -> str:
    """What was written there last, in a few words: “open, paid”, “12 on hand”."""
    if not isinstance(view, dict):
        return ""
    words = [str(view[name]).replace("_", " ") for name in STATUSES if view.get(name)]
    words += [f"{view[name]} {name.replace('_', ' ')}" for name in FIGURES if view.get(name) is not None]
    return ", ".join(words)

"""Whose Delivery carries the stock of a SKU, where several rows are counted together, or none is its own (a bundle).

A channel is told one figure per SKU, so one Delivery must write it: else two rows of the same SKU would overtake each
other. The first row known of a SKU carries it, for good; a bundle gets a Thing of its own. The name of the SKU is one
more ExternalId of that Thing. A channel that has places of its own is told one figure per SKU and place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from integrations.models import ExternalId, SyncJob
from mappings.translate import Rule, Rules

from . import rows
from .things import EXTERNAL_ID, things_for

KIND = "stock_level"
# The Record's field itself, and not one of the same name in the connection's settings.
_LOCATION = re.compile(r"(?<![\w.])location\b")
# Of a resource's name, so that what is added to it fits as well.
LONGEST = 40

# A SKU, and where in the channel it is told ("" where that has one figure per SKU).
Key = tuple[str, str]


def place_rules(write: Rules) -> tuple[Rule, ...]:
    """The rules that tell the channel a location: where there are none, it has one figure per SKU."""
    return tuple(rule for rule in write.scope.rules if _LOCATION.search(rule.data.source))


def name_of(key: Key) -> str:
    sku, place = key
    return f"{sku} @ {place}"[:255] if place else sku


def resource_of(job: SyncJob, write: Rules) -> str:
    """Jobs with one figure per SKU share the names; where a channel has places, they are the job's own."""
    beginning = job.source_resource[:LONGEST]
    return f"{beginning}.places.{job.pk}" if place_rules(write) else f"{beginning}.sku"


def carriers(job: SyncJob, write: Rules, keys: Iterable[Key]) -> dict[Key, int]:
    """The Things that carry these, as far as they are named yet."""
    wanted = {name_of(key): key for key in keys}
    found = ExternalId.objects.filter(
        connection_id=job.source_id, resource=resource_of(job, write), external_id__in=wanted
    ).values_list("external_id", "thing_id")
    return {wanted[name]: thing for name, thing in found}


def name_carriers(job: SyncJob, write: Rules, candidates: Mapping[Key, int | None]) -> dict[Key, int]:
    """The Things that carry these; who has none yet gets its candidate, or a new one. Call it inside a transaction.

    A candidate that carries another SKU already (the row's SKU was changed) goes on carrying that one.
    """
    named = carriers(job, write, candidates)
    missing = sorted(key for key in candidates if key not in named)
    if not missing:
        return named
    resource = resource_of(job, write)
    asked = [thing for key in missing if (thing := candidates[key]) is not None]
    busy = set(
        ExternalId.objects.filter(
            connection_id=job.source_id, resource=resource, thing_id__in=asked
        ).values_list("thing_id", flat=True)
    )
    made: list[rows.Row] = []
    for key in missing:
        thing = candidates[key]
        if thing is not None and thing not in busy:
            busy.add(thing)
            made.append((job.source_id, resource, name_of(key), thing, ""))
    rows.insert(ExternalId, EXTERNAL_ID, made, rows.IGNORE)
    things_for(job.source_id, resource, KIND, [name_of(key) for key in missing])
    return named | carriers(job, write, missing)

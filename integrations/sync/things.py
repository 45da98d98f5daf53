"""One Thing for each name that a system has for it."""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import ExternalId, Thing

from . import rows, shared_clock

EXTERNAL_ID = ("connection_id", "resource", "external_id", "thing_id", "echo_digest")


def things_for(connection_id: int, resource: str, kind: str, external_ids: Sequence[str]) -> dict[str, int]:
    """One Thing for each external id, made where there is none. Call it inside the transaction.

    Two workers may make a Thing for one id at the same time: the ExternalId that was stored first wins, and the
    other's Thing is taken out again.
    """
    if not external_ids:
        return {}
    # Sorted, so that two workers that make the same ones wait in line and never for each other.
    wanted = sorted(set(external_ids))
    lookup = ExternalId.objects.filter(connection_id=connection_id, resource=resource, external_id__in=wanted)
    found = dict(lookup.values_list("external_id", "thing_id"))
    missing = [key for key in wanted if key not in found]
    if not missing:
        return found
    now = shared_clock.now()
    made = rows.insert_alike(Thing, ("kind", "created_at", "has_parcel"), (kind, now, False), len(missing))
    named = [(connection_id, resource, key, thing, "") for key, thing in zip(missing, made, strict=True)]
    rows.insert(ExternalId, EXTERNAL_ID, named, rows.IGNORE)
    found = dict(lookup.values_list("external_id", "thing_id"))
    lost = [thing for key, thing in zip(missing, made, strict=True) if found[key] != thing]
    if lost:
        Thing.objects.filter(pk__in=lost).delete()
    return found

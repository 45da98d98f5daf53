"""A field's value that its owner did not give: noted once, and settled by its rule, by a person, or by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from integrations.connectors.base import Item
from integrations.models import (
    Conflict,
    ConflictState,
    Delivery,
    Door,
    ExternalId,
    SettledHow,
    Side,
    SyncJob,
)
from mappings.fields import Sealed, encrypt_json
from mappings.owners import ASK, NEWEST

from . import known, shared_clock
from .accept import accept
from .differences import Difference
from .fetch import can_fetch

Person = User | None
# So many are settled in one go; the sweep comes again.
AT_ONCE = 200


def sealed(differences: Iterable[Difference]) -> list[tuple[Difference, Sealed]]:
    """Encryption has no place in a transaction."""
    return [(found, Sealed(encrypt_json(found.other_value))) for found in differences]


def note(found: Sequence[tuple[Difference, Sealed]], found_by: str) -> None:
    """One open Conflict for each; one that is open already takes the newer value. Call it inside a transaction.

    `found_by`: the key of the job that saw it.
    """
    for difference, value in sorted(found, key=lambda pair: (pair[0].thing_id, pair[0].field)):
        seen = {
            "other_digest": difference.other_digest,
            "other_value": value,
            "other_since": difference.other_since,
            "owner_digest": difference.owner_digest,
            "owner_since": difference.owner_since,
            "rule": difference.rule,
            "subject": difference.subject[:120],
        }
        key = {"thing_id": difference.thing_id, "field": difference.field, "other_id": difference.other_id}
        open_rows = Conflict.objects.filter(settled_at__isnull=True, **key)
        if not open_rows.exists():
            row = Conflict(
                **key,
                **seen,
                kind=difference.kind,
                owner_id=difference.owner_id,
                found_at=shared_clock.now(),
                found_by=found_by[:60],
            )
            Conflict.objects.bulk_create([row], ignore_conflicts=True)
            continue
        # What is being settled was decided on another value: it is asked or decided anew.
        open_rows.exclude(other_digest=difference.other_digest).update(
            **seen, state=ConflictState.OPEN, taken="", reason="", settled_by=None
        )
        # An audit that came first left it to a person: a job that sees it goes by the field's own rule.
        open_rows.filter(state=ConflictState.OPEN).exclude(rule=difference.rule).update(rule=difference.rule)


def raise_for_a_person(found: Sequence[tuple[Difference, Sealed]], found_by: str) -> None:
    """For an audit, whose page may have many: one open Conflict for each. One that is open already takes the newer
    value and keeps its rule; one that is being settled is left alone. Call it inside a transaction."""
    if not found:
        return
    wanted = {(one.thing_id, one.field, one.other_id): (one, value) for one, value in found}
    rows = Conflict.objects.filter(
        settled_at__isnull=True, thing_id__in={thing for thing, _, _ in wanted}
    ).values_list("pk", "thing_id", "field", "other_id", "other_digest", "state")
    for pk, thing_id, path, other_id, digest, state in rows:
        if (here := wanted.pop((thing_id, path, other_id), None)) is None:
            continue
        difference, value = here
        if state == ConflictState.OPEN and digest != difference.other_digest:
            Conflict.objects.filter(pk=pk, state=ConflictState.OPEN).update(
                other_digest=difference.other_digest,
                other_value=value,
                other_since=difference.other_since,
                owner_digest=difference.owner_digest,
                owner_since=difference.owner_since,
            )
    now = shared_clock.now()
    Conflict.objects.bulk_create(
        [
            Conflict(
                thing_id=one.thing_id,
                kind=one.kind,
                field=one.field,
                subject=one.subject[:120],
                owner_id=one.owner_id,
                other_id=one.other_id,
                owner_digest=one.owner_digest,
                other_digest=one.other_digest,
                other_value=value,
                owner_since=one.owner_since,
                other_since=one.other_since,
                rule=ASK,
                found_at=now,
                found_by=found_by[:60],
            )
            for one, value in wanted.values()
        ],
        ignore_conflicts=True,
    )


def agree_at(other_id: int, fields: Mapping[int, Collection[str]]) -> None:
    """Thing → fields in which this system was seen to hold what their owner holds."""
    rows = Conflict.objects.filter(settled_at__isnull=True, other_id=other_id, thing_id__in=list(fields))
    over = [pk for pk, thing, path in rows.values_list("pk", "thing_id", "field") if path in fields[thing]]
    if over:
        _end(Q(pk__in=over), SettledHow.AGREED)


def are_written_again(job: SyncJob, things: Iterable[int], by: Person) -> None:
    """A person has these records written once more by this job: their conflicts are decided by that, for the owner."""
    Conflict.objects.filter(
        state=ConflictState.OPEN,
        owner_id=job.source_id,
        other_id=job.destination_id,
        thing_id__in=list(things),
    ).update(state=ConflictState.SETTLING, taken=Side.OWNER, settled_by=by, reason="")


def agree(thing_id: int, fields: Iterable[str], connections: Iterable[int]) -> None:
    """The sides are alike again."""
    _end(Q(thing_id=thing_id, field__in=list(fields), other_id__in=list(connections)), SettledHow.AGREED)


def written(job: SyncJob, fields: Mapping[int, Iterable[str]]) -> None:
    """Thing → fields that the job has just written to its destination: the sides hold the same there."""
    for thing_id, paths in sorted(fields.items()):
        here = Q(thing_id=thing_id, field__in=list(paths))
        _end(here & Q(owner_id=job.source_id, other_id=job.destination_id), SettledHow.OWNER)
        _end(
            here & Q(owner_id=job.destination_id, other_id=job.source_id, taken=Side.OTHER), SettledHow.OTHER
        )


def _end(which: Q, how: SettledHow) -> None:
    Conflict.objects.filter(which, settled_at__isnull=True).update(
        state=ConflictState.SETTLED, settled_how=how, settled_at=shared_clock.now(), reason=""
    )


def taken_from(source_id: int, destination_id: int, things: Iterable[int]) -> dict[int, set[str]]:
    """Thing → fields whose value the owner is to take from this source, by a rule or a person's decision."""
    rows = Conflict.objects.filter(
        state=ConflictState.SETTLING,
        taken=Side.OTHER,
        other_id=source_id,
        owner_id=destination_id,
        thing_id__in=list(things),
    )
    found: dict[int, set[str]] = {}
    for thing_id, path in rows.values_list("thing_id", "field"):
        found.setdefault(thing_id, set()).add(path)
    return found


def settle_by_rules() -> int:
    """Has those settled that need no person. Returns how many were begun."""
    rows = Conflict.objects.filter(state=ConflictState.OPEN, reason="").exclude(rule=ASK)
    begun = 0
    for row in rows.order_by("pk").defer("other_value")[:AT_ONCE]:
        sides = [_newer(row), Side.OWNER] if row.rule == NEWEST else [Side.OWNER]
        begun += any(settle(row, side) == "" for side in dict.fromkeys(sides))
    return begun


def _newer(row: Conflict) -> Side:
    """What came later. Where nobody knows, the other system changed last: else it would hold what it was given."""
    if row.owner_since is None or row.other_since is None:
        return Side.OTHER
    return Side.OWNER if row.owner_since > row.other_since else Side.OTHER


def settle(row: Conflict, side: Side, by: Person = None) -> str:
    """Has one side's value carried to the other by the job between them. "" or why it cannot be, in a sentence."""
    job = _carrier(row, side)
    reason = _why_not(row, side, job)
    if job is None or reason:
        Conflict.objects.filter(pk=row.pk, state=ConflictState.OPEN).update(reason=reason[:300])
        return reason
    external_id = (
        ExternalId.objects.filter(
            thing_id=row.thing_id, connection_id=job.source_id, resource=job.source_resource
        )
        .order_by("-pk")
        .values_list("external_id", flat=True)
        .first()
    )
    if external_id is None:
        return f"{job.source.name} is not known to have this record any more."
    taken = Conflict.objects.filter(pk=row.pk, state=ConflictState.OPEN).update(
        state=ConflictState.SETTLING, taken=side, settled_by=by, reason=""
    )
    if not taken:
        return "Somebody has decided it meanwhile."
    _forget_that_it_is_there(row, job)
    accept(
        job,
        Door.RETRY,
        [Item(external_id=external_id, payload={}, partial=True)],
        read_at=shared_clock.now(),
        force=True,
    )
    return ""


def _carrier(row: Conflict, side: Side) -> SyncJob | None:
    source, destination = (row.owner_id, row.other_id) if side == Side.OWNER else (row.other_id, row.owner_id)
    return (
        SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping")
        .filter(kind=row.kind, source_id=source, destination_id=destination)
        .order_by("pk")
        .first()
    )


def _why_not(row: Conflict, side: Side, job: SyncJob | None) -> str:
    source, destination = (row.owner, row.other) if side == Side.OWNER else (row.other, row.owner)
    if job is None:
        return (
            f"No job carries a {row.kind.replace('_', ' ')} from {source.name} to {destination.name}. Correct it in "
            f"{destination.name} by hand, or make such a job."
        )
    if not job.may_run:
        return f"The job {job.name} does not run at this moment. Resume it first."
    if not can_fetch(job):
        return f"{source.name} cannot be asked for a single record. Run {job.name} in full."
    return ""


def _forget_that_it_is_there(row: Conflict, job: SyncJob) -> None:
    """Else it would be taken for written already, and not be sent."""
    with transaction.atomic():
        Delivery.objects.filter(job=job, thing_id=row.thing_id).update(content_hash="")
        known.forget([row.thing_id], job.source_id, [row.field])

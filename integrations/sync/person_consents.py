"""What people said about being written to, over all systems: the latest by its own time holds, whoever told it.

What a record tells is kept (append-only) before anything is written; then the record is given what holds. So an older
“yes” that comes in late, or from another system, never takes the place of a newer “no”.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from integrations.connectors.base import Item
from integrations.models import ConsentEntry, Delivery, Door, ExternalId, SearchKey, SyncJob
from mappings import records
from mappings.records import Consent, Customer, told
from mappings.search import person_keys

from . import rows, shared_clock
from .accept import accept
from .case import Case
from .fetch import can_fetch

ENTRY = ("person", "channel", "given", "at", "told_by_id", "place", "recorded_at")
# Of a source that knows a yes or a no for e-mail, and not since when.
EMAIL = "email"


@dataclass(frozen=True, order=True)
class Said:
    """At one moment a no counts more than a yes."""

    at: datetime
    is_no: bool
    place: str = ""


Standing = dict[tuple[str, str], Said]


def keep(job: SyncJob, cases: Sequence[Case]) -> None:
    """Stores what these records tell; where something else holds from now on, the same people's records of other
    sources are carried once more. Call it outside a transaction."""
    people = {person for case in cases if (person := person_of(case)) is not None}
    if not people:
        return
    held = standing(people)
    now = shared_clock.now()
    before = _flags_before(job, cases)
    entries = {
        (person, channel, said.at, said.is_no): (
            person,
            channel,
            not said.is_no,
            said.at,
            job.source_id,
            said.place[:60],
            now,
        )
        for case in cases
        if (person := person_of(case)) is not None
        for channel, said in _told_by(case, now, before.get(person))
    }
    if not entries:
        return
    rows.insert(ConsentEntry, ENTRY, [entries[key] for key in sorted(entries)], rows.IGNORE)
    holds = standing(people)
    changed = {person for (person, channel), said in holds.items() if held.get((person, channel)) != said}
    if changed:
        _tell_others(job, changed)


def _tell_others(job: SyncJob, people: Collection[str]) -> None:
    """A withdrawal that the CRM tells must reach the mailing tool too, which perhaps only the shop's job writes to: its
    record is fetched again, and goes there with what holds now."""
    things = SearchKey.objects.filter(digest__in=list(people)).values_list("thing_id", flat=True)
    reached = Delivery.objects.filter(
        thing_id__in=list(things), job__kind=job.kind, first_delivered_at__isnull=False
    ).exclude(job__source_id=job.source_id)
    versions: dict[int, dict[int, str]] = defaultdict(dict)
    for job_id, thing, version in reached.values_list("job_id", "thing_id", "accepted_version"):
        versions[job_id][thing] = version
    for other in SyncJob.objects.select_related("source", "read_mapping", "write_mapping").filter(
        pk__in=versions
    ):
        if not can_fetch(other):
            continue
        known = ExternalId.objects.filter(
            connection_id=other.source_id,
            resource=other.source_resource,
            thing_id__in=list(versions[other.pk]),
        ).values_list("external_id", "thing_id")
        items = [Item(name, {}, versions[other.pk][thing], partial=True) for name, thing in sorted(known)]
        accept(other, Door.CONSENT, items, read_at=shared_clock.now(), force=True)


def person_of(case: Case) -> str | None:
    """The digest under which this person's consents are kept."""
    keys = person_keys(case.record) if isinstance(case.record, Customer) else []
    return keys[0][1] if keys else None


def _told_by(case: Case, now: datetime, before: bool | None) -> Iterable[tuple[str, Said]]:
    """A time that has not come yet would hold against everything said later: it counts as said now."""
    record = case.record
    if not isinstance(record, Customer):
        return
    channels = set()
    for one in told(record.consents) or []:
        channel, given, at = told(one.channel), told(one.given), told(one.at)
        if channel and given is not None and at is not None:
            channels.add(channel)
            yield channel[:10], Said(min(at, now), not given, told(one.source) or "")
    flag = told(record.accepts_marketing)
    if flag is not None and EMAIL not in channels:
        at = _since(record, flag, before)
        if at is not None:
            yield EMAIL, Said(min(at, now), not flag)


def _since(record: Customer, flag: bool, before: bool | None) -> datetime | None:
    """Since when a bare yes or no holds. A change holds since the record's own; a first yes perhaps since the person is
    known, and not later, so that it overrules no one; a first no is no withdrawal: there was nothing to withdraw."""
    if before is not None:
        return told(record.updated_at) if flag != before else None
    return (told(record.created_at) or told(record.updated_at)) if flag else None


def _flags_before(job: SyncJob, cases: Sequence[Case]) -> dict[str, bool]:
    """What this source said last of e-mail, for those whose records tell a bare yes or no."""
    bare = {
        person
        for case in cases
        if isinstance(case.record, Customer)
        and told(case.record.accepts_marketing) is not None
        and (person := person_of(case)) is not None
    }
    if not bare:
        return {}
    said = ConsentEntry.objects.filter(person__in=bare, channel=EMAIL, told_by_id=job.source_id)
    return {person: given for _, _, person, given in sorted(said.values_list("at", "pk", "person", "given"))}


def standing(people: Collection[str]) -> Standing:
    """(person, channel) → what holds."""
    found: Standing = {}
    entries = ConsentEntry.objects.filter(person__in=list(people))
    for person, channel, given, at, place in entries.values_list("person", "channel", "given", "at", "place"):
        said = Said(at, not given, place)
        if (person, channel) not in found or found[person, channel] < said:
            found[person, channel] = said
    return found


def apply(cases: Sequence[Case]) -> None:
    """Gives these records what holds in place of what they tell, and notes what that was."""
    of_case = {case.place: person for case in cases if (person := person_of(case)) is not None}
    if not of_case:
        return
    holds = _by_person(standing(set(of_case.values())))
    for case in cases:
        person = of_case.get(case.place)
        if person is None or not isinstance(case.record, Customer):
            continue
        case.consents = holds.get(person, {})
        if case.consents:
            case.record = _with(case.record, case.consents)
            case.record_data = records.as_data(case.record)


def _by_person(found: Standing) -> dict[str, dict[str, Said]]:
    holds: dict[str, dict[str, Said]] = defaultdict(dict)
    for (person, channel), said in sorted(found.items()):
        holds[person][channel] = said
    return holds


def _with(record: Customer, holds: dict[str, Said]) -> Customer:
    consents = [
        Consent(channel=channel, given=not said.is_no, at=said.at.astimezone(UTC), source=said.place or None)
        for channel, said in sorted(holds.items())
    ]
    email = holds.get(EMAIL)
    accepts = record.accepts_marketing if email is None else not email.is_no
    return msgspec.structs.replace(record, consents=consents, accepts_marketing=accepts)


def changed_since(cases: Sequence[Case]) -> list[Case]:
    """Of whom something newer was said since their records were weighed. Call it while their keys are locked."""
    of_case = {case.place: person for case in cases if (person := person_of(case)) is not None}
    if not of_case:
        return []
    holds = _by_person(standing(set(of_case.values())))
    return [
        case
        for case in cases
        if case.place in of_case and holds.get(of_case[case.place], {}) != case.consents
    ]

"""One person, one contact: which records of several systems are about one person, and who writes the contact.

A customer's record that is about to be made somewhere is known by its normalised e-mail address, or by its phone where
it has none. Whoever had that key first is the same person: what the destination calls that one is what it calls this
one. Things that have a contact of their own already are never brought together by this; a person does that.

Of several records of one person that reach one contact, that of the job which was set up first goes before: another one
writes only what its mapping leaves alone, and what was said of consent. So they never write against each other.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction

from integrations.connectors import registry
from integrations.connectors.base import Answer
from integrations.exceptions import Failure
from integrations.models import (
    Delivery,
    ExternalId,
    LeftContact,
    Outcome,
    PersonKey,
    SamePerson,
    State,
    SyncJob,
    Thing,
)
from mappings.records import Customer, told
from mappings.search import person_keys

from . import rows, shared_clock
from .case import Case, Sending
from .rules import rules_of
from .things import EXTERNAL_ID, things_for

KIND = "customer"
_NAME = re.compile(r"[A-Za-z_]\w*")
_KNOWN_BY = re.compile(r"\b(email|phone)\b")
# Of what the source does not have any more nothing is written, so that it holds no one else back either.
REMOVED = "removed"


def concerns(job: SyncJob) -> bool:
    """Whether the destination knows a person by the e-mail address or phone that the job writes there: only then has a
    person one contact. A database or our own books have a row for each record."""
    if job.kind != KIND:
        return False
    names = set(_NAME.findall(_natural_key_of(job)))
    write = rules_of(job).write.scope
    rules = [*write.rules, *(rule for _, inner in write.inner for rule in inner.rules)]
    return any(
        rule.data.target.partition(".")[0].removesuffix("[]") in names and _KNOWN_BY.search(rule.data.source)
        for rule in rules
    )


def _natural_key_of(job: SyncJob) -> str:
    """As the platform's own declaration, or the connection's, says it; "" where there is none."""
    try:
        declaration = getattr(registry.get(job.destination.platform), "declaration", None)
    except Failure:
        return ""
    told = declaration or job.destination.settings.get("declaration") or {}
    resource = told.get("resources", {}).get(job.destination_resource, {}) if isinstance(told, dict) else {}
    return str(resource.get("natural_key", "")) if isinstance(resource, dict) else ""


def roots_of(things: Collection[int]) -> dict[int, int]:
    """Thing → the Thing that stands for the person; itself where nothing else is known."""
    found = {thing: thing for thing in things}
    asked = set(things)
    while asked:
        above = dict(SamePerson.objects.filter(thing_id__in=asked).values_list("thing_id", "root_id"))
        found = {thing: above.get(root, root) for thing, root in found.items()}
        asked = set(above.values()) - set(above)
    return found


def members_of(roots: Collection[int]) -> dict[int, set[int]]:
    """Root → all the Things that are this person, the root among them."""
    members = {root: {root} for root in roots}
    root_of = {root: root for root in roots}
    asked = set(roots)
    while asked:
        below = list(SamePerson.objects.filter(root_id__in=asked).values_list("thing_id", "root_id"))
        asked = set()
        for thing, above in below:
            if thing not in root_of:
                root_of[thing] = root_of[above]
                members[root_of[above]].add(thing)
                asked.add(thing)
    return members


def contacts(job: SyncJob, cases: Sequence[Case]) -> dict[int, str]:
    """Thing → its contact in the destination: its own, else the one that another of the same person has there.

    Sets each case's `person`, the Thing by which writes to this contact wait for each other, and its `people`.
    """
    things = {case.delivery.thing_id for case in cases}
    roots = roots_of(things)
    members = members_of(set(roots.values()))
    person_of = {thing: root for root, all_ in members.items() for thing in all_}
    own = _own_contacts(job, person_of)
    shared: dict[int, str] = {}
    for thing in sorted(own):
        shared.setdefault(person_of[thing], own[thing])
    for case in cases:
        case.person = roots[case.delivery.thing_id]
        case.people = frozenset(members[case.person])
    return {
        thing: contact
        for thing in things
        if (contact := own.get(thing) or shared.get(roots[thing])) is not None
    }


def _left(job: SyncJob, external_ids: Collection[str]) -> set[str]:
    return set(
        LeftContact.objects.filter(
            connection_id=job.destination_id,
            resource=job.destination_resource,
            external_id__in=external_ids,
        ).values_list("external_id", flat=True)
    )


def recognise(cases: Sequence[Case]) -> list[Case]:
    """Keeps by what these people are known; returns the cases that turned out to be someone's who is known already.

    Call it outside a transaction.
    """
    keys = {case.place: found[0] for case in cases if (found := _keys(case))}
    if not keys:
        return []
    wanted = sorted({(*keys[case.place], case.delivery.thing_id) for case in cases if case.place in keys})
    with transaction.atomic():
        _let_go(wanted)
        rows.insert(PersonKey, ("kind", "digest", "thing_id"), wanted, rows.IGNORE)
        owners = _owners({digest for _, digest, _ in wanted})
        pairs = {
            case.place: (case.delivery.thing_id, owners[keys[case.place]])
            for case in cases
            if case.place in keys and case.destination_id is None and case.open_intent is None
        }
        joined = join({(thing, owner) for thing, owner in pairs.values() if thing != owner})
    return [case for case in cases if case.place in pairs and pairs[case.place][0] in joined]


def _keys(case: Case) -> list[tuple[str, str]]:
    return person_keys(case.record) if isinstance(case.record, Customer) else []


def _let_go(wanted: Iterable[tuple[str, str, int]]) -> None:
    """Who has another address now leaves the old one to whoever comes with it."""
    now: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for kind, digest, thing in wanted:
        now[thing].add((kind, digest))
    held = PersonKey.objects.filter(thing_id__in=list(now)).values_list("pk", "kind", "digest", "thing_id")
    old = [pk for pk, kind, digest, thing in held if (kind, digest) not in now[thing]]
    if old:
        PersonKey.objects.filter(pk__in=old).delete()


def _owners(digests: Collection[str]) -> dict[tuple[str, str], int]:
    found = PersonKey.objects.filter(digest__in=digests).values_list("kind", "digest", "thing_id")
    return {(kind, digest): thing for kind, digest, thing in found}


def join(pairs: Collection[tuple[int, int]]) -> set[int]:
    """From now on each first Thing is the same person as the second. Call it inside a transaction.

    Returns the first ones that were not so before.
    """
    if not pairs:
        return set()
    things = sorted({thing for pair in pairs for thing in pair})
    list(Thing.objects.select_for_update().filter(pk__in=things).order_by("pk").values_list("pk"))
    made, joined = [], set()
    roots = roots_of(things)
    for thing, other in sorted(pairs):
        root, above = _follow(roots, thing), _follow(roots, other)
        if root == above:
            continue
        made.append((root, above, shared_clock.now()))
        roots[root] = above
        joined.add(thing)
    rows.insert(SamePerson, ("thing_id", "root_id", "since"), made, rows.IGNORE)
    return joined


def _follow(roots: Mapping[int, int], thing: int) -> int:
    while roots.get(thing, thing) != thing:
        thing = roots[thing]
    return thing


def know_contacts(
    job: SyncJob, found: Sequence[tuple[Sending, str]], answers: Sequence[tuple[Sending, Answer]]
) -> None:
    """What was looked for and found is known from now on. A contact that another Thing has already makes both of them
    one person. Call it inside the transaction that stores the answers' ids."""
    things = {external_id[:255]: sending.case.delivery.thing_id for sending, external_id in found}
    named = [
        (job.destination_id, job.destination_resource, name, things[name], "") for name in sorted(things)
    ]
    rows.insert(ExternalId, EXTERNAL_ID, named, rows.IGNORE)
    things |= {
        answer.external_id[:255]: sending.case.delivery.thing_id
        for sending, answer in answers
        if answer.external_id and sending.leaving.external_id is None
    }
    known = ExternalId.objects.filter(
        connection_id=job.destination_id, resource=job.destination_resource, external_id__in=list(things)
    ).values_list("external_id", "thing_id")
    join({(things[name], thing) for name, thing in known if thing != things[name]})


def keep_one(connection_id: int, resource: str, kept: str, left: str) -> int | None:
    """A person says that these two contacts are one: from now on the first is written, and the second left alone. Call
    it inside a transaction. Returns the Thing that was made the other's person by this, for `keep_two`."""
    things = things_for(connection_id, resource, KIND, [kept, left])
    above = roots_of([things[left]])[things[left]]
    joined = join({(things[left], things[kept])})
    row = {"connection_id": connection_id, "resource": resource}
    LeftContact.objects.filter(**row, external_id=kept).delete()
    LeftContact.objects.get_or_create(**row, external_id=left, defaults={"since": shared_clock.now()})
    return above if joined else None


def keep_two(
    connection_id: int, resource: str, left: str, joined: int | None, since: datetime, *, stays_left: bool
) -> int:
    """Takes `keep_one` back: each contact is written from its own records again. Call it inside a transaction.

    `stays_left`: another decision leaves that contact alone as well. Returns how many writes from the records of the
    one that was left reached the system since, which are not taken back there.
    """
    place = {"connection_id": connection_id, "resource": resource}
    if not stays_left:
        LeftContact.objects.filter(**place, external_id=left).delete()
    if joined is None:
        return 0
    list(Thing.objects.select_for_update().filter(pk=joined).values_list("pk"))
    SamePerson.objects.filter(thing_id=joined).delete()
    of_its_own = Delivery.objects.filter(
        thing_id__in=members_of([joined])[joined],
        job__destination_id=connection_id,
        job__destination_resource=resource,
    )
    written = Outcome.objects.filter(
        delivery__in=of_its_own, state=State.DELIVERED, recorded_at__gte=since
    ).count()
    # Else it would be taken for written already, though it was written to the other contact.
    of_its_own.update(content_hash="")
    return written


def natural_key(case: Case) -> str:
    """By what a person without an e-mail address is looked up; "" for all else, whose natural key is in the body."""
    record = case.record
    if not isinstance(record, Customer) or told(record.email):
        return ""
    return told(record.phone) or ""


def made_meanwhile(job: SyncJob, cases: Sequence[Case]) -> list[Case]:
    """Of those that are about to be made: whose contact is there by now. Call it while their keys are locked."""
    making = [case for case in cases if case.destination_id is None]
    if not making:
        return []
    known = contacts(job, making)
    return [case for case in making if case.delivery.thing_id in known]


def find_first_writers(job: SyncJob, cases: Sequence[Case]) -> None:
    """Sets each case's `first_writer`: the Delivery of the same contact that goes before this one."""
    shared = [case for case in cases if case.destination_id is not None]
    things = {thing for case in shared for thing in case.people}
    if not things:
        return
    contact_of = _own_contacts(job, things)
    reached: dict[int, list[Delivery]] = defaultdict(list)
    for row in _reached(job, things):
        reached[row.thing_id].append(row)
    for case in shared:
        own = _precedence(case.delivery)
        before = [
            row
            for thing in case.people
            for row in reached[thing]
            if _precedence(row) < own and _is_anothers(row, case, job.source_id)
        ]
        here = [row for row in before if contact_of.get(row.thing_id) in (None, case.destination_id)]
        case.first_writer = min(here, key=_precedence, default=None)


def _precedence(row: Delivery) -> tuple[int, bool, float, int]:
    """By the job that was set up first; of two records in one job, by which was there first."""
    first = row.first_delivered_at
    return row.job_id, first is None, first.timestamp() if first is not None else 0.0, row.pk


def _is_anothers(row: Delivery, case: Case, source_id: int) -> bool:
    """Of another source, or another record of this one: not what a second job makes of the very same record."""
    return row.thing_id != case.delivery.thing_id or row.job.source_id != source_id


def is_anothers_too(job: SyncJob, case: Case) -> bool:
    """Whether another source still has this person, so that the contact stays when this one's record goes."""
    return any(row.thing_id != case.delivery.thing_id for row in _reached(job, case.people))


def _own_contacts(job: SyncJob, things: Collection[int]) -> dict[int, str]:
    """Thing → what the destination calls it, without what a person left there for another one."""
    known = sorted(
        ExternalId.objects.filter(
            connection_id=job.destination_id, resource=job.destination_resource, thing_id__in=list(things)
        ).values_list("id", "thing_id", "external_id")
    )
    left = _left(job, [external_id for _, _, external_id in known])
    return {thing: external_id for _, thing, external_id in known if external_id not in left}


def _reached(job: SyncJob, things: Collection[int]) -> Sequence[Delivery]:
    """What of these Things was written there. What is gone in its source holds nobody back."""
    return list(
        Delivery.objects.filter(
            thing_id__in=list(things),
            job__destination_id=job.destination_id,
            job__destination_resource=job.destination_resource,
            first_delivered_at__isnull=False,
        )
        .exclude(accepted_digest=REMOVED)
        .select_related("job__source", "job__read_mapping", "job__write_mapping")
    )

"""Finds contacts of one system that may be one person, from the digests in our own books. Nothing is merged here.

Whoever has the same e-mail address is most likely one person. A phone alone says less: families and companies share
one, so a number that many have proposes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from integrations.models import BookedCustomer, SyncJob
from integrations.sync import people
from monitoring.models import MergeProposal, Proposed, Reason

CONFIDENCE = {Reason.BOTH: 99, Reason.EMAIL: 95, Reason.PHONE: 75, Reason.PHONE_OTHER_EMAIL: 50}
# A phone that more contacts than this have is a company's or a shop's own.
MOST_WITH_ONE_PHONE = 4
# Proposals are written in groups, so that no write transaction is long.
GROUP = 200
BOOKS = "books"
UNDECIDED = (Proposed.OPEN, Proposed.GONE, Proposed.UNDONE)


@dataclass(frozen=True)
class Contact:
    source: int
    external_id: str
    person: str
    phone: str
    created_at: datetime | None


@dataclass(frozen=True)
class Pair:
    first: Contact
    second: Contact
    reason: Reason

    @property
    def key(self) -> tuple[int, str, str]:
        return self.first.source, self.first.external_id, self.second.external_id

    @property
    def person(self) -> str:
        same_email = self.reason in (Reason.BOTH, Reason.EMAIL)
        return self.first.person if same_email else self.first.phone


@dataclass(frozen=True)
class Looked:
    """`alike` pairs stand in the books; `proposed` of them are new, and `gone` are those that are alike no longer."""

    alike: int
    proposed: int
    gone: int


def propose(now: datetime | None = None) -> Looked:
    """Brings the open proposals up to what the books say; what people decided stays as it is."""
    moment = now or timezone.now()
    pairs = {pair.key: pair for pair in _pairs()}
    known = {
        (row.connection_id, row.first_id, row.second_id): row
        for row in MergeProposal.objects.filter(state__in=[Proposed.OPEN, Proposed.GONE])
    }
    resources = _resources()
    new = (pair for key, pair in pairs.items() if key not in known and pair.first.source in resources)
    proposed = _store(new, resources, moment)
    gone = [row.pk for key, row in known.items() if key not in pairs and row.is_open]
    back = [row.pk for key, row in known.items() if key in pairs and not row.is_open]
    MergeProposal.objects.filter(pk__in=gone, state=Proposed.OPEN).update(state=Proposed.GONE)
    MergeProposal.objects.filter(pk__in=back, state=Proposed.GONE).update(state=Proposed.OPEN)
    _renew(pairs, known)
    return Looked(len(pairs), proposed, len(gone))


def _resources() -> dict[int, str]:
    """What a system calls its contacts: as the job says that books them."""
    jobs = SyncJob.objects.filter(kind=people.KIND, destination__platform=BOOKS).order_by("-pk")
    return dict(jobs.values_list("source_id", "source_resource"))


def _pairs() -> Iterator[Pair]:
    by_email = _alike("person")
    same_email = set()
    for group in by_email:
        for first, second in _beside_the_first(group):
            same_email.add((first.source, first.external_id, second.external_id))
            is_both = bool(first.phone) and first.phone == second.phone
            yield Pair(first, second, Reason.BOTH if is_both else Reason.EMAIL)
    for group in _alike("phone"):
        if len(group) > MOST_WITH_ONE_PHONE:
            continue
        for first, second in _beside_the_first(group):
            if first.person and first.person == second.person:
                continue
            is_other = bool(first.person and second.person)
            yield Pair(first, second, Reason.PHONE_OTHER_EMAIL if is_other else Reason.PHONE)


def _alike(column: str) -> list[list[Contact]]:
    """Contacts of one source with the same digest in this column, the oldest first."""
    several = (
        BookedCustomer.objects.exclude(**{column: ""})
        .order_by()
        .values_list("source_id", column)
        .annotate(number=Count("pk"))
        .filter(number__gt=1)
    )
    wanted = {(source, digest) for source, digest, _ in several}
    groups: dict[tuple[int, str], list[Contact]] = defaultdict(list)
    digests = sorted({digest for _, digest in wanted})
    for start in range(0, len(digests), GROUP):
        rows = BookedCustomer.objects.filter(**{f"{column}__in": digests[start : start + GROUP]})
        for row in rows.values_list("source_id", "external_id", "person", "phone", "created_at"):
            contact = Contact(*row)
            key = (contact.source, getattr(contact, column))
            if key in wanted:
                groups[key].append(contact)
    return [sorted(group, key=_age) for _, group in sorted(groups.items())]


def _age(contact: Contact) -> tuple[bool, float, str]:
    at = contact.created_at
    return at is None, at.timestamp() if at is not None else 0.0, contact.external_id


def _beside_the_first(group: list[Contact]) -> Iterator[tuple[Contact, Contact]]:
    return ((group[0], other) for other in group[1:])


def _store(pairs: Iterable[Pair], resources: dict[int, str], moment: datetime) -> int:
    left, stored = iter(pairs), 0
    while group := list(islice(left, GROUP)):
        before = MergeProposal.objects.count()
        MergeProposal.objects.bulk_create(
            [
                MergeProposal(
                    connection_id=pair.first.source,
                    resource=resources[pair.first.source],
                    first_id=pair.first.external_id,
                    second_id=pair.second.external_id,
                    person=pair.person,
                    reason=pair.reason,
                    confidence=CONFIDENCE[pair.reason],
                    found_at=moment,
                )
                for pair in group
            ],
            # Also what was decided: it stays decided.
            ignore_conflicts=True,
        )
        stored += MergeProposal.objects.count() - before
    return stored


def _renew(pairs: dict[tuple[int, str, str], Pair], known: dict[tuple[int, str, str], Any]) -> None:
    """Why they are alike may have changed since."""
    for key, row in known.items():
        pair = pairs.get(key)
        if pair is not None and (row.reason, row.person) != (pair.reason, pair.person):
            MergeProposal.objects.filter(pk=row.pk).update(
                reason=pair.reason, person=pair.person, confidence=CONFIDENCE[pair.reason]
            )


def accept(proposal: MergeProposal, kept_id: str, by: User) -> bool:
    """Both are one person: from now on `kept_id` is written and the other one left alone. False: decided already."""
    with transaction.atomic():
        if not _decide(proposal, Proposed.ACCEPTED, by, kept_id):
            return False
        left_id = _other(proposal, kept_id)
        joined = people.keep_one(proposal.connection_id, proposal.resource, kept_id, left_id)
        MergeProposal.objects.filter(pk=proposal.pk).update(joined=joined)
    return True


def reject(proposal: MergeProposal, by: User) -> bool:
    """They are two people, and not proposed again. False: decided already."""
    return _decide(proposal, Proposed.REJECTED, by, "")


@dataclass(frozen=True)
class Undone:
    """`problem`: why nothing was undone. `written`: writes of the contact that was left which reached the other one."""

    problem: str = ""
    written: int = 0


def undo(proposal: MergeProposal, by: User) -> Undone:
    """Takes an accepted decision back, here: what was written or merged in the other system stays as it is there."""
    with transaction.atomic():
        row = MergeProposal.objects.select_for_update().get(pk=proposal.pk)
        if row.state != Proposed.ACCEPTED or row.decided_at is None:
            return Undone(problem="This is no accepted decision any more.")
        left_id = _other(row, row.kept_id)
        others = _accepted_of(row, [row.kept_id, left_id])
        if any(other.decided_at > row.decided_at for other in others):
            return Undone(problem="A later decision is about one of these contacts too. Undo that one first.")
        written = people.keep_two(
            row.connection_id,
            row.resource,
            left_id,
            row.joined,
            row.decided_at,
            stays_left=any(_other(other, other.kept_id) == left_id for other in others),
        )
        row.state, row.undone_by, row.undone_at, row.joined = Proposed.UNDONE, by, timezone.now(), None
        row.save(update_fields=["state", "undone_by", "undone_at", "joined"])
    return Undone(written=written)


def _accepted_of(row: MergeProposal, names: list[str]) -> list[Any]:
    """Other accepted decisions about one of these contacts."""
    same = MergeProposal.objects.filter(
        connection_id=row.connection_id, resource=row.resource, state=Proposed.ACCEPTED
    )
    return list(same.filter(Q(first_id__in=names) | Q(second_id__in=names)).exclude(pk=row.pk))


def _other(proposal: MergeProposal, kept_id: str) -> str:
    return proposal.second_id if kept_id == proposal.first_id else proposal.first_id


def _decide(proposal: MergeProposal, state: Proposed, by: User, kept_id: str) -> bool:
    decided = MergeProposal.objects.filter(pk=proposal.pk, state__in=UNDECIDED).update(
        state=state, kept_id=kept_id, decided_by=by, decided_at=timezone.now()
    )
    return bool(decided)

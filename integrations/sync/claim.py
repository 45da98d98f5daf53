"""Takes, renews and gives back the lease on a Batch: conditional UPDATEs and a row count, nothing else."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from integrations.models import Batch, SyncJob, SyncRun
from mappings.fields import Sealed, encrypt_json

from . import shared_clock
from .holder import is_proven_dead, this_process
from .parcels import Parcel, from_plain, to_plain

# A batch with which so many workers fell is split into single records; a single one with which, alone, so many fell is
# given to a person. One with which a worker fell is carried alone from then on: else its neighbours would be blamed.
LOST_BEFORE_SPLIT, LOST_ALONE = 2, 3
CANDIDATES = 8
# A lease outlasts a call by this much, in seconds: for what is done before and after it.
CALL_MARGIN = 5.0


class LeaseLost(Exception):
    """The batch went to another worker: what this one knows of it must not be written."""


def lease_seconds(longest_call: float = 0.0) -> float:
    """The setting, or as long as one call may take and a little more: else no call could ever leave."""
    return max(float(settings.LEASE_SECONDS), longest_call + CALL_MARGIN)


@dataclass
class Lease:
    """A claimed batch. `ends` is by this process's monotonic clock, and never later than the row's."""

    batch: Batch
    token: str
    ends: float
    parcels: dict[int, Parcel]
    not_before: dict[int, float] = field(default_factory=dict)
    seconds: float = field(default_factory=lease_seconds)
    size_when_claimed: int = 0

    def __post_init__(self) -> None:
        self.size_when_claimed = len(self.parcels)

    @property
    def is_suspect(self) -> bool:
        """A worker fell while it had this batch, and nothing of it was settled since."""
        return self.batch.attempts > 1

    def outlasts(self, seconds: float) -> bool:
        return time.monotonic() + seconds < self.ends

    def renew(self) -> None:
        """Keeps the batch, and writes down what of it remains. Call it in the group's transaction.

        Only a record that is settled shows that this batch does not kill its workers: until then the lost
        leases go on being counted. Raises LeaseLost where the lease has gone to another worker.
        """
        began = time.monotonic()
        now = shared_clock.now()
        remaining = self.remaining()
        attempts = 1 if len(self.parcels) < self.size_when_claimed else self.batch.attempts
        kept = Batch.objects.filter(pk=self.batch.pk, lease_token=self.token, lease_until__gt=now).update(
            lease_until=now + timedelta(seconds=self.seconds), remaining=remaining, attempts=attempts
        )
        if not kept:
            raise LeaseLost(str(self.batch.pk))
        self.ends = began + self.seconds

    def remaining(self) -> dict[str, float]:
        return {str(place): self.not_before.get(place, 0.0) for place in self.parcels}

    def give_back(self) -> None:
        """Orderly end: settled if nothing remains, else back to the queue until the earliest `not_before`."""
        now = shared_clock.now()
        mine = Batch.objects.filter(pk=self.batch.pk, lease_token=self.token)
        if not self.parcels:
            mine.update(settled_at=now, payloads=None, remaining={}, lease_token="", lease_until=None)
            return
        remaining = self.remaining()
        earliest = min(remaining.values())
        mine.update(
            remaining=remaining,
            not_before=datetime.fromtimestamp(earliest, UTC) if earliest else None,
            lease_token="",
            lease_until=None,
            attempts=0,
        )


def claimable() -> Q:
    """Open, due, and not under anybody's lease."""
    now = shared_clock.now()
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    return Q(settled_at__isnull=True) & due & free


def claim(job: SyncJob, longest_call: float = 0.0, *, beside_others: bool = False) -> Lease | None:
    """The next due batch of this job, or None. Fresh events first, then the oldest.

    `longest_call`: seconds that one call to the destination may take at most. `beside_others`: the worker has others in
    hand; one with which a worker fell before is left for when it has none.
    """
    free = claimable() & Q(attempts=0) if beside_others else claimable()
    seconds = lease_seconds(longest_call)
    while True:
        candidates = list(
            Batch.objects.filter(free, job=job)
            .order_by("priority", "id")
            .only("pk", "lease_token")[:CANDIDATES]
        )
        if not candidates:
            return None
        for candidate in candidates:
            lease = _take(candidate, claimable(), seconds)
            if lease is not None:
                return lease


def claim_of(run: SyncRun, without: Collection[int]) -> Lease | None:
    """A batch of this run that nobody holds, due or not; None where there is no other than `without`."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=shared_clock.now())
    batches = Batch.objects.filter(free, run=run, settled_at__isnull=True).exclude(pk__in=without)
    for candidate in batches.order_by("id").only("pk", "lease_token").iterator():
        lease = _take(candidate, free, lease_seconds())
        if lease is not None:
            return lease
    return None


def claim_would_find_none(job: SyncJob) -> bool:
    return not Batch.objects.filter(claimable(), job=job).exists()


def seconds_until_due(job: SyncJob) -> float | None:
    """Until the next batch of this job that nobody holds may be claimed; None where there is none."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=shared_clock.now())
    earliest = (
        Batch.objects.filter(free, job=job, settled_at__isnull=True, not_before__isnull=False)
        .order_by("not_before")
        .values_list("not_before", flat=True)
        .first()
    )
    return None if earliest is None else (earliest - shared_clock.now()).total_seconds()


def _take(candidate: Batch, still: Q, seconds: float) -> Lease | None:
    token = uuid.uuid4().hex
    began = time.monotonic()
    same = Batch.objects.filter(pk=candidate.pk, lease_token=candidate.lease_token, settled_at__isnull=True)
    taken = same.filter(still).update(
        lease_token=token,
        lease_holder=this_process(),
        lease_until=shared_clock.now() + timedelta(seconds=seconds),
        attempts=F("attempts") + 1,
    )
    if not taken:
        return None
    batch = Batch.objects.select_related("run").get(pk=candidate.pk)
    return _open(batch, token, began, seconds)


def _open(batch: Batch, token: str, began: float, seconds: float) -> Lease:
    everything = dict(enumerate(from_plain(batch.payloads or [])))
    if batch.remaining is None:
        return Lease(batch, token, began + seconds, everything, seconds=seconds)
    not_before = {int(place): float(moment) for place, moment in batch.remaining.items()}
    left = {place: everything[place] for place in not_before}
    return Lease(batch, token, began + seconds, left, not_before, seconds)


def lost_too_often(lease: Lease) -> bool:
    lost = lease.batch.attempts - 1
    return lost >= (LOST_BEFORE_SPLIT if len(lease.parcels) > 1 else LOST_ALONE + 1)


def split(lease: Lease) -> None:
    """Gives each record a batch of its own, so that one that kills its worker harms no other."""
    parts = [
        Batch(
            job_id=lease.batch.job_id,
            run_id=lease.batch.run_id,
            priority=lease.batch.priority,
            size=1,
            attempts=1,
            payloads=Sealed(encrypt_json(to_plain([parcel]), compress=True)),
            created_at=lease.batch.created_at,
        )
        for parcel in lease.parcels.values()
    ]
    with transaction.atomic():
        lease.renew()
        Batch.objects.bulk_create(parts)
        lease.parcels.clear()
        lease.give_back()


def free_leases_of_the_dead() -> int:
    """Batches whose worker is proven dead need not wait for their lease to run out."""
    held = Batch.objects.filter(settled_at__isnull=True, lease_until__gt=shared_clock.now()).values_list(
        "pk", "lease_token", "lease_holder"
    )
    freed = 0
    for pk, token, holder in held:
        if is_proven_dead(holder):
            freed += Batch.objects.filter(pk=pk, lease_token=token).update(lease_until=shared_clock.now())
    return freed

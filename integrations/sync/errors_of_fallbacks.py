"""Which of a job's open errors its fallbacks are about, and has those sent again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User

from integrations.models import ErrorRecord, SyncJob

from . import retry
from .fallbacks import Fallback, fallback_for, in_order

# A person waits for the page; what is more is counted as “more than”.
AT_MOST = 5_000


@dataclass
class About:
    """`open`: of the job's records, those that wait for a person. `by_fallback`: by place in the list, the errors that
    each is about; what only holds a record is about none, since these are held."""

    open: int = 0
    by_fallback: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ids(self) -> list[int]:
        return [pk for ids in self.by_fallback.values() for pk in ids]

    @property
    def count(self) -> int:
        return len(self.ids)


def about(job: SyncJob, fallbacks: Sequence[Fallback]) -> About:
    found = About()
    places = {id(fallback): place for place, fallback in enumerate(fallbacks)}
    ordered = in_order(fallbacks)
    rows = retry.may_go(ErrorRecord.objects.filter(job=job, delivery__isnull=False))
    # What is half done, or was never answered, no fallback touches.
    for error in rows.only("kind", "code", "place", "field", "intent_id").order_by("-pk")[:AT_MOST]:
        found.open += 1
        fallback = fallback_for(ordered, error) if error.intent_id is None else None
        if fallback is not None and (fallback.changes_the_end or fallback.tries):
            found.by_fallback[places[id(fallback)]].append(error.pk)
    return found


def send_again(job: SyncJob, fallbacks: Sequence[Fallback], by: User) -> int:
    """Those that still fail then end by the fallbacks. Returns how many were queued."""
    ids = about(job, fallbacks).ids
    queued = 0
    for start in range(0, len(ids), retry.AT_ONCE):
        chosen = ErrorRecord.objects.filter(pk__in=ids[start : start + retry.AT_ONCE])
        queued += retry.retry(chosen, by, "Sent again for the job's fallbacks.")
    return queued

"""A channel's own settings of the stock rule: its buffer, and the locations that it sells from.

When they are changed, by whatever hand (a form, a file, the API), all that the channel is told is counted anew on the
last figures, also while the owner cannot be reached. What comes to another figure is written, through the ordinary
queue and behind whatever is fresh. The job's row says with which settings all was counted last, and how far it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from django.db import transaction

from integrations.models import StockFigure, SyncJob, SyncRun, may_work

from . import stock_recount
from .doorbell import ring
from .parcels import digest_of
from .stock_names import KIND

# Of a job, what the rule asks for.
SETTINGS = ("stock_buffer", "stock_buffer_percent", "stock_locations")
# What is said to whoever changes one of these.
SENTENCE = (
    "All products of this channel are counted anew, beginning within seconds. Only figures that differ are written, "
    "behind fresh changes and within the system's limit."
)
# SKUs that are queued in one transaction.
AT_ONCE = 200
NOTICE = (
    "What is kept back, or from where this channel sells, was changed: all its products are counted anew."
)


def is_counting(job: SyncJob) -> bool:
    """Whether the channel may still be told figures by settings that were changed since."""
    return job.kind == KIND and job.stock_counted != {"as": _settings_of(job)}


def ring_for_changed() -> None:
    """Rings for each job whose settings are others than those with which all was counted last."""
    for job in _stock_jobs():
        if is_counting(job):
            ring("recount", job.pk)


def _stock_jobs() -> Iterator[SyncJob]:
    yield from (
        SyncJob.objects.filter(may_work(), kind=KIND).only("kind", "stock_counted", *SETTINGS).order_by("pk")
    )


def count_all_anew(job_id: int, deadline: float) -> bool:
    """Queues every product of the channel, and returns whether that came to its end; at `deadline` (time.monotonic) it
    stops and rings for what is left. Where nothing was told yet, there is nothing to count anew."""
    job = SyncJob.objects.select_related("read_mapping", "write_mapping").get(pk=job_id)
    if not is_counting(job):
        return True
    if not job.deliveries.exists():
        _note(job, {"as": _settings_of(job)})
        return True
    while time.monotonic() < deadline:
        if _count_next(job):
            return True
    ring("recount", job.pk)
    return False


def _count_next(job: SyncJob) -> bool:
    wanted = _settings_of(job)
    known = job.stock_counted
    up_to = known.get("up_to", "") if known.get("as") == wanted else ""
    figures = StockFigure.objects.filter(connection_id=job.source_id, resource=job.source_resource)
    skus = list(
        figures.filter(sku__gt=up_to).order_by("sku").values_list("sku", flat=True).distinct()[:AT_ONCE]
    )
    is_last = len(skus) < AT_ONCE
    with transaction.atomic():
        if skus:
            _say(stock_recount.count_anew(job, skus, stock_recount.by_setting(job, skus)))
        _note(job, {"as": wanted} if is_last else {"as": wanted, "up_to": skus[-1]})
    return is_last


def _note(job: SyncJob, counted: dict[str, Any]) -> None:
    SyncJob.objects.filter(pk=job.pk).update(stock_counted=counted)
    job.stock_counted = counted


def _say(run: SyncRun | None) -> None:
    if run is not None and NOTICE not in run.notices:
        SyncRun.objects.filter(pk=run.pk).update(notices=[*run.notices, NOTICE])


def _settings_of(job: SyncJob) -> str:
    return digest_of([job.stock_buffer, job.stock_buffer_percent, sorted(job.stock_locations)])

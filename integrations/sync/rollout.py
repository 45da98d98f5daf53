"""Which share of the records a job carries: the same records each time, more as the share grows."""

from __future__ import annotations

import zlib

from integrations.models import SyncJob

# The usual steps of a launch, in percent.
STAGES = (1, 10, 50, 100)
# With it begins the reason of each that is held so; the share is that of the moment.
HELD = "The rollout is at"


def is_in(job: SyncJob, external_id: str) -> bool:
    """Stable per record: a record that was in at 10 % is in at 50 %."""
    if job.rollout_percent >= 100:
        return True
    return zlib.crc32(f"{job.key}:{external_id}".encode()) % 10_000 < job.rollout_percent * 100


def next_stage(percent: int) -> int:
    """The step after this one; 100 where there is none."""
    return next((stage for stage in STAGES if stage > percent), 100)

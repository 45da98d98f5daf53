"""What runs at this moment."""

from __future__ import annotations

from typing import Any

from integrations.models import SyncRun
from integrations.sync import progress
from monitoring import links
from monitoring.standing import Standing

SHOWN_RUNS = 8
# Seconds between two looks: while something runs, and while nothing does.
WATCHING, IDLING = 3, 15


def what_runs(stand: Standing) -> dict[str, Any]:
    running = SyncRun.objects.filter(finished_at__isnull=True).select_related("job").order_by("-started_at")
    shown = list(running[:SHOWN_RUNS])
    how_far = progress.of_all(shown)
    runs = [
        {"run": run, "progress": how_far[run.pk], "share": how_far[run.pk].share, "waits": run.accepted == 0}
        for run in shown
    ]
    return {
        "runs": runs,
        "more_runs": max(running.count() - SHOWN_RUNS, 0) if len(runs) == SHOWN_RUNS else 0,
        "poll_seconds": WATCHING if runs or stand.backlog else IDLING,
        "now_backlog": links.records(stand.backlog, state="backlog"),
        "oldest": stand.oldest,
    }

"""Measures every workflow in turn and keeps how many targets are met."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime

from django.utils import timezone

from integrations.models import Workflow
from monitoring.models import WorkflowVerdict

from .results import Result, Verdict, results


def measure(deadline: float, now: datetime | None = None) -> int:
    """The longest unmeasured first, until all are or `deadline` (time.monotonic) has come. Returns how many."""
    moment = now or timezone.now()
    done = 0
    for workflow in Workflow.objects.order_by("verdict__as_of", "pk").prefetch_related("targets"):
        if done and time.monotonic() > deadline:
            break
        keep(workflow, results(workflow, moment), moment)
        done += 1
    return done


def keep(workflow: Workflow, found: list[Result], now: datetime) -> None:
    counted = Counter(result.verdict for result in found)
    WorkflowVerdict.objects.update_or_create(
        workflow_id=workflow.pk,
        defaults={
            "met": counted[Verdict.MET],
            "not_met": counted[Verdict.NOT_MET],
            "not_measured": sum(
                result.verdict == Verdict.NOT_MEASURED and result.target is not None for result in found
            ),
            "as_of": now,
        },
    )

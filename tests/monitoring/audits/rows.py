"""Audits, comparisons and what they found, for tests of pages and figures."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from monitoring.models import Audit, AuditDifference, AuditedRecord, AuditPoint, AuditRun
from tests import factories


def audit(**values: Any) -> Audit:
    n = factories.number()
    if "job" not in values:
        values["job"] = factories.job(kind="stock_level")
    return Audit.objects.create(**{"key": f"audit-{n}", "name": f"Audit {n}", **values})


def comparison(of: Audit, agree: int = 0, differ: int = 0, in_flight: int = 0, **values: Any) -> AuditRun:
    """One that is over, with its records, its differences and the day's figures. `in_flight` is a part of `differ`."""
    now = timezone.now()
    run = AuditRun.objects.create(
        audit=of,
        **{
            "door": "schedule",
            "state": "finished",
            "seed": "1",
            "started_at": now,
            "finished_at": now,
            "moved_at": now,
            "compared": agree + differ,
            "agree": agree,
            "differ": differ,
            "in_flight": in_flight,
            "causes": {"in_flight": in_flight, "written_past": differ - in_flight},
            **values,
        },
    )
    for place in range(agree + differ):
        differs = place >= agree
        cause = ("in_flight" if place < agree + in_flight else "written_past") if differs else ""
        subject = f"Stock of SKU-{factories.number()}"
        AuditedRecord.objects.create(
            run=run,
            external_id=f"{run.pk}-{place}",
            subject=subject,
            location="MAIN",
            verdict="differs" if differs else "agrees",
            cause=cause,
        )
        if differs:
            AuditDifference.objects.create(
                audit=of,
                run=run,
                external_id=f"{run.pk}-{place}",
                subject=subject,
                location="MAIN",
                field="available",
                should_say="7",
                says="9",
                cause=cause,
                sentence="Somebody or something else changed it.",
                first_seen_at=now,
                last_seen_at=now,
            )
    AuditPoint.objects.update_or_create(
        audit=of,
        day=timezone.localdate(),
        location="MAIN",
        defaults={"run": run, "compared": agree + differ, "agree": agree, "in_flight": in_flight},
    )
    return run

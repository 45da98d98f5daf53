"""Begins audits of a world's jobs and carries them to their end."""

from __future__ import annotations

from typing import Any

from monitoring.audits import auditor, starting
from monitoring.audits.foreground import run_to_end
from monitoring.models import Audit, AuditDifference, AuditDoor, AuditRun
from tests.journeys.world import World


def audit_of(world: World, key: str, **values: Any) -> Audit:
    return Audit.objects.create(key=f"{key}-audit", name=f"Audit of {key}", job=world.job(key), **values)


def compared(audit: Audit, sample: int | None = None) -> AuditRun:
    return run_to_end(audit, 30.0, lambda _: None, sample)


def begun(audit: Audit) -> AuditRun:
    return starting.begin(audit, AuditDoor.PERSON)


def carried_on(run: AuditRun) -> AuditRun:
    """As a worker that is rung for would."""
    assert auditor.go_on(run.pk, float("inf"))
    run.refresh_from_db()
    return run


def told(audit: Audit) -> list[tuple[str, str, str, str, str]]:
    rows = AuditDifference.objects.filter(audit=audit, state="open").order_by("subject", "field")
    return [(row.subject, row.field, row.should_say, row.says, row.cause) for row in rows]


def asked(world: World, system: str) -> dict[str, int]:
    """How often a system was called, by method and status, as it counted itself."""
    counts = world.sandbox.control("GET", "/books?effects=no&system=mail")["requests"]
    return {name.partition(" ")[2]: n for name, n in counts.items() if name.startswith(f"{system} ")}


def one_row_a_page(world: World) -> None:
    declaration = world.declaration()
    declaration["resources"]["stock"]["list"]["paging"]["size"] = 1
    world.redeclare(declaration)

"""A backfill that waits to be delivered, in a portal that also takes webhooks."""

from __future__ import annotations

HOOK = "growth"
AT_ONCE = 1_000


def prepare(address: str, records: int) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from integrations.models import Connection, Door, Priority
    from integrations.sync.accept import accept
    from tests.growth.orders import order
    from tests.growth.portal import the_job

    call_command("migrate", interactive=False, verbosity=0)
    job = the_job(warehouse=address)
    Connection.objects.filter(pk=job.source_id).update(webhook_address=HOOK)
    for start in range(0, records, AT_ONCE):
        items = [order(f"old-{number}", number, 1) for number in range(start, start + AT_ONCE)]
        accept(job, Door.PULL, items, read_at=timezone.now(), priority=Priority.BACKFILL)

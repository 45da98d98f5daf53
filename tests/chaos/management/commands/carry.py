"""`manage.py carry JOB…`: one worker process without a queue, so that a test knows who does what.

For each job it reads the source to its end, and delivers until nothing is due.
"""

from __future__ import annotations

import os
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.models import SyncJob
from integrations.sync import deliver, pull, steer

# Seconds; less where a test knows that it has to wait for somebody who stands still.
AT_MOST = float(os.environ.get("CHAOS_CARRY_AT_MOST", "40"))


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("jobs", nargs="+")

    def handle(self, *args: Any, jobs: list[str], **options: Any) -> None:
        ends = time.monotonic() + AT_MOST
        for key in jobs:
            row = SyncJob.objects.select_related("source", "destination").get(key=key)
            steer.run_now(row)
            while not row.takes_handed_over and time.monotonic() < ends and not pull.pull(row.pk, ends):
                time.sleep(0.05)
            deliver.drain(row.pk, ends)

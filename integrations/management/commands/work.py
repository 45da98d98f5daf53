"""`manage.py work`: the queue's workers under a supervisor."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations import processes
from integrations.supervisor import ProcessGroup


class Command(BaseCommand):
    help = "Runs the workers and starts them anew when they fall. Ctrl-C or SIGTERM ends them in order."

    def handle(self, *args: Any, **options: Any) -> None:
        if reason := processes.why_not_with_these_keys():
            raise CommandError(reason, returncode=2)
        with ProcessGroup(say=self.stderr.write) as group:
            processes.start_queue(group)
            group.wait(each_second=processes.tick)

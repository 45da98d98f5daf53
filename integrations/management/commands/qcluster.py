"""`manage.py qcluster`: the queue's own command, which finds its schedules there and begins with a sweep."""

from __future__ import annotations

import gc
from typing import Any

from django.core.management.base import CommandParser
from django.db import connections
from django.utils.module_loading import import_string
from django_q.management.commands import qcluster

from integrations import processes
from integrations.sync.doorbell import TASKS
from mappings.fields import cipher


class Command(qcluster.Command):  # type: ignore[misc]  # the library has no types
    help = "Runs the workers of this host, unsupervised. `work` starts them anew when they fall."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--stand-back",
            action="store_true",
            help="Leave the machine to the web server where both want it.",
        )

    def handle(self, *args: Any, stand_back: bool = False, **options: Any) -> None:
        processes.ring_for_a_sweep()
        # The workers are forks of this process, and none may speak over its connection.
        connections.close_all()
        # Once, for all workers: what their first task would wait for.
        cipher()
        for task in TASKS.values():
            import_string(task)
        # What is loaded by now stays as long as the workers do: their garbage collector need not walk through it.
        gc.collect()
        gc.freeze()
        if stand_back:
            # Not before: a start is to be over soon.
            processes.stand_back()
        super().handle(*args, **options)

"""`manage.py serve`: the web server alone, under the portal's supervisor."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations import processes
from integrations.supervisor import ProcessGroup


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("bind")

    def handle(self, *args: Any, bind: str, **options: Any) -> None:
        with ProcessGroup(say=self.stderr.write) as group:
            processes.start_web(group, bind)
            group.wait()

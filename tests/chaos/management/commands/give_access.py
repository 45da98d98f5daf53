"""`manage.py give_access CONNECTION…`: a person presses Connect, and says yes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from integrations.models import Connection
from tests.chaos import access


class Command(BaseCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connections", nargs="+")

    def handle(self, *args: Any, connections: list[str], **options: Any) -> None:
        for connection in Connection.objects.filter(key__in=connections):
            access.give(connection)

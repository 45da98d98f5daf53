"""`manage.py portal`: web server and workers together, for one machine."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations import processes
from integrations.supervisor import ProcessGroup


class Command(BaseCommand):
    help = (
        "Runs the web server and the workers together on this machine, after bringing the database and the pages' "
        "files up to date. Ctrl-C or SIGTERM ends all of them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--bind", default=settings.BIND, help="Host and port to serve at (default: BIND, %(default)s)."
        )

    def handle(self, *args: Any, bind: str, **options: Any) -> None:
        if reason := processes.why_not_at(bind):
            raise CommandError(f"{reason} (--bind, or BIND in the environment)", returncode=2)
        # Within the group, which hears Ctrl-C from its beginning on: a first start takes a while.
        with ProcessGroup(say=self.stderr.write) as group:
            call_command("migrate", interactive=False, verbosity=0)
            call_command("collectstatic", interactive=False, verbosity=0)
            if reason := processes.why_not_with_these_keys():
                raise CommandError(reason, returncode=2)
            processes.start_queue(group, beside_web=True)
            processes.start_web(group, bind)
            self.stdout.write(f"The portal is at http://{bind}/. Ctrl-C ends it.")
            group.wait(each_second=processes.tick)

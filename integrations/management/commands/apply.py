"""Creates or updates the configuration from a file: `manage.py apply portal.yaml`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration


class Command(BaseCommand):
    help = (
        "Creates or updates connections, value maps, mappings, workflows, jobs and partners from a YAML file, all or "
        "nothing, and prints what changes. ${NAME} in the file is taken from the environment."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="The YAML file, or - for the standard input.")
        parser.add_argument("--dry-run", action="store_true", help="Only print what would change.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            planned = plan(_text(options["file"]), os.environ)
        except BadConfiguration as exc:
            for problem in exc.problems:
                self.stderr.write(f"{options['file']}, {problem}")
            raise CommandError("Nothing was changed.") from None
        if not options["dry_run"]:
            apply(planned)
        self._print(planned, options["dry_run"])

    def _print(self, planned: Plan, dry: bool) -> None:
        for change in planned.changes:
            self.stdout.write(str(change))
        for note in planned.notes:
            self.stdout.write(note)
        if planned.kept:
            self.stdout.write(
                f"Kept as stored, since their variables are not set: {', '.join(planned.kept)}."
            )
        if not planned.changes:
            self.stdout.write("Nothing to change.")
        else:
            made = sum(change.is_new for change in planned.changes)
            changed = len(planned.changes) - made
            self.stdout.write(
                f"{made} new, {changed} changed{' (dry run: nothing was changed)' if dry else ''}."
            )


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as exc:
        raise CommandError(f"{file} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise CommandError(f"{file} is not text in UTF-8.") from exc

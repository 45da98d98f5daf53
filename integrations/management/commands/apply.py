"""Creates or updates the configuration from a file: `manage.py apply portal.yaml`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration, Problem
from integrations.configuration.starting import Start, as_file
from integrations.configuration.templates import templates


class Command(BaseCommand):
    help = (
        "Creates or updates connections, value maps, mappings, workflows, jobs and partners from a YAML file, all or "
        "nothing, and prints what changes. ${NAME} in the file is taken from the environment. With --template, starts "
        "a workflow that comes with the portal between connections that are there."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="", help="The YAML file, or - for the standard input.")
        parser.add_argument("--dry-run", action="store_true", help="Only print what would change.")
        parser.add_argument("--template", default="", help=f"One of: {', '.join(templates())}.")
        parser.add_argument(
            "--as", dest="key", default="", help="The workflow's key; the template's otherwise."
        )
        for name, metavar, about in (
            ("with", "ROLE=CONNECTION", "Who stands in a role; again for several."),
            (
                "mapping",
                "JOB.read=MAPPING",
                "A mapping or preset for one end of a job (JOB.read or JOB.write).",
            ),
            ("resource", "JOB.write=RESOURCE", "A resource for one end of a job."),
        ):
            parser.add_argument(
                f"--{name}", dest=f"{name}_", metavar=metavar, action="append", default=[], help=about
            )

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == bool(options["template"]):
            raise CommandError("Name a file, or a template with --template: one of the two.")
        try:
            planned = plan(_wanted(options), os.environ)
        except BadConfiguration as exc:
            for problem in exc.problems:
                self.stderr.write(_told(problem, options["file"]))
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


def _wanted(options: dict[str, Any]) -> str:
    if options["file"]:
        return _text(options["file"])
    return as_file(
        Start(
            template=options["template"],
            key=options["key"] or options["template"],
            connections=_pairs("with", options["with_"]),
            mappings={name: values[-1] for name, values in _pairs("mapping", options["mapping_"]).items()},
            resources={name: values[-1] for name, values in _pairs("resource", options["resource_"]).items()},
        )
    )


def _pairs(option: str, told: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in told:
        name, sign, value = pair.partition("=")
        if not (name and sign and value):
            raise CommandError(f"--{option} {pair}: write a name, = and a value, without spaces.")
        found.setdefault(name, []).append(value)
    return found


def _told(problem: Problem, file: str) -> str:
    """A template that is started by options has no lines that a person could look at."""
    return f"{file}, {problem}" if file else f"{problem.field}: {problem.reason}"


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as exc:
        raise CommandError(f"{file} cannot be read: {exc.strerror}.") from exc
    except UnicodeDecodeError as exc:
        raise CommandError(f"{file} is not text in UTF-8.") from exc

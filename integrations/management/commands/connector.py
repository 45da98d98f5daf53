"""`connector list` shows what can be connected; `connector new NAME` makes the first files of another one."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Column, Table

from integrations.connectors import catalogue, registry, scaffold

ROOT = Path(__file__).resolve().parents[3]


class Command(BaseCommand):
    help = "Shows what can be connected, or makes the first files of a new connector."

    def add_arguments(self, parser: ArgumentParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        listing = tasks.add_parser("list", help="What can be connected, and how far it was tested.")
        listing.add_argument("name", nargs="?", default="", help="A key: all that is known of this one.")
        new = tasks.add_parser("new", help="The first files of a new connector, with presets and tests.")
        new.add_argument("name", help="Of the module, for example: acme_shop.")
        new.add_argument("--label", default="", help="As people call it: “Acme Shop”.")
        new.add_argument("--documentation", default="", help="The vendor's page about its API.")

    def handle(self, *arguments: Any, **options: Any) -> None:
        if options["task"] == "list":
            if options["name"]:
                self._tell(options["name"])
            else:
                self._list()
            return
        root = ROOT
        try:
            paths = scaffold.make(root, options["name"], options["label"], options["documentation"])
        except scaffold.NotMade as reason:
            raise CommandError(str(reason)) from reason
        for path in paths:
            self.stdout.write(str(path.relative_to(root)))
        self.stdout.write(
            "\nIt is green as it is (python3 manage.py setup --dev installs what tests need):\n"
            ".venv/bin/python -m pytest -n0 tests/contract tests/test_connector_conformance.py "
            f'-k "{options["name"]} or every_platform"\n'
            "Now make it true, from the vendor's documentation: first the dialect (what the vendor says), then the "
            "connector, then the presets with real payloads. CONTRIBUTING.md has the steps."
        )

    def _tell(self, platform: str) -> None:
        if platform not in registry.platforms():
            raise CommandError(f"There is no connector '{platform}'. `connector list` shows all of them.")
        entry = catalogue.entry(platform)
        facts = entry.facts
        self.stdout.write(f"{entry.label}  ({entry.platform})")
        self._say("Documentation", facts.documentation)
        self._say("Reads", ", ".join(entry.reads))
        self._say("Writes", ", ".join(entry.writes))
        self._say("Tested against", facts.verified_against)
        self._say("How fast", facts.limits)
        if entry.version:
            ends = (
                f"kept at least until {entry.version.ends}" if entry.version.ends else "no end is announced"
            )
            self._say("Version of its API", f"{entry.version.name}, {ends}")
        for trap in facts.traps:
            self._say("What surprises", trap)
        for lack in facts.lacks:
            self._say("What is not there", lack)
        for label, native in entry.natives:
            page = native.caveat or f"Vendor's page, checked on {native.checked:%d %b %Y}: {native.source}"
            self._say(f"Without Crossdock, with {label}", f"{native.suffices_when} {page}")

    def _say(self, title: str, text: str) -> None:
        if text:
            self.stdout.write(f"  {title}: {text}")

    def _list(self) -> None:
        table = Table("System", Column("Key", no_wrap=True), "Reads", "Writes", "Tested", box=None)
        for group, entries in catalogue.entries():
            table.add_section()
            table.add_row(f"[bold]{group}[/bold]")
            for entry in entries:
                tested = entry.facts.verified.name.lower()
                reads, writes = ", ".join(entry.reads), ", ".join(entry.writes)
                table.add_row(entry.label, entry.platform, reads, writes, tested)
        Console(file=self.stdout).print(table)  # type: ignore[arg-type]  # it has the one method that is used, write()

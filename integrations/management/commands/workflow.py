"""Workflows without a browser: `workflow list`, `workflow launch order-to-doorstep`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.models import Workflow
from integrations.sync import launch


class Command(BaseCommand):
    help = "Lists workflows, and launches one: from then on its jobs may run against production."

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        tasks.add_parser("list", help="Each workflow, whether it is launched, and what is missing.")
        launching = tasks.add_parser("launch", help="Launches one, or says what is missing (exit 1).")
        launching.add_argument("workflow", help="The workflow's key.")

    def handle(self, *arguments: Any, **options: Any) -> None:
        if options["task"] == "list":
            self._list()
        else:
            self._launch(options["workflow"])

    def _list(self) -> None:
        if not Workflow.objects.exists():
            self.stdout.write("There is no workflow yet. docs/configuration.md says how one is started.")
        for workflow in Workflow.objects.order_by("key"):
            is_done = workflow.launched_at is not None and not launch.waiting_jobs(workflow)
            self.stdout.write(f"{workflow.key}  {'launched' if is_done else 'not launched'}")
            if not is_done:
                for lacking in launch.missing(workflow):
                    self.stdout.write(f"    {lacking.sentence}")

    def _launch(self, key: str) -> None:
        workflow = Workflow.objects.filter(key=key).first()
        if workflow is None:
            known = ", ".join(Workflow.objects.order_by("key").values_list("key", flat=True)) or "none at all"
            raise CommandError(f"There is no workflow '{key}'. There are: {known}.")
        lacking = launch.launch(workflow, None)
        if lacking:
            sentences = "\n".join(f"  {one.sentence}" for one in lacking)
            raise CommandError(f"It was not launched. Missing are:\n{sentences}")
        self.stdout.write(f"{workflow.key} is launched. Its jobs may run against production.")

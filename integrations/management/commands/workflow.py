"""Workflows without a browser: `workflow list`, `workflow launch KEY`, `workflow document KEY`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.configuration.document.contents import document_of
from integrations.configuration.document.markdown import as_markdown
from integrations.models import Workflow
from integrations.sync import launch


class Command(BaseCommand):
    help = (
        "Lists workflows, launches one (from then on its jobs may run against production), or writes one down: "
        "systems, jobs, fields, credentials without their values, what happens to errors, and what was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        tasks.add_parser("list", help="Each workflow, whether it is launched, and what is missing.")
        launching = tasks.add_parser("launch", help="Launches one, or says what is missing (exit 1).")
        launching.add_argument("workflow", help="The workflow's key.")
        launching.add_argument(
            "--reason",
            default="",
            help="Why it is launched although a job has not passed the sandbox suite. It is kept.",
        )
        documenting = tasks.add_parser("document", help="Prints its documentation as Markdown.")
        documenting.add_argument("workflow", help="The workflow's key.")

    def handle(self, *arguments: Any, **options: Any) -> None:
        if options["task"] == "list":
            self._list()
        elif options["task"] == "launch":
            self._launch(options["workflow"], options["reason"])
        else:
            self.stdout.write(as_markdown(document_of(self._called(options["workflow"]))), ending="")

    def _list(self) -> None:
        if not Workflow.objects.exists():
            self.stdout.write("There is no workflow yet. docs/configuration.md says how one is started.")
        for workflow in Workflow.objects.order_by("key"):
            is_done = workflow.launched_at is not None and not launch.waiting_jobs(workflow)
            self.stdout.write(f"{workflow.key}  {'launched' if is_done else 'not launched'}")
            if not is_done:
                for lacking in launch.missing(workflow):
                    self.stdout.write(f"    {lacking.sentence}")

    def _called(self, key: str) -> Workflow:
        workflow = Workflow.objects.filter(key=key).first()
        if workflow is None:
            known = ", ".join(Workflow.objects.order_by("key").values_list("key", flat=True)) or "none at all"
            raise CommandError(f"There is no workflow '{key}'. There are: {known}.")
        return workflow

    def _launch(self, key: str, reason: str) -> None:
        workflow = self._called(key)
        lacking = launch.launch(workflow, None, reason)
        if lacking:
            sentences = "\n".join(f"  {one.sentence}" for one in lacking)
            may_say = "\nOr say why not: --reason TEXT" if all(one.yields for one in lacking) else ""
            raise CommandError(f"It was not launched. Missing are:\n{sentences}{may_say}")
        self.stdout.write(f"{workflow.key} is launched. Its jobs may run against production.")

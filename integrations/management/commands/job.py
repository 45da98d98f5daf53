"""Steers jobs without a browser: `job list`, `job pause orders`, `job resume --all`, `job adopt orders`."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.exceptions import Failure
from integrations.models import JobState, SyncJob
from integrations.sync import steer
from integrations.sync.adopt import CannotLookUp, adopt


class Command(BaseCommand):
    help = "Lists, pauses and resumes jobs, and finds after a restore what their destinations hold already."

    def add_arguments(self, parser: CommandParser) -> None:
        tasks = parser.add_subparsers(dest="task", required=True)
        tasks.add_parser("list", help="Each job with its state.")
        for task, text in (
            ("pause", "Nothing more is read or sent; what was accepted is kept."),
            ("resume", "Lets it go on, also after a failure that halted it."),
        ):
            steering = tasks.add_parser(task, help=text)
            steering.add_argument("job", nargs="*", help="Keys of jobs.")
            steering.add_argument("--all", action="store_true", help="All jobs.")
            if task == "pause":
                steering.add_argument("--reason", default="", help="Shown at the job.")
        adopting = tasks.add_parser(
            "adopt",
            help="After a restore: looks up at the destination what would be made anew, and remembers what is there. "
            "Exit 1: something is there under an id that another record has.",
        )
        adopting.add_argument("job", help="The job's key.")

    def handle(self, *arguments: Any, **options: Any) -> None:
        getattr(self, f"_{options['task']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        for job in SyncJob.objects.select_related("source", "destination").order_by("key"):
            reason = f": {job.state_reason}" if job.state_reason else ""
            held = ", held until its workflow is launched" if job.is_held_for_launch else ""
            self.stdout.write(f"{job.key}  {job.get_state_display()}{reason}{held}")

    def _pause(self, options: dict[str, Any]) -> None:
        for job in _jobs(options):
            if job.state == JobState.DRAFT:
                self.stdout.write(steer.why_not(job))
                continue
            if job.state == JobState.PAUSED:
                self.stdout.write(f"{job.key} was paused already")
                continue
            steer.pause(job, options["reason"])
            self.stdout.write(f"{job.key} is paused")

    def _resume(self, options: dict[str, Any]) -> None:
        for job in _jobs(options):
            if job.state != JobState.ACTIVE:
                steer.resume(job)
            job.refresh_from_db()
            stands = job.state == JobState.DRAFT or job.is_held_for_launch
            self.stdout.write(steer.why_not(job) if stands else f"{job.key} goes")

    def _adopt(self, options: dict[str, Any]) -> None:
        (job,) = _jobs({"job": [options["job"]], "all": False})
        if job.state == JobState.ACTIVE:
            raise CommandError(
                f"The job '{job.key}' goes: pause it first, or it makes what is being looked for."
            )
        found = missing = 0
        conflicts = []
        try:
            for looked in adopt(job):
                found += bool(looked.external_id and not looked.taken_by)
                missing += not looked.external_id
                if looked.taken_by:
                    conflicts.append(looked)
        except (CannotLookUp, Failure) as reason:
            raise CommandError(getattr(reason, "sentence", str(reason))) from reason
        self.stdout.write(f"{found:,} are there already and were remembered; {missing:,} are not there.")
        for looked in conflicts:
            self.stdout.write(
                f"{looked.subject}: {looked.external_id} is there, and is known here as {looked.taken_by}. Left alone."
            )
        sys.exit(1 if conflicts else 0)


def _jobs(options: dict[str, Any]) -> list[SyncJob]:
    jobs = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").order_by(
        "key"
    )
    if options["all"] == bool(options["job"]):
        raise CommandError("Name jobs, or say --all.")
    found = list(jobs if options["all"] else jobs.filter(key__in=options["job"]))
    unknown = set(options["job"]) - {job.key for job in found}
    if unknown:
        known = ", ".join(SyncJob.objects.order_by("key").values_list("key", flat=True)) or "none at all"
        raise CommandError(f"There is no job '{min(unknown)}'. There are: {known}.")
    return found

"""Runs one job in the foreground: `manage.py sync orders-to-warehouse`."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from integrations.management.foreground import FORESEEN, ForegroundCommand
from integrations.models import ErrorRecord, SyncJob, SyncRun
from integrations.sync import progress
from integrations.sync.adopt import MAKES
from integrations.sync.dry_run import Foreseen, dry_run
from integrations.sync.foreground import CouldNotRun, run_to_end
from integrations.sync.selection import NotPossible, Selection, by_ids, span
from integrations.sync.steer import why_not

ALL_DELIVERED, ERRORS_OPEN = 0, 1
COUNTS = (
    "read",
    "known",
    "accepted",
    "delivered",
    "unchanged",
    "superseded",
    "filtered",
    "ignored",
    "skipped",
    "handed_over",
    "held",
    "failed",
    "left",
)
_MOST_LINES = 20


class Command(ForegroundCommand):
    foreseen = (*FORESEEN, NotPossible)
    help = (
        "Runs one job in the foreground to its end. "
        "Exit 0: all was delivered. 1: records wait, or errors are open. 2: the job could not run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", help="The job's key.")
        parser.add_argument("--full", action="store_true", help="Read everything, not only what changed.")
        parser.add_argument(
            "--dry-run", action="store_true", help="Say what would be done, and change nothing."
        )
        parser.add_argument(
            "--from",
            dest="begin",
            default="",
            metavar="WHEN",
            help="Run again what is of this day or moment and later: 2026-05-01, 2026-05-01T14:30.",
        )
        parser.add_argument(
            "--to", default="", metavar="WHEN", help="… and until this day (meant whole) or moment."
        )
        parser.add_argument("--ids", default="", help="Run these again: ids of the source, with commas.")
        parser.add_argument(
            "--of-run", type=int, default=None, metavar="RUN", help="Run again what this run carried."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object instead of text and a bar.")
        parser.add_argument(
            "--patience",
            type=float,
            default=60.0,
            help="Seconds to wait while nothing can be done (default 60).",
        )

    def work(self, options: dict[str, Any]) -> int:
        job = _job(options["job"])
        options["selection"] = _selection(options)
        return self._foresee(job, options) if options["dry_run"] else self._run(job, options)

    def _run(self, job: SyncJob, options: dict[str, Any]) -> int:
        patience = timedelta(seconds=options["patience"])
        with _bar(quiet=options["json"]) as bar:
            task = bar.add_task(job.name, total=None, pace="")
            run = run_to_end(
                job, options["full"], patience, lambda now: _show(bar, task, now), options["selection"]
            )
        errors = list(ErrorRecord.objects.filter(job=job, settled_at__isnull=True)[: _MOST_LINES + 1])
        open_count = ErrorRecord.objects.filter(job=job, settled_at__isnull=True).count()
        counts = {name: getattr(run, name) for name in COUNTS}
        if options["json"]:
            sentences = [error.sentence for error in errors[:_MOST_LINES]]
            now = progress.of(run)
            self.print_json(
                job=job.key,
                run=run.pk,
                **counts,
                expected=now.total,
                share=now.share,
                open_errors=open_count,
                errors=sentences,
            )
        else:
            self._print_counts(counts, run)
            self._print_errors([error.sentence for error in errors], open_count)
        return ERRORS_OPEN if open_count or run.finished_at is None else ALL_DELIVERED

    def _foresee(self, job: SyncJob, options: dict[str, Any]) -> int:
        if not (job.source.enabled and job.destination.enabled):
            raise CouldNotRun(why_not(job))
        counts: Counter[str] = Counter()
        notable: list[Foreseen] = []
        made: list[str] = []
        for foreseen in dry_run(job, full=options["full"]):
            counts[foreseen.what] += 1
            if foreseen.what.split(" + ")[0] in MAKES:
                made.append(foreseen.subject)
            if foreseen.reason and len(notable) < _MOST_LINES:
                notable.append(foreseen)
        if options["json"]:
            reasons = [{"record": f.subject, "what": f.what, "reason": f.reason} for f in notable]
            self.print_json(job=job.key, dry_run=True, would=dict(counts), makes=made, reasons=reasons)
        else:
            self._print_foreseen(counts, notable, made)
        return ERRORS_OPEN if counts["failed"] else ALL_DELIVERED

    def _print_counts(self, counts: dict[str, int], run: SyncRun) -> None:
        told = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
        self.stdout.write(told or "Nothing had changed.")
        for notice in run.notices:
            self.stdout.write(f"Note: {notice}")
        if run.finished_at is None:
            self.stdout.write(f"{run.left:,} records wait and go on by themselves while the workers run.")

    def _print_errors(self, sentences: list[str], count: int) -> None:
        if not count:
            return
        self.stdout.write(f"{count:,} open errors:")
        for sentence in sentences[:_MOST_LINES]:
            self.stdout.write(f"  - {sentence}")
        if count > _MOST_LINES:
            self.stdout.write(f"  and {count - _MOST_LINES:,} more.")

    def _print_foreseen(self, counts: Counter[str], notable: list[Foreseen], made: list[str]) -> None:
        if not counts:
            self.stdout.write("Nothing to do: nothing has changed since the last read.")
            return
        table = Table(title="What would be done (nothing was changed)")
        table.add_column("What")
        table.add_column("Records", justify="right")
        for what, count in counts.most_common():
            table.add_row(what, f"{count:,}")
        Console(file=self.stdout).print(table)  # type: ignore[arg-type]  # OutputWrapper is a text stream
        if made:
            more = (
                f" and {len(made) - _MOST_LINES:,} more (--json names all)" if len(made) > _MOST_LINES else ""
            )
            self.stdout.write(f"Would be made anew: {', '.join(made[:_MOST_LINES])}{more}.")
        for foreseen in notable:
            self.stdout.write(f"  - {foreseen.what}: {foreseen.reason}")


def _selection(options: dict[str, Any]) -> Selection | None:
    """What is to be run again. Raises NotPossible."""
    span_given = bool(options["begin"] or options["to"])
    given = [span_given, bool(options["ids"]), options["of_run"] is not None, options["full"]]
    if sum(given) > 1:
        raise NotPossible("Choose one of: --full, --from and --to, --ids, --of-run.")
    if any(given[:3]) and options["dry_run"]:
        raise NotPossible("A dry run is of the whole job, or with --full of all its records.")
    if span_given:
        return span(options["begin"], options["to"])
    if options["ids"]:
        return by_ids(options["ids"].split(","))
    return Selection(run_id=options["of_run"]) if options["of_run"] is not None else None


def _job(key: str) -> SyncJob:
    jobs = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping")
    job = jobs.filter(key=key).first()
    if job is None:
        known = ", ".join(SyncJob.objects.values_list("key", flat=True)) or "none at all"
        raise CouldNotRun(f"There is no job '{key}'. There are: {known}.")
    return job


def _bar(quiet: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[pace]}"),
        console=Console(stderr=True),
        disable=quiet,
    )


def _show(bar: Progress, task: TaskID, run: SyncRun) -> None:
    now = progress.of(run)
    bar.update(task, completed=now.done, total=now.total, pace=_pace(now))


def _pace(now: progress.Progress) -> str:
    rate = f"{now.rate:,.0f}/s" if now.rate else ""
    ends = f"until {timezone.localtime(now.ends_at):%H:%M:%S}" if now.ends_at else ""
    return " ".join(part for part in (rate, ends) if part)

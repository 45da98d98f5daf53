"""Compares both sides of a job in the foreground: `manage.py audit stock-to-shop --sample 10`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from integrations.management.foreground import ForegroundCommand
from integrations.sync.foreground import CouldNotRun
from monitoring.audits.accuracy import Accuracy
from monitoring.audits.foreground import audit_of, run_to_end
from monitoring.audits.repair import repair
from monitoring.models import Audit, AuditDifference, AuditRun, AuditState, Cause, DifferenceState

ALL_AGREE, DIFFERENCES_OPEN = 0, 1
EVERY_CAUSE = "all"
_MOST_LINES = 20


class Command(ForegroundCommand):
    help = (
        "Compares both sides of a job without writing, and says what differs and why. "
        "Exit 0: all agrees, or is in flight. 1: differences are open. 2: it could not be done."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job", help="The key of the job, or of an audit.")
        parser.add_argument(
            "--sample", type=int, default=None, metavar="PERCENT", help="Compare so much of it, by chance."
        )
        parser.add_argument(
            "--repair",
            default="",
            choices=["", EVERY_CAUSE, *Cause.values],
            metavar="CAUSE",
            help=f"Then deliver again what differs by this cause: {', '.join(Cause.values)} or {EVERY_CAUSE}.",
        )
        parser.add_argument("--json", action="store_true", help="One JSON object instead of text.")
        parser.add_argument(
            "--patience",
            type=float,
            default=60.0,
            help="Seconds to wait while nothing can be read (default 60).",
        )

    def work(self, options: dict[str, Any]) -> int:
        sample = options["sample"]
        if sample is not None and not 1 <= sample <= 100:
            raise CouldNotRun("--sample is a share in per cent, from 1 to 100.")
        audit = audit_of(options["job"])
        run = run_to_end(audit, options["patience"], lambda now: None, sample)
        if run.state != AuditState.FINISHED:
            raise CouldNotRun(run.sentence or "The comparison was cancelled.")
        rows = AuditDifference.objects.filter(audit=audit, state=DifferenceState.OPEN).order_by("cause", "pk")
        told = self._repaired(rows, options["repair"])
        if options["json"]:
            self._print_json(audit, run, rows, told)
        else:
            self._print(run, rows, told)
        return DIFFERENCES_OPEN if rows.exclude(cause=Cause.IN_FLIGHT).exists() else ALL_AGREE

    def _repaired(self, rows: Any, cause: str) -> str:
        if not cause:
            return ""
        return repair(rows if cause == EVERY_CAUSE else rows.filter(cause=cause), None).sentence()

    def _print(self, run: AuditRun, rows: Any, told: str) -> None:
        found = Accuracy(run.compared, run.agree, run.in_flight)
        share = "nothing was compared" if found.share is None else f"{found.share:.2%}"
        self.stdout.write(
            f"{run.compared:,} compared, {run.agree:,} agree ({share}), {run.differ:,} differ, "
            f"{run.left_out:,} are left out by the job; {run.read_calls:,} calls."
        )
        interval = found.interval() if run.is_sample else None
        if interval is not None:
            self.stdout.write(
                f"A sample of {run.sample_percent} %: the whole agrees to between {interval[0]:.2%} and "
                f"{interval[1]:.2%} (95 %), without what is in flight."
            )
        for cause, number in sorted(run.causes.items()):
            self.stdout.write(f"  {number:,} {Cause(cause).label.lower()}")
        for row in rows[:_MOST_LINES]:
            place = f" at {row.location}" if row.location else ""
            what = (
                f"{row.field}: should say {row.should_say}, says {row.says}." if row.field else f"{row.says}."
            )
            self.stdout.write(f"  - {row.subject}{place}: {what} {row.sentence}")
        count = rows.count()
        if count > _MOST_LINES:
            self.stdout.write(f"  and {count - _MOST_LINES:,} more.")
        if told:
            self.stdout.write(told)

    def _print_json(self, audit: Audit, run: AuditRun, rows: Any, told: str) -> None:
        found = Accuracy(run.compared, run.agree, run.in_flight)
        content = {
            "audit": audit.key,
            "run": run.pk,
            "compared": run.compared,
            "agree": run.agree,
            "differ": run.differ,
            "in_flight": run.in_flight,
            "left_out": run.left_out,
            "only_there": run.only_there,
            "read_calls": run.read_calls,
            "causes": run.causes,
            "accuracy": found.share,
            "accuracy_without_in_flight": found.settled_share,
            "interval": found.interval() if run.is_sample else None,
            "open_differences": rows.count(),
            "repaired": told,
        }
        self.print_json(**content)

"""Carries one comparison: reads the destination, then the source, page by page, and keeps what was found behind each.

Nothing is written to either system. The position is stored together with what a page brought, so that whoever falls is
followed by another that goes on there; a page that two have read counts once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F

from integrations.connectors.base import Item
from integrations.exceptions import Failure, Kind
from integrations.models import State
from integrations.sync import breaker, give_way, shared_clock
from integrations.sync.case import Case
from integrations.sync.doorbell import ring
from integrations.sync.dry_run import weigh_items
from integrations.sync.rules import rules_of
from integrations.sync.weigh import Scales
from mappings.records import StockLevel
from monitoring.models import AuditedRecord, AuditRun, AuditSight, AuditState, Verdict

from . import keeping
from .causes import cause_of
from .compare import WHOLE, Mismatch
from .evidence import Differing, Evidence, is_stored
from .keeping import Finding
from .looking import LIST, NOT_AT_ALL, Look, Looker, chosen_of, is_chosen, sights_of, way_of
from .past_owners import Compared, PastOwners, owned_by_source
from .places import Places
from .sides import Side
from .views import View, view_of

THERE, HERE = "destination", "source"
BELL = "audit"
# Failures in a row at one place, after which a person is told instead of trying on.
MOST_TRIES = 8
PAUSE = 30.0
# Single records that are asked for before what was found is kept.
ASKED_AT_ONCE = 24


class MovedMeanwhile(Exception):
    """Another worker has read this page too: what we found is dropped."""


def go_on(run_id: int, deadline: float) -> bool:
    """Goes on with this run until its end (True), the deadline (time.monotonic), or until fresh work has nobody."""
    run = AuditRun.objects.select_related(
        "audit__job__source",
        "audit__job__destination",
        "audit__job__read_mapping",
        "audit__job__write_mapping",
        "audit__destination_mapping",
    ).get(pk=run_id)
    if not _is_due(run):
        return run.finished_at is not None
    try:
        with _Auditing(run) as auditing:
            is_over = auditing.read_on(deadline)
    except Failure as failure:
        _put_off(run, failure)
        return _has_ended(run)
    except MovedMeanwhile:
        return False
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  # a `bug` that ends this comparison: else it would fail unseen, for ever
        _end_badly(run, Failure.bug(error).sentence)
        return True
    if not is_over:
        ring(BELL, run.pk)
    return is_over


def _is_due(run: AuditRun) -> bool:
    return run.finished_at is None and (run.goes_on_at is None or run.goes_on_at <= shared_clock.now())


def _has_ended(run: AuditRun) -> bool:
    return AuditRun.objects.filter(pk=run.pk, finished_at__isnull=False).exists()


class _Auditing:
    """One worker's part of a run."""

    def __init__(self, run: AuditRun) -> None:
        self.run = run
        self.job = run.audit.job
        self.rules = rules_of(self.job)
        self.counted = 0
        self.there = Side(self.job.destination, self.job.destination_resource, self.job.concurrent_calls)
        try:
            self.here = Side(self.job.source, self.job.source_resource, self.job.concurrent_calls)
        except Failure:
            self.there.close()
            raise
        audit = run.audit
        owned = owned_by_source(self.job, self.rules)
        self.past = PastOwners(self.job, owned, f"the audit {audit.name}")
        self.view: View = view_of(
            self.rules,
            audit.destination_mapping,
            self.job.destination.platform,
            self.job.destination_resource,
            tuple(self.there.connector.actions(self.job.destination_resource)),
            tuple(audit.more_fields()),
            owned,
        )
        self.scales = Scales(self.job, self.there.connector, self.rules, carries_all=True)

    def __enter__(self) -> _Auditing:
        return self

    def __exit__(self, _kind: Any, failure: Any, _trace: Any) -> None:
        for side in (self.here, self.there):
            if isinstance(failure, Failure):
                side.heed(failure)
            side.close()

    def read_on(self, deadline: float) -> bool:
        while time.monotonic() < deadline:
            if self._next_page():
                return True
            if give_way.fresh_work_waits(self.job):
                break
        return False

    def _next_page(self) -> bool:
        position = self.run.position or self._first()
        if position["side"] == THERE:
            self._there(position)
            return False
        return self._here(position)

    def _first(self) -> dict[str, Any]:
        """Raises Failure where the destination shows nothing at all."""
        way = way_of(self.run, self.there.abilities)
        if way == NOT_AT_ALL:
            raise Failure.config(
                "cannot_be_audited",
                f"{self.job.destination.name} takes {self.job.destination_resource} and shows none of them: "
                "this job cannot be audited.",
            )
        if not self.here.abilities.reads:
            raise Failure.config(
                "cannot_be_audited",
                f"{self.job.source.name} does not list its {self.job.source_resource}: this job cannot be audited.",
            )
        return {"side": THERE if way == LIST else HERE, "way": way, "at": None}

    # --- the destination, where it is listed ------------------------------------------------------------------

    def _there(self, position: dict[str, Any]) -> None:
        began = shared_clock.now()
        page = self.there.page(position["at"])
        if page.items and all(item.partial for item in page.items):
            # It lists ids alone: what they say is asked for one by one.
            self._move({"side": HERE, "way": "each", "at": None}, destination_rows=len(page.items))
            return
        chosen = chosen_of(self.run, self.there, page.items)
        sights = sights_of(self.run, self.there, self.view, page.items, began, chosen)
        at = page.next_position
        after = (
            {**position, "at": at} if at is not None else {"side": HERE, "way": position["way"], "at": None}
        )
        with transaction.atomic():
            self._move(after, destination_rows=len(page.items))
            # One that moved in the list while it was read stands in it twice: the first is as good.
            AuditSight.objects.bulk_create(sights, ignore_conflicts=True)

    # --- the source ---------------------------------------------------------------------------------------------

    def _here(self, position: dict[str, Any]) -> bool:
        began = shared_clock.now()
        page = self.here.page(position["at"])
        looker = Looker(self.run, self.there, self.view, position["way"])
        *parts, last = self._parts(page.items, looker)
        for part in parts:
            findings = self._found(part, began, looker)
            with transaction.atomic():
                self._move(position)
                self._keep(findings)
        findings = self._found(last, began, looker)
        after = {**position, "at": page.next_position}
        with transaction.atomic():
            self._move(after, source_rows=len(page.items))
            self._keep(findings)
            if page.next_position is None:
                keeping.close(self.run)
        if page.next_position is None:
            keeping.tidy(self.run)
        return page.next_position is None

    def _keep(self, findings: Sequence[Finding]) -> None:
        keeping.keep(self.run, findings)
        self.past.keep()

    def _parts(self, items: Sequence[Item], looker: Looker) -> list[list[Item]]:
        """What is asked for one by one is kept in small parts: else a platform that asks to wait in the middle of each
        page would have every page begun anew for ever. Those that this run has compared already are left out."""
        chosen = [item for item in items if is_chosen(self.run, item.external_id)]
        if looker.way == LIST and not any(item.partial for item in chosen):
            return [chosen]
        compared = AuditedRecord.objects.filter(
            run=self.run, external_id__in=[item.external_id for item in chosen]
        ).values_list("external_id", flat=True)
        known = set(compared)
        left = [item for item in chosen if item.external_id not in known]
        return [left[at : at + ASKED_AT_ONCE] for at in range(0, len(left), ASKED_AT_ONCE)] or [[]]

    def _found(self, items: Sequence[Item], began: datetime, looker: Looker) -> list[Finding]:
        weighed = weigh_items(self.job, self.scales, items, began)
        self._heed_unread(weighed.cases)
        left_out = [Finding(name, name, verdict=Verdict.LEFT_OUT) for name in weighed.known]
        return self._findings(weighed.cases, looker) + left_out

    def _heed_unread(self, cases: list[Case]) -> None:
        """What could not be fetched at this moment: the page is read once more, later."""
        for case in cases:
            ending = case.ending
            if ending is not None and ending.not_before is not None and not case.body and case.parcel.partial:
                wait = max(ending.not_before - shared_clock.seconds(), 1.0)
                raise Failure.transient("not_fetched", ending.reason, retry_after=wait)

    def _findings(self, cases: list[Case], looker: Looker) -> list[Finding]:
        carried = [case for case in cases if not case.parcel.deleted]
        looks = looker.look([case for case in carried if case.body])
        evidence = Evidence(self.job, self.rules, self.here.abilities)
        places = Places(self.job, self.rules, carried)
        judged = {case.place: self._judged(case, looks.get(case.place), evidence, places) for case in cases}
        if looker.way == LIST and looker.may_ask:
            # The two lists were read at different moments: what it says now is what counts.
            unsure = [j.case for j in judged.values() if j.verdict == Verdict.DIFFERS and not j.is_sure]
            for place, look in looker.ask(unsure).items():
                judged[place] = self._judged(judged[place].case, look, evidence, places)
        found = [j for j in judged.values() if j.verdict != Verdict.DIFFERS]
        differing = [j for j in judged.values() if j.verdict == Verdict.DIFFERS]
        facts = evidence.of([Differing(j.case, j.look, j.no_rule) for j in differing])
        causes = {j.case.place: cause_of(facts[j.case.place]) for j in differing}
        agreeing = [j for j in found if j.verdict == Verdict.AGREES]
        self.past.weigh(
            [Compared(j.case, j.look) for j in agreeing]
            + [Compared(j.case, j.look, j.mismatches, causes[j.case.place].cause) for j in differing]
        )
        return [j.finding(None) for j in found] + [j.finding(causes[j.case.place]) for j in differing]

    def _judged(self, case: Case, look: Look | None, evidence: Evidence, places: Places) -> _Judged:
        look = look or Look(None, self.run.started_at)
        if places.is_not_sold_from(case):
            return _Judged(case, look, Verdict.LEFT_OUT)
        judged = _Judged(case, look, *self._judge(case, look, evidence))
        judged.is_told_by_another = self._is_told_by_another(places.speaker(case), case)
        return judged

    def _is_told_by_another(self, speaker: str, case: Case) -> bool:
        """Of a sample the one that speaks for several may not be a part."""
        return speaker != case.parcel.external_id and is_chosen(self.run, speaker)

    def _judge(
        self, case: Case, look: Look, evidence: Evidence
    ) -> tuple[Verdict, list[Mismatch], bool, bool]:
        """(verdict, what differs, only in fields without a rule, whether a fresh look could change nothing)."""
        seen = look.seen
        if case.parcel.deleted or (case.ending is not None and case.ending.state == State.FILTERED):
            return Verdict.LEFT_OUT, [], False, True
        is_filtered = evidence.is_filtered(case)
        if not case.body:
            if is_filtered:
                return Verdict.LEFT_OUT, [], False, True
            return Verdict.DIFFERS, [Mismatch(WHOLE, "there", "unknown")], False, True
        ended = self.view.is_ended(case.record_data)
        if seen is None:
            # What the filter keeps away, or was cancelled before it left, is rightly not there.
            if is_filtered or (ended and case.destination_id is None):
                return Verdict.LEFT_OUT, [], False, True
            return Verdict.DIFFERS, [Mismatch(WHOLE, "there", "not there")], False, False
        mismatches = self.view.mismatches(case.body, case.record_data, seen)
        if ended and not self.view.tells_states(seen):
            undone = self.view.undone(case.record_data, case.delivery.written_state or {})
            mismatches = [Mismatch(undone, "done", "not done")] if undone else []
        elif not self.view.shares_fields(case.body, seen):
            raise Failure.config(
                "nothing_to_compare",
                f"{self.job.destination.name} shows none of the fields that this job writes under their own names. "
                "Choose a reading mapping for it at the audit.",
            )
        if not mismatches:
            return (Verdict.LEFT_OUT if is_filtered else Verdict.AGREES), [], False, True
        no_rule = all(mismatch.field in self.view.without_rule for mismatch in mismatches)
        return Verdict.DIFFERS, mismatches, no_rule, False

    # --- both -----------------------------------------------------------------------------------------------------

    def _move(self, after: dict[str, Any], **rows: int) -> None:
        """By conditional UPDATE; inside the transaction that stores what the page brought. Raises MovedMeanwhile."""
        run = self.run
        calls = self.here.calls + self.there.calls
        moved = AuditRun.objects.filter(
            pk=run.pk, position_version=run.position_version, finished_at__isnull=True
        ).update(
            position=after,
            position_version=F("position_version") + 1,
            moved_at=shared_clock.now(),
            read_calls=F("read_calls") + calls - self.counted,
            goes_on_at=None,
            tries=0,
            **{name: F(name) + number for name, number in rows.items()},
        )
        if not moved:
            raise MovedMeanwhile(str(run.pk))
        self.counted = calls
        run.position, run.position_version = after, run.position_version + 1


@dataclass
class _Judged:
    case: Case
    look: Look
    verdict: Verdict
    mismatches: list[Mismatch] = field(default_factory=list)
    no_rule: bool = False
    is_sure: bool = False
    is_told_by_another: bool = False

    def finding(self, cause: Any) -> Finding:
        case = self.case
        record = case.record
        location = record.location if isinstance(record, StockLevel) else ""
        return Finding(
            external_id=case.parcel.external_id,
            subject=case.subject or case.delivery.subject or case.parcel.external_id,
            verdict=self.verdict,
            location=location if isinstance(location, str) else "",
            delivery_id=case.delivery.pk if is_stored(case.delivery) else None,
            destination_id=case.destination_id or (self.look.seen.external_id if self.look.seen else ""),
            mismatches=() if self.is_told_by_another else tuple(self.mismatches),
            cause=cause,
        )


def _put_off(run: AuditRun, failure: Failure) -> None:
    """What a person must mend ends the comparison, with its sentence; what passes is waited for."""
    passes = failure.kind == Kind.TRANSIENT
    if not passes or run.tries + 1 >= MOST_TRIES:
        _end_badly(run, failure.sentence)
        return
    wait = (
        failure.retry_after
        if failure.retry_after is not None
        else min(breaker.pause_after(run.tries + 1), PAUSE)
    )
    # A limit that is used up for the moment is no failure, however long it lasts.
    counts = failure.code not in ("rate_limited", "out_of_reach", "login_under_way", "not_ready")
    AuditRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(
        goes_on_at=_in(wait), tries=F("tries") + int(counts)
    )


def _end_badly(run: AuditRun, sentence: str) -> None:
    now = shared_clock.now()
    AuditRun.objects.filter(pk=run.pk, finished_at__isnull=True).update(
        state=AuditState.FAILED, sentence=sentence[:500], finished_at=now, moved_at=now
    )
    keeping.tidy(run)


def _in(seconds: float) -> datetime:
    return shared_clock.now() + timedelta(seconds=seconds)

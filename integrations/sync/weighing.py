"""Has a group of cases fetched, weighed and decided, without one record's trouble becoming its neighbours'."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from integrations.connectors.base import Connector
from integrations.exceptions import Failure
from integrations.models import State, SyncJob

from . import conflicts, intents, missing_parcels, payload_changes, stock_figures, stock_recount
from .case import Case, Ending, Sending
from .claim import Lease
from .endings import data_fault
from .falling_back import FallingBack
from .fetch import can_fetch, fetch
from .rules import rules_of
from .watch import watch_of
from .weigh import Scales


class Weighing:
    """Of one job."""

    def __init__(self, job: SyncJob, connector: Connector, falling_back: FallingBack) -> None:
        self.job = job
        self.falling_back = falling_back
        rules = rules_of(job)
        self.watch = watch_of(job, rules)
        self.scales = Scales(job, connector, rules, self.watch, stores=True)
        self.abilities = self.scales.abilities

    def settle_open_intents(self, lease: Lease, cases: Sequence[Case]) -> list[Sending]:
        found = [
            intents.take_over(self.job, self.abilities, lease, case) for case in cases if case.open_intent
        ]
        return [sending for sending in found if sending is not None]

    def settle_conflicts(self) -> None:
        """Those that were found meanwhile and need no person."""
        if self.watch is not None and self.watch.has_noted:
            self.watch.has_noted = False
            conflicts.settle_by_rules()

    def weigh(self, cases: Sequence[Case]) -> None:
        """Twice at most: what turns out to need a fetch is fetched and weighed again."""
        for case in cases:
            self.falling_back.follow(case)
        if self.watch is not None:
            self.watch.look(cases, can_fetch(self.job))
        partial = [case for case in cases if case.parcel.partial and case.ending is None]
        fetch(self.job, [case for case in partial if not case.is_superseded])
        payload_changes.notice_fetched(self.job, partial)
        self._keep_figures(cases)
        self._weigh_safely(cases)
        unclear = [case for case in cases if case.parcel.partial and case.ending is None]
        if unclear:
            fetch(self.job, unclear)
            self._weigh_safely(unclear)
        for case in cases:
            self.falling_back.after_weighing(case, lambda one: self._weigh_safely([one]))
        missing_parcels.note(self.job, cases)

    def _keep_figures(self, cases: Sequence[Case]) -> None:
        """Of stock rows that were fetched just now; others were kept when they were accepted."""
        parcels = stock_figures.not_kept_yet(self.job, [case.parcel for case in cases])
        if parcels:
            told = stock_recount.told_by(self.job, self.scales.rules, parcels)
            with transaction.atomic():
                stock_recount.take_in(self.job, self.scales.rules, told, parcels)

    def _weigh_safely(self, cases: Sequence[Case]) -> None:
        """A record that our own code cannot handle is a `bug` of its own, and stops none of its neighbours."""
        pending = [case for case in cases if case.ending is None]
        for case in pending:
            case.parcel.partial = case.parcel.partial and not case.is_superseded
        try:
            self.scales.weigh(pending)
        except Exception:  # noqa: BLE001  # found again below, one record at a time
            for case in pending:
                case.ending, case.leaving = None, None
                self._weigh_one(case)

    def _weigh_one(self, case: Case) -> None:
        try:
            self.scales.weigh([case])
        except Exception as error:  # noqa: BLE001  # becomes a `bug` ErrorRecord with its evidence
            failure = Failure.bug(error)
            name = case.subject or case.delivery.subject or case.parcel.external_id
            fault = data_fault(case, failure.code, "translate", f"{name}: {failure.sentence}", kind="bug")
            fault.evidence = failure.evidence
            case.ending = Ending(State.FAILED, fault.sentence[:300], fault=fault, counts=True)

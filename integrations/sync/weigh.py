"""Translates a case and decides what is to be done with it: an Ending, or a Leaving to be sent. No network."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from integrations.connectors.base import Abilities, Action, Connector
from integrations.exceptions import Failure
from integrations.models import Delivery, Removed, State, SyncJob
from mappings import put_values, records, translate
from mappings.bundles import in_parts
from mappings.content_hash import content_hash
from mappings.kinds import kinds_of
from mappings.sentences import sentence_for
from mappings.shared_fields import fields_of, less, only

from . import people, person_consents, shared_clock, stock
from .addresses import wrong_address
from .bought_labels import no_longer_fits
from .bundles import parts_about
from .case import Case, Ending
from .decide import Facts, Verdict, decide
from .endings import UNREADABLE, UNREADABLE_PLACE, data_fault, name_by_id, waiting
from .faults import Fault
from .gather import refresh, resolve_references
from .marketing_consent import withhold
from .ownership import owned_elsewhere
from .payment_wait import hold_unpaid
from .preparing import leaving_of, missing_fields, write_context
from .promises import promised_at
from .rollout import HELD, is_in
from .rules import JobRules, passes_filter, rules_of
from .watch import Watch

IN_THE_WAY = 2.0


class Scales:
    """What all cases of a drain are weighed with. `stores`: what is found out about people is kept."""

    def __init__(
        self,
        job: SyncJob,
        connector: Connector,
        rules: JobRules,
        watch: Watch | None = None,
        *,
        carries_all: bool = False,
        stores: bool = False,
    ) -> None:
        """`carries_all`: also what the filter or the rollout leaves out, for whoever only wants to see its body."""
        self.job = job
        self.watch = watch
        self.carries_all, self.stores = carries_all, stores
        self.connector = connector
        self.rules = rules
        self.abilities: Abilities = connector.resources()[job.destination_resource]
        self.actions: Sequence[Action] = connector.actions(job.destination_resource)
        self.kinds = kinds_of(rules.write)
        self.knows_people = people.concerns(job)
        is_stock = job.kind == stock.KIND
        self.counting = stock.Counting(job, rules, counts_each=carries_all) if is_stock else None

    def weigh(self, cases: Sequence[Case]) -> None:
        """Gives each case an ending, a leaving, or `parcel.partial` (it must be fetched first)."""
        if self.counting is not None:
            self.counting.prepare(cases)
        for case in cases:
            if case.ending is None and not case.parcel.partial:
                self._read(case)
        pending = self._in_turn(cases)
        missing = self.resolve_references(pending)
        for case in pending:
            if case.place in missing and not self.abilities.stands_alone:
                case.ending = waiting(self.job, case, missing[case.place])
        pending = [case for case in pending if case.ending is None]
        self._complete(pending)
        for case in pending:
            if case.ending is None:
                self._write(case)

    def resolve_references(self, cases: Sequence[Case]) -> dict[int, str]:
        """Place → what it refers to and the destination does not have."""
        return resolve_references(self.job, cases)

    def _in_turn(self, cases: Sequence[Case]) -> list[Case]:
        """Those that were read, that may leave, and need not wait until they are paid."""
        pending = [case for case in cases if case.ending is None and case.record is not None]
        withhold(self.job, pending)
        pending = [case for case in pending if case.ending is None]
        if not self.carries_all:
            hold_unpaid(self.job, pending, stores=self.stores)
        return [case for case in pending if case.ending is None]

    def _complete(self, cases: Sequence[Case]) -> None:
        """What is known beside the records themselves: stock that is on its way, parts of bundles, who is who."""
        if self.counting is not None:
            self.counting.count(cases)
        if self.job.explode_bundles:
            self._take_apart(cases)
        if self.stores and self.job.kind == people.KIND:
            person_consents.keep(self.job, cases)
        if self.knows_people:
            self._know_people(cases)

    def _know_people(self, cases: Sequence[Case]) -> None:
        if self.stores:
            refresh(self.job, people.recognise(cases))
        people.find_first_writers(self.job, cases)
        person_consents.apply(cases)

    def _read(self, case: Case) -> None:
        if case.is_superseded:
            case.ending = Ending(State.SUPERSEDED, "A newer version came in.")
            return
        if case.parcel.deleted:
            self._removed(case)
            return
        if case.parcel.problem:
            case.subject = case.delivery.subject or name_by_id(self.job, case.parcel.external_id)
            code = UNREADABLE_PLACE if case.parcel.nameless else UNREADABLE
            self._fail(case, data_fault(case, code, "read", case.parcel.problem))
            return
        translation = self._translated(case)
        case.record = case.as_read = translation.record
        if translation.record is not None:
            case.subject = records.subject(translation.record)
            case.record_data = records.as_data(translation.record)
            case.promised_at = promised_at(self.job, translation.record)
        else:
            case.subject = case.delivery.subject or name_by_id(self.job, case.parcel.external_id)
        if translation.problems:
            self._not_translated(case, translation.problems)
        elif not self._is_carried(case):
            case.record = None
        elif (wrong := wrong_address(self.job, case)) is not None:
            self._fail(case, wrong)

    def _translated(self, case: Case) -> translate.Translation:
        alone = self.counting.record_without_row(case) if self.counting is not None else None
        if alone is not None:
            return translate.Translation(alone, [])
        translation = translate.read(self.rules.read, case.parcel.payload)
        if case.parcel.put_in_record:
            return put_values.into_record(translation, self.job.kind, case.parcel.put_in_record)
        return translation

    def _is_carried(self, case: Case) -> bool:
        """A record that this job delivered once stays in, whatever its filter or rollout says now. That it is there by
        another job, or made by hand, lets it in nowhere."""
        if self.carries_all or case.delivery.first_delivered_at is not None:
            return True
        if not passes_filter(self.job, case.record_data):
            case.ending = Ending(State.FILTERED, f"The job's filter is not true: {self.job.filter}"[:300])
        elif not is_in(self.job, case.rollout_name):
            case.ending = Ending(State.HELD, f"{HELD} {self.job.rollout_percent} %.")
        return case.ending is None

    def _not_translated(
        self, case: Case, problems: Sequence[translate.Problem], *, in_body: bool = False
    ) -> None:
        if (
            case.destination_id is None
            and case.record is not None
            and not passes_filter(self.job, case.record_data)
        ):
            case.ending = Ending(State.FILTERED, f"The job's filter is not true: {self.job.filter}"[:300])
            return
        first = problems[0]
        sentence = sentence_for(first, case.subject, self.job.source.name, self.job.destination.name)
        if case.parcel.origin:
            sentence += f" It stands in {case.parcel.origin}."
        fault = data_fault(case, first.code, "translate", sentence, first.field)
        fault.evidence = {"problems": [msgspec.to_builtins(problem) for problem in problems[:20]]}
        fault.in_body = in_body
        self._fail(case, fault)

    def _fail(self, case: Case, fault: Fault) -> None:
        fault.mapping_version = self.rules.version
        case.ending = Ending(State.FAILED, fault.sentence[:300], fault=fault, counts=True)

    def _removed(self, case: Case) -> None:
        case.subject = case.delivery.subject
        if self.counting is not None and self.counting.remains(case):
            case.ending = Ending(State.UNCHANGED, "The row is gone; the stock is counted without it.")
            return
        operation = {Removed.CANCEL: "cancel", Removed.DELETE: "delete"}.get(Removed(self.job.removed))
        if operation and self.knows_people and people.is_anothers_too(self.job, case):
            case.ending = Ending(
                State.UNCHANGED, "Removed in the source, and another source still has the person."
            )
            return
        if operation is None or case.destination_id is None:
            case.ending = Ending(State.DELIVERED if operation else State.UNCHANGED, "Removed in the source.")
            return
        self._leave(case, (operation,))

    def _take_apart(self, cases: Sequence[Case]) -> None:
        orders = [(case, case.record) for case in cases if isinstance(case.record, records.Order)]
        skus = {str(line.sku) for _, order in orders for line in records.told(order.lines) or []}
        parts = parts_about(skus) if skus else {}
        for case, order in orders:
            if parts:
                case.record = in_parts(order, parts)
                case.record_data = records.as_data(case.record)

    def _write(self, case: Case) -> None:
        if case.record is None:
            return
        context = {"ids": case.references, "connection": self.job.destination.settings}
        if self.watch is not None and self._is_made(case):
            case.taken = sorted({*case.taken, *self.watch.first_values})
        rules = self.rules.write if self.watch is None else self.watch.write_rules(case)
        written = translate.write(rules, case.record, context, case.record_data)
        problems = [problem for problem in written.problems if problem.field not in case.parcel.put_in_body]
        if problems:
            self._not_translated(case, problems, in_body=True)
            return
        case.body = written.body
        put_values.into_body(case.body, case.parcel.put_in_body)
        if case.first_writer is not None and self._is_left_to(case, case.first_writer):
            return
        lasting = case.body if self.watch is None else self.watch.lasting(case, context)
        case.content_hash = content_hash(lasting)
        if self.watch is not None:
            self.watch.see(case)
        verdict = decide(self._facts(case), self.abilities, self.actions)
        unfit = no_longer_fits(self.job, case, verdict)
        if unfit is not None:
            self._fail(case, unfit)
        else:
            self._carry_out(case, verdict)

    def _is_made(self, case: Case) -> bool:
        """Whether it is new over there for certain: an upsert may find what is there already, and the owner's value."""
        return case.destination_id is None and self.abilities.creates and case.first_writer is None

    def _is_left_to(self, case: Case, first: Delivery) -> bool:
        """Takes out what the mapping of the first writer writes; True where that was all."""
        resource, operation = self.job.destination_resource, "update" if self.abilities.updates else "upsert"
        needed = [self.connector.required_fields(resource, operation), (self.abilities.natural_key,)]
        kept = {tuple(path.split(".")) for paths in needed for path in paths if operation == "upsert"}
        case.body = less(case.body, fields_of(rules_of(first.job).write), kept)
        if not only(case.body, kept):
            return False
        name = first.job.source.name
        sentence = f"The same person is in {name}, whose record this contact was first written from."
        case.ending = Ending(State.UNCHANGED, sentence[:300])
        return True

    def _facts(self, case: Case) -> Facts:
        delivery = case.delivery
        return Facts(
            # Where a thing is addressed by what we send (a stock row by its SKU), there is nothing to create.
            exists=case.destination_id is not None or not (self.abilities.creates or self.abilities.upserts),
            version=case.parcel.version,
            read_at=case.parcel.read_at,
            content_hash=case.content_hash,
            record=case.record_data,
            written=delivery.written_state or {},
            written_version=delivery.source_version,
            written_read_at=delivery.source_read_at.timestamp() if delivery.source_read_at else 0.0,
            written_hash=self._written_hash(case),
            same_object_fetched=case.fetched,
            recount=case.parcel.recount or self.counting is not None,
        )

    def _written_hash(self, case: Case) -> str:
        """Of what the destination was given last; "" where that says nothing of what it holds now."""
        if self._may_have_changed_there(case):
            return ""
        return case.delivery.content_hash if self.watch is None else self.watch.written_hash(case)

    def _may_have_changed_there(self, case: Case) -> bool:
        """A channel counts its own sales off what it offers; what became of a write that failed nobody knows."""
        return case.parcel.again or (self.counting is not None and case.delivery.state == State.FAILED)

    def _carry_out(self, case: Case, verdict: Verdict) -> None:
        if verdict.fetch:
            case.parcel.partial = True
        elif verdict.state is not None:
            case.ending = Ending(verdict.state, verdict.reason)
        else:
            self._leave(case, verdict.operations)

    def _leave(self, case: Case, operations: tuple[str, ...]) -> None:
        if case.open_intent is not None:
            case.ending = Ending(
                State.QUEUED,
                "An earlier write of it is still on its way.",
                not_before=shared_clock.seconds() + IN_THE_WAY,
            )
            return
        missing = self._missing_fields(case, operations[0])
        if missing is not None:
            self._fail(case, missing)
            return
        key = people.natural_key(case) if self.knows_people else ""
        context = write_context(self.job, case, operations[0], self.kinds, key)
        try:
            case.leaving = leaving_of(
                self.connector, self.job, self.abilities, self.rules, case, context, operations
            )
        except Failure as failure:
            fault = Fault.of_failure(case.delivery.pk, failure, "validate")
            fault.subject, fault.payload, fault.version = (
                case.subject,
                case.parcel.payload,
                case.parcel.version,
            )
            self._fail(case, fault)

    def _missing_fields(self, case: Case, operation: str) -> Fault | None:
        resource = self.job.destination_resource
        problems = missing_fields(self.connector, resource, operation, self.rules.write, case.body)
        if not problems:
            return None
        first = problems[0]
        owned = owned_elsewhere(self.job, self.rules, first, case.subject, is_made=self._is_made(case))
        sentence = owned or sentence_for(first, case.subject, self.job.source.name, self.job.destination.name)
        fault = data_fault(case, first.code, "validate", sentence, first.field)
        fault.evidence = {"problems": [msgspec.to_builtins(problem) for problem in problems[:20]]}
        return fault

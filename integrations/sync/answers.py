"""What came of the writes of a batch, sorted and written down in one transaction."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from integrations.connectors.base import Abilities, Answer, Connector, WriteContext
from integrations.exceptions import Failure, Kind
from integrations.models import State, SyncJob
from mappings.shapes import convert

from . import hand_over, intents, shared_clock
from .case import Ending, Sending
from .claim import Lease
from .endings import after_failure
from .falling_back import FallingBack
from .leaving import Leaving
from .preparing import prepare
from .record import Group
from .send import NothingThere, Result, Results, ThereAlready, is_away
from .watch import Watch


class Answers:
    """Of one job's destination."""

    def __init__(
        self,
        job: SyncJob,
        connector: Connector,
        abilities: Abilities,
        falling_back: FallingBack,
        watch: Watch | None = None,
    ) -> None:
        self.watch = watch
        self.falling_back = falling_back
        self.job = job
        self.connector = connector
        self.abilities = abilities

    def write_down(self, lease: Lease, results: Results, *, system_is_away: bool = False) -> list[Sending]:
        """Returns the calls that follow, of writes of several. Raises LeaseLost, and nothing is written."""
        group = Group(watch=self.watch)
        stepping: list[tuple[Sending, Leaving]] = []
        for sending, result in results:
            if isinstance(result, Answer) and sending.leaving.steps_left:
                leaving = self._next_step(sending, result)
                intent = intents.new_intent(self.job, self.abilities, lease, sending.case, leaving)
                group.stepped.append((sending, result, intent))
                group.settled_intents.append(sending.intent_id)
                stepping.append((sending, leaving))
            else:
                self._sort(group, sending, result, system_is_away)
        stored = hand_over.record_all(self.job, lease, group)
        return [
            Sending(sending.case, intent_id, leaving, leaving.as_call())
            for (sending, leaving), intent_id in zip(stepping, stored, strict=True)
        ]

    def _sort(self, group: Group, sending: Sending, result: Result, system_is_away: bool) -> None:
        if isinstance(result, Answer):
            group.delivered.append((sending, result))
            group.settled_intents.append(sending.intent_id)
            return
        if isinstance(result, ThereAlready):
            group.found.append((sending, result.external_id))
            group.settled_intents.append(sending.intent_id)
            again = Ending(
                State.QUEUED, "It is there already, and is changed now.", not_before=shared_clock.seconds()
            )
            group.ended.append((sending.case, again))
            return
        if isinstance(result, NothingThere):
            # It surely had no effect: the key is free, and the record is weighed anew.
            group.settled_intents.append(sending.intent_id)
            again = Ending(
                State.QUEUED, "It had not arrived and is sent again.", not_before=shared_clock.seconds()
            )
            group.ended.append((sending.case, again))
            return
        ending = after_failure(
            self.job,
            self.abilities,
            sending,
            result,
            system_is_away=system_is_away and is_away(result),
            tries=self.falling_back.tries_of(result),
        )
        ending = self.falling_back.instead(sending.case, ending, sending)
        group.ended.append((sending.case, ending))
        if ending.keeps_intent or self._was_in_doubt(sending, result):
            group.doubtful_intents.append(sending.intent_id)
        elif sending.leaving.steps_done and not result.in_doubt:
            # Half of it is done: whoever tries again, goes on with this call and not with the first.
            group.intents_to_repeat.append(sending.intent_id)
            if ending.fault is not None:
                ending.fault.intent_id = sending.intent_id
        elif ending.to is not None:
            ending.settles = sending.intent_id
        else:
            group.settled_intents.append(sending.intent_id)

    def _was_in_doubt(self, sending: Sending, failure: Failure) -> bool:
        """A repeat that could not leave, or was told to wait, settles nothing of the doubt before it."""
        repeated = sending.case.open_intent is not None
        return repeated and (failure.connection_wide or failure.kind == Kind.TRANSIENT)

    def _next_step(self, sending: Sending, answer: Answer) -> Leaving:
        leaving = sending.leaving
        operation, step = leaving.steps_left[0]
        context = convert(leaving.context, WriteContext)
        ids = {**context.ids, "steps": [*context.ids.get("steps", []), answer.external_id or ""]}
        external_id = leaving.external_id or answer.external_id
        context = replace(context, ids=ids, external_id=external_id)
        return msgspec.structs.replace(
            leaving,
            call=prepare(self.connector, self.job, self.abilities, context, operation, step),
            operation=operation,
            step=step,
            steps_left=leaving.steps_left[1:],
            steps_done=[*leaving.steps_done, leaving.operation],
            context=msgspec.to_builtins(context),
            external_id=external_id,
        )

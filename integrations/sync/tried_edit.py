"""What would become of one open error's record as a person wrote it. Nothing is written, nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from integrations.exceptions import Failure
from integrations.models import ErrorRecord, State
from mappings.compared import Differing, differing
from mappings.expressions import ExpressionError

from .draft_rules import unplugged
from .retry import source_ids
from .rules import rules_of
from .tried_errors import foreseen, weighed
from .weigh import Scales


@dataclass(frozen=True)
class EditTried:
    """`sentence`: what happens, or what is wrong. `body`: what would be sent. `fields`: where that is not what would be
    sent without the change."""

    goes_well: bool
    sentence: str
    body: dict[str, Any] = field(default_factory=dict)
    fields: list[Differing] = field(default_factory=list)


def try_edit(error: ErrorRecord, payload: dict[str, Any]) -> EditTried:
    """By the rules in use, as a worker would weigh it. No network."""
    job = error.job
    if job is None or error.delivery is None:
        return EditTried(False, "The job of this error is gone.")
    try:
        connector = unplugged(job)
    except Failure as failure:
        return EditTried(False, failure.sentence)
    try:
        if job.destination_resource not in connector.resources():
            gone = f"{job.destination.name} has no {job.destination_resource} any more. Mend the job first."
            return EditTried(False, gone)
        scales = Scales(job, connector, rules_of(job))
        names = source_ids(job, [error])
        now = weighed(job, scales, [error], names).get(error.pk)
        then = weighed(job, scales, [error], names, {error.pk: payload}).get(error.pk)
    except ExpressionError as wrong:
        return EditTried(False, str(wrong))
    finally:
        connector.close()
    if now is None or then is None:
        return EditTried(
            False, f"{job.source.name} does not call it by any name that is known here any more."
        )
    fields = differing(now.body, then.body)
    if then.ending is not None and then.ending.state == State.FAILED:
        sentence = then.ending.fault.sentence if then.ending.fault is not None else then.ending.reason
        return EditTried(False, sentence, then.body, fields)
    if then.ending is not None and then.ending.state not in (
        State.UNCHANGED,
        State.DELIVERED,
        State.SUPERSEDED,
    ):
        return EditTried(False, then.ending.reason, then.body, fields)
    return EditTried(True, foreseen(job, then), then.body, fields)

"""The edge cases of every kind but orders, carried through a job's rules: see `kind_cases` for what they are.

As with orders, a source that is no such system of the sandbox speaks another language: then the sandbox's reading rules
stand in for the job's, and only what it writes is tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from integrations.connectors.base import Connector
from integrations.models import Removed, State, SyncJob
from mappings.records import references, told
from mappings.targets import target_fields
from mappings.translate import compile_rules

from .case import Case, Ending
from .case_trial import ONLY, THERE, End, Payload, Trial, Tried
from .edge_orders import FIRST, LATER
from .kind_cases import CASES, KindCase
from .kind_samples import Sample, sample_of
from .mend import REMOVED, mend_of
from .rules import JobRules
from .said_right import SKU
from .weigh import Scales

REFUSED: Final = 422
SAID: Final = {
    "message": f"{SKU} is not known here.",
    "errors": [{"code": "unknown_sku", "message": f"{SKU} is not known here.", "field": "sku"}],
}
_NAME: Final = re.compile(r"[A-Za-z_]\w*")
# What only a real system's records, or what is known of them, can fill.
_OF_SYSTEMS: Final = ("extra", "context")
_REMOVED: Final = {
    Removed.CANCEL: "It is cancelled over there, as the job is set.",
    Removed.DELETE: "It is deleted over there, as the job is set.",
    Removed.IGNORE: "It stays as it is over there, as the job is set.",
}


class _KindScales(Scales):
    """What a record refers to is there, unless a case says otherwise: nothing of the sandbox's is in our tables."""

    is_there = True

    def resolve_references(self, cases: Sequence[Case]) -> dict[int, str]:
        missing: dict[int, str] = {}
        for case in cases:
            for kind, external_id in references(case.record) if case.record is not None else ():
                if self.is_there:
                    lines = told(getattr(case.record, "lines", None)) or []
                    names = [told(getattr(line, "order_line_id", None)) for line in lines]
                    case.references |= {kind: THERE, "lines": {name: name for name in names if name}}
                else:
                    missing[case.place] = f"{kind.replace('_', ' ')} {external_id}"
        return missing


class _KindTrial(Trial):
    def __init__(self, job: SyncJob, connector: Connector, rules: JobRules) -> None:
        super().__init__(job, connector, rules)
        # Of whom it is known that they want mails is asked of real people.
        self.job.needs_consent = False
        self.scales: _KindScales = _KindScales(self.job, connector, rules)


def speaks(job: SyncJob) -> bool:
    """Whether its source is the system of the sandbox whose records are tried, so that its reading rules are too."""
    sample = sample_of(job.kind)
    return sample is not None and _is_of(sample, job.source.platform, job.source_resource)


def _is_of(sample: Sample, platform: str, resource: str) -> bool:
    return (platform, resource) == (sample.preset.platform, sample.preset.resource)


def reads_sample(kind: str, platform: str, resource: str) -> bool:
    sample = sample_of(kind)
    return sample is not None and _is_of(sample, platform, resource)


def try_kind(job: SyncJob, connector: Connector, rules: JobRules) -> list[Tried]:
    """One for each case of the job's kind, in their order. Calls nobody, and stores nothing."""
    sample = sample_of(job.kind)
    if sample is None:
        return []
    if not speaks(job):
        rules = replace(rules, read=compile_rules(sample.rules, "read", job.kind))
    return _Suite(job, _KindTrial(job, connector, rules), rules, sample).tried()


class _Suite:
    def __init__(self, job: SyncJob, trial: _KindTrial, rules: JobRules, sample: Sample) -> None:
        self.job, self.trial, self.rules, self.sample = job, trial, rules, sample
        self.first = self._weighed(self._payload({}))

    def tried(self) -> list[Tried]:
        ordinary, *others = CASES[self.job.kind]
        why = self._only_there(self.first.ending)
        if why:
            return [Tried(one.title, self._should(one), why, None) for one in (ordinary, *others)]
        tried = [self._judged(ordinary, self.first)]
        if self.first.leaving is None:
            why = "Not tried: the ordinary one is not sent."
            return tried + [Tried(one.title, self._should(one), why, None) for one in others]
        return tried + [self._tried(one) for one in others]

    def _only_there(self, ending: Ending | None) -> str:
        """Why nothing can be said without real records; "" where it can."""
        if ending is None:
            return ""
        if ending.state == State.FILTERED:
            return f"Not tried: the job takes none of the sandbox's records. {ending.reason}"
        field = ending.fault.field if ending.fault is not None else ""
        if not speaks(self.job) and self._is_not_told(self.rules.write.sources.get(field, field)):
            name = self.job.source.name
            return (
                f"{ONLY}{name} can tell: what this needs stands in its own records alone. A dry run shows it."
            )
        return ""

    def _is_not_told(self, source: str) -> bool:
        """Whether it reads what a Record may have, and the sandbox's has not. What no Record has is a mistake."""
        known = {field.path.partition(".")[0].removesuffix("[]") for field in target_fields(self.job.kind)}
        names = set(_NAME.findall(source)) & {*known, *_OF_SYSTEMS}
        return bool(names) and not names & self.first.record_data.keys()

    def _tried(self, one: KindCase) -> Tried:
        if one.is_refused:
            return self._refused(one)
        self.trial.scales.is_there = not one.waits
        try:
            weighed = self._weighed(
                self._payload(one.put), self.first if one.again else None, is_gone=one.is_gone
            )
        finally:
            self.trial.scales.is_there = True
        return self._judged(one, weighed)

    def _judged(self, one: KindCase, weighed: Case) -> Tried:
        end, told = self.trial.end(weighed)
        wrong = ""
        if one.check is not None and weighed.leaving is not None and weighed is not self.first:
            wrong = one.check(self.first.body, weighed.body)
        is_good = end in one.good and not wrong
        if one.is_gone and self.job.removed != Removed.IGNORE:
            is_good = end == End.CHANGED
        told = f"{told} {wrong}".strip()
        if not is_good and one.not_of_all and not speaks(self.job):
            told = f"{ONLY}{self.job.source.name} can tell whether it tells of such a thing at all. If it does: {told}"
            return Tried(one.title, self._should(one), told, None)
        return Tried(
            one.title, self._should(one), told, is_good, None if is_good else self._mend(one, weighed)
        )

    def _mend(self, one: KindCase, weighed: Case) -> Any:
        return mend_of(self.job, self.rules, one.about or "id", weighed.ending, reads_own=speaks(self.job))

    def _refused(self, one: KindCase) -> Tried:
        name = self.job.destination.name
        assert self.first.leaving is not None
        failure = self.trial.connector.refusal(self.first.leaving.as_call(), REFUSED, SAID)
        if failure is None:
            told = f"{ONLY}{name} can tell: it is not known how it answers to a SKU that it does not have."
            return Tried(one.title, one.should, told, None)
        end, told = self.trial.refused(self.first, failure)
        is_good = end in one.good
        told = f"If {name} refuses it: {told}"
        mend = None if is_good else self._mend(one, replace(self.first, ending=Ending(State.SKIPPED)))
        return Tried(one.title, one.should, told, is_good, mend)

    def _should(self, one: KindCase) -> str:
        return _REMOVED[Removed(self.job.removed)] if one.about == REMOVED else one.should

    def _payload(self, put: Any) -> Payload:
        payload = self.sample.told()
        places = self.job.stock_locations
        if places and "location" in payload:
            payload["location"] = places[0]
        for place, value in put.items():
            _put(payload, place.split("."), value)
        return payload

    def _weighed(self, payload: Payload, before: Case | None = None, *, is_gone: bool = False) -> Case:
        identity = str(payload.get("id") or "")
        version = str(payload.get(self.sample.changed) or "") if self.sample.changed else ""
        if is_gone:
            version = LATER
        return self.trial.weigh(payload, identity, version or FIRST, before, is_gone=is_gone)


def _put(payload: Any, place: list[str], value: Any) -> None:
    """None takes a place of a list out; of an object it empties it."""
    *outer, last = place
    for name in outer:
        payload = payload[int(name)] if isinstance(payload, list) else payload[name]
    if not isinstance(payload, list):
        payload[last] = value
    elif value is None:
        del payload[int(last)]
    else:
        payload[int(last)] = value

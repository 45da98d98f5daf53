"""Tries rules, saved or not, on payloads: what comes out, rule by rule, and what is wrong. Nothing is stored."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, Final

from integrations.exceptions import Failure
from integrations.models import Connection
from integrations.sync.preview import needed_in_new
from mappings.expressions import ExpressionError, at_most
from mappings.models import Direction, Mapping, ValueMap
from mappings.outline import entries as counted
from mappings.outline import shown as one_line
from mappings.records import ABSENT, as_data
from mappings.rules import check_rules
from mappings.sentences import sentence_for
from mappings.translate import Problem, RuleData, Rules, compile_rules, missing_in_body, read, write
from mappings.translate import as_json as as_plain
from mappings.value_digests import value_at

from .connection_form import as_json
from .mapping_jobs import destination_of, usual_job

# A person is typing: what takes longer is given up, and it is said.
SECONDS: Final = 0.5
STEPS_OF_A_RECORD: Final = 100_000
MOST_PROBLEMS: Final = 50
_PLACE_IN_LIST = re.compile(r"\.\d+(?=\.|$)")


@dataclass(frozen=True)
class Told:
    """A problem. `rule` is the place of the rule that it belongs to, -1 where it is about none; `count` of records."""

    field: str
    source: str
    sentence: str
    rule: int = -1
    count: int = 1


@dataclass
class RuleTried:
    """One rule on all the records. `data` is None where it cannot be tried: `sentences` then say why."""

    prefix: str
    data: RuleData | None
    target: str = ""
    sentences: list[str] = field(default_factory=list)
    value: str = ""
    filled: int = 0
    owner: str = ""
    summary: str = ""


@dataclass(frozen=True)
class Unknown:
    """A word that a value map does not know. `map_id` is the map's row."""

    map_id: int
    name: str
    word: str
    count: int


@dataclass(frozen=True)
class Tried:
    """What came out for the record that is shown, and over all that were tried. `record`, `records`: what a writing
    mapping began with, as JSON."""

    result: str
    problems: list[Told]
    rules: list[RuleTried]
    unknown: list[Unknown] = field(default_factory=list)
    tried: int = 0
    given: int = 0
    good: int = 0
    record: dict[str, Any] | None = None
    records: list[dict[str, Any]] = field(default_factory=list)

    @property
    def is_cut_short(self) -> bool:
        return self.tried < self.given


@dataclass
class _Made:
    made: dict[str, Any] | None
    problems: list[Problem]
    of_reader: list[Problem] = field(default_factory=list)
    record: dict[str, Any] | None = None


def saved_rules(mapping: Mapping) -> list[RuleTried]:
    """The rules as they are saved; those that do not pass their checks are told and left out."""
    data = mapping.rule_data()
    wrong = defaultdict(list)
    known = set(ValueMap.objects.values_list("key", flat=True))
    for problem in check_rules(data, mapping.direction, mapping.kind, known):
        wrong[problem.rule].append(problem.sentence)
    return [
        RuleTried(f"rules-{place}", None if place in wrong else rule, rule.target, wrong[place])
        for place, rule in enumerate(data)
    ]


class Trial:
    """One mapping as it stands in the studio, for the system that it is tried for."""

    def __init__(
        self, mapping: Mapping, rules: Sequence[RuleTried], reader: Mapping | None, source: Connection | None
    ) -> None:
        self.mapping, self.reader = mapping, reader
        self.rules = [rule for rule in rules if rule.data is not None]
        self.all = list(rules)
        data = [rule.data for rule in self.rules if rule.data is not None]
        used = {rule.value_map for rule in data}
        self.value_maps = {row.key: row for row in ValueMap.objects.filter(key__in=used)}
        words = {key: row.as_dict() for key, row in self.value_maps.items()}
        self.compiled = compile_rules(data, mapping.direction, mapping.kind, words)
        self.read_rules = _saved(reader) if reader is not None else None
        job = None
        if mapping.direction == Direction.WRITE:
            job = usual_job(mapping, source, reader) or usual_job(mapping)
            self.place = destination_of(mapping, job)
        else:
            self.place = None
        self.names = (
            source.name if source is not None else "the source",
            self.place[0].name if self.place is not None else "The destination",
        )
        self.needed: tuple[str, ...] = ()
        self.fault = ""
        if self.place is not None:
            try:
                self.needed = needed_in_new(*self.place)
            except Failure as failure:
                self.fault = failure.sentence

    def on(self, payloads: Sequence[dict[str, Any]], shown: int) -> Tried:
        """Over as many of the payloads as there is time for; the one that is shown first."""
        made: dict[int, _Made] = {}
        until = monotonic() + SECONDS
        for place in [shown, *(place for place in range(len(payloads)) if place != shown)]:
            if made and monotonic() > until:
                break
            with at_most(STEPS_OF_A_RECORD):
                made[place] = self._one(payloads[place])
        self._count(made, shown)
        problems = self._told(list(made.values()))
        for told in problems:
            if told.rule >= 0:
                self.rules[told.rule].sentences.append(told.sentence)
        if self.fault:
            problems.append(Told("", "", self.fault))
        return Tried(
            result=_shown_result(made[shown]),
            problems=problems,
            rules=self.all,
            unknown=self._unknown(list(made.values())),
            tried=len(made),
            given=len(payloads),
            good=sum(not one.problems and not one.of_reader for one in made.values()),
            record=made[shown].record,
            records=[one.record for one in made.values() if one.record is not None],
        )

    def _one(self, payload: dict[str, Any]) -> _Made:
        if self.read_rules is None:
            found = read(self.compiled, payload)
            return _Made(as_data(found.record) if found.record is not None else None, found.problems)
        begun = read(self.read_rules, payload)
        if begun.record is None:
            return _Made(None, [], begun.problems)
        record = as_data(begun.record)
        settings = {"connection": self.place[0].settings} if self.place is not None else {}
        written = write(self.compiled, begun.record, {"ids": {}, **settings}, record)
        missing = [
            self._with_its_rule(problem)
            for problem in missing_in_body(self.compiled, written.body, self.needed)
        ]
        return _Made(written.body, [*written.problems, *missing], begun.problems, as_plain(record))

    def _with_its_rule(self, problem: Problem) -> Problem:
        """What the destination demands belongs to the rule that would have filled it."""
        target = _PLACE_IN_LIST.sub("[]", problem.source)
        found = (place for place, rule in enumerate(self.rules) if rule.target == target)
        return replace(problem, rule=next(found, -1))

    def _count(self, made: dict[int, _Made], shown: int) -> None:
        """How often each rule's field was filled, and with what in the record that is shown."""
        for rule in self.rules:
            for place, one in made.items():
                value = value_at(one.made, rule.target.removesuffix("[]")) if one.made is not None else ABSENT
                rule.filled += _is_filled(value)
                if place == shown:
                    rule.value = _one_line(value)

    def _told(self, made: Sequence[_Made]) -> list[Told]:
        """Each problem once, with the number of records that have it."""
        counts: Counter[Problem] = Counter()
        for one in made:
            # Those of the reader belong to no rule of this mapping.
            found = [*one.problems, *(replace(problem, rule=-1) for problem in one.of_reader)]
            counts.update({_alike(problem) for problem in found})
        told: dict[str, Told] = {}
        for problem, count in counts.items():
            subject = "This record" if len(made) == 1 else f"{count} of {len(made)} records"
            sentence = sentence_for(problem, subject, *self.names)
            told.setdefault(sentence, Told(problem.field, problem.source, sentence, problem.rule, count))
        return sorted(told.values(), key=lambda row: (-row.count, row.rule))[:MOST_PROBLEMS]

    def _unknown(self, made: Sequence[_Made]) -> list[Unknown]:
        counts: Counter[tuple[str, str]] = Counter()
        for one in made:
            for problem in one.problems:
                rule = self.rules[problem.rule].data if problem.rule >= 0 else None
                if problem.code == "unknown_value" and rule is not None:
                    counts[(rule.value_map, problem.value)] += 1
        return [
            Unknown(self.value_maps[key].pk, self.value_maps[key].name, word, count)
            for (key, word), count in counts.most_common(MOST_PROBLEMS)
        ]


def try_out(
    mapping: Mapping,
    rules: list[RuleTried],
    payloads: Sequence[dict[str, Any]],
    shown: int = 0,
    reader: Mapping | None = None,
    source: Connection | None = None,
) -> Tried:
    """By the given rules, under the same limits as in a worker and tighter ones of time."""
    try:
        return Trial(mapping, rules, reader, source).on(payloads, shown)
    except ExpressionError as error:
        return Tried("", [Told("", "", str(error))], rules)


def _saved(mapping: Mapping) -> Rules:
    return compile_rules(mapping.rule_data(), mapping.direction, mapping.kind, mapping.value_maps())


def _alike(problem: Problem) -> Problem:
    """The same problem of two lines of a list is one."""
    source = _PLACE_IN_LIST.sub("[]", problem.source)
    return replace(problem, source=source)


def _is_filled(value: Any) -> bool:
    if isinstance(value, list):
        return any(_is_filled(part) for part in value)
    return value is not ABSENT and value is not None and value not in ("", {})


def _one_line(value: Any) -> str:
    if value is ABSENT:
        return ""
    if isinstance(value, list) and value and not isinstance(value[0], dict | list):
        return ", ".join(one_line(part) for part in value[:3]) + (" …" if len(value) > 3 else "")
    return counted(len(value)) if isinstance(value, list) else one_line(value)


def _shown_result(made: _Made) -> str:
    return as_json(made.made) if made.made is not None else ""

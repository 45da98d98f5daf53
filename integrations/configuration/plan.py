"""From a file's text to what it would change: read, filled from the environment, checked. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from mappings.presets import PRESETS

from . import check_double_paths, check_fallbacks, check_jobs, check_writers, meaning, owners, targets
from .added import ADDED, sections
from .check import check, merged
from .diff import Change, changes
from .environment import MissingVariables, fill, only_reference, placeholder
from .expand import expand
from .plain import Hidden, Plain, State
from .problems import BadConfiguration, Place, Problem
from .read import Document, read
from .schema import ENTRIES, Entry, convert
from .state import load

# Of the presets, where one is named that does not exist.
MOST_NAMED = 5


@dataclass
class Plan:
    """`wanted` holds what the file tells; `kept` names the secrets and personal data that stay as they are stored.

    `notes` are sentences about what is allowed, and perhaps not meant.
    """

    wanted: State
    changes: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan(text: str, environment: Mapping[str, str]) -> Plan:
    """Raises BadConfiguration with everything that is wrong."""
    before = load(without_unreadable=True)
    document = read(text)
    planning = _Planning(document, before, environment, expand(document, before))
    made = planning.made()
    if not planning.without_sections:
        # Also where something was wrong already: all that can be told is told at once.
        planning.problems += check(planning.document, before, made.wanted, planning.spoilt)
    if planning.problems:
        raise BadConfiguration(planning.problems)
    made.changes = changes(before, made.wanted)
    made.notes = [*notes(before, made.wanted), *check_jobs.counted_anew(before["jobs"], made.wanted["jobs"])]
    return made


def notes(before: State, wanted: State) -> list[str]:
    """Sentences about what is allowed, and perhaps not meant."""
    given, after = merged(before, {section: {} for section in before}), merged(before, wanted)
    return [
        *check_jobs.twins(before["jobs"], wanted["jobs"]),
        *check_jobs.stock_of_two_owners(before["jobs"], wanted["jobs"]),
        *check_jobs.held_for_launch(before, wanted),
        *check_writers.left_as_they_are(given, after, wanted),
        *check_double_paths.doubled(after, wanted),
    ]


def job_notes(key: str, job: Plain) -> list[str]:
    """The same about one job, for a screen."""
    before = load()
    return notes(before, {section: {} for section in before} | {"jobs": {key: job}})


def connection_notes(key: str, connection: Plain) -> list[str]:
    before = load()
    return notes(before, {section: {} for section in before} | {"connections": {key: connection}})


@dataclass
class _Planning:
    """`spoilt` are the places whose values were left out, because they make no sense."""

    document: Document
    before: State
    environment: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    spoilt: set[Place] = field(default_factory=set)
    without_sections: bool = False

    def made(self) -> Plan:
        for section in self.document.value:
            if section not in sections():
                known = ", ".join(sections())
                self._refuse((section,), f"There is no such section. Known are: {known}.")
                self.without_sections = True
        wanted = {section: self._section(section) for section in sections()}
        return Plan(wanted, kept=self.kept)

    def _section(self, section: str) -> dict[str, Plain]:
        rows = self.document.value.get(section)
        if rows is None:
            return {}
        if not isinstance(rows, dict):
            self._refuse((section,), "Expected one entry per key here, for example 'main-shop:'.")
            self.without_sections = True
            return {}
        return {key: self._entry((section, key), value) for key, value in rows.items()}

    def _entry(self, place: Place, value: Any) -> Plain:
        told, wrong = (
            owners.unfold(value) if place[0] == "owners" else convert(value, _entry_of(str(place[0])))
        )
        for inner, reason in wrong:
            self._refuse((*place, *inner), reason)
            self.spoilt.add((*place, *inner[:1]))
        secrets = told.pop("secrets", None)
        filled: Plain = {}
        kept: Plain = {}
        for name, inner_value in told.items():
            if (stored := self._kept(name, inner_value, place)) is not None:
                kept[name] = stored
                continue
            found = self._filled(inner_value, (*place, name))
            if (*place, name) not in self.spoilt:
                filled[name] = found
        if place[0] == "mappings":
            filled = self._unfolded(filled, place)
        if place[0] == "workflows":
            filled = targets.normal(filled)
        if place[0] == "jobs":
            filled = check_fallbacks.normal(filled)
        if place[0] in ADDED:
            filled = ADDED[str(place[0])].normal(filled)
        if secrets is not None:
            filled["secrets"] = self._secrets(secrets, place)
        return {**filled, **kept}

    def _unfolded(self, told: Plain, place: Place) -> Plain:
        try:
            return meaning.unfold(told)
        except KeyError:
            near = get_close_matches(told["preset"], PRESETS, 3) or sorted(PRESETS)
            known = ", ".join(near[:MOST_NAMED])
            self._refuse(
                (*place, "preset"),
                f"There is no preset '{told['preset']}'. There are {len(PRESETS)}, for example: {known}.",
            )
            self.spoilt.add(place)
            return {}

    def _filled(self, value: Any, place: Place) -> Any:
        try:
            return fill(value, place, self.environment)
        except MissingVariables as exc:
            for where, name in exc.missing:
                self._refuse(
                    where, f"The environment variable {name} is not set. Set it, or write the value here."
                )
            self.spoilt.add(place)
            return None

    def _secrets(self, secrets: dict[str, Any], place: Place) -> dict[str, Hidden]:
        return {
            name: found
            for name, value in secrets.items()
            if (found := self._secret(name, value, (*place, "secrets", name))) is not None
        }

    def _secret(self, name: str, value: Any, place: Place) -> Hidden | None:
        if (stored := self._kept(name, value, place, "secrets")) is not None:
            return stored
        filled = self._filled(value, place)
        return Hidden(filled) if place not in self.spoilt else None

    def _kept(self, name: str, value: Any, place: Place, *within: str) -> Hidden | None:
        """An export's own placeholder whose variable is not set stands for what is stored already."""
        section, key = str(place[0]), str(place[1])
        row = self.before[section].get(key, {})
        stored = (row.get(within[0], {}) if within else row).get(name)
        variable = only_reference(value)
        unset = variable is not None and variable not in self.environment
        if not unset or not isinstance(stored, Hidden) or value != placeholder(section, key, name):
            return None
        self.kept.append(f"{key}.{name}")
        return stored

    def _refuse(self, place: Place, reason: str) -> None:
        self.problems.append(self.document.problem(place, reason))


def _entry_of(section: str) -> type[Entry]:
    return ADDED[section].entry if section in ADDED else ENTRIES[section]

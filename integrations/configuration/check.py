"""Whether what a file wants makes sense together with what is there already. Writes nothing, calls nobody."""

from __future__ import annotations

from collections.abc import Collection

from integrations.models import Connection, Delivery, Partner, SyncJob, Workflow

from . import (
    added,
    check_bundles,
    check_circles,
    check_double_paths,
    check_fallbacks,
    check_hand_overs,
    check_jobs,
    check_owners,
    check_writers,
    meaning,
    owners,
    targets,
)
from .check_connections import Connectors, check_connection
from .check_fields import model_problems
from .plain import Found, Plain, State
from .problems import Place, Problem
from .read import Document
from .state import (
    CONNECTION_FIELDS,
    JOB_FIELDS,
    JOB_REFERENCES,
    PARTNER_FIELDS,
    WORKFLOW_FIELDS,
    load,
)

# What a job carries, and between which systems: its Deliveries are about these and no others.
_IDENTITY = ("kind", "source", "source_resource", "destination", "destination_resource")


def check(document: Document, before: State, wanted: State, spoilt: Collection[Place] = ()) -> list[Problem]:
    """Everything that is wrong, with its line.

    `spoilt` are places that were refused already and left out of `wanted`: what follows from that is not told.
    """
    found = (
        *_Check(before, wanted, spoilt).all(),
        *check_jobs.names_of_drafts(before["jobs"], wanted["jobs"]),
    )
    return [document.problem(place, reason) for place, reason in found if not _follows(place, spoilt)]


def _follows(place: Place, spoilt: Collection[Place]) -> bool:
    # Rules are understood by the other fields of their mapping, so a mapping is spoilt as a whole.
    return any(place[: len(bad)] == bad or (bad[0] == "mappings" and place[:2] == bad[:2]) for bad in spoilt)


def job_problems(key: str, job: Plain) -> list[tuple[str, str]]:
    """What is wrong with one job, by field ("" where it is about the whole of it): the same checks, for a screen."""
    before = load()
    wanted: State = {section: {} for section in before} | {"jobs": {key: job}}
    found = _Check(before, wanted).all()
    return [(str(place[2]) if len(place) > 2 else "", reason) for place, reason in found]


def fallback_problems(key: str, fallbacks: list[Plain]) -> list[tuple[int, str, str]]:
    """What is wrong with the fallbacks of a job: at which place in the list, at which field, and why."""
    before = load(without_unreadable=True)
    if key not in before["jobs"]:
        return []
    job = {**before["jobs"][key], "fallbacks": fallbacks}
    return [
        (int(place[3]), str(place[4]) if len(place) > 4 else "", reason)
        for place, reason in (
            *check_fallbacks.check(("jobs", key), job),
            *check_hand_overs.check({**before, "jobs": {**before["jobs"], key: job}}, {"jobs": {key: job}}),
        )
        if len(place) > 3
    ]


def owner_problems(kind: str, fields: Plain) -> list[tuple[str, str]]:
    """The same for the owners of one kind, by field of the record ("" where it is about jobs)."""
    before = load()
    wanted: State = {section: {} for section in before} | {"owners": {kind: {"fields": fields}}}
    found = _Check(before, wanted).all()
    return [
        (str(place[2]) if place[0] == "owners" and len(place) > 2 else "", reason) for place, reason in found
    ]


def mapping_problems(key: str, rules: list[Plain]) -> list[str]:
    """What other rules of a mapping would do to the jobs that write with it, and to the owners of fields."""
    before = load()
    if key not in before["mappings"]:
        return []
    mapping = {**before["mappings"][key], "rules": rules}
    wanted: State = {section: {} for section in before} | {"mappings": {key: mapping}}
    return [reason for _, reason in _Check(before, wanted).together()]


class _Check:
    def __init__(self, before: State, wanted: State, spoilt: Collection[Place] = ()) -> None:
        self.before = before
        self.wanted = wanted
        self.given, self.after = merged(before, {section: {} for section in before}), merged(before, wanted)
        self.connectors = Connectors(self.after["connections"])
        self.half_told = {place[1] for place in spoilt if place[0] == "connections"}
        for key in self.half_told:
            self.connectors.refuse(str(key), "Part of it was refused.")

    def all(self) -> Found:
        for key, told in self.wanted["connections"].items():
            yield from self._connection(key, told)
        yield from meaning.check(self.wanted, self.after)
        yield from owners.check(self.wanted, self.after)
        yield from check_bundles.check(self.wanted["bundles"], self.after["bundles"])
        for key in self.wanted["workflows"]:
            place, workflow = ("workflows", key), self.after["workflows"][key]
            yield from model_problems(Workflow, place, workflow, WORKFLOW_FIELDS)
            yield from targets.check(place, self.wanted["workflows"][key])
        for key in self.wanted["jobs"]:
            yield from self._job(key)
        yield from check_double_paths.refused(self.after, self.wanted)
        yield from self.together()
        for key in self.wanted["partners"]:
            yield from self._partner(key)
        yield from check_hand_overs.check(self.after, self.wanted)
        for section in added.ADDED.values():
            yield from section.check(self.wanted, self.after)

    def together(self) -> Found:
        """How jobs that write the same fields get on with one another."""
        yield from check_circles.circles(self.after, self.wanted)
        yield from check_owners.mixed(self.after, self.wanted)
        yield from check_writers.refused(self.given, self.after, self.wanted)

    def _connection(self, key: str, told: Plain) -> Found:
        place = ("connections", key)
        after, present = self.after["connections"][key], self.before["connections"].get(key)
        yield from model_problems(Connection, place, after, CONNECTION_FIELDS)
        if present and after["platform"] != present["platform"] and self._is_used(key):
            yield (*place, "platform"), "Jobs use this connection; a new platform needs a new connection."
        yield from check_double_paths.known(place, after)
        if key not in self.half_told:
            yield from check_connection(place, after, told, self.connectors)

    def _is_used(self, connection: str) -> bool:
        return any(connection in (job["source"], job["destination"]) for job in self.before["jobs"].values())

    def _job(self, key: str) -> Found:
        place, job = ("jobs", key), self.after["jobs"][key]
        missing = [name for name in check_jobs.REQUIRED if not job.get(name)]
        for name in missing:
            yield (*place, name), "A job needs this field."
        if missing:
            return
        dangling = list(self._dangling(place, job))
        yield from dangling
        yield from model_problems(SyncJob, place, job, JOB_FIELDS)
        yield from self._identity(place, job)
        yield from check_fallbacks.check(place, job)
        if not dangling:
            yield from check_jobs.check_job(place, job, self.after, self.connectors)

    def _dangling(self, place: Place, job: Plain) -> Found:
        for name in JOB_REFERENCES:
            section = check_jobs.SECTION_OF[name]
            if job.get(name) is not None and job[name] not in self.after[section]:
                yield (*place, name), f"There is no '{job[name]}' among the {section.replace('_', ' ')}."

    def _identity(self, place: Place, job: Plain) -> Found:
        """Its Deliveries say what the destination holds; under another destination they would be lies."""
        present = self.before["jobs"].get(str(place[1]))
        if present is None:
            return
        moved = [name for name in _IDENTITY if job[name] != present[name]]
        if moved and Delivery.objects.filter(job__key=place[1]).exists():
            yield (
                (*place, moved[0]),
                f"This job has carried records already, so its {moved[0].replace('_', ' ')} stays. Make a new job.",
            )

    def _partner(self, key: str) -> Found:
        place, partner = ("partners", key), self.after["partners"][key]
        yield from model_problems(Partner, place, partner, PARTNER_FIELDS)
        for index, job in enumerate(partner.get("jobs", [])):
            if job not in self.after["jobs"]:
                yield (*place, "jobs", index), f"There is no '{job}' among the jobs."


def merged(before: State, wanted: State) -> State:
    """As it would stand afterwards."""
    after = {section: _merged(before[section], wanted[section]) for section in before}
    for job in after["jobs"].values():
        mapping = after["mappings"].get(str(job.get("read_mapping")), {})
        if "kind" in mapping:
            job.setdefault("kind", mapping["kind"])
    return after


def _merged(before: dict[str, Plain], wanted: dict[str, Plain]) -> dict[str, Plain]:
    merged = {key: dict(plain) for key, plain in before.items()}
    for key, told in wanted.items():
        merged[key] = {**before.get(key, {}), **told}
    return merged

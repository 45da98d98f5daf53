"""Whether jobs and owners of fields fit together: no field of a body is made of what a job may write and what it may
not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mappings.owners import LeftOut, Owners, Ownership, is_name_only, left_out
from mappings.shapes import convert
from mappings.sources import CONTEXT, fields_read
from mappings.translate import RuleData

from .check_jobs import REQUIRED
from .plain import Found, Plain, State


def mixed(after: State, wanted: State) -> Found:
    """A target that would need another system's field beside one that the job may write: what it should hold where the
    first is left out, nobody can say."""
    for key, job in touched_jobs(after, wanted):
        for _, target, foreign, ours, owner in left_out_by(job, after).mixed:
            reason = (
                f"'{job['write_mapping']}' fills {target} from {foreign}, which {owner} owns, and from {ours}, which "
                f"this job may write. Make two fields of it, or give both the same owner."
            )
            yield ("jobs", key, "write_mapping"), reason


def touched_jobs(after: State, wanted: State) -> Iterator[tuple[str, Plain]]:
    """Jobs that the change is about: themselves, their mappings, or the owners of what they carry."""
    for key, job in after["jobs"].items():
        is_touched = (
            key in wanted["jobs"]
            or job.get("kind") in wanted["owners"]
            or job.get("write_mapping") in wanted["mappings"]
        )
        if is_touched and is_whole(job, after):
            yield key, job


def is_whole(job: Plain, after: State) -> bool:
    return all(job.get(name) for name in ("kind", *REQUIRED)) and job["write_mapping"] in after["mappings"]


def owners_of(kind: str, after: State) -> Owners:
    fields = after["owners"].get(kind, {}).get("fields", {})
    return Owners(Ownership(name, **row) for name, row in fields.items())


def rules_of(mapping: Plain) -> list[RuleData]:
    """Of what is wrong in itself, nothing: that is told at the mapping."""
    try:
        return [convert(rule, RuleData) for rule in mapping.get("rules", [])]
    except msgspec.ValidationError:
        return []


def left_out_by(job: Plain, after: State) -> LeftOut:
    rules = rules_of(after["mappings"][job["write_mapping"]])
    return left_out(rules, owners_of(str(job.get("kind", "")), after), job["source"])


def written_by(job: Plain, after: State) -> set[str]:
    """The fields of the Record that this job writes, as the owners stand."""
    rules = rules_of(after["mappings"][job["write_mapping"]])
    gone = left_out_by(job, after).targets
    paths = {
        path
        for rule, read in zip(rules, fields_read(rules), strict=True)
        if rule.target not in gone and not rule.target.endswith("[]")
        for path in read
    }
    return {path for path in paths if not is_name_only(path) and path.partition(".")[0] != CONTEXT}

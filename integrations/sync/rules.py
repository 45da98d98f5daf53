"""The rules of a job's two mappings, compiled once per version, and what a job says about its records."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import SyncJob
from mappings.content_hash import content_hash
from mappings.expressions import condition
from mappings.models import left_out_of, load_rules, owners_of
from mappings.owners import LeftOut, Owners
from mappings.translate import Rules

# So much of a digest tells one set of owners from another.
SHORT = 6


@dataclass(frozen=True)
class JobRules:
    """`write` is without `left_out`: what fields fill that belong to another system than the source."""

    read: Rules
    write: Rules
    version: str
    owners: Owners
    left_out: LeftOut


def rules_of(job: SyncJob) -> JobRules:
    """The newest published versions. `version` names both, as READ.WRITE; where owners take part of it out, also
    what they leave: with other owners, a record is weighed anew."""
    read, write = job.read_mapping, job.write_mapping
    owners = owners_of(job.kind)
    gone = left_out_of(write.pk, write.current_number, owners, job.source.key if owners else "")
    version = f"{read.current_number}.{write.current_number}"
    if gone.targets:
        version += f".{content_hash(dict.fromkeys(gone.targets, 1))[:SHORT]}"
    return JobRules(
        read=load_rules(read.pk, read.current_number),
        write=load_rules(write.pk, write.current_number, frozenset(gone.targets)),
        version=version,
        owners=owners,
        left_out=gone,
    )


def passes_filter(job: SyncJob, record: dict[str, object]) -> bool:
    return not job.filter or condition(job.filter)(record)

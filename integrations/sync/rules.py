"""The rules of a job's two mappings, compiled once per version, and what a job says about its records."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.models import SyncJob
from mappings.expressions import condition
from mappings.models import load_rules
from mappings.translate import Rules


@dataclass(frozen=True)
class JobRules:
    read: Rules
    write: Rules
    version: str


def rules_of(job: SyncJob) -> JobRules:
    """The newest published versions. `version` names both, as READ.WRITE."""
    read, write = job.read_mapping, job.write_mapping
    return JobRules(
        read=load_rules(read.pk, read.current_number),
        write=load_rules(write.pk, write.current_number),
        version=f"{read.current_number}.{write.current_number}",
    )


def passes_filter(job: SyncJob, record: dict[str, object]) -> bool:
    return not job.filter or condition(job.filter)(record)

"""The rules of a job as they would be if one of its mappings were another: its draft, or any other snapshot."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.models import SyncJob
from mappings.models import Direction, Mapping
from mappings.owners import left_out
from mappings.shapes import convert
from mappings.translate import RuleData, compile_rules

from .rules import JobRules, rules_of


def jobs_with(mapping: Mapping) -> QuerySet[SyncJob]:
    """Those that read or write by it. None before it is published: until then no job can use it."""
    published = Q(read_mapping__current_number__gt=0, write_mapping__current_number__gt=0)
    uses = Q(read_mapping=mapping) if mapping.direction == Direction.READ else Q(write_mapping=mapping)
    return (
        SyncJob.objects.filter(published & uses)
        .select_related("source", "destination", "read_mapping", "write_mapping")
        .order_by("name")
    )


def rules_with(job: SyncJob, mapping: Mapping, snapshot: MappingType[str, Any]) -> JobRules:
    """The job's rules with `snapshot` in place of what it has of `mapping`.

    Raises ExpressionError or KeyError for rules that do not pass their checks.
    """
    in_use = rules_of(job)
    rules = [convert(rule, RuleData) for rule in snapshot["rules"]]
    direction, kind, words = mapping.direction, mapping.kind, snapshot["value_maps"]
    if direction == Direction.READ:
        return replace(in_use, read=compile_rules(rules, direction, kind, words))
    gone = left_out(rules, in_use.owners, job.source.key)
    written = compile_rules(rules, direction, kind, words, frozenset(gone.targets))
    return replace(in_use, write=written, left_out=gone)


def unplugged(job: SyncJob) -> Connector:
    """The destination's connector for what it knows by itself: no login, no network. Raises Failure (config)."""
    system = job.destination
    return registry.connect(
        system.platform,
        settings=system.settings,
        secrets=system.secret_values(),
        environment=system.environment,
        name=system.name,
    )

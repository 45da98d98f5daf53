"""The configuration as it stands, in the plain form that files have."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from integrations.models import Bundle, Connection, JobState, Partner, SyncJob, Workflow
from mappings.fields import SecretUnreadable

from . import added, meaning, owners, targets
from .plain import Hidden, Plain, State

CONNECTION_FIELDS = ("name", "platform", "environment", "enabled", "native_integrations")
WORKFLOW_FIELDS = ("name", "problem", "owner", "period", "minutes_per_record")
JOB_FIELDS = (
    "name",
    "kind",
    "source_resource",
    "destination_resource",
    "every_seconds",
    "accepts_pushes",
    "filter",
    "rollout_percent",
    "halts_above_percent",
    "removed",
    "removed_at_most_percent",
    "counts_units_in_flight",
    "waits_for_payment",
    "needs_consent",
    "checks_address",
    "pick_up_hours",
    "pick_up_zone",
    "pick_up_holidays",
    "announce_within_minutes",
    "writes_beside",
    "shares_fields",
    "read_overlap_seconds",
    "stock_buffer",
    "stock_buffer_percent",
    "stock_locations",
    "explode_bundles",
    "concurrent_calls",
    "batch_size",
    "retry_limit",
    "waiting_hours",
    "fallbacks",
    "takes_handed_over",
)
# Fields that name another row by its key.
JOB_REFERENCES = ("workflow", "source", "destination", "read_mapping", "write_mapping")
PARTNER_FIELDS = ("name", "enabled", "calls_per_minute")


def load(*, without_unreadable: bool = False) -> State:
    """Raises SecretUnreadable under another key; or takes such secrets for none, so that they can be told anew."""
    connections = Connection.objects.defer("secrets").order_by("key")
    jobs = _launched_jobs()
    return {
        "connections": {row.key: of_connection(row, without_unreadable) for row in connections},
        "value_maps": meaning.load_value_maps(),
        "mappings": meaning.load_mappings(),
        "owners": owners.load(),
        "bundles": {
            row.sku: of_bundle(row) for row in Bundle.objects.prefetch_related("parts").order_by("sku")
        },
        "workflows": {
            row.key: of_workflow(row) for row in Workflow.objects.prefetch_related("targets").order_by("key")
        },
        "jobs": {row.key: of_job(row) for row in jobs.order_by("key")},
        "partners": {
            row.key: of_partner(row) for row in Partner.objects.prefetch_related("jobs").order_by("key")
        },
        **{name: section.load(without_unreadable) for name, section in added.ADDED.items()},
    }


def load_what_is_written() -> State:
    """Which jobs write which fields, and who owns them, without anything secret: for a screen."""
    jobs = _launched_jobs()
    platforms = Connection.objects.values_list("key", "platform")
    return {
        "connections": {key: {"platform": platform} for key, platform in platforms},
        "mappings": meaning.load_mappings(),
        "owners": owners.load(),
        "jobs": {row.key: of_job(row) for row in jobs.order_by("key")},
    }


def _launched_jobs() -> QuerySet[SyncJob]:
    """A draft does nothing yet: it stands in no file, and in no other job's way."""
    rows = SyncJob.objects.exclude(state=JobState.DRAFT).select_related(*JOB_REFERENCES)
    return rows.defer("source__secrets", "destination__secrets")


def of_connection(row: Connection, without_unreadable: bool = False) -> Plain:
    try:
        secrets = row.secret_values()
    except SecretUnreadable:
        if not without_unreadable:
            raise
        secrets = {}
    return {
        **_fields(row, CONNECTION_FIELDS),
        "webhooks": row.webhook_address is not None,
        "settings": dict(row.settings),
        "secrets": {name: Hidden(value) for name, value in sorted(secrets.items())},
    }


def of_workflow(row: Workflow) -> Plain:
    return {**_fields(row, WORKFLOW_FIELDS), **targets.load(row)}


def of_bundle(row: Bundle) -> Plain:
    return {"name": row.name, "parts": {part.sku: part.quantity for part in row.parts.all()}}


def of_job(row: SyncJob) -> Plain:
    references = {name: getattr(row, name) for name in JOB_REFERENCES}
    keys = {name: None if found is None else found.key for name, found in references.items()}
    return {**_fields(row, JOB_FIELDS), **keys}


def of_partner(row: Partner) -> Plain:
    return {**_fields(row, PARTNER_FIELDS), "jobs": sorted(job.key for job in row.jobs.all())}


def _fields(row: Any, names: tuple[str, ...]) -> Plain:
    return {name: getattr(row, name) for name in names}

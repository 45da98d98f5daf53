"""Sight's own pages in the portal's admin."""

from . import (
    alerts,
    announcements,
    audit_differences,
    audit_runs,
    audits,
    incidents,
    merges,
    mismatches,
    money_settings,
    payment_matches,
    webhooks,
    workflows,
)

__all__ = [
    "alerts",
    "announcements",
    "audit_differences",
    "audit_runs",
    "audits",
    "incidents",
    "merges",
    "mismatches",
    "money_settings",
    "payment_matches",
    "webhooks",
    "workflows",
]

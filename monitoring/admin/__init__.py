"""Sight's own pages in the portal's admin."""

from . import (
    announcements,
    audit_differences,
    audit_runs,
    audits,
    incidents,
    mismatches,
    money_settings,
    payment_matches,
    webhooks,
    workflows,
)

__all__ = [
    "announcements",
    "audit_differences",
    "audit_runs",
    "audits",
    "incidents",
    "mismatches",
    "money_settings",
    "payment_matches",
    "webhooks",
    "workflows",
]

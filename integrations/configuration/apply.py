"""Writes a plan, whole or not at all."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Q

from integrations.models import Connection, Partner, SyncJob, Workflow
from integrations.models.connection import are_other_credentials, replaced_webhook_secret
from integrations.sync import bundle_keeping, bundles, credentials
from mappings.fields import Sealed, SecretUnreadable, encrypt_json

from . import added, meaning, owners, targets
from .diff import Change
from .plain import Plain, title
from .plan import Plan
from .state import JOB_REFERENCES

OTHER_CREDENTIALS = "other_credentials"
REASON = "applied from a file"


def apply(plan: Plan) -> None:
    """One transaction: whatever goes wrong in it, nothing has changed. A plan without changes writes nothing."""
    prepared = [
        (change, _prepared(change, plan.wanted[change.section][change.key])) for change in plan.changes
    ]
    with transaction.atomic():
        for change, wanted in prepared:
            _writer(change.section)(change, wanted)


def _prepared(change: Change, wanted: Plain) -> Plain:
    if change.section == "connections":
        return {**wanted, **_sealed(change.key, wanted)}
    if change.section in added.ADDED:
        return added.ADDED[change.section].prepare(wanted)
    return dict(wanted)


def _sealed(key: str, wanted: Plain) -> Plain:
    """Encryption is done before the transaction begins."""
    if "secrets" not in wanted:
        return {}
    entered = {name: hidden.value for name, hidden in wanted["secrets"].items()}
    sealed: Plain = {"secrets": Sealed(encrypt_json(entered))}
    known = _readable_secrets(key)
    sealed[OTHER_CREDENTIALS] = are_other_credentials(known, entered)
    before = replaced_webhook_secret(known, entered)
    if before is not None:
        sealed["webhook_secret_before"] = Sealed(encrypt_json(before))
    return sealed


def _readable_secrets(key: str) -> Plain:
    """Of the connection as it stands; {} where there is none, or its secrets are under another key."""
    try:
        row = Connection.objects.filter(key=key).first()
    except SecretUnreadable:
        return {}
    return row.secret_values() if row is not None else {}


def _connection(change: Change, wanted: Plain) -> None:
    row = _row(Connection, change)
    webhooks = wanted.pop("webhooks", None)
    if webhooks is True and row.webhook_address is None:
        row.webhook_address = random_source.token_urlsafe(24)
    if webhooks is False:
        row.webhook_address = None
    others = wanted.pop(OTHER_CREDENTIALS, False)
    _save(row, wanted)
    if others:
        credentials.changed(row.pk)


def _bundle(change: Change, wanted: Plain) -> None:
    names = {change.key: wanted["name"]} if "name" in wanted else {}
    present = bundles.bills_of(Q(bundle__sku=change.key)).get(change.key, {})
    bundle_keeping.write({change.key: wanted.get("parts", present)}, names)


def _workflow(change: Change, wanted: Plain) -> None:
    figures = {section: wanted.pop(section) for section in targets.COLUMNS if section in wanted}
    targets.write(_save(_row(Workflow, change), wanted), figures)


def _job(change: Change, wanted: Plain) -> None:
    row = _row(SyncJob, change)
    if "every_seconds" in wanted:
        # The next read follows the new rhythm, not the old one.
        row.next_read_at = None
    references = {name: wanted.pop(name) for name in JOB_REFERENCES if name in wanted}
    for name, key in references.items():
        related: Any = SyncJob._meta.get_field(name).related_model
        setattr(row, name, None if key is None else _by_key(related, key))
    if change.is_new and "kind" not in wanted:
        row.kind = row.read_mapping.kind
    _save(row, wanted)


def _partner(change: Change, wanted: Plain) -> None:
    jobs = wanted.pop("jobs", None)
    row = _save(_row(Partner, change), wanted)
    if jobs is not None:
        row.jobs.set(SyncJob.objects.filter(key__in=jobs))


def _row(model: Any, change: Change) -> Any:
    if change.is_new:
        return model(key=change.key, name=title(change.key))
    return _by_key(model, change.key)


def _by_key(model: Any, key: str) -> Any:
    # Secrets that cannot be read must not stand in the way of new ones.
    rows = model.objects.defer("secrets") if model is Connection else model.objects
    return rows.get(key=key)


def _save(row: Any, wanted: Plain) -> Any:
    for name, value in wanted.items():
        setattr(row, name, value)
    row._change_reason = REASON
    row.save()
    return row


_WRITERS = {
    "connections": _connection,
    "value_maps": meaning.write_value_map,
    "mappings": meaning.write_mapping,
    "owners": owners.write,
    "bundles": _bundle,
    "workflows": _workflow,
    "jobs": _job,
    "partners": _partner,
}


def _writer(section: str) -> Callable[[Change, Plain], None]:
    return added.ADDED[section].write if section in added.ADDED else _WRITERS[section]

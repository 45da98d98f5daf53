"""The systems of a workflow: what each is for, its credentials (which, whose, until when), and its webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.formats import date_format

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.connectors.versions import spoken_by
from integrations.exceptions import Failure
from integrations.models import AccessToken, Connection, SyncJob, WebhookSubscription
from mappings.fields import SecretUnreadable

from .parts import Code, Section, Table, Text

NOTHING = "–"


def systems_of(jobs: Sequence[SyncJob], connections: Sequence[Connection]) -> Section:
    rows: list[tuple[Text, ...]] = [
        (
            one.name,
            Code(one.key),
            _platform(one),
            one.get_environment_display(),
            _host(one),
            _part(one, jobs),
            "on" if one.enabled else "switched off",
        )
        for one in connections
    ]
    columns = ("System", "Key", "Platform", "Environment", "Address", "Its part", "State")
    return Section("Systems", (), (Table(columns, rows),), "It has no system yet: no job belongs to it.")


def credentials_of(connections: Sequence[Connection]) -> Section:
    rows: list[tuple[Text, ...]] = []
    tokens = AccessToken.objects.filter(connection__in=connections).defer("token")
    token_of = {row.connection_id: row for row in tokens}
    for one in connections:
        whose = _whose(one)
        for name, is_entered in _secrets(one):
            rows.append((one.name, name, is_entered, whose, NOTHING))
        token = token_of.get(one.pk)
        if token is not None and token.obtained_at is not None:
            rows.append((one.name, "Access that a person gave, or a login", "entered", whose, _until(token)))
    columns = ("System", "Credential", "Is it there?", "Whose", "Ends")
    sentences = (
        "Values are kept encrypted and are shown nowhere. “–” under “Ends”: the platform tells no end.",
    )
    return Section("Credentials", sentences, (Table(columns, rows),), "No system of it needs a credential.")


def webhooks_of(connections: Sequence[Connection]) -> Section:
    ordered = {
        row.connection_id: row for row in WebhookSubscription.objects.filter(connection__in=connections)
    }
    rows: list[tuple[Text, ...]] = []
    for one in connections:
        row = ordered.get(one.pk)
        if row is not None:
            topics = Code(", ".join(str(topic) for topic in row.topics))
            rows.append((one.name, "ordered by the portal", topics, row.sentence or "as it should be"))
        elif one.webhook_address:
            rows.append((one.name, "entered by a person in that system", NOTHING, NOTHING))
    columns = ("From", "How", "Topics", "Last look at it")
    sentences = (
        "Each comes to an address of its own that nobody can guess, and is verified before it is kept.",
    )
    empty = "None: everything is read by its schedule."
    return Section("Webhooks", sentences if rows else (), (Table(columns, rows),), empty)


def _connector(row: Connection) -> type[Connector] | None:
    """None for a platform that this version does not know."""
    try:
        return registry.get(row.platform)
    except Failure:
        return None


def _platform(row: Connection) -> str:
    kind = _connector(row)
    if kind is None:
        return f"{row.platform} (not known to this version)"
    spoken = spoken_by(kind.facts, row.settings)
    if spoken is None:
        return kind.label
    ends = f", which ends on {spoken.ends:%d %b %Y}" if spoken.ends else ""
    return f"{kind.label}, version {spoken.name}{ends}"


def _host(row: Connection) -> Text:
    """Without anything that might stand around it: some addresses hold a password."""
    for name in ("base_url", "url", "host"):
        value = row.settings.get(name)
        if isinstance(value, str) and value:
            try:
                host = urlsplit(value if "//" in value else f"//{value}").hostname
            except ValueError:
                host = None
            return Code(host) if host else NOTHING
    return NOTHING


def _part(row: Connection, jobs: Sequence[SyncJob]) -> str:
    gives = dict.fromkeys(job.kind.replace("_", " ") for job in jobs if job.source_id == row.pk)
    takes = dict.fromkeys(job.kind.replace("_", " ") for job in jobs if job.destination_id == row.pk)
    said = [f"{verb} {', '.join(kinds)}" for verb, kinds in (("gives", gives), ("takes", takes)) if kinds]
    return "; ".join(said)


def _secrets(row: Connection) -> list[tuple[str, str]]:
    """(name, whether it is entered): what the platform asks for, and what else was entered. Never a value."""
    kind = _connector(row)
    fields = [field for field in kind.settings_fields if field.secret] if kind is not None else []
    try:
        entered = {name for name, value in row.secret_values().items() if value}
    except SecretUnreadable:
        return [
            (field.label, "cannot be read: the key of this installation is another one") for field in fields
        ]
    found = [
        (field.label, "entered" if field.name in entered else "missing")
        for field in fields
        if field.name in entered or field.required
    ]
    return found + [(name, "entered") for name in sorted(entered - {field.name for field in fields})]


def _whose(row: Connection) -> str:
    first = row.history.select_related("history_user").order_by("history_date", "history_id").first()
    who = getattr(first, "history_user", None)
    by = (
        f"connected by {who.get_username()}"
        if who is not None
        else "connected by a configuration file, or by Crossdock itself"
    )
    return f"the account of {row.name} ({row.get_environment_display().lower()}), {by}"


def _until(token: AccessToken) -> str:
    if token.consent_ends_at is not None:
        return f"{_day(token.consent_ends_at)}: then a person has to say yes again"
    if token.expires_at is not None:
        return "renewed by itself"
    return NOTHING


def _day(moment: object) -> str:
    return date_format(timezone.localtime(moment), "j M Y")  # type: ignore[arg-type]  # a moment

"""Alerts in configuration files: the sections `alert_channels` (who is told) and `alerts` (of what).

Recipients are people: as secrets, they are never printed, and an export has a reference in their place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from typing import Any

from msgspec import UNSET, UnsetType

from integrations.configuration.added import Section
from integrations.configuration.check_fields import model_problems
from integrations.configuration.diff import Change
from integrations.configuration.plain import Found, Hidden, Plain, State, title
from integrations.configuration.schema import Entry
from integrations.configuration.targets import number
from integrations.models import SyncJob, Workflow
from mappings.fields import Sealed, SecretUnreadable, encrypt_json
from monitoring.models import AlertChannel, AlertKind, AlertRule, ChannelKind

from . import soundness

CHANNELS, ALERTS = "alert_channels", "alerts"
CHANNEL_FIELDS = ("name", "kind", "enabled")
SECRETS = ("address", "signing_secret")
# Between recipients in one text: a comma or a semicolon, as in mail programs, or another line.
_BETWEEN = re.compile(r"[,;\n]")
RULE_FIELDS = (
    "name",
    "kind",
    "threshold",
    "window_minutes",
    "cool_down_minutes",
    "tells_recovery",
    "is_urgent",
    "enabled",
)


class ChannelEntry(Entry, kw_only=True):
    kind: str | UnsetType = UNSET
    # As one text, with commas, since a variable of the environment is one.
    recipients: list[str] | str | UnsetType = UNSET
    secrets: dict[str, Any] | UnsetType = UNSET
    quiet_hours: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class AlertEntry(Entry, kw_only=True):
    kind: str | UnsetType = UNSET
    workflow: str | UnsetType | None = UNSET
    job: str | UnsetType | None = UNSET
    threshold: float | UnsetType | None = UNSET
    window_minutes: int | UnsetType = UNSET
    cool_down_minutes: int | UnsetType = UNSET
    tells_recovery: bool | UnsetType = UNSET
    is_urgent: bool | UnsetType = UNSET
    channels: list[str] | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


# --- who is told ----------------------------------------------------------------------------------------------------


def load_channels(without_unreadable: bool = False) -> dict[str, Plain]:
    rows = AlertChannel.objects.defer(*SECRETS).order_by("key")
    return {
        row.key: {
            **{name: getattr(row, name) for name in CHANNEL_FIELDS},
            "recipients": _hidden(row.addresses()),
            "quiet_hours": _quiet_hours(row),
            "secrets": dict(_secrets(row, without_unreadable)),
        }
        for row in rows
    }


def _quiet_hours(row: AlertChannel) -> str | None:
    """As one text: 22:00 by itself is a number to YAML."""
    if row.quiet_from is None or row.quiet_until is None:
        return None
    return f"{row.quiet_from:%H:%M}-{row.quiet_until:%H:%M}"


def quiet_hours(told: str | None) -> tuple[time, time] | None:
    """Of "22:00-06:00". Raises ValueError, with what to do."""
    if not told:
        return None
    try:
        begin, end = (time.fromisoformat(part.strip()) for part in told.split("-"))
    except ValueError as error:
        raise ValueError("Write quiet hours as “22:00-06:00”.") from error
    for _, sentence in soundness.of_quiet_hours(begin, end):
        raise ValueError(sentence)
    return begin, end


def _hidden(recipients: list[str]) -> Hidden | list[str]:
    """An export asks no variable of a channel that tells nobody by mail."""
    return Hidden(recipients, "personal data") if recipients else []


def _shown(recipients: Hidden | list[str]) -> list[str]:
    return list(recipients.value) if isinstance(recipients, Hidden) else recipients


def normal_channel(told: Plain) -> Plain:
    """`a@example.com, b@example.com` is a list, as what a person wrote line by line is. Quiet hours are written
    without blanks."""
    if told.get("quiet_hours"):
        told = {**told, "quiet_hours": re.sub(r"\s", "", str(told["quiet_hours"]))}
    if "recipients" not in told:
        return dict(told)
    recipients = told["recipients"]
    listed = _BETWEEN.split(recipients) if isinstance(recipients, str) else recipients
    return {**told, "recipients": _hidden([one.strip() for one in listed if one.strip()])}


def _secrets(row: AlertChannel, without_unreadable: bool) -> Iterator[tuple[str, Hidden]]:
    for name in SECRETS:
        try:
            value = getattr(row, name)
        except SecretUnreadable:
            if not without_unreadable:
                raise
            continue
        if value:
            yield name, Hidden(value)


def check_channels(wanted: State, after: State) -> Found:
    for key in wanted[CHANNELS]:
        place, channel = (CHANNELS, key), after[CHANNELS][key]
        if not channel.get("kind"):
            yield (*place, "kind"), f"Choose one of: {', '.join(ChannelKind.values)}."
            continue
        yield from model_problems(AlertChannel, place, channel, CHANNEL_FIELDS)
        try:
            quiet_hours(channel.get("quiet_hours"))
        except ValueError as error:
            yield (*place, "quiet_hours"), str(error)
        secrets = channel.get("secrets", {})
        for name in secrets:
            if name not in SECRETS:
                yield (*place, "secrets", name), f"There is no such secret. Known are: {', '.join(SECRETS)}."
        said = {name: str(secrets[name].value) if name in secrets else "" for name in SECRETS}
        for field, sentence in soundness.of_channel(
            channel["kind"], _shown(channel.get("recipients", [])), **said
        ):
            yield (*place, "secrets", field) if field in SECRETS else (*place, field), sentence


def prepare_channel(wanted: Plain) -> Plain:
    """Secrets that are told replace all that are stored."""
    told = dict(wanted)
    if "secrets" in told:
        entered = told.pop("secrets")
        for name in SECRETS:
            told[name] = Sealed(encrypt_json(str(entered[name].value).strip())) if name in entered else None
    return told


def write_channel(change: Change, wanted: Plain) -> None:
    rows = AlertChannel.objects.defer(*SECRETS)
    row = AlertChannel(key=change.key, name=title(change.key)) if change.is_new else rows.get(key=change.key)
    if "recipients" in wanted:
        row.recipients = "\n".join(_shown(wanted.pop("recipients")))
    if "quiet_hours" in wanted:
        row.quiet_from, row.quiet_until = quiet_hours(wanted.pop("quiet_hours")) or (None, None)
    for name, value in wanted.items():
        setattr(row, name, value)
    # Of a row that is there, secrets that were not told are not loaded, and so not written.
    row.save()


# --- of what --------------------------------------------------------------------------------------------------------


def load_rules(_without_unreadable: bool = False) -> dict[str, Plain]:
    """Channels by their keys alone: their secrets are not read for it."""
    rows = AlertRule.objects.select_related("workflow", "job").order_by("key")
    told: dict[int, list[str]] = {}
    for rule, channel in AlertRule.channels.through.objects.values_list("alertrule", "alertchannel__key"):
        told.setdefault(rule, []).append(channel)
    return {row.key: {**_rule(row), "channels": sorted(told.get(row.pk, []))} for row in rows}


def _rule(row: AlertRule) -> Plain:
    return {
        **{name: getattr(row, name) for name in RULE_FIELDS},
        "threshold": None if row.threshold is None else number(row.threshold),
        "workflow": row.workflow.key if row.workflow else None,
        "job": row.job.key if row.job else None,
    }


def normal_rule(told: Plain) -> Plain:
    """5.0 in a file is 5."""
    threshold = told.get("threshold")
    if isinstance(threshold, float) and math.isfinite(threshold):
        return {**told, "threshold": number(threshold)}
    return dict(told)


def check_rules(wanted: State, after: State) -> Found:
    for key in wanted[ALERTS]:
        place, rule = (ALERTS, key), after[ALERTS][key]
        if not rule.get("kind"):
            yield (*place, "kind"), f"Choose one of: {', '.join(AlertKind.values)}."
            continue
        wrong = list(model_problems(AlertRule, place, rule, RULE_FIELDS))
        yield from wrong
        if not any(where[-1] == "threshold" for where, _ in wrong):
            lacks = soundness.of_rule(
                rule["kind"],
                rule.get("threshold"),
                has_workflow=bool(rule.get("workflow")),
                has_job=bool(rule.get("job")),
            )
            yield from (((*place, field), sentence) for field, sentence in lacks)
        for field in ("workflow", "job"):
            if rule.get(field) is not None and rule[field] not in after[f"{field}s"]:
                yield (*place, field), f"There is no '{rule[field]}' among the {field}s."
        for index, channel in enumerate(rule.get("channels", [])):
            if channel not in after[CHANNELS]:
                yield (*place, "channels", index), f"There is no '{channel}' among the alert channels."


def write_rule(change: Change, wanted: Plain) -> None:
    row = (
        AlertRule(key=change.key, name=title(change.key))
        if change.is_new
        else AlertRule.objects.get(key=change.key)
    )
    channels = wanted.pop("channels", None)
    if "workflow" in wanted:
        row.workflow = _named(Workflow, wanted.pop("workflow"))
    if "job" in wanted:
        row.job = _named(SyncJob, wanted.pop("job"))
    if wanted.get("threshold") is not None:
        wanted["threshold"] = Decimal(str(wanted["threshold"]))
    for name, value in wanted.items():
        setattr(row, name, value)
    row.save()
    if channels is not None:
        row.channels.set(AlertChannel.objects.defer(*SECRETS).filter(key__in=channels))
    elif change.is_new:
        row.channels.set(the_only_channel())


def _named(model: Any, key: str | None) -> Any:
    return None if key is None else model.objects.get(key=key)


def the_only_channel() -> list[AlertChannel]:
    """Whom a new alert tells that says nothing of it: where there is one channel there is no doubt."""
    found = list(AlertChannel.objects.defer(*SECRETS).filter(enabled=True)[:2])
    return found if len(found) == 1 else []


SECTIONS = (
    Section(
        CHANNELS, ChannelEntry, load_channels, check_channels, write_channel, prepare_channel, normal_channel
    ),
    Section(ALERTS, AlertEntry, load_rules, check_rules, write_rule, normal=normal_rule),
)

"""What a channel or a rule lacks, by field: the forms ask it, and configuration files do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from integrations.connectors.webhook_out import is_signing_secret
from integrations.http.client import HttpClient
from monitoring.models import AlertKind, ChannelKind

# The field, and what to do about it.
Lacks = Iterator[tuple[str, str]]

COUNTED_IN = {
    AlertKind.SUCCESS_RATE: "percent",
    AlertKind.FAILURES: "records",
    AlertKind.API_VERSION: "days",
    AlertKind.ACCESS: "days",
}


def of_channel(kind: str, recipients: list[str], address: str, signing_secret: str) -> Lacks:
    if kind == ChannelKind.EMAIL:
        yield from _of_recipients(recipients)
    elif kind in ChannelKind.values and not address:
        yield "address", "Enter where the message is sent to."
    elif kind in ChannelKind.values and not _is_address(address):
        yield "address", "Enter a whole address, as https://hooks.example.com/alerts."
    if kind == ChannelKind.WEBHOOK and not is_signing_secret(signing_secret):
        yield (
            "signing_secret",
            "Enter whsec_ and, behind it, 24 to 64 random bytes in base64: openssl rand -base64 32.",
        )


def of_quiet_hours(begin: time | None, end: time | None) -> Lacks:
    if (begin is None) != (end is None):
        yield (
            "quiet_until" if end is None else "quiet_from",
            "Quiet hours need both: from when, and until when.",
        )
    elif begin is not None and begin == end:
        yield (
            "quiet_until",
            "Quiet hours that end when they begin are none. Enter another hour, or none at all.",
        )


def _of_recipients(recipients: list[str]) -> Lacks:
    if not recipients:
        yield "recipients", "Enter at least one e-mail address."
    for one in recipients:
        try:
            validate_email(one)
        except ValidationError:
            yield "recipients", f"“{one}” is no e-mail address."


def _is_address(address: str) -> bool:
    try:
        HttpClient("/".join(address.split("/")[:3])).close()
    except ValueError:
        return False
    return True


def of_rule(kind: str, threshold: Any, *, has_workflow: bool, has_job: bool) -> Lacks:
    """`threshold` None: none is told, or one that is wrong by itself."""
    if kind in COUNTED_IN and threshold is None:
        yield "threshold", f"Say how many {COUNTED_IN[AlertKind(kind)]}."
    if kind == AlertKind.SUCCESS_RATE and _number(threshold) > 100:
        yield "threshold", "A rate is at most 100 percent."
    if has_workflow and has_job:
        yield "job", "Choose a workflow or a job, not both."


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)

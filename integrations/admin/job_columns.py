"""Colours and links that several pages share."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html

from integrations.templatetags.portal import number

STATE_COLOURS = {"Active": "success", "Paused": "warning", "Halted by a failure": "danger"}

RUN_COLOURS = {"Running": "info", "Finished": "success", "Failed": "danger", "Cancelled": "warning"}

KIND_COLOURS = {
    "Temporary": "info",
    "Connection": "warning",
    "Record or mapping": "primary",
    "Fault in Crossdock": "danger",
}

RECORD_COLOURS = {
    "Queued": "info",
    "Retrying": "warning",
    "Waiting for what it refers to": "warning",
    "Held back": "warning",
    "Needs a person": "danger",
    "Delivered": "success",
    "Unchanged": "success",
}


def rows_url(model: str, **query: object) -> str:
    """The list of a model of this app, narrowed."""
    address = reverse(f"admin:integrations_{model}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def counted(count: int, url: str) -> str:
    """A number that leads to its rows; a plain 0 where there are none."""
    if not count:
        return format_html('<span class="portal-none">{}</span>', 0)
    return format_html('<a class="portal-count" href="{}">{}</a>', url, number(count))

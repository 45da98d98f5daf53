"""Colours and links that several pages share."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from integrations.models import JobState, State, SyncJob, SyncRun
from integrations.templatetags.portal import number

HELD = "Held until it is launched"
STATE_COLOURS = {
    "Draft": "primary",
    "Active": "success",
    "Paused": "warning",
    "Halted by a failure": "danger",
    HELD: "warning",
}

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


def state_of(job: SyncJob) -> str:
    """As a person is told it: a job that is active and waits for its launch does not go."""
    return HELD if job.state == JobState.ACTIVE and job.is_held_for_launch else job.get_state_display()


def rows_url(model: str, **query: object) -> str:
    """The list of a model of this app, narrowed."""
    address = reverse(f"admin:integrations_{model}_changelist")
    return f"{address}?{urlencode(query)}" if query else address


def dashboard_link(kind: str, pk: int, text: str = "Dashboard") -> SafeString | str:
    """To the figures of a workflow or a connection; "" in a portal without sight."""
    try:
        return format_html(
            '<a class="portal-here" href="{}">{}</a>', reverse(f"{kind}_dashboard", args=[pk]), text
        )
    except NoReverseMatch:
        return ""


def counted(count: int, url: str) -> str:
    """A number that leads to its rows; a plain 0 where there are none."""
    if not count:
        return format_html('<span class="portal-none">{}</span>', 0)
    return format_html('<a class="portal-count" href="{}">{}</a>', url, number(count))


def nothing_to_send(run: SyncRun) -> str:
    """What a run accepted and had no cause to write, by its reason; with delivered and failed it makes up the run."""
    reasons = (
        (run.unchanged, "unchanged", State.UNCHANGED),
        (run.filtered, "filtered", State.FILTERED),
        (run.ignored, "dropped", State.IGNORED),
        (run.skipped, "skipped", State.SKIPPED),
        (run.handed_over, "handed over", State.HANDED_OVER),
        (run.superseded, "superseded", State.SUPERSEDED),
        (run.held, "held back", State.HELD),
    )
    found = [
        (rows_url("outcome", run=run.pk, result=state), number(count), reason)
        for count, reason, state in reasons
        if count
    ]
    if not found:
        return counted(0, "")
    return format_html_join(", ", '<a class="portal-count" href="{}">{} {}</a>', found)

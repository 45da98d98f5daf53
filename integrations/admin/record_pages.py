"""Links to the thing itself, in the system that has it."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.connectors import registry
from integrations.exceptions import Failure
from integrations.models import Connection, Delivery, ExternalId, SyncJob


def source_id_of(job: str, thing: str) -> Subquery:
    """For a list: the source's id of each row's thing. `job` and `thing` lead from the row to them."""
    known = ExternalId.objects.filter(
        connection=OuterRef(f"{job}__source"),
        resource=OuterRef(f"{job}__source_resource"),
        thing=OuterRef(thing),
    )
    # Most have one; where there are several, the oldest is the one the record came in under.
    return Subquery(known.order_by("id").values("external_id")[:1])


def page_in(connection: Connection, resource: str, external_id: str | None) -> str:
    """ "" where the system has no page of it that we know."""
    if not external_id:
        return ""
    try:
        kind = registry.get(connection.platform)
    except Failure:
        return ""
    return kind.page_for(connection.settings, resource, external_id)


def link_to_source(job: SyncJob | None, external_id: str | None) -> SafeString | str:
    """ "Open in The shop", leading there in a tab of its own; "" where there is no such page."""
    if job is None:
        return ""
    page = page_in(job.source, job.source_resource, external_id)
    return link(page, f"Open in {job.source.name}") if page else ""


def journey_of(thing_id: int) -> str:
    """Where all that happened to it in all systems stands; "" in a portal without sight."""
    try:
        return reverse("journey", args=[thing_id])
    except NoReverseMatch:
        return ""


def below(text: object, link_to: SafeString | str) -> SafeString | str:
    """A cell of a list: what it says, and the link below it where there is one."""
    if not link_to:
        return str(text)
    return format_html('<span>{}<span class="portal-below">{}</span></span>', text, link_to)


def link(page: str, text: str) -> SafeString:
    return format_html(
        '<a class="portal-elsewhere" href="{}" target="_blank" rel="noopener noreferrer">{}</a>', page, text
    )


def pages_of(delivery: Delivery) -> list[tuple[str, str]]:
    """(name of the system, address) of both ends where the thing can be looked at."""
    job = delivery.job
    ends = ((job.source, job.source_resource), (job.destination, job.destination_resource))
    known = {
        (connection_id, resource): external_id
        for connection_id, resource, external_id in delivery.thing.external_ids.order_by("-id").values_list(
            "connection_id", "resource", "external_id"
        )
    }
    pages = [
        (connection.name, page_in(connection, resource, known.get((connection.pk, resource))))
        for connection, resource in ends
    ]
    return [(name, page) for name, page in pages if page]

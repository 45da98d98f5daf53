"""What of a source's earlier contents still counts, where we write into what we read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from integrations.models import LastKnown

if TYPE_CHECKING:
    from .accept import Known


def heed_our_writes(connection_id: int, entries: dict[int, Known]) -> None:
    """The same content may come back. What was accepted before our own write is not known to stand there any more, and
    what was answered to a write before that is not known to be its echo."""
    accepted = {
        thing: entry.accepted_at
        for thing, entry in entries.items()
        if entry.echo and entry.accepted_at is not None
    }
    if not accepted:
        return
    rows = LastKnown.objects.filter(
        thing_id__in=accepted, connection_id=connection_id, written_at__isnull=False
    ).values_list("thing_id", "written_at")
    for thing, written_at in rows:
        if written_at is not None and written_at > accepted[thing]:
            entries[thing].digest = ""
        else:
            entries[thing].echo = ""

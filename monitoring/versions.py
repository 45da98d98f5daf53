"""Which connections speak a version of their vendor's API that ends soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from integrations.connectors import registry
from integrations.connectors.versions import Spoken, spoken_by
from integrations.exceptions import Failure
from integrations.models import Connection
from integrations.sync.notices import LASTS

# From so many days before on, the front page says so.
ANNOUNCED_DAYS = 90


@dataclass(frozen=True)
class Ending:
    """`is_announced`: its own answers say so, and `spoken.name` is the reason that they give."""

    connection: Connection
    spoken: Spoken
    days: int
    is_announced: bool = False

    @property
    def sentence(self) -> str:
        when = f"{self.spoken.ends:%d %b %Y}"
        ends = "ended" if self.days < 0 else "ends"
        if self.is_announced:
            why = f" ({self.spoken.name})" if self.spoken.name else ""
            subject = f"{self.connection.name} says in its answers that what Crossdock calls there{why}"
            return f"{subject} {ends} on {when}. {self._remedy}"
        return (
            f"{self.connection.name} speaks version {self.spoken.name} of its API, which {ends} on {when}. "
            f"{self._remedy}"
        )

    @property
    def _remedy(self) -> str:
        if self.spoken.is_pinned:
            return "Enter a newer version at the connection, then test it."
        return "Bring Crossdock up to date before that day."

    @property
    def href(self) -> str:
        return reverse("admin:integrations_connection_change", args=[self.connection.pk])


def ending(today: date, days: int = ANNOUNCED_DAYS) -> list[Ending]:
    """Those that end within so many days, or have ended; the next to end first. Of one connection the earlier end of
    what its vendor's pages say and what its answers announce."""
    found = []
    for connection in Connection.objects.filter(enabled=True).defer("secrets").order_by("name"):
        ends = [end for end in (_by_its_pages(connection, today), _by_its_answers(connection, today)) if end]
        first = min(ends, key=lambda one: one.days, default=None)
        if first is not None and first.days <= days:
            found.append(first)
    return sorted(found, key=lambda one: one.days)


def _by_its_pages(connection: Connection, today: date) -> Ending | None:
    try:
        spoken = spoken_by(registry.get(connection.platform).facts, connection.settings)
    except Failure:  # of a platform that is not there any more
        return None
    if spoken is None or spoken.ends is None:
        return None
    return Ending(connection, spoken, (spoken.ends - today).days)


def _by_its_answers(connection: Connection, today: date) -> Ending | None:
    """What has not been announced for long is over: another version is spoken by now."""
    ends, heard = connection.announced_end, connection.announced_at
    if ends is None or heard is None or heard.date() < today - LASTS:
        return None
    return Ending(connection, Spoken(connection.announced_said, ends, False), (ends - today).days, True)

"""Which connections speak a version of their vendor's API that ends soon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from integrations.connectors import registry
from integrations.connectors.versions import Spoken, spoken_by
from integrations.exceptions import Failure
from integrations.models import Connection

# From so many days before on, the front page says so.
ANNOUNCED_DAYS = 90


@dataclass(frozen=True)
class Ending:
    connection: Connection
    spoken: Spoken
    days: int

    @property
    def sentence(self) -> str:
        name, version = self.connection.name, self.spoken.name
        when = f"{self.spoken.ends:%d %b %Y}"
        if self.days < 0:
            return f"{name} speaks version {version} of its API, which ended on {when}. {self._remedy}"
        return f"{name} speaks version {version} of its API, which ends on {when}. {self._remedy}"

    @property
    def _remedy(self) -> str:
        if self.spoken.is_pinned:
            return "Enter a newer version at the connection, then test it."
        return "Bring Crossdock up to date before that day."

    @property
    def href(self) -> str:
        return reverse("admin:integrations_connection_change", args=[self.connection.pk])


def ending(today: date, days: int = ANNOUNCED_DAYS) -> list[Ending]:
    """Those that end within so many days, or have ended; the next to end first."""
    found = []
    for connection in Connection.objects.filter(enabled=True).defer("secrets").order_by("name"):
        try:
            spoken = spoken_by(registry.get(connection.platform).facts, connection.settings)
        except Failure:  # of a platform that is not there any more
            continue
        if spoken is not None and spoken.ends is not None and (left := (spoken.ends - today).days) <= days:
            found.append(Ending(connection, spoken, left))
    return sorted(found, key=lambda one: one.days)

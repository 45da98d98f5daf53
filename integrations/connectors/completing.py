"""A connector whose rows are completed by further calls before anybody sees them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.connectors.base import Item, Page
from integrations.connectors.http import DeclaredConnector


class CompletedConnector(DeclaredConnector):
    def say(self) -> str:
        """How the platform is called in sentences."""
        return self.client.name

    def setting(self, name: str) -> str:
        return str(self.settings.get(name) or "")

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        return replace(page, items=tuple(self._completed(resource, page.items)))

    def fetch(self, resource: str, external_id: str) -> Item | None:
        return self._alone(resource, super().fetch(resource, external_id))

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        return self._alone(resource, super().lookup(resource, natural_key))

    def _alone(self, resource: str, item: Item | None) -> Item | None:
        return self._completed(resource, [item])[0] if item is not None else None

    @abstractmethod
    def _completed(self, resource: str, items: Sequence[Item]) -> list[Item]:
        """The same things in the same order, with what their rows leave out."""

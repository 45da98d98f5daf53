"""How one row of a list is understood, and how one thing is fetched or looked up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations.connectors.base import Item
from integrations.connectors.details import DetailPlan
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import Rules
from integrations.connectors.templates import MISSING, Names, as_id, as_text, condition, expression
from integrations.connectors.times import moment, version_reader
from integrations.connectors.words import One, Resource
from integrations.exceptions import Failure
from integrations.http.client import HttpClient

GONE = (404, 410)


class RecordPlan:
    """How one record of a resource is understood: id, version, whether it is gone."""

    def __init__(self, word: Resource, field: str) -> None:
        self.field = field
        self.id_at = word.id
        self._id = expression(word.id, f"{field}.id")
        self._id_tail = word.id_tail
        self.updated_at = moment(word.updated_at, f"{field}.updated_at") if word.updated_at else None
        self.version = version_reader(word.version, self.updated_at, f"{field}.version")
        self._deleted = condition(word.deleted, f"{field}.deleted") if word.deleted else None

    def external_id(self, record: Any) -> str:
        """ "" where the record has none."""
        found = self._id(record)
        if found is MISSING:
            return ""
        text = as_id(found)
        return text.rstrip("/").rpartition("/")[2] if self._id_tail else text

    def item(self, record: dict[str, Any], partial: bool = False) -> Item:
        external_id = self.external_id(record)
        if not external_id:
            raise Failure.config(
                "no_id",
                f"A record has no id that can be used at {self.id_at!r}. "
                f"Correct {self.field}.id in the connection's declaration.",
                field=f"{self.field}.id",
            )
        deleted = self._deleted is not None and self._deleted(record)
        return Item(external_id, record, self.version(record), deleted=deleted, partial=partial)


class OnePlan:
    """Fetches a thing by its id, or looks it up by its natural key."""

    def __init__(
        self, word: One, record: RecordPlan, rules: Rules, names: Names, field: str, graphql_path: str
    ) -> None:
        inner = names.with_scope("external_id", "natural_key", "settings")
        self.field = field
        self.endpoint = EndpointPlan(word, inner, field, read_only=True, graphql_path=graphql_path)
        self.record = record
        self.rules = rules
        self.find = expression(word.record, f"{field}.record")
        self.match = expression(word.match, f"{field}.match") if word.match else None
        self.details = [
            DetailPlan(detail, rules, names, f"{field}.details[{place}]", graphql_path)
            for place, detail in enumerate(word.details)
        ]

    def get(
        self, client: HttpClient, settings: Any, *, external_id: str = "", natural_key: str = ""
    ) -> Item | None:
        scope = {"external_id": external_id, "natural_key": natural_key, "settings": settings}
        response = client.send(self.endpoint.request(scope))
        if response.status in GONE:
            return None
        try:
            self.rules.judge(client, response)
        except Failure as failure:
            if failure.code == "not_found":
                return None
            raise
        rows = self._chosen(client.name, self.find(response.json), natural_key)
        if not rows:
            return None
        item = self.record.item(rows[0])
        if len(rows) > 1:
            item = replace(item, alike=sum(not self.record.item(row).deleted for row in rows))
        for detail in self.details:
            detail.join(client, settings, item.external_id, item.payload)
        return item

    def _chosen(self, name: str, found: Any, natural_key: str) -> list[dict[str, Any]]:
        """Of several, those whose natural key is the very one: searches find similar things too. The first is taken.

        Which of several it is, is never guessed: another's order would be taken for ours."""
        rows = [row for row in (found if isinstance(found, list) else [found]) if isinstance(row, dict)]
        if self.match is None and len(rows) > 1:
            raise Failure.config(
                "several_found",
                f"{name} finds {len(rows)} things where one is looked for. Name at {self.field}.match where in them "
                "the key stands.",
                field=f"{self.field}.match",
            )
        return [row for row in rows if self._fits(row, natural_key)]

    def _fits(self, row: dict[str, Any], natural_key: str) -> bool:
        if self.match is None or not natural_key:
            return True
        found = self.match(row)
        return found is not MISSING and as_text(found) == natural_key

"""The door for what payment providers tell: nothing of a card comes through."""

from __future__ import annotations

from dataclasses import replace

from integrations.connectors.base import Item
from integrations.models import SyncJob
from mappings import cards


def stripped(job: SyncJob, item: Item) -> Item:
    """Before anything of it is compared or stored."""
    if job.kind not in cards.KINDS:
        return item
    payload = cards.without_card_data(item.payload)
    return item if payload is item.payload else replace(item, payload=payload)

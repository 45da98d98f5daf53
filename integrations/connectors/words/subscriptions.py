"""Webhooks that the portal orders itself, where the platform has calls for it."""

from __future__ import annotations

import msgspec

from integrations.connectors.words.basics import Endpoint, Expression, Word
from integrations.connectors.words.paging import NoPaging, PagingWord


class SubscriptionList(Endpoint):
    """Which there are. `records`: where they are in the answer; in each of them the expressions of Subscriptions."""

    records: Expression = "@"
    paging: PagingWord = msgspec.field(default_factory=NoPaging)


class Subscriptions(Word):
    """`topics` are ordered; `each`: every topic is a subscription of its own. Templates of `create` are over
    {address, topics, topic, secret}, of `delete` over {id}.

    `address` and `topics` (one or a list) say what one delivers and where, `active` whether it still does. Where the
    platform makes the secret, `secret` says where it stands in the answer to `create`.
    """

    topics: list[str]
    listing: SubscriptionList = msgspec.field(name="list")
    create: Endpoint
    delete: Endpoint | None = None
    each: bool = False
    id: Expression = "id"
    address: Expression = "address"
    topics_at: Expression = "topics"
    active: Expression = ""
    secret: Expression = ""

"""The words of a declaration: what a JSON API looks like, as plain data.

Expressions are JMESPath. In a template every text that begins with "=" is an expression and every {name} a
placeholder; which names there are is said at the word. `docs/connect-any-api.md` teaches all of this.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from integrations.connectors.words.basics import Endpoint, Expression, Template, Time, Variable, Version, Word
from integrations.connectors.words.identity import (
    AuthWord,
    BasicAuth,
    BearerAuth,
    HeadersAuth,
    KeyAuth,
    LoginAuth,
    NoAuth,
    OAuth,
    OAuth1Auth,
    OAuthClientAuth,
)
from integrations.connectors.words.paging import (
    Counted,
    CursorPaging,
    LinkPaging,
    NoPaging,
    OffsetPaging,
    PageInfoPaging,
    PagePaging,
    PagingWord,
    Sized,
)
from integrations.connectors.words.reads import Detail, Listing, One, Since
from integrations.connectors.words.subscriptions import SubscriptionList, Subscriptions
from integrations.connectors.words.webhooks import Signature, Topic, Webhook
from integrations.connectors.words.writes import Batch, ErrorRule, Key, Lines, Write

__all__ = [
    "AuthWord",
    "BasicAuth",
    "Batch",
    "BearerAuth",
    "Counted",
    "CursorPaging",
    "Declaration",
    "Detail",
    "Endpoint",
    "ErrorRule",
    "Expression",
    "HeadersAuth",
    "Key",
    "KeyAuth",
    "Limits",
    "Lines",
    "LinkPaging",
    "Listing",
    "LoginAuth",
    "NoAuth",
    "NoPaging",
    "OAuth",
    "OAuth1Auth",
    "OAuthClientAuth",
    "OffsetPaging",
    "One",
    "PageInfoPaging",
    "PagePaging",
    "PagingWord",
    "Resource",
    "Signature",
    "Since",
    "Sized",
    "SubscriptionList",
    "Subscriptions",
    "Template",
    "Test",
    "Time",
    "Timeouts",
    "Topic",
    "Variable",
    "Version",
    "Webhook",
    "Word",
    "Write",
]


class Resource(Word):
    """One kind of thing. `id_tail`: the id is what stands behind the last "/" (an id that is a link).

    `page`: where a person sees one of them: "https://shop.example.com/admin/orders/{external_id}", with variables.
    `natural_key`: where in the mapped payload the key stands by which `lookup` finds the thing.
    """

    label: str = ""
    id: Expression = "id"
    id_tail: bool = False
    updated_at: Time | None = None
    version: Version | None = None
    deleted: Expression = ""
    natural_key: Expression = ""
    page: str = ""
    required: list[str] = []
    listing: Listing | None = msgspec.field(default=None, name="list")
    not_final: Listing | None = None
    fetch: One | None = None
    lookup: One | None = None
    create: Write | None = None
    update: Write | None = None
    upsert: Write | None = None
    actions: dict[str, Write] = {}
    batch: Batch | None = None
    errors: list[ErrorRule] = []


class Limits(Word):
    """0: the platform names no limit. `points`: what GraphQL platforms count instead of calls (a bucket, refilled by
    `points_per_second`; one call takes `cost` of it, until the answers say what calls really cost)."""

    requests_per_second: float = 0.0
    burst: int = 1
    concurrent: int = 0
    per_day: int = 0
    points_per_second: float = 0.0
    points: float = 0.0
    cost: float = 1.0


class Timeouts(Word):
    """Seconds; `total` for one call with everything. `calls`: how many one write takes at most, one after the other."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 25.0
    calls: int = 1


class Test(Endpoint):
    """What the test button calls; `expect` is an expression over the answer that must be true."""

    expect: Expression = ""


class Declaration(Word):
    base_url: str
    resources: dict[str, Resource]
    label: str = ""
    variables: dict[str, Variable] = {}
    auth: AuthWord = msgspec.field(default_factory=NoAuth)
    oauth: OAuth | None = None
    headers: dict[str, str] = {}
    graphql_path: str = ""
    limits: Limits = msgspec.field(default_factory=Limits)
    timeouts: Timeouts = msgspec.field(default_factory=Timeouts)
    max_megabytes: Annotated[int, msgspec.Meta(ge=1, le=200)] = 20
    errors: list[ErrorRule] = []
    request_id_header: str = ""
    webhook: Webhook | None = None
    test: Test | None = None

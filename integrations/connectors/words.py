"""The words of a declaration: what a JSON API looks like, as plain data.

Expressions are JMESPath. In a template every text that begins with "=" is an expression and every {name} a
placeholder; which names there are is said at the word. `docs/connect-any-api.md` teaches all of this.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Expression = str
Template = Any


class Word(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A misspelt word is refused, not ignored."""


class Variable(Word):
    """Something that differs per connection; {name} in any template."""

    label: str = ""
    help: str = ""
    default: str | int | float | bool | None = None
    required: bool = True


# Who we are. Templates here may also hold {secrets}.


class NoAuth(Word, tag="none", tag_field="kind"):
    pass


class BearerAuth(Word, tag="bearer", tag_field="kind"):
    token: str = "{token}"  # noqa: S105  # a placeholder
    header: str = "Authorization"
    prefix: str = "Bearer "


class BasicAuth(Word, tag="basic", tag_field="kind"):
    username: str = "{username}"
    password: str = "{password}"  # noqa: S105  # a placeholder


class KeyAuth(Word, tag="api_key", tag_field="kind"):
    """Exactly one of `header` and `query`."""

    value: str = "{token}"
    header: str = ""
    query: str = ""


class HeadersAuth(Word, tag="headers", tag_field="kind"):
    headers: dict[str, str]


class LoginAuth(Word, tag="login", tag_field="kind"):
    """A call that gives a token. `token` is an expression over its answer, or `token_header` names a header.

    `expires_in` (seconds) and `expires_at` are expressions over the answer; `lifetime` in seconds where it says
    nothing. `refused` is an expression that is true where a login was refused with HTTP 200.
    """

    path: str = ""
    method: str = "POST"
    body: Template = None
    document: str = ""
    variables: dict[str, Template] = {}
    params: dict[str, Template] = {}
    headers: dict[str, str] = {}
    encoding: Literal["json", "form"] = "json"
    token: Expression = ""
    token_header: str = ""
    expires_in: Expression = ""
    expires_at: Expression = ""
    lifetime: float = 0.0
    refused: Expression = ""
    header: str = "Authorization"
    prefix: str = "Bearer "
    query: str = ""


class OAuthClientAuth(Word, tag="oauth_client", tag_field="kind"):
    """OAuth 2.0 client credentials. `token_url` may be of another host than the API."""

    token_url: str
    client_id: str = "{client_id}"
    client_secret: str = "{client_secret}"  # noqa: S105  # a placeholder
    scope: str = ""
    credentials_in: Literal["body", "header"] = "body"
    extra: dict[str, str] = {}


AuthWord = NoAuth | BearerAuth | BasicAuth | KeyAuth | HeadersAuth | LoginAuth | OAuthClientAuth


# When something was.


class Time(Word):
    """`format`: iso, unix, unix_ms, date, or a pattern like "%d.%m.%Y %H:%M". Where the text has no zone, `zone` is
    meant, or what `zone_at` (an expression over the record) gives. Several places, or a list: the newest counts."""

    at: Expression | list[Expression]
    format: str = "iso"
    zone: str = "UTC"
    zone_at: Expression = ""


class Version(Word):
    """What grows with every change. Without it the updated-at is the version."""

    at: Expression
    kind: Literal["number", "text"] = "number"


# One call.


class Endpoint(Word):
    """A path with params and body, or a GraphQL `document` with `variables`."""

    method: str = ""
    path: str = ""
    params: dict[str, Template] = {}
    headers: dict[str, str] = {}
    body: Template = None
    encoding: Literal["json", "form"] = "json"
    document: str = ""
    variables: dict[str, Template] = {}


# How a list goes on.


class Sized(Word):
    """`size`: things per page, sent as `size_param` or as {size}. `size_refused`: an expression over the answer that
    is true where the platform refuses a page of this size with HTTP 200; then half is asked for."""

    size: int = 0
    size_param: str = ""
    size_refused: Expression = ""


class NoPaging(Sized, tag="none", tag_field="style"):
    pass


class LinkPaging(Sized, tag="link", tag_field="style"):
    """The address of the next page: in the Link header, or at the expression `next` in the body."""

    next: Expression = ""


class CursorPaging(Sized, kw_only=True, tag="cursor", tag_field="style"):
    """`next`: where the next cursor is; `more`: an expression that is true while there is more (else: while there is a
    cursor). `alone`: the platform wants no other parameter beside a cursor."""

    next: Expression
    param: str = ""
    more: Expression = ""
    alone: bool = False


class Counted(Sized):
    """Ends with `total` (things in all), or when `more` is not true; without them with a page that is not full.

    `order` says what may happen to the list while it is read. changing: a thing that changes takes another place, so
    another one can slip past; a read of several pages is followed by a second pass. stable: things keep their places.
    oldest_first: sorted by updated-at, so the next page is asked for by the time of the last thing, and nothing slips.
    """

    param: str = ""
    total: Expression = ""
    more: Expression = ""
    order: Literal["changing", "stable", "oldest_first"] = "changing"


class PagePaging(Counted, tag="page", tag_field="style"):
    """`first` is the number of the first page; `pages`: how many pages there are in all."""

    first: int = 1
    pages: Expression = ""


class OffsetPaging(Counted, tag="offset", tag_field="style"):
    """Also called skip and take. `overlap`: how many things of the page before are read again."""

    overlap: int = 0


class PageInfoPaging(Sized, kw_only=True, tag="page_info", tag_field="style"):
    """GraphQL connections: `page_info` is where {hasNextPage, endCursor} is."""

    page_info: Expression


PagingWord = NoPaging | LinkPaging | CursorPaging | PagePaging | OffsetPaging | PageInfoPaging


class Since(Word):
    """How to ask for what has changed: sent as `param`, or as {since} in the call.

    Times are cut to `granularity` seconds, as the platform cuts its own; `overlap` seconds are read again;
    `strict`: the platform compares with "later than", so one more granule is read. `window`: not since the last
    read but since so many seconds ago.
    """

    param: str = ""
    format: str = "iso"
    zone: str = "UTC"
    granularity: float = 0.0
    overlap: float = 0.0
    strict: bool = False
    window: float = 0.0


class Detail(Endpoint, kw_only=True):
    """A further call for each record. Templates are over {record, external_id}; what it gives goes `into` it."""

    into: str
    records: Expression = "@"
    when: Expression = ""


class Listing(Endpoint):
    """Templates are over {since, now, cursor, page, offset, size}. `records`: where the records are.

    `newest_first`: reading stops where things are older than what is asked for. `partial`: the rows are only good for
    their ids, each is to be fetched. `skip`: an expression over a row that is true for what is not wanted.
    """

    records: Expression = "@"
    paging: PagingWord = msgspec.field(default_factory=NoPaging)
    since: Since | None = None
    newest_first: bool = False
    partial: bool = False
    skip: Expression = ""
    details: list[Detail] = []


class One(Endpoint):
    """One thing. Templates are over {external_id} (fetch) or {natural_key} (lookup); `record` is where it is.

    `match` (lookup): where in the record the natural key stands; then a search may find similar things too.
    """

    record: Expression = "@"
    match: Expression = ""
    details: list[Detail] = []


# What goes wrong.


class ErrorRule(Word):
    """All that is said must be true: `status` (one or several) and `when` (over the answer's body).

    `kind`: transient, config, data; rate_limited; expired (log in again); not_found; done (it has been done before:
    a success); ok (no failure at all). `code`, `sentence`, `field` are texts, or expressions with "=". `sentence` is
    what the operator reads; without it there is one of ours, which quotes what the platform says at `said`.
    """

    kind: Literal["transient", "config", "data", "rate_limited", "expired", "not_found", "done", "ok"]
    status: int | list[int] | None = None
    when: Expression = ""
    code: str = ""
    sentence: str = ""
    said: Expression = ""
    field: str = ""
    retry_after: Expression = ""
    in_doubt: bool | None = None
    connection_wide: bool | None = None


# Writing. Templates are over {record, body, ids, written, settings, external_id, natural_key, subject, key}.


class Key(Word):
    """Where the idempotency key goes, and for how many seconds it protects."""

    header: str = ""
    body: str = ""
    lifetime: float = 86_400.0


class Lines(Word):
    """Ids of lines in the answer. `at`: the list; in each `id`, and `ref`, our line's id; without `ref` they stand in
    the order of `sent` (an expression over the templates' names that gives our lines' ids)."""

    at: Expression
    id: Expression = "id"
    ref: Expression = ""
    sent: Expression = ""


class Write(Endpoint):
    """Without `body` the whole mapped payload is sent (below `wrap`, where that is said).

    `answer`: where the written thing is in the answer; `id`, `lines` and the version are read from there. `id_header`:
    the id is the tail of this header. `repeatable`: done twice it has the effect of once. `then`: further calls.
    `when`, `once`, `ends` and `order` are for actions; where several are due, the one with the smaller `order` goes
    first, then the one whose name comes first in the alphabet.
    """

    wrap: str = ""
    answer: Expression = "@"
    id: Expression = ""
    id_tail: bool = False
    id_header: str = ""
    lines: Lines | None = None
    key: Key | None = None
    repeatable: bool = False
    replayed: Expression = ""
    required: list[str] = []
    errors: list[ErrorRule] = []
    then: list[Write] = []
    when: Expression = ""
    once: bool = True
    ends: bool | None = None
    order: int = 0


class Batch(Endpoint, kw_only=True):
    """Several writes of one operation in one call. The bodies of the single calls are put at `items` of the body, or at
    {items} in a template. `results`: one per item, in order, or joined by `match` (an expression over result and body).

    `failed`: an expression over a result; `status`: where its status is; `answer`: where the written thing is.
    `key`: the field of an item that takes its idempotency key.
    """

    operation: Literal["create", "update", "upsert"]
    size: int
    items: str = ""
    results: Expression
    match: Expression = ""
    match_sent: Expression = ""
    failed: Expression = ""
    status: Expression = ""
    answer: Expression = "@"
    key: str = ""


class Resource(Word):
    """One kind of thing. `id_tail`: the id is what stands behind the last "/" (an id that is a link).

    `natural_key`: where in the mapped payload the key stands by which `lookup` finds the thing.
    """

    label: str = ""
    id: Expression = "id"
    id_tail: bool = False
    updated_at: Time | None = None
    version: Version | None = None
    deleted: Expression = ""
    natural_key: Expression = ""
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


# Webhooks.


class Signature(Word):
    """`signed`: the template of what is signed, over {body, timestamp, id}. `secret` is a template over secrets;
    `key_form` says how its text becomes a key.

    The header is `prefix` + signature. `separator` and `part` are for headers with several parts
    ("t=1,v1=abc": separator ",", part "v1", timestamp_part "t"). `algorithm` plain: the header is the secret itself.
    """

    header: str
    algorithm: Literal["sha256", "sha1", "sha512", "plain"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    secret: str = "{webhook_secret}"  # noqa: S105  # a placeholder
    key_form: Literal["text", "base64", "hex", "nfkd"] = "text"
    secret_prefix: str = ""
    signed: str = "{body}"
    prefix: str = ""
    separator: str = ""
    part: str = ""
    timestamp_header: str = ""
    timestamp_part: str = ""
    timestamp_format: str = "unix"
    id_header: str = ""
    tolerance: float = 300.0


class Topic(Word):
    """What an event is about. `id` and `payload` are expressions over the event; `deleted`: the thing is gone."""

    resource: str
    id: Expression = "id"
    id_tail: bool = False
    payload: Expression = ""


class Webhook(Word):
    """`events`: where the events are when one delivery brings several. `delivery_id` (expression) or
    `delivery_id_header` only where the id is the same for every redelivery."""

    signature: Signature
    topics: dict[str, Topic]
    topic: Expression = ""
    topic_header: str = ""
    events: Expression = ""
    delivery_id: Expression = ""
    delivery_id_header: str = ""
    occurred: Time | None = None


class Limits(Word):
    requests_per_second: float = 0.0
    burst: int = 1
    concurrent: int = 0


class Timeouts(Word):
    """Seconds; `total` for one call with everything."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 25.0


class Test(Endpoint):
    """What the test button calls; `expect` is an expression over the answer that must be true."""

    expect: Expression = ""


class Declaration(Word):
    base_url: str
    resources: dict[str, Resource]
    label: str = ""
    variables: dict[str, Variable] = {}
    auth: AuthWord = msgspec.field(default_factory=NoAuth)
    headers: dict[str, str] = {}
    graphql_path: str = ""
    limits: Limits = msgspec.field(default_factory=Limits)
    timeouts: Timeouts = msgspec.field(default_factory=Timeouts)
    max_megabytes: int = 20
    errors: list[ErrorRule] = []
    request_id_header: str = ""
    webhook: Webhook | None = None
    test: Test | None = None

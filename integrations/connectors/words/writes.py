"""Writing, and what goes wrong.

Templates of a write are over {record, body, ids, written, settings, external_id, natural_key, subject, key}.
"""

from __future__ import annotations

from typing import Literal

from integrations.connectors.words.basics import Count, Endpoint, Expression, Seconds, Word


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


class Key(Word):
    """Where the idempotency key goes, and for how many seconds it protects."""

    header: str = ""
    body: str = ""
    lifetime: Seconds = 86_400.0


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
    size: Count
    items: str = ""
    results: Expression
    match: Expression = ""
    match_sent: Expression = ""
    failed: Expression = ""
    status: Expression = ""
    answer: Expression = "@"
    key: str = ""

"""Webhooks: the signature, and what an event is about."""

from __future__ import annotations

from typing import Literal

from integrations.connectors.words.basics import Expression, Seconds, Time, Word
from integrations.connectors.words.subscriptions import Subscriptions


class Signature(Word):
    """`signed`: the template of what is signed, over {body, timestamp, id, url}. `secret` is a template over secrets;
    `key_form` says how its text becomes a key.

    The header is `prefix` + signature. `separator` and `part` are for headers with several parts
    ("t=1,v1=abc": separator ",", part "v1", timestamp_part "t"). `algorithm` plain: the header is the secret itself.
    """

    header: str
    algorithm: Literal["sha256", "sha1", "sha512", "plain"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    secret: str = "{webhook_secret}"  # noqa: S105  # a placeholder
    key_form: Literal["text", "base64", "hex", "nfkd", "html"] = "text"
    secret_prefix: str = ""
    signed: str = "{body}"
    prefix: str = ""
    separator: str = ""
    part: str = ""
    timestamp_header: str = ""
    timestamp_part: str = ""
    timestamp_format: str = "unix"
    id_header: str = ""
    tolerance: Seconds = 300.0


class Topic(Word):
    """What an event is about. `id` and `payload` are expressions over the event. `also`: further resources that show
    the same thing."""

    resource: str
    also: list[str] = []
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
    subscriptions: Subscriptions | None = None

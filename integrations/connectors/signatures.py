"""Webhooks as declared: the signature first, over the raw bytes; then what the event is about."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from integrations.connectors.base import WebhookEvent
from integrations.connectors.templates import (
    MISSING,
    Names,
    as_id,
    as_text,
    expression,
    pieces_of,
    text_template,
)
from integrations.connectors.times import check_format, moment, parse, utc_now, zone
from integrations.connectors.words import Signature, Topic, Webhook
from integrations.exceptions import DeclarationError, SignatureRefused

_HASHES: dict[str, Callable[..., Any]] = {
    "sha256": hashlib.sha256,
    "sha1": hashlib.sha1,
    "sha512": hashlib.sha512,
}
# The five signs that HTML must write as entities. Others that a secret may happen to hold ("&copy") are not meant.
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|#0*(?:3[489]|6[02])|(?i:#x0*(?:2[267]|3[ce])));")
# How a secret's text is written differently before it is a key.
_KEY_TEXTS: dict[str, Callable[[str], str]] = {
    "nfkd": partial(unicodedata.normalize, "NFKD"),
    "html": lambda text: _ESCAPED.sub(lambda found: html.unescape(found[0]), text),
}
Headers = Mapping[str, str]
SIGNED = Names(frozenset(("body", "timestamp", "id", "url")))


class SignaturePlan:
    def __init__(self, word: Signature, names: Names, secret_names: tuple[str, ...], field: str) -> None:
        self.word = word
        self.secret = text_template(word.secret, Names(frozenset(secret_names)), f"{field}.secret")
        self.signed = pieces_of(word.signed, SIGNED, f"{field}.signed")
        self.needs_time = ("timestamp",) in self.signed
        self.needs_id = ("id",) in self.signed
        check_format(word.timestamp_format, f"{field}.timestamp_format")
        self.home = zone("UTC", field)
        if self.needs_time and not (word.timestamp_header or word.timestamp_part):
            raise DeclarationError(
                f"{field}.timestamp_header", "The signed text has a timestamp; say where it comes."
            )
        if self.needs_id and not word.id_header:
            raise DeclarationError(
                f"{field}.id_header", "The signed text has an id; say in which header it comes."
            )
        if (word.part or word.timestamp_part) and not word.separator:
            raise DeclarationError(
                f"{field}.separator", "A header with parts needs the separator between them."
            )

    def check(
        self, headers: Headers, raw: bytes, secrets: Mapping[str, Any], now: datetime, url: str
    ) -> None:
        """Raises SignatureRefused. `headers` have names in small letters."""
        secret = self.secret(secrets)
        if not secret:
            raise SignatureRefused("The connection has no webhook secret, so nothing can be verified.")
        header = headers.get(self.word.header.lower(), "")
        if not header:
            raise SignatureRefused(f"The header {self.word.header} is missing.")
        if self.word.algorithm == "plain":
            if not hmac.compare_digest(header.removeprefix(self.word.prefix).encode(), secret.encode()):
                raise SignatureRefused("The token is not ours.")
            return
        timestamp = self._timestamp(headers, header)
        if timestamp:
            self._check_time(timestamp, now)
        sent_id = headers.get(self.word.id_header.lower(), "")
        expected = self.signature(secret, raw, {"timestamp": timestamp, "id": sent_id, "url": url})
        if not any(self._is_equal(sent, expected) for sent in self._sent(header)):
            raise SignatureRefused("The signature does not fit the body.")

    def signature(self, secret: str, raw: bytes, values: Mapping[str, str]) -> str:
        """Of this body, without what stands before it in the header: whoever checks it and whoever signs work it out
        alike. `values`: the timestamp, id and url that are signed with it. Raises SignatureRefused for a secret that
        is no key."""
        message = b"".join(
            raw
            if piece == ("body",)
            else values[piece[0]].encode()
            if isinstance(piece, tuple)
            else piece.encode()
            for piece in self.signed
        )
        digest = hmac.new(self.key(secret), message, _HASHES[self.word.algorithm]).digest()
        return base64.b64encode(digest).decode() if self.word.encoding == "base64" else digest.hex()

    def _is_equal(self, sent: str, expected: str) -> bool:
        given = sent if self.word.encoding == "base64" else sent.lower()
        return hmac.compare_digest(given.encode(), expected.encode())

    def key(self, secret: str) -> bytes:
        """Raises SignatureRefused for a secret that is none."""
        text = secret.removeprefix(self.word.secret_prefix)
        try:
            if self.word.key_form == "base64":
                return base64.b64decode(text, validate=True)
            if self.word.key_form == "hex":
                return bytes.fromhex(text)
        except (binascii.Error, ValueError) as error:
            raise SignatureRefused(
                f"The webhook secret is not {self.word.key_form}. Enter it anew."
            ) from error
        return _KEY_TEXTS.get(self.word.key_form, str)(text).encode()

    def _sent(self, header: str) -> list[str]:
        """All signatures in the header: while a secret is changed, some platforms send two."""
        pieces = (
            [piece.strip() for piece in header.split(self.word.separator)]
            if self.word.separator
            else [header]
        )
        if self.word.part:
            start = f"{self.word.part}="
            pieces = [piece[len(start) :] for piece in pieces if piece.startswith(start)]
        return [
            piece.removeprefix(self.word.prefix) for piece in pieces if piece.startswith(self.word.prefix)
        ]

    def _timestamp(self, headers: Headers, header: str) -> str:
        if self.word.timestamp_part:
            start = f"{self.word.timestamp_part}="
            pieces = (piece.strip() for piece in header.split(self.word.separator))
            return next((piece[len(start) :] for piece in pieces if piece.startswith(start)), "")
        found = headers.get(self.word.timestamp_header.lower(), "") if self.word.timestamp_header else ""
        if self.needs_time and not found:
            raise SignatureRefused("The time of sending is missing.")
        return found

    def _check_time(self, text: str, now: datetime) -> None:
        sent = parse(text, self.word.timestamp_format, self.home)
        if sent is None:
            raise SignatureRefused("The time of sending cannot be read.")
        if abs((now - sent).total_seconds()) > self.word.tolerance:
            raise SignatureRefused("The time of sending is too far from ours.")


LONGEST_ID = 255
NO_JSON = "Its signature is right, but its body is no JSON. Look at what was sent, and read the source again."
NAMES_NOTHING = (
    "Its signature is right, but where the id of the record should be there is none that can be used. "
    "Check the topic's id in the connection's settings, then replay it."
)


class TopicPlan:
    def __init__(self, word: Topic, resources: set[str], field: str) -> None:
        for place, name in (("resource", word.resource), *(("also", name) for name in word.also)):
            if name not in resources:
                known = ", ".join(sorted(resources))
                raise DeclarationError(
                    f"{field}.{place}", f"{name!r} is no resource here. There are: {known}."
                )
        self.resource = word.resource
        self.also = tuple(word.also)
        self.is_any = field.endswith(".*")
        self.id = expression(word.id, f"{field}.id")
        self.id_tail = word.id_tail
        self.payload = expression(word.payload, f"{field}.payload") if word.payload else None

    def event(
        self, topic: str, event: Any, delivery_id: str | None, occurred: datetime | None
    ) -> WebhookEvent | None:
        found = self.id(event)
        if found is MISSING and self.is_any:
            # Where all topics are taken, pings and tests come too, and they are about nothing.
            return None
        external_id = "" if found is MISSING else as_id(found).strip()
        if self.id_tail:
            external_id = external_id.rstrip("/").rpartition("/")[2]
        if not external_id or len(external_id) > LONGEST_ID:
            return WebhookEvent(topic, self.resource, "", delivery_id, problem=NAMES_NOTHING)
        payload = self.payload(event) if self.payload is not None else None
        return WebhookEvent(
            topic,
            self.resource,
            external_id,
            delivery_id,
            payload if isinstance(payload, dict) else None,
            occurred,
        )


class WebhookPlan:
    def __init__(
        self, word: Webhook, names: Names, secret_names: tuple[str, ...], resources: set[str]
    ) -> None:
        self.signature = SignaturePlan(word.signature, names, secret_names, "webhook.signature")
        self.topics = {
            name: TopicPlan(topic, resources, f"webhook.topics.{name}") for name, topic in word.topics.items()
        }
        if not self.topics:
            raise DeclarationError("webhook.topics", "Name at least one topic.")
        if "*" not in self.topics and not (word.topic or word.topic_header):
            raise DeclarationError(
                "webhook.topic", 'How is the topic told? Name topic, topic_header or the topic "*".'
            )
        self.topic_header = word.topic_header.lower()
        self.topic = expression(word.topic, "webhook.topic") if word.topic else None
        self.events = expression(word.events, "webhook.events") if word.events else None
        self.delivery_id_header = word.delivery_id_header.lower()
        self.delivery_id = expression(word.delivery_id, "webhook.delivery_id") if word.delivery_id else None
        self.occurred = moment(word.occurred, "webhook.occurred") if word.occurred else None
        self.resources = {name for topic in self.topics.values() for name in (topic.resource, *topic.also)}

    def verify(
        self, headers: Headers, raw: bytes, secrets: Mapping[str, Any], url: str
    ) -> list[WebhookEvent]:
        """Events of topics that are not declared are left out. Raises SignatureRefused."""
        small = {name.lower(): value for name, value in headers.items()}
        self.prove(small, raw, secrets, url)
        return self.heard(small, raw)

    def prove(self, small: Headers, raw: bytes, secrets: Mapping[str, Any], url: str) -> datetime:
        """When it was looked at. Raises SignatureRefused."""
        now = utc_now()
        self.signature.check(small, raw, secrets, now, url)
        return now

    def heard(self, small: Headers, raw: bytes) -> list[WebhookEvent]:
        """The events of what is known to be the platform's own. `small`: headers with names in small letters."""
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError:
            # Signed, so it is the platform's own: a ping, empty or as a form. What began as JSON was an event.
            topic = small.get(self.topic_header, "")
            was_event = raw.lstrip()[:1] in (b"{", b"[")
            return [WebhookEvent(topic, "", "", problem=NO_JSON)] if was_event else []
        found = self.events(body) if self.events is not None else [body]
        if not isinstance(found, list):
            return []
        return [one for event in found for one in self._events(small, event, len(found))]

    def _events(self, headers: Headers, event: Any, count: int) -> list[WebhookEvent]:
        told = self.topic(event) if self.topic is not None else headers.get(self.topic_header, MISSING)
        topic = "" if told is MISSING else as_text(told)
        plan = self.topics.get(topic) or self.topics.get("*")
        if plan is None:
            return []
        made = plan.event(topic, event, self._delivery_id(headers, event, count), self._occurred(event))
        if made is None:
            return []
        # Which of them a delivery's id stands for cannot be told: with one id the second would look like a repetition.
        others = [replace(made, resource=name, delivery_id=None) for name in plan.also]
        return [made, *others]

    def _delivery_id(self, headers: Headers, event: Any, count: int) -> str | None:
        if self.delivery_id is not None:
            found = self.delivery_id(event)
            return None if found is MISSING else as_text(found)
        # One id in a header for several events would make all but the first look like redeliveries.
        return (
            headers.get(self.delivery_id_header) or None if self.delivery_id_header and count == 1 else None
        )

    def _occurred(self, event: Any) -> datetime | None:
        found = self.occurred(event) if self.occurred is not None else None
        return found.astimezone(UTC) if found is not None else None

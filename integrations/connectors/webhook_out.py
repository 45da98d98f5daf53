"""Events to an address of the operator's own, signed by Standard Webhooks:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

- `webhook-id` is the write's idempotency key: the same for every try of one event, so the receiver can drop doubles.
- `webhook-timestamp` is the moment of the try, and what is signed: an event that is sent again is signed anew.
- After the secret was replaced, both sign for as long as the old one counts elsewhere in the portal.
- What is sent is {"type", "timestamp", "data"}, as the scheme recommends; `data` is what the mapping wrote.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from integrations.connectors.base import Answer, Call, Limit, SettingField, TestReport, WriteContext
from integrations.connectors.consent import Consent
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.signatures import SignaturePlan
from integrations.connectors.templates import Names
from integrations.connectors.times import utc_now
from integrations.connectors.words import Signature
from integrations.connectors.writing import plain, request_of
from integrations.exceptions import DeclarationError, Failure, SignatureRefused
from integrations.http.auth import Auth
from integrations.http.client import Request, Response
from integrations.http.messages import parse_json

# Which of our Records goes by which resource, and what its events are called: order.created, order.updated…
EVENTS = {
    "orders": "order",
    "customers": "customer",
    "stock": "stock",
    "variants": "variant",
    "fulfillments": "fulfillment",
    "payments": "payment",
    "refunds": "refund",
    "tickets": "ticket",
    "events": "event",
}
PING = "crossdock.ping"
# The scheme's own retries go on for three days, so a receiver that keeps to it knows an id for as long.
KEY = {"header": "webhook-id", "lifetime": 3 * 86_400}
# By the scheme a key has 192 to 512 bits.
SHORTEST_KEY, LONGEST_KEY = 24, 64
USUAL_RATE = 20

SCHEME = SignaturePlan(
    Signature(
        header="webhook-signature",
        encoding="base64",
        key_form="base64",
        secret_prefix="whsec_",  # noqa: S106  # what every such secret begins with
        signed="{id}.{timestamp}.{body}",
        prefix="v1,",
        separator=" ",
        id_header="webhook-id",
        timestamp_header="webhook-timestamp",
    ),
    Names(frozenset()),
    ("webhook_secret",),
    "signature",
)


class SignedCalls:
    """Adds the moment and the signatures to each call, over the very bytes that are sent."""

    def __init__(self, signing: Sequence[str], authorization: str, query: str) -> None:
        self._signing = tuple(signing)
        self._authorization = authorization
        self._query = query

    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        if self._authorization:
            headers["Authorization"] = self._authorization
        params.extend(parse_qsl(self._query, keep_blank_values=True))

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> str:
        moment = str(int(utc_now().timestamp()))
        values = {"id": headers["webhook-id"], "timestamp": moment, "url": url}
        headers["webhook-timestamp"] = moment
        headers["webhook-signature"] = " ".join(
            SCHEME.word.prefix + SCHEME.signature(secret, body or b"", values) for secret in self._signing
        )
        return url

    def secrets(self) -> tuple[str, ...]:
        bare = tuple(secret.removeprefix(SCHEME.word.secret_prefix) for secret in self._signing)
        of_query = tuple(value for _, value in parse_qsl(self._query))
        others = (self._authorization, self._authorization.rpartition(" ")[2], self._query, *of_query)
        return tuple(secret for secret in (*self._signing, *bare, *others) if secret)


class WebhookOut(DeclaredConnector):
    platform = "webhook_out"
    label = "Signed webhook (Standard Webhooks)"
    settings_fields = (
        SettingField(
            "base_url",
            "Address",
            kind="url",
            help_text="Where the events are sent to, whole, as https://hooks.example.com/crossdock. What stands behind "
            "a ? is entered below.",
        ),
        SettingField(
            "webhook_secret",
            "Signing secret",
            secret=True,
            help_text="whsec_ and, behind it, 24 to 64 random bytes in base64. The receiver needs the same.",
        ),
        SettingField(
            "token",
            "Authorization header",
            required=False,
            secret=True,
            help_text="Where the receiver wants one beside the signature: sent as it stands, as Bearer abc.",
        ),
        SettingField(
            "query",
            "Query of the address",
            required=False,
            secret=True,
            help_text="Where the receiver has a secret in its address: what stands behind the ?, as code=abc.",
        ),
        SettingField(
            "calls_per_second",
            "Events a second",
            kind="integer",
            required=False,
            default=USUAL_RATE,
            help_text="No more than these are sent.",
        ),
    )
    facts = Facts(
        group=Group.ANY,
        documentation="https://www.standardwebhooks.com/",
        credentials=(
            "Ask whoever runs the receiver for its address, and enter it.",
            "Where the receiver gives you a secret that begins with whsec_, enter that.",
            "Otherwise make one: openssl rand -base64 32, put whsec_ before it, and give it to the receiver as well.",
            "Press “Test”: an event of the type crossdock.ping is sent, which the receiver should answer with 2xx.",
        ),
        verified=Verified.CONTRACT,
        verified_against="the signature scheme of Standard Webhooks 1.0.0 and the test vector of its authors. What a "
        "receiver makes of an event is its own matter",
        limits="The scheme names none. Crossdock sends up to 20 events a second, or as many as you say, and up to 8 "
        "at once.",
        traps=(
            "The receiver must answer with 2xx within 20 seconds; it should store the event and work on it afterwards.",
            "The same event may come twice, then with the same webhook-id: the receiver must drop the second.",
            "What happens to one record comes in its order, what happens to several in any.",
            "Amounts and quantities are texts with their decimal places, as 12.50, since numbers in JSON lose them.",
            "After the signing secret was replaced, events are signed with both for two days.",
            "410 from the receiver stops the job: that is how it says that it wants no more.",
            "A refund, payment or fulfillment of an order waits until that order was sent to the same connection.",
            "Where two sources may have the same ids, give each a connection of its own, or change id in the mapping.",
            "An http:// address is signed too, but everybody on the way can read it.",
        ),
        lacks=(
            "Nothing is read or looked up: a receiver cannot be asked what it has.",
            "Events are signed with a secret that both know (v1), not with a pair of keys (v1a).",
            "Each event is a call of its own.",
        ),
    )
    declaration = {
        "label": "The receiver",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"label": "Address"},
            "calls_per_second": {"label": "Events a second", "default": USUAL_RATE},
        },
        "limits": {"requests_per_second": USUAL_RATE, "burst": USUAL_RATE, "concurrent": 8},
        # The scheme recommends to wait for 15 to 30 seconds.
        "timeouts": {"connect": 5, "read": 20, "total": 25},
        # What is not named here is as HTTP has it: 408, 425 and 429 later, 5xx again with the same id.
        "errors": [
            {
                "status": 410,
                "kind": "config",
                "code": "receiver_stopped",
                "sentence": "The receiver wants no more events (410 Gone). Ask whoever runs it, correct the address, "
                "then resume the job.",
                "connection_wide": True,
            },
            {
                "status": 404,
                "kind": "config",
                "code": "no_such_address",
                "sentence": "There is nothing at this address (404). Correct it at the connection.",
                "connection_wide": True,
            },
            {
                "status": [401, 403],
                "kind": "config",
                "code": "unauthorized",
                "sentence": "The receiver does not accept who sends. See that it has the same signing secret, that its "
                "clock is right, and whether it wants an Authorization header.",
                "connection_wide": True,
            },
        ],
        "resources": {
            name: {
                "natural_key": "id",
                "required": ["id"],
                "upsert": {"path": "/", "key": KEY, "repeatable": True},
                # Only where the job says so, when a record is gone from its source.
                "actions": {"delete": {"path": "/", "when": "`false`", "key": KEY, "repeatable": True}},
            }
            for name in EVENTS
        },
    }

    def _identity(self) -> tuple[Auth, Consent | None]:
        if any(sign in str(self.settings["base_url"]) for sign in "?#"):
            raise DeclarationError(
                "base_url",
                "Leave out the ? and what stands behind it; that is entered as “Query of the address”.",
            )
        secret = str(self.secrets.get("webhook_secret") or "")
        if not secret:
            raise DeclarationError(
                "webhook_secret", "It is not entered, and nothing is sent without a signature."
            )
        if not is_signing_secret(secret):
            raise DeclarationError(
                "webhook_secret",
                "It is no signing secret: whsec_ and, behind it, 24 to 64 random bytes in base64. "
                "“openssl rand -base64 32” makes the part behind whsec_.",
            )
        earlier = str(self.secrets.get("webhook_secret_before") or "")
        signing = [secret, earlier] if is_signing_secret(earlier) else [secret]
        texts = [str(self.secrets.get(name) or "").strip() for name in ("token", "query")]
        return SignedCalls(signing, texts[0], texts[1].lstrip("?")), None

    @classmethod
    def limit_for(cls, settings: Mapping[str, Any]) -> Limit:
        usual = super().limit_for(settings)
        told = settings.get("calls_per_second")
        if told in (None, ""):
            return usual
        try:
            rate = int(str(told))
        except ValueError:
            rate = 0
        if rate < 1:
            raise DeclarationError("calls_per_second", "At least 1 event a second must be allowed.")
        return replace(usual, calls_per_second=float(rate), burst=rate)

    def limit(self) -> Limit:
        return self.limit_for(self.settings)

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        self._resource(resource)  # raises for what it does not have
        if context.operation == "delete":
            happened, data = "deleted", {"id": context.external_id}
        else:
            known = context.external_id is not None or bool(context.written)
            happened, data = "updated" if known else "created", plain(context.body)
        message = {"type": f"{EVENTS[resource]}.{happened}", "timestamp": _moment_of(context), "data": data}
        call = super().prepare(resource, context, step, _event_id(resource, context, happened, data))
        return replace(call, body={name: part for name, part in message.items() if part is not None})

    def send(self, call: Call) -> Answer:
        operation = self._resource(call.resource).operations.get(call.operation)
        if operation is None or call.step >= len(operation.steps):
            raise Failure.config("not_possible", f"{self.label}: {call.resource} have no {call.operation!r}.")
        response = self._sent(request_of(call))
        return Answer(
            external_id=call.external_id or call.natural_key or None,
            request_id=response.request_id,
            status=response.status,
        )

    def _sent(self, request: Request) -> Response:
        """To the address as it was entered: a receiver may tell /hook from /hook/. Its answer may be of any kind."""
        request.path, request.is_json = self.base_url, False
        response = self.client.send(request)
        if response.status >= 300:
            response.json = _told(response)
        self.plan.rules.judge(self.client, response)
        return response

    def _try_call(self, report: TestReport) -> None:
        self._turn()
        message = {"type": PING, "timestamp": _written(utc_now()), "data": {}}
        response = self._sent(
            Request("POST", "", headers={"webhook-id": f"ping-{uuid.uuid4().hex}"}, body=message)
        )
        report.add("Sending a test event", True, f"It was answered with HTTP {response.status}.")


def is_signing_secret(secret: str) -> bool:
    try:
        return SHORTEST_KEY <= len(SCHEME.key(secret)) <= LONGEST_KEY
    except SignatureRefused:
        return False


def _event_id(resource: str, context: WriteContext, happened: str, data: Mapping[str, Any]) -> str:
    """The same for the same event, however often it is tried: also after an answer that says that nothing was done,
    for which the engine begins a new write with a new key."""
    told = [resource, happened, context.external_id, context.version or context.read_at, data]
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), default=str)
    return f"msg_{hashlib.sha256(text.encode()).hexdigest()[:40]}"


def _moment_of(context: WriteContext) -> str | None:
    """Of what the event tells: the record's last change in its source, else when it was read there."""
    changed = context.record.get("updated_at")
    if isinstance(changed, datetime):
        return _written(changed)
    return _written(datetime.fromtimestamp(context.read_at, UTC)) if context.read_at else None


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _told(response: Response) -> Any:
    try:
        return parse_json(response.raw, response.headers.get("content-type", ""))
    except ValueError:
        return None

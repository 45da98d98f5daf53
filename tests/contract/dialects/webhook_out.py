"""https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: what a receiver holds a
sender to. Here it works the signature out by itself, from the words of the scheme."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import Any

from integrations.exceptions import Kind
from tests.contract.dialect import Dialect, Refusal, Writing
from tests.contract.samples import vector
from tests.integrations.answering import Asked, Says

STANDARD = vector("standard-webhooks", "BigCommerce and ShipBob use this form")
SECRET = STANDARD.get("secret", "whsec_" + base64.b64encode(b"24 bytes and nothing more").decode())
AT = "POST /hook/"
ORDER = {"id": "A-1042", "number": "#1042", "total": "12.50", "currency": "EUR", "note": "Grüße 🎁"}


def signature(secret: str, identity: str, moment: str, raw: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, b".".join((identity.encode(), moment.encode(), raw)), hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def is_signed(asked: Asked, secret: str) -> bool:
    """By any of the signatures that came with it."""
    identity, moment = asked.headers["webhook-id"], asked.headers["webhook-timestamp"]
    return signature(secret, identity, moment, asked.raw) in asked.headers["webhook-signature"].split(" ")


class Receiver:
    """As the scheme has it; it keeps no document, its judgements are the sentences of the specification."""

    def request_problems(self, asked: Asked) -> list[str]:
        missing = [
            name
            for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
            if name not in asked.headers
        ]
        if missing:
            return [f"{name} is missing" for name in missing]
        moment = asked.headers["webhook-timestamp"]
        message = asked.json
        found = {
            "it is no POST": asked.method == "POST",
            "its body is not said to be JSON": asked.headers["content-type"] == "application/json",
            "its id holds what parts the signed text": "." not in asked.headers["webhook-id"],
            "its time is no whole number of seconds": moment.isdigit(),
            "its time is not that of the try": moment.isdigit() and abs(int(moment) - time.time()) < 60,
            "its signature does not fit": is_signed(asked, SECRET),
            "its type is not parted by full stops": len(str(message.get("type")).split(".")) == 2,
            "it holds no data": isinstance(message.get("data"), dict),
        }
        return [problem for problem, is_well in found.items() if not is_well]

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        return []


def writing(resource: str, operation: str = "upsert", **more: Any) -> Writing:
    body = {**ORDER, "id": f"{resource}-7"} if operation == "upsert" else {}
    return Writing(resource, operation, body, {AT: Says(None, 204)}, f"{resource}-7", **more)


DIALECT = Dialect(
    platform="webhook_out",
    contract=Receiver,
    base="/hook/",
    secrets={"webhook_secret": SECRET, "token": "Bearer receiver-0123456789", "query": "code=q-0123456789"},
    readings=(),
    writings=(
        Writing("orders", "upsert", ORDER, {AT: Says(None, 204)}, "A-1042"),
        Writing("orders", "upsert", ORDER, {AT: Says(raw=b"ok, thanks")}, "A-1042", given="A-1042"),
        *(
            writing(resource)
            for resource in (
                "customers",
                "stock",
                "variants",
                "fulfillments",
                "payments",
                "refunds",
                "tickets",
                "events",
            )
        ),
        writing("orders", "delete", given="orders-7"),
    ),
    refusals=(
        Refusal("not-ours", Says({"message": "bad signature"}, 401), Kind.CONFIG, "unauthorized"),
        Refusal("not-let-in", Says(None, 403), Kind.CONFIG, "unauthorized"),
        Refusal("wants-no-more", Says(None, 410), Kind.CONFIG, "receiver_stopped"),
        Refusal("nothing-there", Says(raw=b"<html>", status=404), Kind.CONFIG, "no_such_address"),
        Refusal("moved", Says(None, 308, {"Location": "/other"}), Kind.CONFIG, "redirected"),
        Refusal("not-understood", Says({"message": "sku?"}, 422), Kind.DATA, "refused"),
        Refusal(
            "too-fast",
            Says(None, 429, {"Retry-After": "7"}),
            Kind.TRANSIENT,
            "rate_limited",
            retry_after=7,
        ),
        Refusal("busy", Says(None, 503, {"Retry-After": "9"}), Kind.TRANSIENT, "server_error", retry_after=9),
        Refusal("behind-a-gateway", Says(raw=b"<html>", status=502), Kind.TRANSIENT, "server_error"),
    ),
)

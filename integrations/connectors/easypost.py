"""EasyPost: https://docs.easypost.com/docs

- Lists are newest first and can be narrowed by the time of creation alone, so what is younger than some weeks is read
  again.
- A label is bought in two calls: a shipment brings what each carrier asks for it, and one of these rates is bought.
  A shipment is found by its reference, and is looked at before it is bought, so a lost answer settles itself.
- Weights are in ounces, amounts are decimal texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import orjson

from integrations.connectors.base import Answer, Call, SettingField, WebhookEvent, WriteContext
from integrations.connectors.consent import Consent
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.exceptions import Failure
from integrations.http.auth import Auth, basic
from integrations.http.client import HttpClient, Request

ADDRESS = "https://api.easypost.com/v2"
LATE_CHANGES = 30 * 86_400.0
GRAMS_OF_OUNCE = Decimal("28.349523125")
TRACKED = ["tracker.created", "tracker.updated"]
SENDER = (
    ("sender_name", "name"),
    ("sender_company", "company"),
    ("sender_street1", "street and number"),
    ("sender_city", "city"),
    ("sender_state", "state or province"),
    ("sender_zip", "postal code"),
    ("sender_country", "country"),
    ("sender_phone", "phone"),
)
VARIABLES = ("service", *(name for name, _ in SENDER))


def _listed(kind: str) -> dict[str, Any]:
    listing = {
        "path": f"/{kind}",
        "records": kind,
        "paging": {
            "style": "cursor",
            "param": "before_id",
            "next": f"{kind}[-1].id",
            "more": "has_more",
            "size": 100,
            "size_param": "page_size",
        },
    }
    return {
        # A shipment tells with its tracker where the parcel is.
        "updated_at": {"at": ["updated_at", "tracker.updated_at"]},
        "list": {**listing, "since": {"param": "start_datetime", "overlap": 60}},
        "not_final": {**listing, "since": {"param": "start_datetime", "window": LATE_CHANGES}},
        "fetch": {"path": f"/{kind}/{{external_id}}"},
    }


class EasyPost(DeclaredConnector):
    platform = "easypost"
    label = "EasyPost"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test and production have the same address and differ by the key.",
        ),
        SettingField(
            "service",
            "Service",
            required=False,
            help_text="The one that labels are bought for, such as GroundAdvantage. Empty: the cheapest rate.",
        ),
        *(SettingField(name, f"Sender: {label}", required=False) for name, label in SENDER),
        SettingField(
            "parcel_weight_grams",
            "Weight of a parcel in grams",
            required=False,
            kind="integer",
            default=500,
            help_text="For labels where the mapping tells none.",
        ),
        SettingField("token", "API key", secret=True, help_text="EZTK… is for tests, EZAK… for production."),
        SettingField(
            "webhook_secret",
            "Secret of the webhook",
            required=False,
            secret=True,
            help_text="“Order webhooks” fills it in. By hand: as it was entered when the webhook was made.",
        ),
    )
    facts = Facts(
        group=Group.SHIPPING,
        documentation="https://docs.easypost.com/docs",
        credentials=(
            "In EasyPost open Account Settings → API Keys.",
            "Copy the test key to try, or the production key, into “API key”.",
            "Enter the sender's address here before labels are bought.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="EasyPost's own examples and its signature; EasyPost publishes no description of its API",
        limits="EasyPost names 5 calls a second for lists; Crossdock keeps to that.",
        traps=(
            "Trackers and shipments have no filter by change: what is younger than 30 days is read again each time.",
            "A label is paid for the moment it is bought, unless the key is the test key.",
            "A refund of a label is asked for, and the carrier may refuse it some weeks later.",
            "A webhook that fails too often is switched off by EasyPost; Crossdock orders it anew each day.",
        ),
        lacks=(
            "Shipments of which no label was bought are not listed.",
            "Customs forms are not filled in: add them in the mapping for parcels that leave the country.",
            "Batches, pickups and insurance are not used.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: Account Settings → Webhooks → Add Webhook, with "
        "this connection's webhook address and a secret of your own; then enter the same secret here.",
    )
    declaration = {
        "label": "EasyPost",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"default": ADDRESS},
            "parcel_weight_grams": {"default": 500},
            **{name: {"required": False} for name in VARIABLES},
        },
        # The key is the user's name, and there is no password: see below.
        "auth": {"kind": "basic", "username": "{token}", "password": "{token}"},
        # https://docs.easypost.com/guides/rate-limiting-guide
        "limits": {"requests_per_second": 5, "burst": 5, "concurrent": 4},
        # Rates come from several carriers; buying takes two calls.
        "timeouts": {"connect": 4, "read": 14, "total": 14, "calls": 2},
        "test": {"path": "/trackers", "params": {"page_size": 1}, "expect": "type(trackers) == 'array'"},
        # https://docs.easypost.com/docs/errors
        "errors": [
            {
                "status": 402,
                "kind": "config",
                "code": "insufficient_funds",
                "connection_wide": False,
                "said": "error.message",
            },
            {"status": [400, 422], "kind": "data", "code": "=error.code", "said": "error.message"},
        ],
        "resources": {
            "shipments": _listed("shipments"),
            # The same shipments, as what becomes of an order.
            "labels": {
                "label": "Labels",
                "natural_key": "reference",
                "required": ["reference", "to_address.name", "to_address.street1", "to_address.country"],
                "fetch": {"path": "/shipments/{external_id}"},
                # A reference stands in place of an id.
                "lookup": {"path": "/shipments/{natural_key}", "match": "reference"},
                "create": {
                    "path": "/shipments",
                    "wrap": "shipment",
                    "then": [
                        {
                            "path": "/shipments/{external_id}/buy",
                            "body": {"service": "=body.service || settings.service || ''"},
                            # Not by its nature: what was bought before is looked for first.
                            "repeatable": True,
                        }
                    ],
                },
                "actions": {
                    "cancel": {
                        "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                        "path": "/shipments/{external_id}/refund",
                        "repeatable": True,
                    }
                },
            },
            "trackers": {
                **_listed("trackers"),
                "natural_key": "tracking_code",
                "required": ["tracking_code"],
                "lookup": {
                    "path": "/trackers",
                    "params": {"tracking_code": "{natural_key}"},
                    "record": "trackers",
                    "match": "tracking_code",
                },
                "create": {"path": "/trackers", "wrap": "tracker"},
            },
        },
        "webhook": {
            # https://docs.easypost.com/guides/webhooks-guide
            "signature": {"header": "X-Hmac-Signature", "prefix": "hmac-sha256-hex=", "key_form": "nfkd"},
            "topic": "description",
            "delivery_id": "id",
            "occurred": {"at": "created_at"},
            "topics": {name: {"resource": "trackers", "id": "result.id"} for name in TRACKED},
            "subscriptions": {
                "topics": TRACKED,
                "list": {"path": "/webhooks", "records": "webhooks"},
                "address": "url",
                # Each webhook is told of everything.
                "topics_at": "['tracker.created', 'tracker.updated']",
                "active": "!disabled_at",
                "create": {
                    "path": "/webhooks",
                    "body": {"webhook": {"url": "{address}", "webhook_secret": "{secret}"}},
                },
                "delete": {"path": "/webhooks/{id}"},
            },
        },
    }

    def _identity(self) -> tuple[Auth, Consent | None]:
        super()._identity()
        return basic(str(self.secrets["token"]), ""), None

    def _client(self, base_url: str, auth: Any) -> HttpClient:
        client = super()._client(base_url, auth)
        client.hide([str(self.secrets.get("token") or "")])
        return client

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        if (resource, context.operation, step) == ("labels", "create", 0):
            told = {name: value for name, value in context.body.items() if name != "service"}
            context = replace(context, body={**self._defaults(), **told})
        return super().prepare(resource, context, step, key)

    def _defaults(self) -> dict[str, Any]:
        """What the connection says of every parcel."""
        sender = {
            name.removeprefix("sender_"): str(self.settings[name])
            for name, _ in SENDER
            if self.settings.get(name)
        }
        grams = Decimal(str(self.settings.get("parcel_weight_grams") or 500))
        parcel = {"weight": float(round(grams / GRAMS_OF_OUNCE, 1))}
        return {"parcel": parcel, **({"from_address": sender} if sender else {})}

    def send(self, call: Call) -> Answer:
        match call.resource, call.operation, call.step:
            case "labels", "create", 1:
                return self._in_session(("rates", "labels"), lambda: self._bought(call))
            case "labels", "cancel", 0:
                return self._in_session(("refund", "labels"), lambda: self._given_back(call))
        return super().send(call)

    def _shipment(self, external_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(Request("GET", f"/shipments/{external_id}"))
        return found

    def _bought(self, call: Call) -> Answer:
        """The rates stand in the shipment. What has a label was bought before, by the call that is repeated."""
        there = self._shipment(call.external_id)
        if there.get("postage_label"):
            return self._as_it_is(call, there)
        rate = _chosen(there, str((call.body or {}).get("service") or ""))
        return super().send(replace(call, body={"rate": {"id": rate["id"]}}))

    def _given_back(self, call: Call) -> Answer:
        there = self._shipment(call.external_id)
        if there.get("refund_status") in ("submitted", "refunded"):
            return self._as_it_is(call, there)
        return super().send(call)

    def _as_it_is(self, call: Call, there: dict[str, Any]) -> Answer:
        return Answer(call.external_id, body=there, replayed=True)

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """What is told of a tracker changes its shipment too."""
        return [
            one for event in super().verify_webhook(headers, raw, url) for one in (event, *_of(event, raw))
        ]


def _of(event: WebhookEvent, raw: bytes) -> list[WebhookEvent]:
    result = orjson.loads(raw).get("result") if event.external_id else None
    shipment = result.get("shipment_id") if isinstance(result, dict) else None
    if not isinstance(shipment, str) or not shipment:
        return []
    return [replace(event, resource="shipments", external_id=shipment, delivery_id=None)]


def _chosen(shipment: dict[str, Any], service: str) -> dict[str, Any]:
    """The service that is wanted, else the cheapest. Amounts of several currencies are not compared."""
    rates = [rate for rate in shipment.get("rates") or [] if isinstance(rate, dict)]
    known = ", ".join(sorted({str(rate.get("service")) for rate in rates}))
    fitting = [rate for rate in rates if service in ("", str(rate.get("service")))]
    if not rates:
        told = "; ".join(str(one.get("message")) for one in shipment.get("messages") or [])
        raise Failure.data(
            "no_rate",
            f"No carrier makes an offer for this parcel. {f'They say: {told} ' if told else ''}"
            "Look at the addresses, the weight and the carriers, then retry.",
        )
    if not fitting or len({rate.get("currency") for rate in fitting}) > 1:
        raise Failure.data(
            "service_not_offered",
            f"None of the offers can be chosen. Offered are: {known}. Name one of these services at the connection or "
            "in the mapping, then retry.",
            field="service",
        )
    return min(fitting, key=lambda rate: Decimal(str(rate.get("rate") or 0)))

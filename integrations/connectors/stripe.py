"""Stripe: https://docs.stripe.com/api

- Lists can be narrowed by the time of creation alone. What changed later is told by the events, which Stripe keeps for
  30 days (https://docs.stripe.com/api/events); the objects that they name are fetched.
- Amounts are whole numbers of the currency's smallest unit (https://docs.stripe.com/currencies#zero-decimal).
- What Stripe keeps of a payment stands in its balance transaction, and which entries a payout has, in theirs
  (https://docs.stripe.com/api/balance_transactions).
- A POST with the same Idempotency-Key has its effect once, for at least 24 hours
  (https://docs.stripe.com/api/idempotent_requests).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.connectors.base import Item, SettingField
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.http.client import Request

ADDRESS = "https://api.stripe.com"
DASHBOARD = "https://dashboard.stripe.com"
VERSION = "2023-10-16"
CHARGE_EVENTS = [
    "charge.captured",
    "charge.expired",
    "charge.failed",
    "charge.pending",
    "charge.refunded",
    "charge.succeeded",
    "charge.updated",
]
CUSTOMER_EVENTS = ["customer.created", "customer.updated", "customer.deleted"]
DISPUTE_EVENTS = [
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
]
PAYOUT_EVENTS = ["payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled"]
REFUND_EVENTS = ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
CURSOR = {
    "style": "cursor",
    "param": "starting_after",
    "next": "data[-1].id",
    "more": "has_more",
    "size": 100,
    "size_param": "limit",
}


# Of payouts that were made by hand Stripe keeps no entries.
ENTRIES = {
    "path": "/v1/balance_transactions",
    "params": {"payout": "{external_id}"},
    "records": "data",
    "paging": CURSOR,
    "into": "entries",
    "when": "automatic",
}


def _resource(
    path: str, events: str, expand: str = "", details: Sequence[dict[str, Any]] = (), page: str = ""
) -> dict[str, Any]:
    """What can be listed by creation, and is looked at again where an event tells of it. Of the events some are about a
    thing of another kind: “charge.*” also tells of disputes."""
    what = path.rpartition("/")[2].removesuffix("s")
    return {
        "page": f"{DASHBOARD}/{page}/{{external_id}}" if page else "",
        "updated_at": {"at": "created", "format": "unix"},
        "list": {
            "path": path,
            "params": {"expand[]": f"data.{expand}"} if expand else {},
            "details": details,
            "records": "data",
            "newest_first": True,
            "paging": CURSOR,
            "since": {"param": "created[gte]", "format": "unix", "overlap": 60},
        },
        "not_final": {
            "path": "/v1/events",
            "params": {"type": events},
            "records": "data[].data.object",
            "skip": f"object != '{what}'",
            "partial": True,
            "newest_first": False,
            "paging": CURSOR,
            "since": {"param": "created[gte]", "format": "unix", "overlap": 60},
        },
        "fetch": {
            "path": path + "/{external_id}",
            "params": {"expand[]": expand} if expand else {},
            "details": details,
        },
    }


def _topics(resource: str, names: list[str]) -> dict[str, dict[str, str]]:
    """The order of events is not kept, so the object is fetched as it is now."""
    return {name: {"resource": resource, "id": "data.object.id"} for name in names}


class Stripe(DeclaredConnector):
    platform = "stripe"
    label = "Stripe"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test mode and live mode have the same address and differ by the key.",
        ),
        SettingField(
            "account",
            "Connected account",
            required=False,
            help_text="For platforms that act for others: acct_… of the account that is meant. Else empty.",
        ),
        SettingField(
            "token", "Secret or restricted key", secret=True, help_text="It begins with sk_ or rk_."
        ),
        SettingField(
            "webhook_secret",
            "Signing secret of the webhook",
            required=False,
            secret=True,
            help_text="It begins with whsec_ and is entered whole.",
        ),
    )
    facts = Facts(
        group=Group.PAYMENTS,
        documentation="https://docs.stripe.com/api",
        native_integrations=native_of("stripe"),
        api_version=ApiVersion(VERSION, source="https://docs.stripe.com/api/versioning"),
        credentials=(
            "In the Stripe Dashboard open Developers → API keys. Switch to a sandbox first if you only want to try.",
            "Create a restricted key with Read for Charges, Customers and Events, and Write for Refunds.",
            "For the payments' accounts it needs Read for Disputes, Payouts and Balance transactions as well.",
            "Copy the key (rk_…) into “Secret or restricted key”. Stripe shows it once.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Stripe's OpenAPI document, API version 2023-10-16, and an emulator that keeps payments",
        limits="25 calls a second in a sandbox and 100 in live mode; Crossdock keeps to 25.",
        traps=(
            "A partial refund leaves the payment “succeeded”: its refunded amount tells.",
            "Yen and other currencies without decimals are whole units; the presets know them.",
            "Events are kept for 30 days: after a longer pause run “Everything again” once.",
        ),
        lacks=("Payouts that were made by hand do not tell their entries.",),
        webhooks="“Order webhooks” at the connection does it all; the key then needs Write for Webhook Endpoints. Or "
        "by hand: Developers → Webhooks → Add destination, with the connection's webhook address and the events below; "
        "then copy the signing secret (whsec_…).",
    )
    declaration = {
        "label": "Stripe",
        "base_url": "{base_url}",
        "variables": {"base_url": {"default": ADDRESS}, "account": {"required": False}},
        "headers": {"Stripe-Version": VERSION, "Stripe-Account": "{account}"},
        "auth": {"kind": "bearer"},
        "limits": {"requests_per_second": 25, "burst": 25, "concurrent": 8},
        "timeouts": {"connect": 4, "read": 20, "total": 24},
        "request_id_header": "Request-Id",
        "test": {"path": "/v1/charges", "params": {"limit": 1}, "expect": "object == 'list'"},
        "errors": [
            {
                "status": 409,
                "when": "error.code == 'idempotency_key_in_use'",
                "kind": "transient",
                "in_doubt": True,
            },
            {"status": 402, "kind": "data", "code": "=error.code", "said": "error.message"},
            {
                "status": 400,
                "when": "error.code == 'charge_already_refunded'",
                "kind": "data",
                "code": "charge_already_refunded",
                "sentence": "The payment has been refunded already. Look at it in Stripe; nothing was sent twice.",
            },
            {"status": 404, "when": "error.code == 'resource_missing'", "kind": "not_found"},
        ],
        "resources": {
            "charges": _resource("/v1/charges", "charge.*", expand="balance_transaction", page="payments"),
            "customers": _resource("/v1/customers", "customer.*", page="customers"),
            "disputes": _resource("/v1/disputes", "charge.dispute.*"),
            "payouts": _resource("/v1/payouts", "payout.*", details=[ENTRIES], page="payouts"),
            "refunds": {
                **_resource("/v1/refunds", "refund.*"),
                "natural_key": "join('/', [charge || payment_intent, metadata.reference])",
                "required": ["amount", "metadata.reference"],
                "lookup": {
                    "path": "/v1/refunds",
                    "params": {"limit": 100, "charge": "{natural_key}"},
                    "record": "data",
                },
                "create": {
                    "path": "/v1/refunds",
                    "encoding": "form",
                    "key": {"header": "Idempotency-Key", "lifetime": 86_400},
                },
            },
        },
        "webhook": {
            "signature": {
                "header": "Stripe-Signature",
                "separator": ",",
                "part": "v1",
                "timestamp_part": "t",
                "signed": "{timestamp}.{body}",
                "tolerance": 300,
            },
            "topic": "type",
            "delivery_id": "id",
            "occurred": {"at": "created", "format": "unix"},
            # https://docs.stripe.com/api/webhook_endpoints
            "subscriptions": {
                "topics": [
                    *CHARGE_EVENTS,
                    *CUSTOMER_EVENTS,
                    *REFUND_EVENTS,
                    *DISPUTE_EVENTS,
                    *PAYOUT_EVENTS,
                ],
                "list": {
                    "path": "/v1/webhook_endpoints",
                    "records": "data",
                    "paging": CURSOR,
                },
                "address": "url",
                "topics_at": "enabled_events",
                "active": "status == 'enabled'",
                "create": {
                    "path": "/v1/webhook_endpoints",
                    "encoding": "form",
                    "body": {"url": "{address}", "enabled_events": "{topics}", "api_version": VERSION},
                },
                "delete": {"path": "/v1/webhook_endpoints/{id}"},
                "secret": "secret",
            },
            "topics": {
                **_topics("charges", CHARGE_EVENTS),
                **_topics("customers", CUSTOMER_EVENTS),
                **_topics("refunds", REFUND_EVENTS),
                **_topics("disputes", DISPUTE_EVENTS),
                **_topics("payouts", PAYOUT_EVENTS),
            },
        },
    }

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """A refund by "payment/our reference": Stripe has no search for it, but lists the refunds of a payment."""
        if resource != "refunds":
            return super().lookup(resource, natural_key)
        payment, _, reference = natural_key.partition("/")
        of = "charge" if payment.startswith("ch_") else "payment_intent"
        request = Request("GET", "/v1/refunds", params=[(of, payment), ("limit", "100")])
        for made in self._in_session(("lookup", resource), lambda: self.ask(request))["data"]:
            if (made.get("metadata") or {}).get("reference") == reference:
                return self.plan.resources[resource].record.item(made)
        return None

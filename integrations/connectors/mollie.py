"""Mollie: https://docs.mollie.com/reference/overview

- Lists are the newest first by creation and take no time; nothing tells what changed later: what is young enough to
  change is read again, and webhooks tell of the rest.
- Amounts are decimal texts with as many places as the currency has.
- A POST with the same Idempotency-Key has its effect once (https://docs.mollie.com/reference/api-idempotency).
- A refund can be asked for alone only by who knows its payment; the list of all refunds can begin with it, though.
- Of the two kinds of webhooks only the newer is signed (https://docs.mollie.com/reference/webhooks-new). The older one
  goes to an address that the shop gives with each payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

import orjson

from integrations.connectors.base import Call, Item, Page, SettingField, WebhookEvent, WriteContext
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.templates import expression
from integrations.connectors.times import utc_now
from integrations.exceptions import Failure
from integrations.http.client import Request
from mappings.currencies import places_of

ADDRESS = "https://api.mollie.com/v2"
# Bank transfers are waited for the longest; nearly all else is decided within hours.
STILL_CHANGING = timedelta(days=14)
MOST = 250
# So many pages of one payment's refunds are looked through; each of them would hold 250.
MOST_PAGES = 10
SIGNATURE = "X-Mollie-Signature"
PREFIX = "sha256="
OF_PAYMENT = expression("_embedded.entity.paymentId", "")
# As a payment's own _links.dashboard leads: https://docs.mollie.com/reference/get-payment
PAYMENT_PAGE = "https://my.mollie.com/dashboard/{organisation}/payments/{external_id}"

# Keys of one profile are of one mode each and refuse both words; access tokens need them.
TEST_MODE = {"testmode": "=(settings.testmode && `true`) || `null`"}
ACCOUNT = {"profileId": "{profile}", **TEST_MODE}
NEXT_PAGE = {"style": "link", "next": "_links.next.href", "size": MOST, "size_param": "limit"}
PAYMENT_EVENTS = [
    "payment.paid",
    "payment.authorized",
    "payment.pending",
    "payment.failed",
    "payment.canceled",
    "payment.expired",
]
REFUND_EVENTS = [
    "refund.queued",
    "refund.pending",
    "refund.processing",
    "refund.refunded",
    "refund.failed",
    "refund.canceled",
]


def _listed(name: str) -> dict[str, Any]:
    listing = {
        "path": f"/{name}",
        "params": ACCOUNT,
        "records": f"_embedded.{name}",
        "newest_first": True,
        "paging": NEXT_PAGE,
        "since": {"overlap": 60},
    }
    return {"list": listing, "not_final": listing}


def _topics(resource: str, names: list[str]) -> dict[str, dict[str, str]]:
    """What comes with an event is how it was then, so the thing is fetched as it is now."""
    return {name: {"resource": resource, "id": "entityId"} for name in names}


class Mollie(DeclaredConnector):
    platform = "mollie"
    label = "Mollie"
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
            "profile",
            "Profile",
            required=False,
            help_text="With an access token: pfl_… of the profile that is meant. With an API key: empty.",
        ),
        SettingField(
            "testmode",
            "Test mode of an access token",
            kind="boolean",
            required=False,
            default=False,
            help_text="With an API key leave it off: the key itself is one for tests or for real payments.",
        ),
        SettingField(
            "organisation",
            "Organisation",
            required=False,
            help_text="Such as org_12345678: it stands behind my.mollie.com/dashboard/ in the address bar. With it, "
            "payments here lead to their page in Mollie.",
        ),
        SettingField(
            "token",
            "API key or access token",
            secret=True,
            help_text="It begins with live_, test_ or access_.",
        ),
        SettingField(
            "webhook_secret",
            "Secret of the webhook",
            required=False,
            secret=True,
            help_text="Mollie makes it and shows it once. “Order webhooks” fills it in.",
        ),
    )
    facts = Facts(
        group=Group.PAYMENTS,
        documentation="https://docs.mollie.com/reference/overview",
        native_integrations=native_of("mollie"),
        credentials=(
            "In the Mollie Dashboard open Developers → API access tokens.",
            "Copy the test key (test_…) if you only want to try, else make a live key (live_…).",
            "For webhooks by the button make an access token (access_…) that may also read and write webhooks.",
            "Copy it into “API key or access token”. Mollie shows it once.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Mollie's OpenAPI document of August 2026 (payments, refunds, webhooks)",
        limits="Mollie names no number and answers 429 when it is too fast; Crossdock makes up to 10 calls a second.",
        traps=(
            "A refunded payment stays “paid”: its refunded amount tells.",
            "Two refunds of the same amount for one payment are refused within an hour: the second waits.",
            "A refund that the balance does not cover is “queued” until there is enough.",
            "The webhooks that a shop's plugin orders with each payment are not signed, and refused here.",
            "Which order it is stands in the metadata, as the shop's plugin writes them.",
        ),
        lacks=(
            "Payments and refunds cannot be asked for by the time of their change: the last 14 days are read again.",
            "A payment that is refunded after more than 14 days is seen so only where webhooks are ordered.",
            "API keys cannot order webhooks; that takes an access token.",
            "Chargebacks, customers and settlements are not read.",
        ),
        webhooks="With an access token “Order webhooks” at the connection does it all. Or by hand: Developers → "
        "Webhooks in the Mollie Dashboard, with the connection's webhook address and the events below; then copy the "
        "secret.",
    )
    declaration = {
        "label": "Mollie",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"default": ADDRESS},
            "profile": {"required": False},
            "testmode": {"required": False},
            "organisation": {"required": False},
        },
        "auth": {"kind": "bearer"},
        "limits": {"requests_per_second": 10, "burst": 10, "concurrent": 4},
        "timeouts": {"connect": 4, "read": 20, "total": 24},
        "test": {
            "path": "/payments",
            "params": {**ACCOUNT, "limit": 1},
            "expect": "type(_embedded.payments) == 'array'",
        },
        "resources": {
            "payments": {
                "page": PAYMENT_PAGE,
                "updated_at": {
                    "at": ["createdAt", "authorizedAt", "paidAt", "failedAt", "canceledAt", "expiredAt"]
                },
                **_listed("payments"),
                "fetch": {"path": "/payments/{external_id}", "params": TEST_MODE},
            },
            "refunds": {
                "updated_at": {"at": "createdAt"},
                **_listed("refunds"),
                "fetch": {
                    "path": "/refunds",
                    "params": {**ACCOUNT, "from": "{external_id}", "limit": 1},
                    "record": "_embedded.refunds | [0]",
                },
                "natural_key": "join('/', [payment_id, metadata.reference])",
                "required": ["payment_id", "amount.value", "amount.currency", "metadata.reference"],
                "lookup": {"path": "/payments/{natural_key}/refunds", "record": "_embedded.refunds"},
                "create": {
                    "path": "/payments/{body.payment_id}/refunds",
                    "body": {
                        "amount": "=body.amount",
                        "description": "=body.description",
                        "metadata": "=body.metadata",
                        **TEST_MODE,
                    },
                    # How long a key counts is not said in Mollie's document; an hour is what is known of it.
                    "key": {"header": "Idempotency-Key", "lifetime": 3600},
                    "errors": [
                        # One of the same amount was made within the hour: ours, or another's
                        # (https://docs.mollie.com/reference/create-refund).
                        {"status": 409, "kind": "transient", "in_doubt": True},
                        {
                            "status": 404,
                            "kind": "data",
                            "code": "payment_unknown",
                            "sentence": "Mollie does not know this payment. Look whether this connection's key is of "
                            "its account and mode, or correct the payment at its source, then retry.",
                        },
                    ],
                },
                # What the list is to begin with is not there.
                "errors": [{"status": 400, "when": "field == 'from'", "kind": "not_found"}],
            },
        },
        "webhook": {
            # https://docs.mollie.com/reference/webhooks-best-practices
            "signature": {"header": SIGNATURE, "separator": ","},
            "topic": "type",
            "delivery_id": "id",
            "occurred": {"at": "createdAt"},
            # https://docs.mollie.com/reference/create-webhook
            "subscriptions": {
                "topics": [*PAYMENT_EVENTS, *REFUND_EVENTS],
                "list": {
                    "path": "/webhooks",
                    "params": TEST_MODE,
                    "records": "_embedded.webhooks",
                    "paging": NEXT_PAGE,
                },
                "address": "url",
                "topics_at": "eventTypes",
                "active": "status == 'enabled'",
                "create": {
                    "path": "/webhooks",
                    "body": {"name": "Crossdock", "url": "{address}", "eventTypes": "{topics}", **TEST_MODE},
                },
                "delete": {"path": "/webhooks/{id}", "body": TEST_MODE},
                "secret": "webhookSecret",
            },
            "topics": {**_topics("payments", PAYMENT_EVENTS), **_topics("refunds", REFUND_EVENTS)},
        },
    }

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        """What is not final is all that is young: a list cannot be asked for its states."""
        begin = utc_now() - STILL_CHANGING if not_final else since
        return super().read(resource, since=begin, position=position, not_final=not_final)

    def fetch(self, resource: str, external_id: str) -> Item | None:
        found = super().fetch(resource, external_id)
        return found if found is not None and found.external_id == external_id else None

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """A refund by "payment/our reference": Mollie has no search for it, but lists the refunds of a payment."""
        if resource != "refunds":
            return super().lookup(resource, natural_key)
        payment, _, reference = natural_key.partition("/")
        try:
            return self._in_session(("lookup", resource), lambda: self._refund_of(payment, reference))
        except Failure as failure:
            if failure.code == "not_found":
                return None
            raise

    def _refund_of(self, payment: str, reference: str) -> Item | None:
        params = [("limit", str(MOST)), *([("testmode", "true")] if self.settings.get("testmode") else [])]
        request = Request("GET", f"/payments/{quote(payment, safe='')}/refunds", params=params)
        for _ in range(MOST_PAGES):
            answer = self.ask(request)
            for made in answer["_embedded"]["refunds"]:
                if _reference(made) == reference:
                    return self.plan.resources["refunds"].record.item(made)
            following = answer["_links"].get("next")
            if not following:
                break
            request = Request("GET", following["href"])
        return None

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        amount = context.body.get("amount")
        if resource == "refunds" and isinstance(amount, Mapping):
            context = replace(context, body={**context.body, "amount": _as_mollie_counts(amount)})
        return super().prepare(resource, context, step, key)

    # Webhooks.

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """Mollie's guide compares the signature as it comes, and its library takes it with a prefix as well."""
        told = {
            name: value.replace(PREFIX, "") if name.lower() == SIGNATURE.lower() else value
            for name, value in headers.items()
        }
        return [one for event in super().verify_webhook(told, raw, url) for one in _told(event, raw)]


def _reference(refund: Mapping[str, Any]) -> Any:
    """Metadata is whatever was written there: an object, a text, a number, a list or nothing."""
    metadata = refund.get("metadata")
    return metadata.get("reference") if isinstance(metadata, dict) else None


def _as_mollie_counts(amount: Mapping[str, Any]) -> dict[str, Any]:
    """With the decimals that the currency has. What does not fit stays as it is, and Mollie says why."""
    told = dict(amount)
    places = places_of(str(told.get("currency", "")))
    if places is None:
        return told
    try:
        value = Decimal(str(told.get("value")))
        rounded = value.quantize(Decimal(1).scaleb(-places))
    except InvalidOperation:
        return told
    return {**told, "value": format(rounded if rounded == value else value, "f")}


def _told(event: WebhookEvent, raw: bytes) -> list[WebhookEvent]:
    """What is refunded changes the payment as well, which is named where the event has the refund with it."""
    if event.resource != "refunds" or not event.external_id:
        return [event]
    payment = OF_PAYMENT(orjson.loads(raw))
    if not isinstance(payment, str):
        return [event]
    return [event, replace(event, resource="payments", external_id=payment, delivery_id=None)]

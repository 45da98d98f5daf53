"""Karrio, a shipping server that one hosts oneself: https://docs.karrio.io/reference/api

What is seen on a running server (2026.1) and shapes this file:
- Lists are newest first and can be narrowed by the time of creation alone; nothing has a time of change. So what is
  younger than some weeks is read again, and what did not change is dropped by comparing.
- A label is bought in two calls: a draft brings what each carrier asks for it, and one of these offers is bought. A
  second purchase is refused, and a draft is found by its reference, so a lost answer settles itself.
- "reference" and "order_id" also find what only begins alike.
- A webhook is not signed: the header X-Event-Id holds the webhook's secret itself.
"""

from __future__ import annotations

from typing import Any

from integrations.connectors.base import Answer, Call, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import DeclaredConnector
from integrations.exceptions import Failure
from integrations.http.client import Request

# How long an order or a parcel may still change.
LATE_CHANGES = 30 * 86_400.0
DRAFT = "draft"


def _listed(path: str, **more: Any) -> dict[str, Any]:
    """What is new, and again what may have changed."""
    listing = {
        "path": path,
        "records": "results",
        "paging": {
            "style": "offset",
            "param": "offset",
            "size": 100,
            "size_param": "limit",
            "total": "count",
            # New ones come before all others: what was not read yet only moves to a later place.
            "order": "stable",
        },
        **more,
    }
    return {
        "list": {**listing, "since": {"param": "created_after", "overlap": 60}},
        "not_final": {**listing, "since": {"param": "created_after", "window": LATE_CHANGES}},
        "fetch": {"path": path + "/{external_id}"},
    }


def _topics(resource: str, names: str) -> dict[str, dict[str, str]]:
    """Whoever knows the secret could write anything, so the thing is fetched."""
    return {name: {"resource": resource, "id": "data.id"} for name in names.split()}


TOPICS = {
    **_topics("orders", "order_created order_updated order_fulfilled order_cancelled order_delivered"),
    **_topics(
        "shipments",
        "shipment_purchased shipment_cancelled shipment_fulfilled shipment_out_for_delivery "
        "shipment_needs_attention shipment_delivery_failed",
    ),
    **_topics("trackers", "tracker_created tracker_updated"),
}


class Karrio(DeclaredConnector):
    platform = "karrio"
    label = "Karrio"
    settings_fields = (
        SettingField(
            "base_url",
            "Address of the server",
            kind="url",
            help_text="Without /v1, for example https://shipping.example.com. Test and live differ by the key.",
        ),
        SettingField(
            "service",
            "Service",
            required=False,
            help_text="Code of the service that labels are bought for, such as ups_ground. Empty: the cheapest offer.",
        ),
        SettingField("sender_name", "Sender: name", required=False),
        SettingField("sender_company", "Sender: company", required=False),
        SettingField("sender_line1", "Sender: street and number", required=False),
        SettingField("sender_city", "Sender: city", required=False),
        SettingField("sender_region", "Sender: state or province", required=False),
        SettingField("sender_postal_code", "Sender: postal code", required=False),
        SettingField(
            "sender_country", "Sender: country", required=False, help_text="Two letters, such as DE."
        ),
        SettingField("sender_phone", "Sender: phone", required=False),
        SettingField(
            "parcel_weight_grams",
            "Weight of a parcel in grams",
            required=False,
            kind="integer",
            default=500,
            help_text="For labels where the mapping tells none.",
        ),
        SettingField("token", "API key", secret=True, help_text="It begins with key_."),
        SettingField(
            "webhook_secret",
            "Secret of the webhook",
            required=False,
            secret=True,
            help_text="It begins with whsec_ and is entered whole.",
        ),
    )
    facts = Facts(
        group=Group.SHIPPING,
        documentation="https://docs.karrio.io/reference/api",
        credentials=(
            "In Karrio's dashboard open Developers → API Keys. Switch on test mode first if you only want to try.",
            "Choose Create API key and copy it (key_…) into “API key”.",
            "Connect at least one carrier under Connections, and enter the sender's address here.",
        ),
        verified=Verified.REAL,
        verified_against="Karrio 2026.1 with its custom carrier, and its OpenAPI document; the custom carrier cannot "
        "track, so trackers are checked against the document alone",
        limits="600 calls a minute and 300 that reach carriers, unless the server is set up otherwise; Crossdock keeps "
        "to 280.",
        traps=(
            "Nothing has a time of change: what is younger than 30 days is read again each time.",
            "A carrier that makes no offer says nothing: look at its zones, weights and services.",
            "Two orders with the same number at one sender share a label: numbers must be unique.",
            "The key decides whether labels are bought in test or in earnest.",
            "A webhook is switched off by Karrio after more than five failures in a row.",
        ),
        lacks=(
            "Customs declarations are not filled in: add them in the mapping for parcels that leave the country.",
            "A label cannot be changed once it is bought: cancel it, and buy another under another reference.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: Developers → Webhooks → Add endpoint, with this "
        "connection's webhook address; then copy the secret (whsec_…). Karrio sends the secret itself with each event, "
        "so the address must be https.",
    )
    declaration = {
        "label": "Karrio",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"label": "Address"},
            "parcel_weight_grams": {"default": 500},
            **{
                name: {"required": False}
                for name in (
                    "service",
                    "sender_name",
                    "sender_company",
                    "sender_line1",
                    "sender_city",
                    "sender_region",
                    "sender_postal_code",
                    "sender_country",
                    "sender_phone",
                )
            },
        },
        "auth": {"kind": "api_key", "header": "Authorization", "value": "Token {token}"},
        "limits": {"requests_per_second": 4.5, "burst": 10, "concurrent": 4},
        # Buying a label takes up to two calls.
        "timeouts": {"connect": 4, "read": 14, "total": 14, "calls": 2},
        "request_id_header": "X-Request-ID",
        "errors": [
            {
                "status": 424,
                "kind": "data",
                "code": "carrier_refused",
                "said": "messages[0].message || errors[0].message",
            },
            {
                "status": 400,
                "when": "errors[?starts_with(message, 'shipper')]",
                "kind": "config",
                "code": "sender",
                "sentence": "=join('', ['The sender is not complete. Karrio says: ', errors[0].message, "
                "' Enter it at the connection.'])",
                "connection_wide": False,
            },
        ],
        "test": {"path": "/v1/orders", "expect": "type(results) == 'array'"},
        "resources": {
            "orders": {
                **_listed("/v1/orders"),
                "natural_key": "order_id",
                "required": ["order_id", "shipping_to.country_code", "line_items"],
                "lookup": {
                    "path": "/v1/orders",
                    "params": {"order_id": "{natural_key}"},
                    "record": "results",
                    "match": "order_id",
                },
                "create": {
                    "path": "/v1/orders",
                    "lines": {"at": "line_items", "id": "id", "ref": "metadata.line"},
                },
                "actions": {
                    "cancel": {
                        "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                        "path": "/v1/orders/{external_id}/cancel",
                        "repeatable": True,
                        "errors": [
                            {
                                "status": 409,
                                "when": "contains(errors[0].message, `\"is 'cancelled'\"`)",
                                "kind": "done",
                            }
                        ],
                    }
                },
            },
            "shipments": _listed("/v1/shipments", skip=f"status == '{DRAFT}'"),
            # The same shipments, as what becomes of an order: ids of parcels that were read are ids of shipments.
            "labels": {
                "label": "Labels",
                "natural_key": "reference",
                "required": ["reference", "recipient.person_name", "recipient.country_code"],
                "fetch": {"path": "/v1/shipments/{external_id}"},
                "lookup": {
                    "path": "/v1/shipments",
                    "params": {"reference": "{natural_key}"},
                    "record": "results[?status != 'cancelled']",
                    "match": "reference",
                },
                "create": {
                    "path": "/v1/shipments",
                    # Never with a service: Karrio would buy at once, and a lost answer would hide a bought label.
                    "body": {
                        "reference": "=body.reference",
                        "shipper": {
                            "person_name": "=body.shipper.person_name || settings.sender_name",
                            "company_name": "=body.shipper.company_name || settings.sender_company",
                            "address_line1": "=body.shipper.address_line1 || settings.sender_line1",
                            "address_line2": "=body.shipper.address_line2",
                            "city": "=body.shipper.city || settings.sender_city",
                            "state_code": "=body.shipper.state_code || settings.sender_region",
                            "postal_code": "=body.shipper.postal_code || settings.sender_postal_code",
                            "country_code": "=body.shipper.country_code || settings.sender_country",
                            "phone_number": "=body.shipper.phone_number || settings.sender_phone",
                        },
                        "recipient": "=body.recipient",
                        "parcels": "=body.parcels || [{weight: settings.parcel_weight_grams, weight_unit: 'G'}]",
                        "label_type": "=body.label_type",
                        "customs": "=body.customs",
                        "options": "=body.options",
                        "payment": "=body.payment",
                        "carrier_ids": "=body.carrier_ids",
                        "metadata": "=body.metadata",
                    },
                    "then": [
                        {
                            "path": "/v1/shipments/{external_id}/purchase",
                            "body": {"service": "=body.service || settings.service"},
                            "repeatable": True,
                            "errors": [
                                {"status": 409, "when": "errors[?code == 'state_error']", "kind": "done"}
                            ],
                        }
                    ],
                },
                "actions": {
                    "cancel": {
                        "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                        "path": "/v1/shipments/{external_id}/cancel",
                        "repeatable": True,
                    }
                },
            },
            "trackers": {
                **_listed("/v1/trackers"),
                "natural_key": "tracking_number",
                "required": ["tracking_number", "carrier_name"],
                "lookup": {
                    "path": "/v1/trackers",
                    "params": {"tracking_number": "{natural_key}"},
                    "record": "results",
                    "match": "tracking_number",
                },
                "create": {"path": "/v1/trackers"},
            },
        },
        "webhook": {
            "signature": {"header": "X-Event-Id", "algorithm": "plain"},
            "topic": "event",
            "topics": TOPICS,
            "subscriptions": {
                "topics": list(TOPICS),
                "list": {
                    "path": "/v1/webhooks",
                    "records": "results",
                    "paging": {"style": "link", "next": "next"},
                },
                "address": "url",
                "topics_at": "enabled_events",
                "active": "!disabled",
                "secret": "secret",
                "create": {
                    "path": "/v1/webhooks",
                    "body": {"url": "{address}", "enabled_events": "{topics}", "description": "Crossdock"},
                },
                "delete": {"path": "/v1/webhooks/{id}"},
            },
        },
    }

    def send(self, call: Call) -> Answer:
        if (call.resource, call.operation, call.step) == ("labels", "create", 1):
            return self._in_session(("offers", "labels"), lambda: self._bought(call))
        return super().send(call)

    def _bought(self, call: Call) -> Answer:
        """The offers stand in the draft. What is no draft any more was bought before, by the call that is repeated."""
        draft = self.ask(Request("GET", f"/v1/shipments/{call.external_id}"))
        if draft.get("status") != DRAFT:
            record = self.plan.resources["labels"].record
            return Answer(call.external_id, body=draft, version=record.version(draft), replayed=True)
        offers = draft.get("rates") or self._asked_again(call.external_id)
        chosen = _chosen(offers, str((call.body or {}).get("service") or ""))
        return super().send(Call.from_json({**call.to_json(), "body": {"selected_rate_id": chosen["id"]}}))

    def _asked_again(self, external_id: str) -> list[dict[str, Any]]:
        """Carriers that were away or not connected when the draft was made. Bought in the next try: this one has had
        its two calls."""
        fresh = self.ask(Request("POST", f"/v1/shipments/{external_id}/rates", body={}))
        if fresh.get("rates"):
            raise Failure.transient(
                "offers_came_late", "The carriers answered late. The label is bought in the next try."
            )
        told = "; ".join(str(message.get("message")) for message in fresh.get("messages") or [])
        raise Failure.data(
            "no_offer",
            f"No carrier makes an offer for this parcel. {f'They say: {told} ' if told else ''}"
            "Look at the address and the weight, and in Karrio at the carrier's zones and services; then retry.",
        )


def _chosen(offers: list[dict[str, Any]], service: str) -> dict[str, Any]:
    """The service that is wanted, else the cheapest. Amounts of several currencies are not compared."""
    known = ", ".join(sorted({str(offer.get("service")) for offer in offers}))
    fitting = [offer for offer in offers if service in ("", str(offer.get("service")))]
    if not fitting:
        raise Failure.data(
            "service_not_offered",
            f"{service} is not offered for this parcel. Offered are: {known}. Choose one at the connection or in the "
            "mapping, then retry.",
            field="service",
        )
    if len({offer.get("currency") for offer in fitting}) > 1:
        raise Failure.data(
            "several_currencies",
            f"The offers are in several currencies, so none is the cheapest. Offered are: {known}. Name the service "
            "at the connection or in the mapping, then retry.",
            field="service",
        )
    return min(fitting, key=lambda offer: float(offer.get("total_charge") or 0))

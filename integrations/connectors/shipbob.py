"""ShipBob, API version 2026-01: https://developer.shipbob.com/2026-01

- reference_id is an order's name in its channel. A second one with the same is refused with 422, and an order is found
  by it, so a lost answer settles itself (https://developer.shipbob.com/errors).
- There is no list of shipments: they are read with their orders. A carrier's news move another time than changes of the
  order do, so both are asked for (https://developer.shipbob.com/2026-01/api/orders/get-orders).
- A cancellation answers 200 also where a shipment could not be stopped any more: each shipment has its own result.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from integrations.connectors.base import Answer, Call, Item, Page, SettingField, TestReport
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.exceptions import Failure
from integrations.http.client import Request

ADDRESS = "https://api.shipbob.com"
VERSION = "/2026-01"

# Of an order and of a shipment: neither has one time that moves with everything.
TIMES = [
    "created_date",
    "last_update_at",
    "last_tracking_update_at",
    "delivery_date",
    "shipments[].last_update_at",
    "shipments[].last_tracking_update_at",
    "shipments[].delivery_date",
]
# The end is told by an empty page: how many the page was asked for is not how many shipments there are in it.
ORDER_PAGES = {
    "style": "page",
    "param": "Page",
    "size": 250,
    "size_param": "Limit",
    "more": "length(@) > `0`",
}
TOPICS = [
    "order.shipped",
    "order.shipment.cancelled",
    "order.shipment.delivered",
    "order.shipment.exception",
    "order.shipment.on_hold",
]
STOPPED_LATE = "canceled_shipment_results[?is_success == `false`]"


def _listed() -> dict[str, Any]:
    """By what changed in the order, and again by what the carriers told."""
    listing = {"path": f"{VERSION}/order", "records": "@", "paging": ORDER_PAGES}
    return {
        "updated_at": {"at": TIMES},
        "list": {**listing, "since": {"param": "LastUpdateStartDate", "overlap": 120}},
        "not_final": {**listing, "since": {"param": "LastTrackingUpdateStartDate", "overlap": 120}},
    }


def _linked(path: str) -> dict[str, Any]:
    """https://developer.shipbob.com/2026-01: the newer lists give the address of the next page."""
    return {
        "path": f"{VERSION}{path}",
        "records": "items",
        "paging": {"style": "link", "next": "next", "size": 250, "size_param": "PageSize"},
    }


class ShipBob(DeclaredConnector):
    platform = "shipbob"
    label = "ShipBob"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Production: https://api.shipbob.com. Sandbox: https://sandbox-api.shipbob.com.",
        ),
        SettingField(
            "channel_id",
            "Channel id",
            required=False,
            help_text="The channel that orders are sent to. Leave it empty and test the connection: the test names "
            "the channels of this token with their ids.",
        ),
        SettingField("token", "Personal access token", secret=True),
        SettingField(
            "webhook_secret",
            "Signing secret of the webhook",
            required=False,
            secret=True,
            help_text="It begins with whsec_ and is entered whole.",
        ),
    )
    facts = Facts(
        group=Group.SHIPPING,
        documentation="https://developer.shipbob.com/2026-01",
        native_integrations=native_of("shipbob"),
        # The page gives 2026-01 until 31 Jan 2028, and each other version 24 months.
        api_version=ApiVersion(
            VERSION.strip("/"),
            ends=date(2028, 1, 31),
            months=24,
            source="https://developer.shipbob.com/v2.0/versioning",
        ),
        credentials=(
            "In the ShipBob dashboard (web.shipbob.com; for trying out, the sandbox's) open Integrations → API Tokens.",
            "Choose Generate API Token, give it a name such as Crossdock and copy it into “Personal access token”.",
            "Save, test the connection, and enter the id of the channel that the test names.",
        ),
        verified=Verified.CONTRACT,
        verified_against="ShipBob's OpenAPI document, API version 2026-01; bodies of webhooks are in no document and "
        "could not be checked",
        limits="150 calls a minute per user and app; Crossdock makes at most 145 in any minute.",
        traps=(
            "A SKU that ShipBob does not know makes a new product there, and the order waits for stock of it.",
            "“Completed” means that the parcel has left ShipBob; the delivery date says when it arrived.",
            "An order without stock stays open as “Exception”: it is a backorder, and no failure of the sync.",
            "The quantity of a bundle in a shipment counts the units of its parts.",
            "Names of shipping methods must be mapped in ShipBob under Ship Option Mapping.",
        ),
        lacks=(
            "An order cannot be changed once it was sent: cancel it, and send it under another reference.",
            "Stock cannot be set; it is what ShipBob counted.",
            "Returns, receiving orders and bills are not read yet.",
            "Shipments name SKUs and not the lines of the shop's order.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: Integrations → Webhooks → Add Subscription, with "
        "this connection's webhook address and the topics order.shipped and order.shipment.*; then copy the signing "
        "secret (whsec_…).",
    )
    declaration = {
        "label": "ShipBob",
        "base_url": "{base_url}",
        "variables": {"base_url": {"default": ADDRESS}, "channel_id": {"required": False}},
        "headers": {"shipbob_channel_id": "{channel_id}"},
        "auth": {"kind": "bearer"},
        # https://developer.shipbob.com/rate-limit: a sliding window of a minute, told by x-remaining-calls.
        "limits": {"requests_per_second": 2.3, "burst": 8, "concurrent": 4},
        # A cancellation that was refused is followed by a look at the order.
        "timeouts": {"connect": 4, "read": 12, "total": 14, "calls": 2},
        "errors": [
            {
                "status": 400,
                # An object of lists of sentences, by the field that they are about.
                "when": "type(@) == 'object' && values(@)[?type(@) == 'array']",
                "kind": "data",
                "code": "bad_request",
                "field": "=keys(@)[0]",
                "said": "values(@)[?type(@) == 'array'] | [0][0]",
            },
        ],
        "test": {"path": f"{VERSION}/order", "params": {"Limit": 1}, "expect": "type(@) == 'array'"},
        "resources": {
            "orders": {
                **_listed(),
                "natural_key": "reference_id",
                "required": ["reference_id", "recipient.name", "recipient.address.address1", "products"],
                "fetch": {"path": f"{VERSION}/order/{{external_id}}"},
                "lookup": {
                    "path": f"{VERSION}/order",
                    "params": {"ReferenceIds": "{natural_key}"},
                    "record": "@",
                    "match": "reference_id",
                },
                "create": {"path": f"{VERSION}/order"},
                "actions": {
                    "cancel": {
                        "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                        "path": f"{VERSION}/order/{{external_id}}:cancel",
                        "answer": "order",
                        "repeatable": True,
                        "errors": [
                            {
                                "when": STOPPED_LATE,
                                "kind": "data",
                                "code": "not_stopped",
                                "sentence": "=join('', ['ShipBob could not stop a shipment of this order: ', "
                                f"({STOPPED_LATE} | [0].reason) || 'it says no reason.', ' Ask its support to hold "
                                "it, or wait for the parcel to come back.'])",
                            }
                        ],
                    }
                },
            },
            "shipments": {
                **_listed(),
                "fetch": {
                    "path": f"{VERSION}/shipment/{{external_id}}",
                    "details": [
                        {
                            "path": f"{VERSION}/order/{{record.order_id}}",
                            "records": "order_number",
                            "into": "order_number",
                        }
                    ],
                },
            },
            "stock": {
                "id": "inventory_id",
                "list": _linked("/inventory-level"),
                "fetch": {"path": f"{VERSION}/inventory-level/{{external_id}}"},
            },
            "variants": {
                "updated_at": {"at": "updated_on"},
                "list": {
                    **_linked("/product"),
                    "records": "items[].variants[]",
                    "since": {"param": "LastUpdatedTimestamp", "overlap": 120},
                },
            },
        },
        # https://developer.shipbob.com/webhooks: Standard Webhooks. A topic may bring a shipment, or an order with all
        # of its shipments; what it is about is fetched.
        "webhook": {
            "signature": {
                "header": "webhook-signature",
                "id_header": "webhook-id",
                "timestamp_header": "webhook-timestamp",
                "signed": "{id}.{timestamp}.{body}",
                "separator": " ",
                "prefix": "v1,",
                "encoding": "base64",
                "key_form": "base64",
                "secret_prefix": "whsec_",
            },
            # ShipBob makes a secret of its own form, and tells it once.
            "subscriptions": {
                "topics": TOPICS,
                "list": {
                    "path": f"{VERSION}/webhook",
                    "records": "items",
                    "paging": {"style": "link", "next": "next", "size": 250, "size_param": "RecordsPerPage"},
                },
                "address": "url",
                "active": "enabled",
                "secret": "secret",
                "create": {
                    "path": f"{VERSION}/webhook",
                    "body": {"url": "{address}", "topics": "{topics}", "description": "Crossdock"},
                },
                "delete": {"path": f"{VERSION}/webhook/{{id}}"},
            },
            "topic_header": "x-webhook-topic",
            "delivery_id_header": "webhook-id",
            "events": "(shipments || [@])[]",
            "topics": {
                topic: {"resource": "shipments", "id": "shipment_id || (order_id && id)"}
                # The last is told by subscriptions that were made for a later version of the API.
                for topic in (*TOPICS, "order.shipment.tracking.updated")
            },
        },
    }

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        if resource != "shipments":
            return page
        # An order without shipments is no shipment that is gone.
        return replace(page, items=tuple(self._shipments(page.items)), complete=False)

    def _shipments(self, orders: tuple[Item, ...]) -> Iterator[Item]:
        """A shipment does not say by what number people know its order."""
        record = self.plan.resources["shipments"].record
        for order in orders:
            for shipment in order.payload.get("shipments") or []:
                yield record.item({**shipment, "order_number": order.payload.get("order_number")})

    def send(self, call: Call) -> Answer:
        try:
            return super().send(call)
        except Failure as failure:
            if call.operation == "cancel" and failure.status == 422:
                return self._cancelled_before(call, failure)
            raise

    def _cancelled_before(self, call: Call, failure: Failure) -> Answer:
        """ShipBob refuses to cancel what cannot be cancelled any more, also because it is already: the order tells."""
        order = self.fetch(call.resource, call.external_id)
        if order is None or order.payload.get("status") != "Cancelled":
            raise failure
        return Answer(order.external_id, body=order.payload, version=order.version, replayed=True)

    def test(self) -> TestReport:
        report = super().test()
        if report.ok:
            self._try_channel(report)
        return report

    def _try_channel(self, report: TestReport) -> None:
        """A wrong channel would only be seen at the first order."""
        wanted = str(self.settings.get("channel_id") or "")
        try:
            self._turn()
            channels = self.ask(Request("GET", f"{VERSION}/channel"))["items"] or []
        except Failure as failure:
            report.add("Reading channels", False, failure.sentence)
            return
        known = {str(channel["id"]): str(channel.get("name") or "") for channel in channels}
        names = ", ".join(f"{number} ({name})" for number, name in known.items()) or "none"
        if wanted in known:
            report.add("Channel", True, f"Orders go to the channel {known[wanted] or wanted}.")
        else:
            report.add("Channel", False, f"Enter the id of a channel. This token may use: {names}.")

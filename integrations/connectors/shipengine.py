"""ShipStation API v2 and ShipEngine, which are one API at two addresses: https://docs.shipstation.com

- external_shipment_id is our own name of a shipment, unique in the account, and a shipment is found by it: so a lost
  answer settles itself. A label is looked for at its shipment before it is bought.
- Shipments can be asked for by the time of their change, labels by the time of their creation alone: so those of some
  weeks are read again for what the carriers tell.
- Each webhook is signed with a key of ShipEngine's own, which says that ShipEngine sent it, and not for whom
  (https://docs.shipstation.com/apis/docs/guides/webhooks-validation). So it carries a header with our secret as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from integrations.connectors import public_keys, signatures
from integrations.connectors.base import Answer, Call, SettingField, WebhookEvent, WriteContext
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.shipengine_declaration import ADDRESS, DECLARATION, SENDER
from integrations.connectors.times import parse, zone
from integrations.exceptions import Failure, SignatureRefused
from integrations.http.client import HttpClient, Request

KEY_SET = "https://api.shipengine.com/jwks"
KEYS = public_keys.PublicKeys()
TOLERANCE = 300.0
UTC_ZONE = zone("UTC", "")
LABEL = re.compile(r"/labels/(se-[a-z0-9-]+)")
# What ShipStation's document knows of a shipment that is read, and not of one that is made.
UNKNOWN_AT_SHIPSTATION = ("external_order_id", "service_code", "shipment_number", "warehouse_id")
# What is sent in a list of shipments, also when it is one.
LISTED = (("shipments", "create", 0), ("labels", "create", 0))


class ShipEngine(DeclaredConnector):
    platform = "shipengine"
    label = "ShipStation API v2 / ShipEngine"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="ShipEngine, also named ShipStation API: https://api.shipengine.com/v1. ShipStation: "
            "https://api.shipstation.com/v2. ShipEngine's sandbox has the same address and a key with TEST_ before it.",
        ),
        SettingField(
            "carrier_id",
            "Carrier",
            required=False,
            help_text="Id of the carrier (se-…) that shipments are sent with, where the mapping tells none.",
        ),
        SettingField(
            "service_code", "Service", required=False, help_text="Such as ups_ground or usps_priority_mail."
        ),
        SettingField(
            "warehouse_id",
            "Warehouse",
            required=False,
            help_text="Id of the warehouse (se-…) that it leaves from. Or enter the sender below.",
        ),
        *(
            SettingField(name, f"Sender: {label}", required=False, help_text=help_text)
            for name, label, help_text in SENDER
        ),
        SettingField(
            "parcel_weight_grams",
            "Weight of a parcel in grams",
            required=False,
            kind="integer",
            default=500,
            help_text="For shipments where the mapping tells none.",
        ),
        SettingField(
            "inventory_location_id",
            "Location of the stock",
            required=False,
            help_text="ShipStation alone: id of the location in which stock is set.",
        ),
        SettingField("token", "API key", secret=True),
        SettingField(
            "webhook_secret",
            "Secret of the webhooks",
            required=False,
            secret=True,
            help_text="“Order webhooks” fills it in. By hand: the value of the header X-Crossdock-Secret there.",
        ),
    )
    facts = Facts(
        group=Group.SHIPPING,
        documentation="https://docs.shipstation.com",
        credentials=(
            "ShipStation: open Settings → Account → API Settings, choose version V2 and click “Generate API Key”.",
            "ShipEngine: open the dashboard → API Management and create a key. For trying out switch to Sandbox first.",
            "Copy the key into “API key”. It is shown once.",
            "For sending shipments enter the carrier, the service and the sender or the warehouse as well.",
        ),
        verified=Verified.CONTRACT,
        verified_against="ShipEngine's OpenAPI document of April 2026 and ShipStation's of August 2025; which bytes of "
        "a webhook are signed is in neither, and was taken from the programs of others that agree",
        limits="200 calls a minute, 20 in ShipEngine's sandbox; Crossdock makes at most 3 a second.",
        traps=(
            "A label is paid for the moment it is bought, unless the key begins with TEST_.",
            "A label that was voided may still be refused a refund by its carrier.",
            "Its document asks for a state or province in every address; countries without any are sent without.",
            "ShipEngine asks for a carrier and a service with every shipment.",
            "ShipStation takes no service with a shipment: set up automation rules there, or choose it there.",
            "Webhooks are sent in production alone, not in the sandbox.",
            "All accounts have webhooks signed with the same key: the secret in the header tells yours from others'.",
        ),
        lacks=(
            "A shipment cannot be changed once it was sent: cancel it, and send it under another name.",
            "Stock is ShipStation's alone: ShipEngine has none.",
            "Customs forms are not filled in: add them in the mapping for parcels that leave the country.",
            "A label is bought for one parcel; add packages in the mapping where there are more.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: add a webhook for tracking in the settings there, "
        "with this connection's webhook address and a header X-Crossdock-Secret with a secret of your own; then enter "
        "the same secret here.",
    )
    declaration = DECLARATION

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        if (resource, context.operation, step) in LISTED:
            told = {**self._defaults(), **context.body}
            unknown = UNKNOWN_AT_SHIPSTATION if self._is_shipstation else ()
            body = {name: value for name, value in told.items() if name not in unknown}
            context = replace(context, body=body)
        return super().prepare(resource, context, step, key)

    @property
    def _is_shipstation(self) -> bool:
        return self.base_url.rstrip("/").endswith("/v2")

    def _defaults(self) -> dict[str, Any]:
        """What the connection says of every shipment."""
        told = {name: self.settings.get(name) for name in ("carrier_id", "service_code", "warehouse_id")}
        sender = {
            name.removeprefix("sender_"): str(self.settings[name])
            for name, _, _ in SENDER
            if self.settings.get(name)
        }
        if sender and (not told["warehouse_id"] or self._is_shipstation):
            told["ship_from"] = {"address_residential_indicator": "unknown", **sender}
        weight = int(self.settings.get("parcel_weight_grams") or 500)
        packages = [{"weight": {"value": weight, "unit": "gram"}}]
        return {name: value for name, value in told.items() if value} | {"packages": packages}

    def send(self, call: Call) -> Answer:
        match call.resource, call.operation, call.step:
            case place if place in LISTED:
                return super().send(replace(call, body={"shipments": [call.body]}))
            case "labels", "create", 1:
                return self._in_session(("look", "labels"), lambda: self._bought(call))
            case "labels", "cancel", 0:
                self._in_session(("void", "labels"), lambda: self._void_all(call.external_id))
        return super().send(call)

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        if calls[0].resource != "shipments":
            return super().send_batch(calls)
        # A list that is refused as a whole says nothing of the single ones.
        try:
            return super().send_batch(calls)
        except Failure as refused:
            if len(calls) == 1 or refused.connection_wide or refused.status != 400:
                raise
            return [_alone(refused)] * len(calls)

    def _bought(self, call: Call) -> Answer:
        """What was bought before, by the call that is repeated; else it is bought now."""
        for label in self._labels_of(call.external_id):
            return Answer(call.external_id, body=label, replayed=True)
        return super().send(call)

    def _void_all(self, shipment_id: str) -> None:
        for label in self._labels_of(shipment_id):
            told = self.ask(Request("PUT", f"/labels/{label['label_id']}/void", writes=True))
            if not told.get("approved"):
                said = told.get("message", "")
                raise Failure.data(
                    "not_voided",
                    f"{self.client.name} did not void the label of this shipment. It says: “{said}”. "
                    "Void it there, or hold the parcel back.",
                )

    def _labels_of(self, shipment_id: str) -> list[dict[str, Any]]:
        request = Request("GET", "/labels", params=[("shipment_id", shipment_id), ("page_size", "25")])
        found: list[dict[str, Any]] = self.ask(request)["labels"]
        return [label for label in found if label.get("status") in ("processing", "completed")]

    # Webhooks.

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """First our own secret, so that strangers cannot make us ask for keys."""
        small = {name.lower(): value for name, value in headers.items()}
        assert self.plan.webhook is not None
        now = self.plan.webhook.prove(small, raw, self.secrets, url)
        names = (
            "x-shipengine-rsa-sha256-key-id",
            "x-shipengine-timestamp",
            "x-shipengine-rsa-sha256-signature",
        )
        name, timestamp, signature = (small.get(one, "") for one in names)
        sent = parse(timestamp, "iso", UTC_ZONE)
        if not name or sent is None or abs((now - sent).total_seconds()) > TOLERANCE:
            raise SignatureRefused(
                "It does not say with which key and when it was signed, or that is too far from now."
            )
        public_keys.check(KEYS.get(name, self._key_set), signature, timestamp.encode() + b"." + raw)
        return [_of_its_label(event) for event in self.plan.webhook.heard(small, raw)]

    def _key_set(self) -> dict[str, RSAPublicKey]:
        """Both addresses sign with the same keys, which are published at one of them."""
        client = HttpClient(KEY_SET, timeout=(3, 5, 6), guard=self._guard, max_bytes=65_536, name=self.label)
        try:
            answer = client.send(Request("GET", ""))
            client.check(answer)
        finally:
            client.close()
        return public_keys.of_key_set(answer.json)


def _alone(refused: Failure) -> Failure:
    return Failure.transient(
        "batch_refused", "Several shipments at once were refused; each goes by itself.", status=refused.status
    )


def _of_its_label(event: WebhookEvent) -> WebhookEvent:
    """The label stands in the address of what has changed: …/labels/se-1/track."""
    found = LABEL.search(event.external_id)
    if found is None:
        return replace(event, external_id="", problem=event.problem or signatures.NAMES_NOTHING)
    return replace(event, external_id=found[1])

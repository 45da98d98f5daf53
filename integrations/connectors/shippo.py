"""Shippo: https://docs.goshippo.com

- A label there is a transaction. It is bought by one of the rates that a shipment brings; a shipment costs nothing.
- Nothing protects a call that is made twice. So a label carries our reference as its metadata, and after a lost answer
  the labels of the last weeks are looked through for it before another is bought.
- Lists can be narrowed by the time of creation alone, those of orders by when the order was placed.
- Webhooks are signed only where Shippo was asked for it. Else a secret stands in their address
  (https://docs.goshippo.com/tracking/webhook-security), which says who sends and not what: so what they tell of is
  fetched.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import orjson

from integrations.connectors.base import (
    Answer,
    Call,
    Item,
    SettingField,
    Subscription,
    WebhookEvent,
    WriteContext,
)
from integrations.connectors.consent import Consent
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.rows import GONE
from integrations.connectors.shippo_declaration import ADDRESS, DECLARATION, LATE_CHANGES, PARCEL, SENDER
from integrations.connectors.times import utc_now
from integrations.exceptions import Failure, SignatureRefused
from integrations.http.auth import Auth
from integrations.http.client import Request

TEST_TOKEN = "shippo_test_"  # noqa: S105  # how one begins
SIGNATURE = "shippo-auth-signature"
# What Shippo keeps of a text that we attach, and of a webhook's address.
LONGEST_REFERENCE = 100
LONGEST_ADDRESS = 199
# So many pages of a list are looked through: more would take longer than anybody waits.
MOST_PAGES = 20
GIVEN_BACK = ("REFUNDED", "REFUNDPENDING")
UNDER_WAY = ("QUEUED", "WAITING")


class Shippo(DeclaredConnector):
    platform = "shippo"
    label = "Shippo"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test and live have the same address and differ by the token.",
        ),
        SettingField(
            "service",
            "Service",
            required=False,
            help_text="The one that labels are bought for, such as usps_ground_advantage. Empty: the cheapest rate.",
        ),
        *(SettingField(name, f"Sender: {label}", required=False) for name, label in SENDER),
        *(
            SettingField(
                name,
                label,
                required=False,
                kind="integer",
                default=default,
                help_text="For labels where the mapping tells none.",
            )
            for name, label, default in PARCEL
        ),
        SettingField(
            "token",
            "API token",
            secret=True,
            help_text="shippo_test_… is for tests, shippo_live_… for production.",
        ),
        SettingField(
            "webhook_secret",
            "Secret of the webhooks",
            required=False,
            secret=True,
            help_text="“Order webhooks” fills it in. By hand: what stands behind ?token= in their address, or the "
            "secret with which Shippo signs them, where you have agreed on that.",
        ),
    )
    facts = Facts(
        group=Group.SHIPPING,
        documentation="https://docs.goshippo.com",
        native_integrations=native_of("shippo"),
        # "We will never force you to upgrade": no end is to be expected.
        api_version=ApiVersion(
            "2018-02-08", source="https://docs.goshippo.com/docs/api_concepts/apiversioning/"
        ),
        credentials=(
            "Log in to the Shippo API Portal (portal.goshippo.com) and open API Configuration → Developer keys.",
            "Copy the test token to try, or the live token, into “API token”.",
            "Enter the sender's address and the size of a usual parcel here before labels are bought.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="made from Shippo's documentation and the models of its SDKs; no description of its API was "
        "at hand to test against",
        limits="500 purchases and 50 lists a minute, 50 and 10 with a test token; Crossdock makes at most 4 calls a "
        "second, and waits where Shippo says that it was too many.",
        traps=(
            "A label is paid for the moment it is bought, unless the token begins with shippo_test_.",
            "Order numbers must be unique: by them a label is found again whose purchase was not answered.",
            "With more than 2,000 labels in 30 days, or 2,000 orders sent, such a look-up may have to ask a person.",
            "Orders and labels have no filter by change: what is younger than 30 days is read again each time.",
            "The refund of a label is asked for, and the carrier may refuse it some weeks later.",
            "Webhooks are signed only if you ask Shippo for it; else a secret stands in their address, so use https.",
            "Shippo tries a webhook that fails twice more and then drops it; a read finds what was missed.",
        ),
        lacks=(
            "An order cannot be changed or cancelled once it was sent: Shippo has no call for it.",
            "Trackers cannot be listed: set the job's interval to 0, their news come by webhooks.",
            "A label is bought for one parcel.",
            "Customs forms are not filled in: add them in the mapping for parcels that leave the country.",
            "A label that was bought in Shippo itself does not tell its order; the order tells its labels.",
            "Batches, pickups and manifests are not used.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: API Configuration → Webhooks in the Shippo API "
        "Portal, with this connection's webhook address and ?token= and a secret of your own behind it, once for each "
        "of transaction_created, transaction_updated and track_updated; then enter the same secret here. Where Shippo "
        "signs your webhooks, enter that secret instead and add them by hand without ?token=.",
    )
    declaration = DECLARATION

    def _identity(self) -> tuple[Auth, Consent | None]:
        self.settings["is_test"] = str(self.secrets.get("token") or "").startswith(TEST_TOKEN)
        return super()._identity()

    # Reading, and finding again.

    def fetch(self, resource: str, external_id: str) -> Item | None:
        if resource == "trackers":
            return self._in_session(("fetch", resource), lambda: self._tracker(external_id))
        return super().fetch(resource, external_id)

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        match resource:
            case "trackers":
                return self._in_session(("lookup", resource), lambda: self._followed(natural_key))
            case "orders":
                return self._in_session(("lookup", resource), lambda: self._listed(resource, natural_key))
            case "labels":
                return self._in_session(("lookup", resource), lambda: self._label(natural_key))
        return super().lookup(resource, natural_key)

    def _tracker(self, external_id: str) -> Item | None:
        parts = external_id.partition(":")[::2]
        if not all(part.strip(".") for part in parts):
            # Neither is a name, and both would lead elsewhere.
            return None
        carrier, number = (quote(part, safe="") for part in parts)
        response = self.client.send(Request("GET", f"/tracks/{carrier}/{number}"))
        if response.status in GONE:
            return None
        plan = self._resource("trackers")
        plan.rules.judge(self.client, response)
        return plan.record.item(response.json)

    def _followed(self, natural_key: str) -> Item | None:
        """Shippo tells of any parcel that it is asked for. One that we have it follow carries our text."""
        found = self._tracker(natural_key)
        return found if found is not None and found.payload.get("metadata") else None

    def _label(self, reference: str) -> Item | None:
        """Of all labels, those of the last weeks: the whole list may take longer than Shippo allows itself."""
        since = utc_now() - timedelta(seconds=LATE_CHANGES)
        found = self._listed("labels", reference, ("object_created_gte", f"{since:%Y-%m-%dT%H:%M:%SZ}"))
        if found is not None and found.payload.get("status") in UNDER_WAY:
            raise Failure.transient(
                "still_buying", f"{self.client.name} is still buying this label. It is looked up again."
            )
        return found

    def _listed(self, resource: str, natural_key: str, *more: tuple[str, str]) -> Item | None:
        """Page by page: no list can be asked for a metadata or an order number."""
        plan = self._resource(resource)
        lookup = plan.lookup
        assert lookup is not None
        assert lookup.match is not None
        for page in range(1, MOST_PAGES + 1):
            request = lookup.endpoint.request({"natural_key": natural_key, "settings": self.settings})
            request.params += [*more, ("page", str(page))]
            told = self.ask(request)
            rows = lookup.find(told)
            for row in rows if isinstance(rows, list) else []:
                if lookup.match(row) == natural_key:
                    return plan.record.item(row)
            if not told.get("next"):
                return None
        raise Failure.data(
            "too_many_to_look_through",
            f"{self.client.name} has too many {resource} to look through for {natural_key}. Look whether it is there.",
        )

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        if (resource, context.operation) == ("labels", "create"):
            reference = context.body.get("reference")
            if isinstance(reference, str) and len(reference) > LONGEST_REFERENCE:
                # Cut short over there, it would never be found again.
                raise Failure.data(
                    "reference_too_long",
                    f"Shippo keeps {LONGEST_REFERENCE} characters of a reference. Make it shorter in the mapping.",
                    field="reference",
                )
            context = replace(context, body=self._with_defaults(context.body))
        return super().prepare(resource, context, step, key)

    def _with_defaults(self, body: dict[str, Any]) -> dict[str, Any]:
        """With what the connection says of every parcel. Sizes and weights are texts."""
        sender = {
            name.removeprefix("sender_"): str(self.settings[name])
            for name, _ in SENDER
            if self.settings.get(name)
        }
        length, width, height, weight = (str(self.settings.get(name) or usual) for name, _, usual in PARCEL)
        size = {"length": length, "width": width, "height": height, "distance_unit": "cm"}
        told = body.get("parcel")
        parcel = {**size, "weight": weight, "mass_unit": "g", **(told if isinstance(told, dict) else {})}
        return {**({"address_from": sender} if sender else {}), **body, "parcel": parcel}

    def send(self, call: Call) -> Answer:
        match call.resource, call.operation:
            case "labels", "create":
                return self._in_session(("rates", "labels"), lambda: self._bought(call))
            case "labels", "cancel":
                return self._in_session(("refund", "labels"), lambda: self._given_back(call))
        return super().send(call)

    def _bought(self, call: Call) -> Answer:
        """A shipment of which no label is bought is of no effect, so an answer that is lost here is no doubt."""
        wanted = dict(call.body)
        shipment, service = wanted.pop("shipment"), str(wanted.pop("service", ""))
        rate = _chosen(self.ask(Request("POST", "/shipments", body=shipment)), service)
        return super().send(replace(call, body={"rate": rate["object_id"], **wanted}))

    def _given_back(self, call: Call) -> Answer:
        there = super().fetch("labels", call.external_id)
        if there is not None and there.payload.get("status") in (*GIVEN_BACK, "ERROR"):
            return Answer(call.external_id, body=there.payload, replayed=True)
        return super().send(call)

    # Webhooks.

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """What is told of a tracker changes the parcel of our label too."""
        plan = self.plan.webhook
        assert plan is not None
        small = {name.lower(): value for name, value in headers.items()}
        if SIGNATURE in small:
            plan.prove(small, raw, self.secrets, url)
        elif not self._is_ours(_token_in(url)):
            raise SignatureRefused("It is neither signed, nor is our secret in its address.")
        return [one for event in plan.heard(small, raw) for one in (event, *_of(event, raw))]

    def _is_ours(self, token: str) -> bool:
        secret = str(self.secrets.get("webhook_secret") or "")
        return bool(secret) and hmac.compare_digest(token.encode(), secret.encode())

    def subscribe(self, address: str, topics: Sequence[str], secret: str) -> str:
        told = quote(secret, safe="")
        self.client.hide([secret])
        if len(f"{address}?token={told}") > LONGEST_ADDRESS:
            raise Failure.config(
                "address_too_long",
                f"Shippo takes webhook addresses of at most {LONGEST_ADDRESS} characters, and this one is longer with "
                "its secret. Enter a shorter secret at the connection, then order the webhooks again.",
                field="webhook_secret",
            )
        super().subscribe(address, topics, told)
        return secret

    def subscriptions(self) -> list[Subscription]:
        """Those of our token's mode. One with another secret than ours is as good as none: it is ordered anew."""
        mode = "test" if self.settings["is_test"] else "live"
        return [self._as_ours(one) for one in super().subscriptions() if one.topics[-1] == mode]

    def _as_ours(self, one: Subscription) -> Subscription:
        token = _token_in(one.address)
        return replace(
            one,
            address=one.address.partition("?")[0] if token else one.address,
            topics=("*",) if one.topics[0] == "all" else one.topics[:1],
            active=one.active and (not token or self._is_ours(token)),
        )


def _token_in(url: str) -> str:
    return parse_qs(urlsplit(url).query).get("token", [""])[-1]


def _of(event: WebhookEvent, raw: bytes) -> list[WebhookEvent]:
    data = orjson.loads(raw).get("data") if event.resource == "trackers" and event.external_id else None
    label = data.get("transaction") if isinstance(data, dict) else None
    if not isinstance(label, str) or not label:
        return []
    return [replace(event, resource="parcels", external_id=label)]


def _chosen(shipment: dict[str, Any], service: str) -> dict[str, Any]:
    """The service that is wanted, else the cheapest. Amounts of several currencies are not compared."""
    rates = [rate for rate in shipment.get("rates") or [] if rate.get("object_id") and rate.get("amount")]
    fitting = [rate for rate in rates if service in ("", _service_of(rate))]
    messages = [one for one in shipment.get("messages") or [] if isinstance(one, dict)]
    is_late = shipment.get("status") in UNDER_WAY or any(
        one.get("code") == "carrier_timeout" for one in messages
    )
    if not fitting and is_late:
        raise Failure.transient(
            "rates_late", "A carrier has not answered in time. Its rates are asked for again."
        )
    if not rates:
        told = "; ".join(str(one.get("text")) for one in messages)
        raise Failure.data(
            "no_rate",
            f"No carrier makes an offer for this parcel. {f'They say: {told} ' if told else ''}"
            "Look at the addresses, the weight and the carriers, then retry.",
        )
    if not fitting or len({rate.get("currency") for rate in fitting}) > 1:
        known = ", ".join(sorted({_service_of(rate) for rate in rates}))
        raise Failure.data(
            "service_not_offered",
            f"None of the offers can be chosen. Offered are: {known}. Name one of these services at the connection or "
            "in the mapping, then retry.",
            field="service",
        )
    return min(fitting, key=lambda rate: Decimal(str(rate["amount"])))


def _service_of(rate: dict[str, Any]) -> str:
    level = rate.get("servicelevel")
    return str(level.get("token") or "") if isinstance(level, dict) else ""

"""Google Analytics 4, Measurement Protocol: https://developers.google.com/analytics/devguides/collection/protocol/ga4

- The API secret goes into the query: Google leaves no other way. It is hidden wherever a call is shown.
- The answer is 2xx also where an event is dropped, so all that is documented to be dropped is refused here, by field.
- A request is about one client, so each order is a call of its own, though Google takes 25 events of one client.
- Purchases with the same transaction id are taken for one
  (https://support.google.com/analytics/answer/12313109), so a purchase may be sent again. Of refunds that is not said.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.connectors.base import Answer, Call, SettingField, TestReport, WriteContext
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.ga4_events import (
    GOODS,
    GOODS_LESS_TAX,
    TOTAL,
    check_size,
    client_id,
    micros,
    purchase,
    refund,
)
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.times import utc_now
from integrations.connectors.writing import request_of
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import Request
from integrations.http.statuses import Meaning

ADDRESS, IN_EUROPE = "https://www.google-analytics.com", "https://region1.google-analytics.com"
COLLECT, CHECK = "/mp/collect", "/debug/mp/collect"
# What is older is taken by Google and dated 72 hours back instead, into days that it does not belong to:
# https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events#past_events
OLDEST = timedelta(hours=72)
# Clocks differ; a time further ahead was read in a wrong zone.
AHEAD = timedelta(minutes=10)
CONSENTS = {"denied": "DENIED", "granted": "GRANTED", "as_online": ""}
VALUES = (
    (GOODS, "The goods without tax and shipping; the source's line prices are without tax"),
    (GOODS_LESS_TAX, "The goods without tax and shipping; the source's line prices include tax"),
    (TOTAL, "What the customer pays, with tax and shipping"),
)
_MEASUREMENT_ID = re.compile(r"G-[A-Z0-9]{4,20}")
_DROPPED = Meaning(
    Kind.DATA,
    "not_accepted",
    "{host} would drop it.{said} Correct the value at its source or in the mapping, then retry.",
)


class GoogleAnalytics(DeclaredConnector):
    platform = "ga4"
    label = "Google Analytics 4"
    settings_fields = (
        SettingField(
            "measurement_id", "Measurement ID", help_text="Of the web data stream: it begins with G-."
        ),
        SettingField("token", "Measurement Protocol API secret", secret=True),
        SettingField(
            "purchase_value",
            "Value of a purchase",
            choices=VALUES,
            help_text="Google recommends the goods alone. Whether line prices include tax is said at the mapping that "
            "reads the orders.",
        ),
        SettingField(
            "consent",
            "Use for advertising",
            required=False,
            default="denied",
            choices=(
                ("denied", "Not allowed"),
                ("granted", "Allowed"),
                ("as_online", "As the person said in the browser"),
            ),
            help_text="“As the person said in the browser” needs the browser's client_id in the mapping.",
        ),
        SettingField(
            "check_events",
            "Have Google check each event first",
            kind="boolean",
            required=False,
            default=False,
            help_text="Two calls for each event; what Google would drop becomes an error. Good for the first days.",
        ),
        SettingField(
            "base_url",
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text=f"{IN_EUROPE} where the data is to be collected in the EU.",
        ),
    )
    facts = Facts(
        group=Group.DATA,
        documentation="https://developers.google.com/analytics/devguides/collection/protocol/ga4",
        native_integrations=native_of("ga4"),
        credentials=(
            "In Google Analytics open Admin → Data collection and modification → Data streams, and your web stream.",
            "Copy the Measurement ID (G-…); it is not the Stream ID.",
            "Open “Measurement Protocol API secrets”, accept what it says, and click Create.",
            "Copy the secret value into “Measurement Protocol API secret”.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="It was made from Google's written guides; Google publishes no description that a program "
        "could test against",
        limits="One event a call, up to 20 calls a second and 8 at once. An event has at most 25 parameters and 200 "
        "items, and less than 130 kB.",
        traps=(
            "Google answers 2xx to everything, also to a wrong secret: look for the first orders in its reports.",
            "Events older than 72 hours become errors here, since Google would date them wrongly.",
            (
                "Where the shop's own tag tells Google of purchases too, transaction_id must be the same as there, or "
                "each order counts twice."
            ),
            "Give the job the filter payment_status == 'paid', or orders that nobody pays count as well.",
            "An order counts as it was when it was sent first: later changes are not told, refunds are.",
            "With “What the customer pays”, an order that was refunded before it was sent may count too little.",
            "A refund waits until its order was sent to the same connection.",
            "A refund's value is what was paid back, with tax and shipping, since records do not tell them apart.",
            "Orders are put to no visit, as their client_id is made from the order, unless the mapping has client_id.",
        ),
        lacks=(
            "Nothing can be read or looked up, so a refund of which no answer came is asked a person about.",
            "Refunds are told without items: the items' own reports are not corrected by them.",
            "Several events do not share a call, since a call is about one client.",
            "App streams (Firebase) are not supported.",
        ),
    )
    declaration = {
        "label": "Google Analytics",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"default": ADDRESS},
            "measurement_id": {"label": "Measurement ID"},
            "purchase_value": {"label": "Value of a purchase"},
            "consent": {"default": "denied"},
            "check_events": {"default": False},
        },
        "auth": {"kind": "api_key", "query": "api_secret"},
        "limits": {"requests_per_second": 20, "burst": 20, "concurrent": 8},
        "resources": {
            "purchases": {
                "natural_key": "transaction_id",
                "required": ["transaction_id", "currency", "occurred_at"],
                "create": {
                    "path": COLLECT,
                    "params": {"measurement_id": "{measurement_id}"},
                    "repeatable": True,
                },
            },
            "refunds": {
                "natural_key": "id",
                "required": ["id", "transaction_id", "currency", "occurred_at", "value"],
                "create": {"path": COLLECT, "params": {"measurement_id": "{measurement_id}"}},
            },
        },
    }

    def __init__(self, settings: Mapping[str, Any], *args: Any, **more: Any) -> None:
        _check_choices(settings)
        super().__init__(settings, *args, **more)

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        call = super().prepare(resource, context, step, key)
        body = context.body
        is_purchase = resource == "purchases"
        event = purchase(body, str(self.settings["purchase_value"])) if is_purchase else refund(body)
        message = self._message(body, event)
        check_size(message)
        return replace(call, body=message)

    def _message(self, body: Mapping[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        consent = CONSENTS[str(self.settings["consent"])]
        allowed = {"ad_user_data": consent, "ad_personalization": consent}
        return {
            "client_id": client_id(body, str(self.settings["measurement_id"])),
            "timestamp_micros": micros(body),
            **({"consent": allowed} if consent else {}),
            "events": [event],
        }

    def send(self, call: Call) -> Answer:
        _check_age(call.body["timestamp_micros"], utc_now())
        if self.settings["check_events"]:
            self._check(call.body)
        request = request_of(call)
        # Whatever stands in the answer, it says nothing.
        request.is_json = False
        response = self.client.send(request)
        self.plan.rules.judge(self.client, response)
        return Answer(
            external_id=call.natural_key or None, request_id=response.request_id, status=response.status
        )

    def _check(self, message: Mapping[str, Any]) -> None:
        """https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events: nothing is kept
        there. Raises Failure for what Google would drop."""
        request = Request(
            "POST",
            CHECK,
            [("measurement_id", str(self.settings["measurement_id"]))],
            body={**message, "validation_behavior": "ENFORCE_RECOMMENDATIONS"},
        )
        response = self.client.send(request)
        self.plan.rules.judge(self.client, response)
        found = response.json.get("validationMessages") if isinstance(response.json, dict) else None
        if found:
            said = "; ".join(str(one.get("description") or one.get("validationCode")) for one in found)
            raise self.client.failure(response, _DROPPED, said, field=str(found[0].get("fieldPath") or ""))

    def _try_call(self, report: TestReport) -> None:
        self._turn()
        example = {
            "transaction_id": "crossdock-test",
            "currency": "EUR",
            "occurred_at": utc_now().isoformat(),
            "total": "1.00",
            "items": [{"item_id": "TEST", "quantity": "1", "amount": "1.00", "tax": "0.00"}],
        }
        self._check(self._message(example, purchase(example, str(self.settings["purchase_value"]))))
        report.add(
            "Checking an example",
            True,
            "Google takes purchases of this form. Whether the measurement ID and the secret are right it tells nobody: "
            "look for the first orders in Reports → Monetization.",
        )


def _check_choices(settings: Mapping[str, Any]) -> None:
    """What is not filled in is told elsewhere."""
    told = {name: str(settings.get(name) or "") for name in ("measurement_id", "purchase_value", "consent")}
    if told["measurement_id"] and not _MEASUREMENT_ID.fullmatch(told["measurement_id"]):
        raise DeclarationError(
            "measurement_id", "It begins with G- and has capitals and digits. The Stream ID is another one."
        )
    for name, known in (("purchase_value", [value for value, _ in VALUES]), ("consent", list(CONSENTS))):
        if told[name] and told[name] not in known:
            raise DeclarationError(name, f"{told[name]!r} is not known. Choose one of: {', '.join(known)}.")


def _check_age(happened: int, now: datetime) -> None:
    """When it leaves, not when it is prepared: it may have waited for days."""
    age = now - datetime.fromtimestamp(happened / 1_000_000, UTC)
    if age > OLDEST:
        raise Failure.data(
            "too_old",
            "Google Analytics takes nothing that is older than 72 hours: it would count it on a wrong day. Ignore it; "
            "a filter of the job keeps older orders away.",
            field="occurred_at",
        )
    if age < -AHEAD:
        raise Failure.data(
            "not_yet",
            "Its time is still to come, so it was read in a wrong zone. Correct the mapping that reads it.",
            field="occurred_at",
        )

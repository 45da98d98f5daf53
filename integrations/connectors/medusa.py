"""Medusa 2 by its Admin API: https://docs.medusajs.com/api/admin

Its source code (packages/core/core-flows and packages/modules/order in github.com/medusajs/medusa) says what the
reference leaves out, and shapes this file:
- Nothing is idempotent, and there are no webhooks: a developer of the shop adds a subscriber that calls us.
- The time of an order stands still when it is paid, packed, shipped or refunded. So young orders are read again, and
  the newest of all times inside is the version.
- Amounts are in the currency's own unit.
- Stock belongs to an inventory item at a location. What may be sold is what is stocked less what orders have reserved.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import quote

from integrations.connectors.base import Answer, Call, Item, Page, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.medusa_declaration import (
    CUSTOMERS,
    DECLARATION,
    FULFILMENT_FIELDS,
    ITEM_FIELDS,
    ITEMS,
    LEVELS_TOGETHER,
    ORDERS,
    PAYMENTS,
)
from integrations.connectors.native import native_of
from integrations.connectors.one_by_one import one_by_one
from integrations.exceptions import Failure, Kind
from integrations.http.client import Request


@dataclass(frozen=True)
class Level:
    """The stock of one item at one location, as it is to be. `is_new`: the item was never stocked there."""

    item: str
    location: str
    stocked: int
    is_new: bool

    @property
    def path(self) -> str:
        levels = f"{ITEMS}/{quote(self.item, safe='')}/location-levels"
        return levels if self.is_new else f"{levels}/{quote(self.location, safe='')}"

    @property
    def body(self) -> dict[str, Any]:
        place = {"location_id": self.location} if self.is_new else {}
        return {**place, "stocked_quantity": self.stocked}

    @property
    def in_batch(self) -> dict[str, Any]:
        return {
            "inventory_item_id": self.item,
            "location_id": self.location,
            "stocked_quantity": self.stocked,
        }


class Medusa(DeclaredConnector):
    platform = "medusa"
    label = "Medusa"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            help_text="Of Medusa's server, for example https://shop.example.com. A staging server has its own address "
            "and keys.",
        ),
        SettingField(
            "location_id",
            "Stock location",
            required=False,
            help_text="Id of the location (sloc_…) whose stock is read and written, and from which orders are shipped: "
            "it is in the address of the location's page. Empty: the stock of all is read, and an item is written that "
            "is stocked at one location alone.",
        ),
        SettingField(
            "tell_customer",
            "Tell the customer of shipments",
            kind="boolean",
            required=False,
            default=False,
            help_text="Where the shop has notifications for them.",
        ),
        SettingField("token", "Secret API key", secret=True, help_text="It begins with sk_."),
        SettingField(
            "webhook_secret",
            "Secret of the subscriber",
            required=False,
            secret=True,
            help_text="What the shop's subscriber sends in the header X-Crossdock-Secret.",
        ),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="https://docs.medusajs.com/api/admin",
        native_integrations=native_of("medusa"),
        credentials=(
            "In Medusa's admin open Settings → Secret API Keys and click “Create”.",
            "Name it Crossdock, save, and copy the key (sk_…) into “Secret API key”. It is shown once.",
            "Where there are several stock locations, open Settings → Locations & Shipping and the one that is meant.",
            "Copy the end of that page's address (sloc_…) into “Stock location”.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Medusa's OpenAPI document of the Admin API 2.0 (October 2024), and read beside its source "
        "code of 2026 for how keys are sent, what may be empty, and stock that is set in one call",
        limits="Medusa has no limit, but the server's host may: Crossdock makes 4 calls at a time.",
        traps=(
            "An order's time stands still when it is paid or shipped: orders are read again for 30 days.",
            "What Medusa calls fulfilled is packed; here an order is fulfilled when it was shipped.",
            "Taxes are told unrounded, as Medusa computes them.",
            "An order that was paid is cancelled only by newer versions, which refund it; others refuse.",
            "A refund that is made here is paid out by the payment's provider at once.",
            "Amounts of Medusa 1 are in cents, and its API is another: connect Medusa 2 alone.",
        ),
        lacks=(
            "What is paid, shipped or refunded more than 30 days after the order is told by a subscriber alone.",
            "Orders are not made here; drafts are not read.",
            "Stock, variants and prices cannot be asked for by time, and are read whole each time.",
            "Returns and exchanges are seen in the lines of their order alone.",
            "Medusa knows no carrier of a shipment, only its tracking number and address.",
            "Addresses of customers are read and not written.",
        ),
        webhooks="Medusa sends none by itself. Have a developer add a subscriber "
        "(https://docs.medusajs.com/learn/fundamentals/events-and-subscribers) for order.*, payment.*, customer.* and "
        "product-variant.* that posts {name: event.name, data: event.data} as JSON to this connection's webhook "
        "address, with a secret of your own in the header X-Crossdock-Secret. Then enter the same secret here.",
    )
    declaration = DECLARATION

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        if resource == "refunds":
            return replace(page, items=tuple(one for item in page.items for one in self._refunds(item)))
        if resource == "stock":
            return replace(page, items=tuple(self._here(item) for item in page.items))
        return page

    def _refunds(self, payment: Item) -> Iterator[Item]:
        """What went back of a payment, each with what it was paid for."""
        told = payment.payload
        of = {name: told.get(name) for name in ("id", "currency_code", "provider_id")}
        order = (told.get("payment_collection") or {}).get("order")
        for refund in told.get("refunds") or []:
            yield self.plan.resources["refunds"].record.item({**refund, "payment": of, "order": order})

    def _here(self, item: Item) -> Item:
        """With the levels that are meant: of the location that is named at the connection, or all."""
        wanted = self.settings.get("location_id")
        levels = item.payload.get("location_levels") or []
        here = [level for level in levels if wanted in (None, "", level.get("location_id"))]
        return replace(item, payload={**item.payload, "levels": here})

    def fetch(self, resource: str, external_id: str) -> Item | None:
        found = super().fetch(resource, external_id)
        return self._here(found) if found is not None and resource == "stock" else found

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        look = {"fulfillments": self._made_fulfilment, "refunds": self._made_refund}.get(resource)
        if look is None:
            return super().lookup(resource, natural_key)
        return self._in_session(("lookup", resource), lambda: look(natural_key))

    def _made_fulfilment(self, natural_key: str) -> Item | None:
        """By "order id/tracking number"."""
        order_id, _, number = natural_key.partition("/")
        path = f"{ORDERS}/{quote(order_id, safe='')}"
        made = _fulfilment(self._shown(path, FULFILMENT_FIELDS, "order"), number)
        return self.plan.resources["fulfillments"].record.item(made) if made else None

    def _made_refund(self, natural_key: str) -> Item | None:
        """By "payment id/our reference"."""
        payment_id, _, reference = natural_key.partition("/")
        made = _refund(
            self._shown(f"{PAYMENTS}/{quote(payment_id, safe='')}", "id,*refunds", "payment"), reference
        )
        return self.plan.resources["refunds"].record.item(made) if made else None

    def _shown(self, path: str, fields: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask(Request("GET", path, params=[("fields", fields)]))[name]
        return found

    # Writing.

    def send(self, call: Call) -> Answer:
        if call.resource == "stock":
            return self._in_session(("set", "stock"), lambda: self._set_alone(call))
        if call.resource == "customers":
            return super().send(self._aimed(call))
        answer = super().send(call)
        told = answer.body if isinstance(answer.body, dict) else {}
        made = None
        if call.resource == "fulfillments" and call.step == 0:
            made = _fulfilment(told, call.body["metadata"]["crossdock"])
        elif call.resource == "refunds":
            made = _refund(told, call.natural_key.partition("/")[2])
        return replace(answer, external_id=str(made["id"])) if made else answer

    def _aimed(self, call: Call) -> Call:
        """Who has an account or bought before is changed, and not made a second time."""
        found = self.lookup("customers", call.natural_key)
        if found is None:
            return call
        return _replaced(call, path=f"{CUSTOMERS}/{quote(found.external_id, safe='')}")

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return self._in_session(("batch", "stock"), lambda: self._set_together(calls))

    def _set_alone(self, call: Call) -> Answer:
        (level,) = self._levels([call])
        if isinstance(level, Failure):
            raise level
        return self._set(level)

    def _set(self, level: Level) -> Answer:
        self.ask(Request("POST", level.path, body=level.body, writes=True))
        return Answer(external_id=level.item, status=200)

    def _set_together(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """All are taken or none: where they are refused, or the shop does not know the call yet, each is set by itself,
        as far as time goes."""
        # What begins until then is over when a lease may end.
        ends = time.monotonic() + self.plan.timeout[2]
        wanted = self._levels(calls)
        levels = [level for level in wanted if isinstance(level, Level)]
        body = {
            "create": [level.in_batch for level in levels if level.is_new],
            "update": [level.in_batch for level in levels if not level.is_new],
        }
        try:
            if levels:
                self.ask(Request("POST", LEVELS_TOGETHER, body=body, writes=True))
        except Failure as refused:
            if refused.kind != Kind.DATA and refused.code != "no_such_call":
                raise
            return one_by_one(wanted, self._by_itself, self.client.name, ends)
        return [
            Answer(external_id=level.item, status=200) if isinstance(level, Level) else level
            for level in wanted
        ]

    def _by_itself(self, level: Level | Failure) -> Answer | Failure:
        return level if isinstance(level, Failure) else self._set(level)

    def _levels(self, calls: Sequence[Call]) -> list[Level | Failure]:
        """What is to be stocked so that what is wanted may be sold: one call shows what orders have reserved."""
        skus = [str(call.body["sku"]) for call in calls]
        params = [
            ("fields", ITEM_FIELDS),
            ("limit", str(2 * len(skus))),
            *(("sku", sku) for sku in dict.fromkeys(skus)),
        ]
        found = self.ask(Request("GET", ITEMS, params=params))["inventory_items"]
        items = {str(item.get("sku")): item for item in found}
        return [self._level(sku, items.get(sku), call.body) for sku, call in zip(skus, calls, strict=True)]

    def _level(self, sku: str, item: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> Level | Failure:
        if item is None:
            return Failure.data(
                "unknown_sku",
                f"{self.client.name} has no inventory item with the SKU {sku}. Correct the SKU in the shop, turn on "
                "“Manage inventory” for the variant, or leave it out in the job's filter.",
                field="sku",
            )
        location = str(self.settings.get("location_id") or "")
        levels = {str(level["location_id"]): level for level in item.get("location_levels") or []}
        if not location and len(levels) != 1:
            where = f"at {len(levels)} locations" if levels else "at no location"
            return Failure.config(
                "location",
                f"{sku} is stocked {where} of the shop. Enter the id of the one that is meant at the connection.",
                field="location_id",
            )
        location = location or next(iter(levels))
        reserved = int(levels[location]["reserved_quantity"]) if location in levels else 0
        try:
            stocked = max(0, int(Decimal(str(wanted["available"]))) + reserved)
        except (InvalidOperation, ValueError, OverflowError):
            return Failure.data(
                "no_number",
                "It is no number. Look at the mapping of this field, then retry.",
                field="available",
            )
        return Level(str(item["id"]), location, stocked, is_new=location not in levels)


def _fulfilment(order: Mapping[str, Any], number: str) -> dict[str, Any] | None:
    """The one with this tracking number: on its label, or in what we wrote when it was packed."""
    for made in order.get("fulfillments") or []:
        numbers = [label.get("tracking_number") for label in made.get("labels") or []]
        numbers.append((made.get("metadata") or {}).get("crossdock"))
        if number in numbers and not made.get("canceled_at"):
            return dict(made)
    return None


def _refund(payment: Mapping[str, Any], reference: str) -> dict[str, Any] | None:
    for made in payment.get("refunds") or []:
        note = str(made.get("note") or "")
        if note == reference or note.startswith(f"{reference} "):
            return dict(made)
    return None


def _replaced(call: Call, **parts: Any) -> Call:
    return Call.from_json({**call.to_json(), **parts})

"""WooCommerce by its REST API v3: https://woocommerce.github.io/woocommerce-rest-api-docs/

What was seen on a running shop (9.4.3) and shapes this file:
- By plain HTTP the key in a Basic header is ignored, and the answer looks as if a right were missing.
- Nothing is idempotent, and orders cannot be searched by what we write into them. So an order carries our reference
  and when it was placed, and is looked for among those that were made since then.
- A variation has an address below its product; both are found by their SKU.
- When a webhook is made, an unsigned form is sent first, which must be answered.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import orjson

from integrations.connectors.base import Answer, Call, Item, Page, SettingField, WebhookEvent
from integrations.connectors.declaration import plan_of
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.plan import Plan
from integrations.connectors.woocommerce_declaration import DECLARATION, REFERENCE, SHIPMENT
from integrations.exceptions import Failure
from integrations.http.client import Request

BASIC, OAUTH = "basic", "oauth1"
# In the query, since many servers do not hand the Authorization header on to PHP.
SIGNED = {"kind": "oauth1", "placed_in": "query"}

# Their stock is that of their variations or members, or of another shop.
NOT_SOLD_ITSELF = ("variable", "grouped", "external")
# Where an order is no longer under way, a shipment does not change what became of it.
SETTLED = ("completed", "cancelled", "refunded", "failed", "trash")
PING = re.compile(rb"webhook_id=\d+")
DRAFTS = ("checkout-draft", "auto-draft")

# An order that we made cannot be older than the order it is made from, but clocks differ.
CLOCKS_DIFFER = timedelta(hours=1)
MOST_PAGES = 20
# A worker's lease lasts for two calls at their slowest.
LONGEST_SEARCH = 14.0


class WooCommerce(DeclaredConnector):
    platform = "woocommerce"
    label = "WooCommerce"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address of the REST API",
            kind="url",
            help_text="The shop's address with /wp-json/wc/v3 behind it, for example "
            "https://shop.example.com/wp-json/wc/v3. A staging copy of the shop has its own address and keys.",
        ),
        SettingField(
            "sign_in",
            "How to sign in",
            required=False,
            choices=(
                (BASIC, "With key and secret (HTTP Basic)"),
                (OAUTH, "With OAuth 1.0a signatures"),
            ),
            help_text="Left open: with the key by https://, with OAuth 1.0a by http://. OAuth 1.0a is also for shops "
            "whose server drops the Authorization header or does not see that it is called by https://.",
        ),
        SettingField(
            "tell_customer",
            "Send tracking numbers to the customer",
            kind="boolean",
            required=False,
            default=False,
            help_text="The shop then sends an e-mail with each. Else the note is for the shop's staff alone.",
        ),
        SettingField("client_id", "Consumer key", secret=True, help_text="It begins with ck_."),
        SettingField("client_secret", "Consumer secret", secret=True, help_text="It begins with cs_."),
        SettingField(
            "webhook_secret",
            "Secret of the webhooks",
            required=False,
            secret=True,
            help_text="The same for all webhooks that the shop sends here.",
        ),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="https://woocommerce.github.io/woocommerce-rest-api-docs/",
        native_integrations=native_of("woocommerce"),
        credentials=(
            "In WordPress open Settings → Permalinks and choose any structure but “Plain”.",
            "Open WooCommerce → Settings → Advanced → REST API and press “Add key”.",
            "Choose a user who may manage the shop and the permission Read/Write, then press “Generate API key”.",
            "Copy the consumer key (ck_…) and the consumer secret (cs_…) into this form. They are shown once.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="what was observed on a running WooCommerce 9.4.3 with WordPress 6.5, and its source code; "
        "WooCommerce publishes no API description to test against",
        limits="WooCommerce has no limit, but the shop's host may: Crossdock makes 4 calls at a time.",
        traps=(
            "Setting stock turns on “Track stock quantity” for the product.",
            "A variation that uses its product's stock cannot be set by itself.",
            "An order's status tells whether it was shipped: only “Completed” is.",
            "Orders that are created here get the taxes of the shop, and it may send e-mails about them.",
            "The shop does not repeat a webhook that failed, and turns it off after some failures in a row.",
            "Customers and products with variations are read whole each time; only what changed is sent on.",
        ),
        lacks=(
            "WooCommerce itself knows no shipments: the tracking number becomes a note of the order.",
            "Where a part of an order was refunded, the shop's staff completes it.",
            "Products tell no currency, and weights no unit.",
            "Refunds need WooCommerce 9.0 or newer and cannot be made here.",
            "Guests are told only in their orders.",
        ),
        webhooks="WooCommerce → Settings → Advanced → Webhooks → Add webhook: status Active, one each for the topics "
        "Order, Product and Customer created, updated and deleted, with this connection's webhook address, one secret "
        "for all of them and API version 3. Enter the same secret here.",
    )
    declaration = DECLARATION

    @classmethod
    def plan_for(cls, settings: Mapping[str, Any]) -> Plan:
        is_plain = str(settings.get(BASE_URL.name) or "").lower().startswith("http://")
        way = settings.get("sign_in") or (OAUTH if is_plain else BASIC)
        return _plan(str(way))

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
        if resource not in ("variants", "stock"):
            return page
        return replace(page, items=tuple(one for item in page.items for one in self._sold(resource, item)))

    def _sold(self, resource: str, product: Item) -> Iterator[Item]:
        """What a product is sold as: its variations, or itself. Nothing where they could not be read: all products
        with variations are read again each time."""
        row = product.payload
        parent = {"id": row.get("id"), "name": row.get("name")}
        for variation in row.get("variation_details") or []:
            told = {**variation, "type": "variation", "parent_id": row.get("id"), "parent": parent}
            yield self.plan.resources[resource].record.item(told)
        if row.get("type") not in NOT_SOLD_ITSELF:
            yield product

    # Looking things up.

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        look = {"orders": self._made_order, "fulfillments": self._made_note}.get(resource)
        if look is None:
            return super().lookup(resource, natural_key)
        return self._in_session(("lookup", resource), lambda: look(natural_key))

    def _made_order(self, natural_key: str) -> Item | None:
        """An order by "our reference@when it was placed", among those that the shop got since then."""
        reference, _, placed_at = natural_key.rpartition("@")
        asked = {
            "status": "any",
            "orderby": "date",
            "order": "desc",
            "dates_are_gmt": "true",
            "after": _an_hour_before(placed_at),
            "per_page": "100",
            "_fields": "id,meta_data",
        }
        ends = time.monotonic() + LONGEST_SEARCH
        for page in range(1, MOST_PAGES + 1):
            params = [*asked.items(), ("page", str(page))]
            shown = self.ask(Request("GET", "/orders", params=params))
            for order in shown:
                if _meta(order).get(REFERENCE) == reference:
                    return self.fetch("orders", str(order["id"]))
            if not shown:
                return None
            if time.monotonic() > ends:
                break
        raise Failure.data(
            "not_settled",
            f"Whether {self.client.name} has order {reference} already could not be found out: it got too many orders "
            "since then. Search for it there, and say here what is right.",
            in_doubt=True,
        )

    def _made_note(self, natural_key: str) -> Item | None:
        """The note about a shipment, by "order id/tracking number"."""
        order_id, _, number = natural_key.partition("/")
        for note in self.ask(Request("GET", f"/orders/{quote(order_id, safe='')}/notes")):
            if f" {number} " in f" {note.get('note') or ''} ":
                return self.plan.resources["fulfillments"].record.item(note)
        return None

    # Writing.

    def send(self, call: Call) -> Answer:
        if call.resource == "stock":
            call = self._in_session(("find", "stock"), lambda: self._aimed(call, self._products([call])))
        if call.resource == "fulfillments" and call.step == 1:
            call = self._in_session(("look", "fulfillments"), lambda: self._with_progress(call))
        return super().send(call)

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        if calls[0].resource != "stock":
            return super().send_batch(calls)
        return self._in_session(("batch", "stock"), lambda: self._set_together(calls))

    def _set_together(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """One call finds all, one sets the products, and one each the variations of a product."""
        batch = self.plan.resources["stock"].batch
        assert batch is not None
        ends = time.monotonic() + LONGEST_SEARCH
        found = self._products(calls)
        results: dict[int, Answer | Failure] = {}
        together: dict[str, dict[int, Call]] = {}
        for place, call in enumerate(calls):
            try:
                aimed = self._aimed(call, found)
            except Failure as failure:
                results[place] = failure
                continue
            path, _, name = aimed.path.rpartition("/")
            body = {"id": int(name), **aimed.body}
            together.setdefault(f"{path}/batch", {})[place] = _replaced(aimed, body=body)
        for path, group in together.items():
            results |= zip(group, self._set(batch, path, list(group.values()), ends), strict=True)
        return [results[place] for place in range(len(calls))]

    def _set(self, batch: Any, path: str, calls: list[Call], ends: float) -> list[Answer | Failure]:
        if time.monotonic() > ends:
            late = Failure.transient(
                "not_sent", "The shop was slow with others of the same group; it is sent again."
            )
            return [late] * len(calls)
        try:
            answers: list[Answer | Failure] = batch.send(self.client, calls, self.settings, path)
        except Failure as failure:
            return [failure] * len(calls)
        return answers

    def _products(self, calls: Sequence[Call]) -> list[dict[str, Any]]:
        """Products and variations by their SKUs. Several are asked for with commas between them, so one that has a
        comma itself is asked for alone."""
        skus = [str(call.body["sku"]) for call in calls]
        plain = ",".join(sku for sku in skus if "," not in sku)
        asked = [plain] if plain else []
        fields = ("_fields", "id,parent_id,type,sku,manage_stock")
        found: list[dict[str, Any]] = []
        for text in [*asked, *(sku for sku in skus if "," in sku)]:
            params = [("sku", text), ("per_page", "100"), fields]
            found += self.ask(Request("GET", "/products", params=params))
        return found

    def _aimed(self, call: Call, products: Sequence[dict[str, Any]]) -> Call:
        """The call for the very product or variation. Raises Failure (data) where there is not exactly one."""
        sku = str(call.body["sku"])
        fitting = {product["id"]: product for product in products if product.get("sku") == sku}
        if len(fitting) != 1:
            what = "has no product" if not fitting else "has several products"
            raise Failure.data(
                "unknown_sku",
                f"{self.client.name} {what} with the SKU {sku}. Correct the SKU in the shop or leave it out in the "
                "job's filter.",
                field="sku",
            )
        ((name, product),) = fitting.items()
        if product.get("manage_stock") == "parent":
            raise Failure.data(
                "stock_of_parent",
                f"The variation {sku} uses the stock of its product in the shop. Turn on “Manage stock?” for the "
                "variation there, or send the stock with the product's own SKU.",
                field="sku",
            )
        path = f"/products/{name}"
        if product.get("type") == "variation":
            path = f"/products/{product['parent_id']}/variations/{name}"
        body = {"manage_stock": True, "stock_quantity": call.body["stock_quantity"]}
        return _replaced(call, path=path, body=body)

    def _with_progress(self, call: Call) -> Call:
        """Keeps in the order what was shipped, and completes it with the last of it."""
        sent = call.body
        fields = ("_fields", "id,status,line_items,meta_data")
        order = self.ask(Request("GET", call.path, params=[fields]))
        lines = {str(line["line_id"]): str(line["quantity"]) for line in sent.get("lines") or []}
        name = f"{SHIPMENT}{sent['tracking_number']}"
        value = {part: sent[part] for part in ("carrier", "tracking_url") if sent.get(part)}
        shipments = {key: told for key, told in _meta(order).items() if key.startswith(SHIPMENT)}
        shipments[name] = {**value, "lines": lines}
        body: dict[str, Any] = {"meta_data": [{"key": name, "value": shipments[name]}]}
        is_through = not lines or _is_shipped(order, shipments.values())
        if is_through and order.get("status") not in SETTLED:
            body["status"] = "completed"
        return _replaced(call, body=body)

    # Webhooks.

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """The first call after a webhook was made is a form without a signature. It says nothing, so it is answered."""
        if PING.fullmatch(raw) and not any(name.lower().startswith("x-wc-webhook") for name in headers):
            return []
        events = super().verify_webhook(headers, raw, url)
        return events if events and _is_of_interest(raw) else [event for event in events if event.problem]


@lru_cache(maxsize=4)
def _plan(way: str) -> Plan:
    return plan_of({**DECLARATION, "auth": SIGNED} if way == OAUTH else DECLARATION)


def _is_of_interest(raw: bytes) -> bool:
    """Not a checkout that is under way, nor a product that is sold as its variations: those have their own events."""
    told = orjson.loads(raw)
    return told.get("status") not in DRAFTS and told.get("type") not in NOT_SOLD_ITSELF


def _is_shipped(order: Mapping[str, Any], shipments: Any) -> bool:
    shipped: dict[str, Decimal] = {}
    for shipment in shipments:
        told = shipment.get("lines") if isinstance(shipment, dict) else None
        # PHP writes an empty object as a list.
        for line, quantity in told.items() if isinstance(told, dict) else ():
            shipped[line] = shipped.get(line, Decimal(0)) + Decimal(str(quantity))
    return all(
        shipped.get(str(line["id"]), Decimal(0)) >= Decimal(str(line["quantity"]))
        for line in order.get("line_items") or []
    )


def _meta(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {str(meta.get("key")): meta.get("value") for meta in thing.get("meta_data") or []}


def _an_hour_before(moment: str) -> str:
    """In UTC and without a zone, as it is asked for with dates_are_gmt."""
    when = datetime.fromisoformat(moment).astimezone(UTC) - CLOCKS_DIFFER
    return when.strftime("%Y-%m-%dT%H:%M:%S")


def _replaced(call: Call, **parts: Any) -> Call:
    return Call.from_json({**call.to_json(), **parts})

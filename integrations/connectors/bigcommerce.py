"""BigCommerce by its REST API: https://developer.bigcommerce.com/docs/rest-management

- Nothing is idempotent. A shipment is found again by its tracking number, a customer by the e-mail address; stock is a
  level that is set.
- A refund moves neither the total of its order nor that of a line: refunds are called for by themselves.
- Webhooks tell ids alone, and are signed with the client secret of the API account that ordered them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.connectors.base import Answer, Call, Item, Page, SettingField, Subscription
from integrations.connectors.bigcommerce_declaration import DECLARATION
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.one_by_one import one_by_one
from integrations.exceptions import Failure, Kind
from integrations.http.client import Request

ADDRESS = "https://api.bigcommerce.com"
# Every store has it; others have to be made.
FIRST_LOCATION = 1
INCOMPLETE = 0
LINES_OF_A_PAGE = 250
MOST_PAGES = 4
# Seconds for what a refused batch holds, one by one: the batch, this and the last of them fit into one lease.
ONE_BY_ONE = 8.0


class BigCommerce(DeclaredConnector):
    platform = "bigcommerce"
    label = "BigCommerce"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: sandbox stores have the same address and differ by the store hash.",
        ),
        SettingField(
            "store_hash",
            "Store hash",
            help_text="What stands between store- and .mybigcommerce.com in the address of the control panel.",
        ),
        SettingField(
            "location_id",
            "Location",
            required=False,
            kind="integer",
            help_text="Number of the location whose stock is read and written. Empty: the stock of all is read, and "
            "that of location 1 written.",
        ),
        SettingField("token", "Access token", secret=True, help_text="Of a store-level API account."),
        SettingField(
            "webhook_secret",
            "Client secret",
            required=False,
            secret=True,
            help_text="Of the same API account: BigCommerce signs webhooks with it.",
        ),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="https://developer.bigcommerce.com/docs/rest-management",
        native_integrations=native_of("bigcommerce"),
        # Of v2 we call orders and what hangs on them, which are not among what the page lets go.
        api_version=ApiVersion(
            "v3, and v2 for orders",
            source="https://docs.bigcommerce.com/developer/docs/overview/api-fundamentals/deprecations-sunsets",
        ),
        credentials=(
            "In the control panel open Settings → Store-level API accounts and click “Create API account”.",
            "Choose the token type “V2/V3 API token” and enter a name such as Crossdock.",
            "Give it modify for Orders, Customers and Store Inventory, and read-only for Products.",
            "Click Save, and copy the access token and the client secret into this form. They are shown once.",
            "Copy the store hash from the address of the control panel.",
        ),
        verified=Verified.CONTRACT,
        verified_against="BigCommerce's OpenAPI documents for orders (version 2 and 3), customers, products, variants, "
        "inventory and webhooks, of April 2026",
        limits="150 calls in 30 seconds on Standard and Plus, 450 on Pro, shared by all apps of a store; Crossdock "
        "makes up to 5 a second and slows down when others use them.",
        traps=(
            "Amounts are in the currency in which the shopper pays, which may be another than was shown.",
            "Orders that were left at the payment page (Incomplete) are not read.",
            "A refund is paid out some time after it is made; whether it was declined then is not told by itself.",
            "What may be sold is the stock on hand less the safety stock; stock is written as it is on hand.",
            "A webhook that fails for two days is turned off; Crossdock orders it anew each day.",
        ),
        lacks=(
            "Which stock changed is told by webhooks for products with variants alone: else it is read whole.",
            "Only items whose inventory is tracked have stock here.",
            "Products tell neither a currency nor a unit of weight.",
            "Refunds are read and not made here.",
            "Access by an app's consent (OAuth) is not offered: an API account of the store is enough.",
        ),
        webhooks="Enter the client secret of the API account that the access token belongs to, then press “Order "
        "webhooks”. They are delivered to port 443 alone.",
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
        if resource != "variants":
            return page
        return replace(page, items=tuple(one for item in page.items for one in self._variants(item)))

    def _variants(self, product: Item) -> Iterator[Item]:
        """What a product is sold as. One without options has a single variant, which is the product itself."""
        told = {name: product.payload.get(name) for name in ("id", "name", "price", "date_modified")}
        for variant in product.payload.get("variants") or []:
            yield self.plan.resources["variants"].record.item({**variant, "product": told})

    def fetch(self, resource: str, external_id: str) -> Item | None:
        """An order that is still at the payment page has webhooks too, and is none yet. When a variant changed is told
        by its product."""
        found = super().fetch(resource, external_id)
        if found is not None and resource == "variants":
            return self.plan.resources[resource].record.item(found.payload)
        if found is not None and resource == "orders" and found.payload.get("status_id") == INCOMPLETE:
            return None
        return found

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        if resource != "shipments":
            return super().lookup(resource, natural_key)
        return self._in_session(("lookup", resource), lambda: self._made_shipment(natural_key))

    def _made_shipment(self, natural_key: str) -> Item | None:
        """By "order id/tracking number"."""
        order_id, _, number = natural_key.partition("/")
        for made in self._all(self._order_path(order_id, "shipments")):
            if made.get("tracking_number") == number:
                return self.plan.resources["shipments"].record.item(made)
        return None

    # Writing.

    def send(self, call: Call) -> Answer:
        if call.resource == "stock":
            (result,) = self._in_session(("set", "stock"), lambda: self._set([call]))
            if isinstance(result, Failure):
                raise result
            return result
        if call.resource == "shipments":
            call = self._in_session(("address", "shipments"), lambda: self._addressed(call))
        return super().send(call)

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return self._in_session(("batch", calls[0].resource), lambda: self._set_together(calls))

    def _set_together(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """All are taken or none: where one of them is refused, each is sent by itself, as far as time goes."""
        try:
            return self._set(calls)
        except Failure as refused:
            if refused.kind != Kind.DATA:
                raise
        ends = time.monotonic() + ONE_BY_ONE
        return one_by_one(calls, lambda call: self._set([call])[0], self.client.name, ends)

    def _set(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """One call tells which of them have stock, one sets it. Raises Failure where they are refused together."""
        known = self._items([str(call.body["sku"]) for call in calls])
        place = int(self.settings.get("location_id") or FIRST_LOCATION)
        wanted = [
            {"location_id": place, "sku": call.body["sku"], "quantity": int(call.body["quantity"])}
            for call in calls
            if str(call.body["sku"]) in known
        ]
        if wanted:
            body = {"reason": "Crossdock", "items": wanted}
            self.ask(Request(calls[0].method, calls[0].path, body=body, writes=True))
        return [self._outcome(str(call.body["sku"]), known) for call in calls]

    def _outcome(self, sku: str, known: dict[str, str]) -> Answer | Failure:
        if sku in known:
            return Answer(external_id=known[sku], status=200)
        return Failure.data(
            "unknown_sku",
            f"{self.client.name} tracks no inventory for the SKU {sku}. Correct the SKU, turn on “Track inventory” for "
            "it in the shop, or leave it out in the job's filter.",
            field="sku",
        )

    def _items(self, skus: Sequence[str]) -> dict[str, str]:
        """SKU → variant id, of those that have stock. Several are asked for with commas between them, so one that has
        a comma itself is asked for alone."""
        plain = ",".join(sku for sku in skus if "," not in sku)
        found: dict[str, str] = {}
        path = self.plan.resources["stock"].lookup
        assert path is not None
        for text in [*([plain] if plain else []), *(sku for sku in skus if "," in sku)]:
            request = path.endpoint.request({"natural_key": text, "settings": self.settings})
            request.params = [*request.params, ("limit", str(LINES_OF_A_PAGE))]
            for item in self.ask(request)["data"]:
                found[str(item["identity"]["sku"])] = str(item["identity"]["variant_id"])
        return found

    def _addressed(self, call: Call) -> Call:
        """With the address of the order to which these lines go."""
        lines = {line["id"]: line for line in self._all(call.path.replace("/shipments", "/products"))}
        items = (call.body or {}).get("items") or []
        wanted = {int(item["order_product_id"]) for item in items}
        addresses = {lines[name]["order_address_id"] for name in wanted if name in lines}
        if len(addresses) != 1:
            what = "goes to several addresses of" if addresses else "has no line of"
            raise Failure.data(
                "shipment_address",
                f"This shipment {what} the order in {self.client.name}. Make one shipment for each address, with the "
                "lines of the order.",
                field="items",
            )
        body = {**call.body, "order_address_id": addresses.pop()}
        return Call.from_json({**call.to_json(), "body": body})

    def _all(self, path: str) -> list[dict[str, Any]]:
        """What belongs to an order, page by page. Where there is nothing (more) the answer is empty."""
        found: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            params = [("limit", str(LINES_OF_A_PAGE)), ("page", str(page))]
            rows = self.ask(Request("GET", path, params=params)) or []
            found += rows
            if len(rows) < LINES_OF_A_PAGE:
                break
        return found

    def _order_path(self, order_id: str, part: str) -> str:
        lookup = self.plan.resources["shipments"].lookup
        assert lookup is not None
        path = lookup.endpoint.filled_path({"natural_key": order_id, "settings": self.settings})
        return path.replace("/shipments", f"/{part}")

    # Webhooks.

    def subscriptions(self) -> list[Subscription]:
        if not self.secrets.get("webhook_secret"):
            raise Failure.config(
                "webhook_secret",
                "Enter the client secret of the API account first: BigCommerce signs webhooks with it.",
                field="webhook_secret",
            )
        return super().subscriptions()

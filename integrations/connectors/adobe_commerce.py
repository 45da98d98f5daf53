"""Adobe Commerce and Magento 2 (Open Source) by their REST API: https://developer.adobe.com/commerce/webapi/rest/

- What is sold in a variant stands twice in an order: once as what was chosen (with the price and the number by which
  it is shipped), once as the simple product. Of a bundle the parts are told, and it may only be shipped as a whole.
- Nothing is idempotent. A shipment is found again by its tracking number, a credit memo by our reference in its
  comment, a customer by the e-mail address; stock is a level that is set.
- The shop takes stock of a SKU that it does not have, and of products that have none of their own, and says nothing:
  so it is asked first. https://github.com/magento/magento2/issues/38154
- A refusal comes as a text with placeholders and their values beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from integrations.connectors.adobe_commerce_bundles import lines_to_ship
from integrations.connectors.adobe_commerce_declaration import (
    DECLARATION,
    MADE_OF_OTHERS,
    MOST_AT_ONCE,
    SIZE,
    V1,
    where,
)
from integrations.connectors.adobe_commerce_words import (
    comment_of,
    credit_memo_of,
    exactly,
    numbered,
    with_its_values,
)
from integrations.connectors.base import Answer, Call, Item, SettingField
from integrations.connectors.declaration import plan_of
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.one_by_one import one_by_one
from integrations.connectors.plan import Plan
from integrations.exceptions import Failure, Kind
from integrations.http.client import Request

Result = TypeVar("Result")
SIGNED, BEARER = "oauth1", "bearer"
# Every shop has it; others have to be made.
FIRST_SOURCE = "default"
# A level of nothing does not take a product out of stock: else the shop would take no orders for later any more.
IN_STOCK = 1
CANCELED = "canceled"
# Seconds for what a refused batch holds, one by one: the batch, this and the last of them fit into one lease.
ONE_BY_ONE = 8.0


class AdobeCommerce(DeclaredConnector):
    platform = "adobe_commerce"
    label = "Adobe Commerce (Magento 2)"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address of the shop",
            kind="url",
            help_text="As the shop has it under Base URLs, without /rest, for example https://shop.example.com. A "
            "staging copy of the shop has its own address and keys.",
        ),
        SettingField(
            "store_code",
            "Store view",
            required=False,
            default="default",
            help_text="Code of the store view (Stores → All Stores). New customers belong to its website.",
        ),
        SettingField(
            "source_code",
            "Inventory source",
            required=False,
            help_text="Code of the source whose stock is read and written and which ships (Stores → Sources). "
            "Empty: the stock of all is read, that of “default” written, and the shop chooses for shipments.",
        ),
        SettingField(
            "tell_customer",
            "Send tracking numbers to the customer",
            kind="boolean",
            required=False,
            default=False,
            help_text="The shop then sends an e-mail with each shipment.",
        ),
        SettingField(
            "sign_in",
            "How to sign in",
            required=False,
            choices=(
                (SIGNED, "With OAuth 1.0a signatures"),
                (BEARER, "With the access token alone"),
            ),
            help_text="Left open: with signatures, which every shop takes. The access token alone is only taken where "
            "the shop's configuration allows it.",
        ),
        SettingField("client_id", "Consumer key", required=False, secret=True),
        SettingField("client_secret", "Consumer secret", required=False, secret=True),
        SettingField("token", "Access token", secret=True),
        SettingField("password", "Access token secret", required=False, secret=True),
    )
    facts = Facts(
        group=Group.SHOP,
        documentation="https://developer.adobe.com/commerce/webapi/rest/",
        native_integrations=native_of("adobe_commerce"),
        credentials=(
            "In the shop's Admin open System → Extensions → Integrations and click “Add New Integration”.",
            "Enter a name such as Crossdock, and your own password to confirm; leave both addresses empty.",
            "On the tab “API” choose Sales → Operations, Customers, Catalog → Products and Stores → Inventory.",
            "Click Save, then Activate in the list, then Allow.",
            "Copy the consumer key, the consumer secret, the access token and the access token secret into this form.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Adobe's description of the Admin REST API of version 2.4.8",
        limits="Adobe Commerce has no limit of its own, but the shop's server has: Crossdock makes 4 calls at a time, "
        "and asks for no more per call than a shop takes that limits its API.",
        traps=(
            "Amounts of lines, the subtotal and shipping are without tax; the order's total is with it.",
            "A bundle is told as its parts. Where its price is fixed they cost nothing by themselves.",
            "The parts of a bundle that ships as a whole must be in one shipment.",
            "Editing an order cancels it in the shop and makes a new one with -1 behind its number.",
            "An order on hold stays paid: filter extra.state “holded” out where it must wait.",
            "Stock is read and written as it lies at its source; open orders have reserved some of it.",
            "Writing stock puts a product back in stock that somebody took out of it by hand.",
            "A credit memo made here pays nothing back: it keeps in the books what was paid back elsewhere.",
        ),
        lacks=(
            "The shop sends no webhooks: it is asked for what has changed.",
            "A payment that failed looks like one that never came: its order is cancelled.",
            "Products tell no currency, no unit of weight and no barcode.",
            "A credit memo for a part of the amount needs an order in the shop's own currency.",
            "Older versions refuse such a credit memo where no shipping was paid.",
            "Orders are not made here: the shop makes them from carts.",
            "Guests are told only in their orders.",
        ),
    )
    declaration = DECLARATION

    @classmethod
    def plan_for(cls, settings: Mapping[str, Any]) -> Plan:
        return _plan(str(settings.get("sign_in") or SIGNED))

    def _in_session(self, what: tuple[str, str], call: Callable[[], Result]) -> Result:
        try:
            return super()._in_session(what, call)
        except Failure as failure:
            with_its_values(failure)
            raise

    # Reading.

    def fetch(self, resource: str, external_id: str) -> Item | None:
        if resource != "stock":
            return super().fetch(resource, external_id)
        source, _, sku = external_id.partition("/")
        return self._in_session(("fetch", resource), lambda: self._source_item(source, sku))

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """Stock by the SKU; a shipment by "order/tracking number", a credit memo by "order/reference"."""
        if resource == "stock":
            return self.fetch(resource, f"{self._source()}/{natural_key}")
        fits = {"shipments": _has_track, "refunds": _has_reference}.get(resource)
        if fits is None:
            return super().lookup(resource, natural_key)
        order, _, name = natural_key.partition("/")
        return self._in_session(("lookup", resource), lambda: self._of_order(resource, order, name, fits))

    def _source_item(self, source: str, sku: str) -> Item | None:
        params = [*where("sku", sku).items(), *where("source_code", source, group=1).items()]
        rows = self.ask(Request("GET", self._path("/inventory/source-items"), params=params))["items"]
        return next((self.plan.resources["stock"].record.item(row) for row in rows), None)

    def _of_order(
        self, resource: str, order: str, name: str, fits: Callable[[Mapping[str, Any], str], bool]
    ) -> Item | None:
        path = self._path("/shipments" if resource == "shipments" else "/creditmemos")
        rows = self.ask(Request("GET", path, params=list(where("order_id", order).items())))["items"]
        record = self.plan.resources[resource].record
        return next((record.item(row) for row in rows if fits(row, name)), None)

    # Writing.

    def send(self, call: Call) -> Answer:
        send = {
            ("stock", "upsert"): self._set_one,
            ("shipments", "create"): self._ship,
            ("refunds", "create"): self._refund,
            ("customers", "update"): self._update_customer,
            ("orders", "cancel"): self._cancel,
        }.get((call.resource, call.operation))
        if send is None:
            return super().send(call)
        return self._in_session((call.operation, call.resource), lambda: send(call))

    def _ship(self, call: Call) -> Answer:
        body = dict(call.body or {})
        order = self._order_of(call)
        body["items"] = lines_to_ship(order, body.get("items") or [], self._ships_in_parts)
        if self.settings.get("source_code"):
            body["arguments"] = {"extension_attributes": {"source_code": self._source()}}
        return self._made(call, body)

    def _ships_in_parts(self, product_id: int) -> bool:
        """Whether a bundle's parts may go one by one, which the product alone tells: "Ship Bundle Items"."""
        params = [*where("entity_id", str(product_id)).items(), ("fields", "items[id,custom_attributes]")]
        rows = self.ask(Request("GET", self._path("/products"), params=params))["items"]
        told = {
            one.get("attribute_code"): one.get("value")
            for row in rows
            for one in row.get("custom_attributes") or []
        }
        return str(told.get("shipment_type")) == "1"

    def _refund(self, call: Call) -> Answer:
        return self._made(call, credit_memo_of(self._order_of(call), call.body or {}))

    def _order_of(self, call: Call) -> dict[str, Any]:
        """Of "/order/7/ship", order 7."""
        order: dict[str, Any] = self.ask(Request("GET", self._path(f"/orders/{call.path.split('/')[-2]}")))
        return order

    def _made(self, call: Call, body: dict[str, Any]) -> Answer:
        """The answer is the number of what was made, and nothing else."""
        made = self.ask(Request(call.method, call.path, body=body, writes=True))
        if isinstance(made, bool) or not isinstance(made, int | str) or not str(made).isdigit():
            raise Failure.transient(
                "lost_answer",
                f"{self.client.name} does not say under which number it made this. It is looked up.",
                in_doubt=True,
            )
        return Answer(external_id=str(made), status=200)

    def _update_customer(self, call: Call) -> Answer:
        """The shop wants to be told again who it is and of which website, which do not change."""
        known = self.ask(Request("GET", call.path))
        kept = {name: known[name] for name in ("id", "website_id", "store_id", "group_id") if name in known}
        body = {"customer": {**kept, **(call.body or {}).get("customer", {})}}
        made = self.ask(Request(call.method, call.path, body=body, writes=True))
        record = self.plan.resources["customers"].record
        return Answer(external_id=call.external_id, body=made, version=record.version(made), status=200)

    def _cancel(self, call: Call) -> Answer:
        done = self.ask(Request(call.method, call.path, writes=True))
        if done is not True:
            path = call.path.removesuffix("/cancel")
            order = self.ask(Request("GET", path, params=[("fields", "entity_id,increment_id,state")]))
            if order.get("state") != CANCELED:
                raise Failure.data(
                    "cannot_be_cancelled",
                    f"{self.client.name} does not cancel order {order.get('increment_id')}: it is "
                    f"“{order.get('state')}”. What was invoiced or shipped is taken back with a credit memo there.",
                    field="status",
                )
        return Answer(external_id=call.external_id, status=200, replayed=done is not True)

    # Stock.

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return self._in_session(("batch", calls[0].resource), lambda: self._set_together(calls))

    def _set_one(self, call: Call) -> Answer:
        (result,) = self._set([call])
        if isinstance(result, Failure):
            raise result
        return result

    def _set_together(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """All are taken or none: where one of them is refused, each is sent by itself, as far as time goes."""
        try:
            return self._set(calls)
        except Failure as refused:
            if refused.kind != Kind.DATA:
                raise
        ends = time.monotonic() + ONE_BY_ONE
        return one_by_one(calls, self._set_alone, self.client.name, ends)

    def _set_alone(self, call: Call) -> Answer | Failure:
        try:
            return self._set([call])[0]
        except Failure as failure:
            with_its_values(failure)
            raise

    def _set(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """One call tells which of them the shop has, one sets them. Raises Failure where they are refused together."""
        levels = [numbered(exactly(call.body.get("quantity"), "available")) for call in calls]
        known = self._products([str(call.body["sku"]) for call in calls])
        results: list[Answer | Failure] = []
        wanted = []
        for call, quantity in zip(calls, levels, strict=True):
            sku, kind = known.get(str(call.body["sku"]).casefold(), ("", ""))
            refused = self._unfit(str(call.body["sku"]), sku, kind)
            results.append(refused or Answer(external_id=f"{self._source()}/{sku}", status=200))
            if refused is None:
                wanted.append(
                    {"sku": sku, "source_code": self._source(), "quantity": quantity, "status": IN_STOCK}
                )
        if wanted:
            self.ask(Request(calls[0].method, calls[0].path, body={"sourceItems": wanted}, writes=True))
        return results

    def _unfit(self, asked: str, sku: str, kind: str) -> Failure | None:
        if not sku:
            return Failure.data(
                "unknown_sku",
                f"{self.client.name} has no product with the SKU {asked}. Correct the SKU, or leave it out in the "
                "job's filter.",
                field="sku",
            )
        if kind in MADE_OF_OTHERS:
            return Failure.data(
                "stock_of_parts",
                f"The product {sku} is made of others ({kind}) and has no stock of its own in {self.client.name}. Send "
                "the stock of its simple products, or leave it out in the job's filter.",
                field="sku",
            )
        return None

    def _products(self, skus: Sequence[str]) -> dict[str, tuple[str, str]]:
        """The SKU as the shop writes it, and the kind of product: to the shop capitals and small letters are the same.
        Several are asked for with commas between them, so one that has a comma itself is asked for alone."""
        plain = [sku for sku in skus if "," not in sku]
        searches = [where("sku", ",".join(plain), "in")] if plain else []
        searches += [where("sku", sku) for sku in skus if "," in sku]
        found = {}
        for search in searches:
            params = [
                *search.items(),
                (SIZE, str(MOST_AT_ONCE)),
                ("fields", "items[sku,type_id],total_count"),
            ]
            for row in self.ask(Request("GET", self._path("/products"), params=params))["items"] or []:
                found[str(row["sku"]).casefold()] = (str(row["sku"]), str(row.get("type_id")))
        return found

    def _source(self) -> str:
        return str(self.settings.get("source_code") or FIRST_SOURCE)

    def _path(self, path: str) -> str:
        return V1.replace("{store_code}", str(self.settings["store_code"])) + path


@lru_cache(maxsize=4)
def _plan(way: str) -> Plan:
    return plan_of({**DECLARATION, "auth": {"kind": "bearer"}} if way == BEARER else DECLARATION)


def _has_track(shipment: Mapping[str, Any], number: str) -> bool:
    return any(track.get("track_number") == number for track in shipment.get("tracks") or [])


def _has_reference(memo: Mapping[str, Any], reference: str) -> bool:
    said = comment_of(reference)
    return any(said in str(comment.get("comment")) for comment in memo.get("comments") or [])

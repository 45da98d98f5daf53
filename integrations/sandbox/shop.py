"""A shop (a sales channel): orders, products, stock, fulfilments, webhooks.

GET  /shop/orders?updated_since=&limit=&cursor=    oldest change first; Link rel="next" and next_cursor
GET  /shop/orders/{id}                             GET /shop/orders/{id}/fulfillments
POST /shop/orders/{id}/fulfillments                {lines: [{line_id, quantity}], tracking_number, carrier, …}
PUT  /shop/fulfillments/{id}                       {status?, tracking_number?, tracking_url?, carrier?}
GET  /shop/fulfillments?reference=                 looks a fulfilment up by the caller's own reference
GET  /shop/refunds?updated_since=&limit=&cursor=   what was given back, GET /shop/refunds/{id}
GET  /shop/products, /shop/stock, /shop/stock/{sku}    PUT /shop/stock/{sku} {available, expected?}
PUT  /shop/products/{sku}                          {price, currency}: of a product that the shop has
GET  /shop/customers, /shop/customers/{id}         see shop_customers.py
POST/GET /shop/webhooks                            DELETE /shop/webhooks/{id}

What staff and customers do (place, pay, edit, cancel, refund) has no address here; /control calls the methods.
"""

from integrations.sandbox import shop_orders
from integrations.sandbox.clock import offset_of, to_text
from integrations.sandbox.payments import Payments
from integrations.sandbox.refusals import Refusal, no_such_address, not_found
from integrations.sandbox.shop_customers import ShopCustomers
from integrations.sandbox.store import Document
from integrations.sandbox.system import Core, Done, System, by_updated_at
from integrations.sandbox.wire import Request, Response

PAID = ("paid", "partially_refunded")


class Shop(System):
    """`first` begins the order numbers, `base` the order ids, so that two channels never share one."""

    def __init__(self, name: str, core: Core, providers: dict[str, Payments], first: int, base: int) -> None:
        super().__init__(name, core)
        self.providers = providers
        self.first = first
        self.base = base
        self.orders = core.store.index(self.table("orders"), by_updated_at)
        self.numbers = core.store.index(self.table("orders"), lambda order: (order["number"],))
        self.lists = {
            part: core.store.index(self.table(part), by_updated_at)
            for part in ("products", "refunds", "stock")
        }
        self.skus = core.store.index(self.table("products"), lambda product: (product["sku"],))
        self.customers = ShopCustomers(self, base)
        self.references = core.store.index(
            self.table("fulfillments"), lambda made: (made["reference"],) if made["reference"] else None
        )

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case _, ["orders", *rest]:
                return self.respond_orders(request, rest)
            case "GET", ["fulfillments"]:
                found = self.references.equal((request.query.get("reference", ""),))
                rows = [self.store.raw(self.table("fulfillments"), identity) for identity in found]
                return Response(200, rows_name="fulfillments", rows=rows)
            case "PUT", [part, identity]:
                return self.respond_changes(request, part, identity)
            case "GET", [("products" | "refunds" | "stock") as part]:
                return self.by_cursor(request, part, self.lists[part])[1]
            case "GET", [("refunds" | "stock") as part, identity]:
                return Response(200, self.found(part, identity, part))
            case _, ["webhooks", *rest]:
                return self.respond_webhooks(request, rest)
            case _, ["customers", *rest]:
                return self.customers.respond(request, rest)
        raise no_such_address()

    def respond_changes(self, request: Request, part: str, name: str) -> Response:
        changes = {
            "fulfillments": self.change_fulfilment,
            "products": self.set_price,
            "stock": self.set_stock,
        }
        if part not in changes:
            raise no_such_address()
        return self.once(request, lambda body: changes[part](name, body))

    def respond_orders(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return self.list_orders(request)
            case "GET", [identity]:
                return Response(200, self.found("orders", identity, "order"))
            case "GET", [identity, "fulfillments"]:
                order = self.found("orders", identity, "order")
                return Response(200, {"fulfillments": order["fulfillments"]})
            case "POST", [identity, "fulfillments"]:
                return self.once(request, lambda body: self.fulfil(identity, body))
        raise no_such_address()

    def respond_webhooks(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return Response(200, {"webhooks": self.webhooks.subscriptions(self.name)})
            case "POST", []:
                return Response(201, self.webhooks.subscribe(self.name, request.json()))
            case "DELETE", [identity]:
                self.webhooks.unsubscribe(self.name, identity)
                return Response(200, {})
        raise no_such_address()

    def list_orders(self, request: Request) -> Response:
        """Some orders stand in the list twice, as real shops do it: the second row ends the page."""
        ids, response = self.by_cursor(request, "orders", self.orders)
        for identity in ids:
            if self.store.get(self.table("listed_twice"), identity) is not None:
                response.rows.append(self.store.raw(self.table("orders"), identity))
        return response

    def fulfil(self, identity: str, body: Document) -> Done:
        order = self.found("orders", identity, "order")
        made = self._made("fulfillments", "ful")
        fulfilment = shop_orders.fulfil(order, made, self._now(order), body)
        self.store.put(self.table("fulfillments"), made, {**fulfilment, "order_id": identity})
        self.keep(order, "orders/fulfilled")
        detail = {"order_id": identity, "tracking_number": fulfilment["tracking_number"]}
        return Done(fulfilment, "fulfillment.created", made, order["number"], detail=detail)

    def change_fulfilment(self, identity: str, body: Document) -> Done:
        kept = self.found("fulfillments", identity, "fulfillment")
        order = self.found("orders", kept["order_id"], "order")
        made = shop_orders.change_fulfilment(order, identity, self._now(order), body)
        self.store.put(self.table("fulfillments"), identity, {**kept, **made})
        self.keep(order, "orders/fulfilled")
        detail = {"order_id": order["id"], "status": made["status"]}
        return Done(made, "fulfillment.changed", identity, order["number"], status=200, detail=detail)

    def set_stock(self, sku: str, body: Document) -> Done:
        """Sets what the channel offers; with `expected`, only when it still offers that much."""
        row = self.found("stock", sku, "stock of")
        available = body.get("available")
        if not isinstance(available, int) or isinstance(available, bool) or available < 0:
            raise Refusal(422, "invalid", "available must be a whole number, 0 or more.", "available")
        if "expected" in body and body["expected"] != row["available"]:
            message = f"The channel offers {row['available']} now, not {body['expected']}."
            raise Refusal(409, "changed_meanwhile", message, "expected")
        detail = {"before": row["available"], "available": available}
        kept = self._set_available(row, available)
        return Done(kept, "stock.set", sku, sku, status=200, detail=detail)

    def set_price(self, sku: str, body: Document) -> Done:
        identity = next(iter(self.skus.equal((sku,))), sku)
        product = self.found("products", identity, "product")
        try:
            price = shop_orders.money(str(body["price"]), str(body.get("currency") or product["currency"]))
        except (KeyError, ArithmeticError) as reason:
            raise Refusal(422, "invalid", "price must be a decimal number.", "price") from reason
        detail = {"before": product["price"], "price": price}
        product |= {"price": price, "updated_at": to_text(self.clock.now())}
        self.store.put(self.table("products"), identity, product)
        return Done(product, "product.priced", identity, sku, status=200, detail=detail)

    # What follows is done by the shop's staff and customers, through /control.

    def place(self, asked: Document) -> Document:
        """A customer's order: takes the stock at once. `number` and `placed_at` default to the next and now."""
        with self.store.transaction():
            row = self.store.number(self.table("orders"))
            number = str(asked.get("number") or self.first + row - 1)
            if self.numbers.equal((number,)):
                raise Refusal(409, "number_taken", f"Order #{number} exists already.", "number")
            filled = self._filled(asked)
            order = shop_orders.new_order(str(self.base + int(number)), number, self.name, filled)
            for line in order["lines"]:
                self._take(line["sku"], line["quantity"], filled["backorder"])
            self._charge(order, filled)
            self.keep(order, "orders/created", at=asked.get("updated_at") or order["placed_at"])
            self.books.record(self.name, "order.placed", order["id"], reference=number)
        return order

    def pay(self, name: str) -> Document:
        with self.store.transaction():
            order = self.by_name(name)
            order["payment_status"] = "paid"
            self._provider(order).pay(self.name, order)
            return self._changed(order, "order.paid", "orders/paid")

    def edit(self, name: str, asked: Document) -> Document:
        """`lines` [{line_id | sku, quantity}] (an unknown sku with a price is added), `shipping_address`, `email`."""
        with self.store.transaction():
            order = self.by_name(name)
            for part in asked.get("lines", []):
                self._edit_line(order, part)
            order["shipping_address"] |= asked.get("shipping_address", {})
            order |= {field: asked[field] for field in ("email", "note") if field in asked}
            shop_orders.add_up(order)
            return self._changed(order, "order.edited", "orders/edited")

    def cancel(self, name: str, asked: Document) -> Document:
        """Cancels, puts the units back on the shelf and (unless `refund` is false) refunds what was paid."""
        with self.store.transaction():
            order = self.by_name(name)
            for sku, units in shop_orders.cancel(order, self._now(order), asked.get("reason", "customer")):
                self.offer(sku, units)
            if asked.get("refund", True) and order["payment_status"] in PAID:
                self._refund(order, {"reason": "cancelled"})
            return self._changed(order, "order.cancelled", "orders/cancelled")

    def refund(self, name: str, asked: Document) -> Document:
        with self.store.transaction():
            order = self.by_name(name)
            for sku, units in self._refund(order, asked):
                self.offer(sku, units)
            return self._changed(order, "order.refunded", "refunds/created")

    def touch(self, name: str) -> Document:
        """Moves updated_at and nothing else, as shops do when somebody opens and saves an order."""
        with self.store.transaction():
            return self._changed(self.by_name(name), "order.touched", "orders/updated")

    def list_twice(self, name: str) -> None:
        with self.store.transaction():
            self.store.put(self.table("listed_twice"), self.by_name(name)["id"], {})

    def by_name(self, name: str) -> Document:
        """An order by its id or its number. Raises Refusal 404."""
        for identity in [name, *self.numbers.equal((name.lstrip("#"),))]:
            order = self.store.get(self.table("orders"), identity)
            if order is not None:
                return order
        raise not_found(f"order {name}")

    def keep(self, order: Document, topic: str, at: str | None = None) -> None:
        order["updated_at"] = at or self._now(order)
        self.store.put(self.table("orders"), order["id"], order)
        for told in {topic, "orders/updated"}:
            self.webhooks.announce(self.name, told, order)

    def add_product(self, product: Document, available: int, at: str) -> None:
        """Puts a product and its stock on offer; call it inside a transaction."""
        identity = f"prd_{self.store.number(self.table('products')):06d}"
        self.store.put(self.table("products"), identity, {"id": identity, **product, "updated_at": at})
        row = {"sku": product["sku"], "product_id": identity, "available": available, "updated_at": at}
        self.store.put(self.table("stock"), product["sku"], row)

    def offer(self, sku: str | None, units: int) -> None:
        """Adds units to what is offered (negative: they were sold); a sku without stock is not counted."""
        row = self.store.get(self.table("stock"), sku) if sku else None
        if row is None or not units:
            return
        available = row["available"] + units
        detail = {"before": row["available"], "available": available}
        effect = "stock.sold" if units < 0 else "stock.returned"
        self.books.record(self.name, effect, row["sku"], reference=row["sku"], detail=detail)
        self._set_available(row, available)

    def _set_available(self, row: Document, available: int) -> Document:
        row |= {"available": available, "updated_at": to_text(self.clock.now())}
        self.store.put(self.table("stock"), row["sku"], row)
        self.webhooks.announce(self.name, "stock/updated", row)
        return row

    def _take(self, sku: str | None, units: int, backorder: bool) -> None:
        row = self.store.get(self.table("stock"), sku) if sku else None
        if row is not None and row["available"] < units and not backorder:
            raise Refusal(409, "out_of_stock", f"Only {row['available']} of {sku} are offered.", "lines")
        self.offer(sku, -min(units, row["available"]) if row is not None else 0)

    def _filled(self, asked: Document) -> Document:
        """What was asked with every default filled in; prices come from the products when not given."""
        prices = {product["sku"]: product["price"] for product in self.store.all(self.table("products"))}
        defaults = {"currency": "EUR", "payment_status": "paid", "shipping": "0", "discount": "0", "note": ""}
        person: Document = {"customer": None, "email": None, "shipping_address": {}, "backorder": False}
        person |= {"provider": "payments", "charged": True}
        person |= {"tax_rate": "0", "taxes_included": True, "is_renewal": False, "tags": []}
        person |= {"ship_by": None, "deliver_by": None}
        filled = {**defaults, **person, "placed_at": to_text(self.clock.now(), "+01:00"), **asked}
        if not filled.get("lines"):
            raise Refusal(422, "required", "lines must name at least one line.", "lines")
        filled["lines"] = [{"price": prices.get(line.get("sku"), "0"), **line} for line in filled["lines"]]
        return filled

    def _edit_line(self, order: Document, part: Document) -> None:
        known = [line for line in order["lines"] if part.get("sku") in (None, line["sku"])]
        if known:
            line = shop_orders.find_line(order, part)
            self.offer(line["sku"], shop_orders.set_quantity(line, part["quantity"]))
            return
        identity = f"{order['id']}{len(order['lines']) + 1:02d}"
        order["lines"].append(shop_orders.new_line(identity, part, order["currency"]))
        self.offer(part["sku"], -part["quantity"])

    def _refund(self, order: Document, asked: Document) -> list[tuple[str, int]]:
        at = self._now(order)
        made, back = shop_orders.refund(order, self._made("refunds", "ref"), at, asked)
        told = {**made, "order_id": order["id"], "order_number": order["number"], "updated_at": at}
        self.store.put(self.table("refunds"), made["id"], told)
        if asked.get("at_provider", True):
            self._provider(order).refund(self.name, order, made)
        return back

    def _charge(self, order: Document, asked: Document) -> None:
        """By the `provider` that was asked for; not at all where `charged` is false."""
        if asked["provider"] not in self.providers:
            known = ", ".join(self.providers)
            raise Refusal(422, "invalid", f"provider must be one of {known}.", "provider")
        self.store.put(self.table("charged_by"), order["id"], {"provider": asked["provider"]})
        if asked["charged"]:
            self.providers[asked["provider"]].pay(self.name, order)

    def _provider(self, order: Document) -> Payments:
        kept = self.store.get(self.table("charged_by"), order["id"]) or {}
        return self.providers[kept.get("provider", "payments")]

    def _changed(self, order: Document, effect: str, topic: str) -> Document:
        self.keep(order, topic)
        self.books.record(self.name, effect, order["id"], reference=order["number"])
        return order

    def _made(self, part: str, prefix: str) -> str:
        return f"{prefix}_{self.store.number(self.table(part)):06d}"

    def _now(self, order: Document) -> str:
        return to_text(self.clock.now(), offset_of(order["placed_at"]))

"""A warehouse (3PL): takes orders, allots stock, ships parcels.

POST /warehouse/orders                Idempotency-Key; 201 the order, 200 with "replayed": true for a known key,
                                      409 for a known key with another body, 422 {"errors": [{field, code, message}]}
GET  /warehouse/orders?reference=     looks up by the shop's number; also updated_since=, page=, per_page=
GET  /warehouse/orders/{id}           PUT the same: edits what has not shipped (409 otherwise)
POST /warehouse/orders/{id}/cancel    409 when it is being packed or something has shipped
PUT  /warehouse/orders/{id}/label     {tracking_number, carrier?, label_url?}: the label its parcel is to bear
POST /warehouse/orders/batch          {"orders": [{idempotency_key?, …}]}, at most 100; 200, or 207 when some failed
GET  /warehouse/stock?updated_since=&page=&per_page=         GET /warehouse/shipments?…
POST/GET /warehouse/webhooks          topics orders/updated, stock/updated, shipments/created

A second order with a known reference and another key IS taken: the warehouse cannot know that it is the same.
Setting `idempotency`: "keys" (as above), "lookup" (the header is ignored), "neither" (the look-up is refused too).
Setting `backorders`: "taken" (what is not there is sent when it comes in), "refused" (409 out_of_stock).
"""

from integrations.sandbox import warehouse_orders
from integrations.sandbox.carrier import Carrier
from integrations.sandbox.clock import to_text
from integrations.sandbox.refusals import Refusal, no_such_address, not_found
from integrations.sandbox.shelves import MAIN, Shelves
from integrations.sandbox.store import Document
from integrations.sandbox.system import Core, Done, System, by_updated_at
from integrations.sandbox.wire import Request, Response

LARGEST_BATCH = 100


class Warehouse(System):
    defaults = {"idempotency": "keys", "backorders": "taken"}

    def __init__(self, name: str, core: Core, carrier: Carrier) -> None:
        super().__init__(name, core)
        self.carrier = carrier
        self.orders = core.store.index(self.table("orders"), by_updated_at)
        self.references = core.store.index(self.table("orders"), lambda order: (order["reference"],))
        self.waiting = core.store.index(self.table("orders"), _waits)
        self.stock = core.store.index(self.table("stock"), by_updated_at)
        self.shelves = Shelves(name, self.table("stock"), core.store, core.clock, core.webhooks)
        self.shipments = core.store.index(self.table("shipments"), by_updated_at)
        self.parcels = core.store.index(self.table("shipments"), lambda sent: (sent["tracking_number"],))
        carrier.followers.append(self.follow)

    def honours_keys(self) -> bool:
        return bool(self.settings()["idempotency"] == "keys")

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case _, ["orders", *rest]:
                return self.respond_orders(request, rest)
            case "GET", ["stock"]:
                return self.by_page(request, "stock", self.stock)
            case "GET", ["shipments"]:
                return self.by_page(request, "shipments", self.shipments)
            case "GET", ["shipments", identity]:
                return Response(200, self.found("shipments", identity, "shipment"))
            case "GET", ["webhooks"]:
                return Response(200, {"webhooks": self.webhooks.subscriptions(self.name)})
            case "POST", ["webhooks"]:
                return Response(201, self.webhooks.subscribe(self.name, request.json()))
        raise no_such_address()

    def respond_orders(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return self.list_orders(request)
            case "POST", []:
                return self.once(request, self.create)
            case "POST", ["batch"]:
                return self.create_batch(request)
            case "GET", [identity]:
                return Response(200, self.found("orders", identity, "order"))
            case "PUT", [identity]:
                return self.once(request, lambda body: self.edit(identity, body))
            case "POST", [identity, "cancel"]:
                return self.once(request, lambda body: self.cancel(identity, body))
            case "PUT", [identity, "label"]:
                return self.once(request, lambda body: self.take_label(identity, body))
        raise no_such_address()

    def list_orders(self, request: Request) -> Response:
        reference = request.query.get("reference")
        if reference is None:
            return self.by_page(request, "orders", self.orders)
        if self.settings()["idempotency"] == "neither":
            raise Refusal(400, "unsupported_filter", "Orders cannot be looked up by reference.", "reference")
        return self.by_page(request, "orders", self.orders, self.references.equal((reference,)))

    def create(self, body: Document) -> Done:
        warehouse_orders.validate(body, self.shelves.has)
        identity = f"wo_{self.store.number(self.table('orders')):06d}"
        order = {"id": identity, "state": "accepted", **warehouse_orders.fields_of(body)}
        order["items"] = warehouse_orders.items_of(body["items"], [], self._item_id)
        order |= {"created_at": to_text(self.clock.now()), "cancelled_at": None}
        self._allot(order)
        if self.settings()["backorders"] == "refused":
            warehouse_orders.refuse_short(order["items"])
        self._keep(order)
        return Done(order, "order.created", identity, order["reference"], detail=_told(order))

    def create_batch(self, request: Request) -> Response:
        """Each order stands for itself, under its own `idempotency_key`: some may fail beside others."""
        orders = request.json().get("orders")
        if not isinstance(orders, list) or not 1 <= len(orders) <= LARGEST_BATCH:
            message = f"orders must hold between 1 and {LARGEST_BATCH} orders."
            raise Refusal(422, "invalid", message, "orders")
        results = []
        for place, order in enumerate(orders):
            body = dict(order) if isinstance(order, dict) else {}
            key = str(body.pop("idempotency_key", "") or "")
            try:
                # The same purpose as a single order's, so that a key protects both ways of sending.
                answer = self.once_with(key, f"POST /{self.name}/orders", body, self.create)
                results.append({"index": place, "status": answer.status, "order": answer.payload})
            except Refusal as refusal:
                results.append({"index": place, "status": refusal.status, "errors": refusal.errors})
        failed = any(result["status"] >= 400 for result in results)
        return Response(207 if failed else 200, {"results": results})

    def edit(self, identity: str, body: Document) -> Done:
        """Replaces the fields that are given; `items`, when given, as a whole."""
        order = self.found("orders", identity, "order")
        self._refuse_settled(order, "changed")
        items = [{name: item[name] for name in ("sku", "quantity", "reference")} for item in order["items"]]
        wanted = {**order, "items": items, **body}
        warehouse_orders.validate(wanted, self.shelves.has)
        self._release(order)
        order |= warehouse_orders.fields_of(wanted)
        order["items"] = warehouse_orders.items_of(wanted["items"], order["items"], self._item_id)
        self._allot(order)
        self._keep(order)
        self.fill_backorders()
        return Done(order, "order.edited", identity, order["reference"], status=200, detail=_told(order))

    def cancel(self, identity: str, body: Document) -> Done:
        order = self.found("orders", identity, "order")
        if order["state"] == "cancelled":
            return Done(order, "", identity, order["reference"], status=200)
        self._refuse_settled(order, "cancelled")
        self._release(order)
        order |= {"state": "cancelled", "cancelled_at": to_text(self.clock.now())}
        order["cancel_reason"] = body.get("reason")
        self._keep(order)
        self.fill_backorders()
        return Done(order, "order.cancelled", identity, order["reference"], status=200)

    def take_label(self, identity: str, body: Document) -> Done:
        """The label that somebody else bought: its number is that of the next parcel."""
        order = self.found("orders", identity, "order")
        if not isinstance(body.get("tracking_number"), str) or not body["tracking_number"]:
            raise Refusal(422, "required", "tracking_number is needed.", "tracking_number")
        if order["state"] in ("shipped", "cancelled"):
            raise Refusal(409, f"already_{order['state']}", f"Order {identity} is {order['state']}.")
        order["label"] = {name: body.get(name) for name in ("tracking_number", "carrier", "label_url")}
        self._keep(order)
        detail = {"tracking_number": body["tracking_number"]}
        return Done(order, "label.attached", identity, order["reference"], status=200, detail=detail)

    # What follows is done by the people in the warehouse, through /control.

    def pack(self, name: str) -> Document:
        """Takes the goods off the shelf: from now on nothing is changed or cancelled by a call."""
        with self.store.transaction():
            order = self.by_name(name)
            self._refuse_settled(order, "packed")
            order["state"] = "packing"
            self._keep(order)
            self.books.record(self.name, "order.packing", order["id"], reference=order["reference"])
        return order

    def take_back(self, name: str, asked: Document) -> Document:
        """What a customer sent back goes on the shelf again. `items` [{sku, quantity}], or all that was shipped."""
        with self.store.transaction():
            order = self.by_name(name)
            wanted = {part["sku"]: part["quantity"] for part in asked.get("items", [])}
            for item in order["items"]:
                left = item["shipped_quantity"] - item["returned_quantity"]
                units = wanted.get(item["sku"], 0) if wanted else left
                if units > left:
                    raise Refusal(409, "not_shipped", f"Only {left} of {item['sku']} have left.", "items")
                item["returned_quantity"] += units
                self.shelves.take_back(item["sku"], units)
            self._keep(order)
            self.books.record(self.name, "return.taken", order["id"], reference=order["reference"])
            self.fill_backorders()
        return order

    def follow(self, parcel: Document) -> None:
        """What the carrier tells of a parcel, as the shipment's own status."""
        for identity in self.parcels.equal((parcel["tracking_number"],)):
            shipment = self.found("shipments", identity, "shipment")
            status = "shipped" if parcel["state"] == "pre_transit" else parcel["state"]
            shipment |= {"status": status, "updated_at": to_text(self.clock.now())}
            if status == "delivered":
                shipment["delivered_at"] = shipment["updated_at"]
            self.store.put(self.table("shipments"), identity, shipment)

    def ship(self, name: str, asked: Document) -> Document:
        """Ships `items` (or all that is allotted) of the order with this id or reference; gives the shipment."""
        with self.store.transaction():
            order = self.by_name(name)
            if order["state"] == "cancelled":
                raise Refusal(409, "order_cancelled", f"Order {order['id']} is cancelled.")
            contents = warehouse_orders.ship(order, asked.get("items"))
            label = order.pop("label", None) or {}
            asked = {**label, **asked}
            items = {item["id"]: item for item in order["items"]}
            for part in contents:
                self.shelves.ship(items[part["order_item_id"]], part["quantity"])
            self._keep(order)
            return self._ship_parcel(order, contents, asked)

    def set_stock(self, sku: str, on_hand: int, location: str = MAIN) -> Document:
        """Counts a shelf anew (a new SKU is stocked from now on) and serves those who wait."""
        with self.store.transaction():
            self.shelves.count(sku, on_hand, location)
            detail = {"on_hand": on_hand} | ({"location": location} if location != MAIN else {})
            self.books.record(self.name, "stock.counted", sku, reference=sku, detail=detail)
            self.fill_backorders()
            return self.shelves.row(sku, location)

    def clear_away(self, sku: str, location: str) -> Document:
        """The location keeps this SKU no more: its row is gone from the list."""
        with self.store.transaction():
            self.shelves.clear_away(sku, location)
            detail = {"location": location}
            self.books.record(self.name, "stock.cleared_away", sku, reference=sku, detail=detail)
        return {}

    def fill_backorders(self) -> None:
        """Allots what is free to those who wait, the oldest order first."""
        for identity in self.waiting.ids(0):
            order = self.found("orders", identity, "order")
            if self._allot(order):
                self._keep(order)

    def by_name(self, name: str) -> Document:
        """An order by its id, or the oldest uncancelled one by its reference. Raises Refusal 404."""
        found = [self.store.get(self.table("orders"), known) for known in self.references.equal((name,))]
        order = self.store.get(self.table("orders"), name) or next(
            (order for order in found if order and order["state"] != "cancelled"), None
        )
        if order is None:
            raise not_found(f"order {name}")
        return order

    def _ship_parcel(self, order: Document, contents: list[Document], asked: Document) -> Document:
        number = self.store.number(self.table("shipments"))
        carrier = asked.get("carrier") or "DHL"
        tracking = asked.get("tracking_number") or f"SBX{number:09d}"
        now = to_text(self.clock.now())
        shipment = {"id": f"sh_{number:06d}", "order_id": order["id"], "order_reference": order["reference"]}
        shipment |= {"items": contents, "carrier": carrier, "tracking_number": tracking}
        shipment |= {"status": "shipped", "location": asked.get("location") or MAIN}
        shipment["is_renewal"] = order["is_renewal"]
        shipment |= {"ship_to": {name: order["ship_to"][name] for name in ("name", "email")}}
        shipment |= {
            "tracking_url": f"https://track.example.com/{tracking}",
            "shipped_at": now,
            "delivered_at": None,
            "updated_at": now,
        }
        self.store.put(self.table("shipments"), shipment["id"], shipment)
        self.carrier.track(tracking, carrier, order["reference"])
        self.webhooks.announce(self.name, "shipments/created", shipment)
        detail = {"order_id": order["id"], "tracking_number": tracking}
        done = Done(shipment, "shipment.created", shipment["id"], order["reference"], detail=detail)
        self.record(done)
        return shipment

    def _allot(self, order: Document) -> bool:
        """Gives the order what is free on the shelves; whether it got anything."""
        return sum(self.shelves.allot(item) for item in order["items"]) > 0

    def _release(self, order: Document) -> None:
        for item in order["items"]:
            self.shelves.release(item)

    def _keep(self, order: Document) -> None:
        order["updated_at"] = to_text(self.clock.now())
        self.store.put(self.table("orders"), order["id"], order)
        self.webhooks.announce(self.name, "orders/updated", order)

    def _refuse_settled(self, order: Document, verb: str) -> None:
        if order["state"] == "cancelled":
            raise Refusal(409, "already_cancelled", f"Order {order['id']} is cancelled already.")
        if order["state"] == "packing":
            message = f"Order {order['id']} is being packed and cannot be {verb} any more."
            raise Refusal(409, "in_packing", message)
        if order["state"] != "accepted":
            message = f"Order {order['id']} has shipped and cannot be {verb} any more."
            raise Refusal(409, "already_shipped", message)

    def _item_id(self) -> str:
        return f"wi_{self.store.number(self.table('items')):07d}"


def _told(order: Document) -> Document:
    """For the books: whether an older version came after a newer one cannot be seen in what is held at the end."""
    return {"total": order["total"]}


def _waits(order: Document) -> tuple[str] | None:
    waits = any(item["backordered"] for item in order["items"])
    return (order["created_at"],) if waits and order["state"] != "cancelled" else None

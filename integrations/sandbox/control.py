"""The switches and the books, under /control with a token of its own. The portal never comes here.

GET  /control/books?system=&effects=no      {"systems": {name: {table: […]}}, "effects": […], "faults", "requests", …}
GET  /control/effects?after=&limit=         the effects alone, in pages of their sequence
GET/POST/DELETE /control/faults[/{id}]      POST takes one rule or {"rules": […]};  POST /control/faults/preset/{name}
GET/PUT /control/{system}/settings          idempotency, backorders, key_lifetime, session_lifetime, consent_lifetime,
                                            rate_limit, search_lag
GET  /control/{system}/consents;  POST /control/{system}/revoke   see consent.py
POST /control/{system}/down {mode}          "refuse" (503) or "close";  POST /control/{system}/up
POST /control/shop/orders                   a customer's order; /orders/{id or number}/pay|edit|cancel|refund|touch
POST /control/shop/stock/{sku}              {available}: staff count a shelf of the channel
POST /control/shop/customers                a new account; /customers/{id}/edit|consent|erase
POST /control/crm/contacts[/{id}]           a salesperson's work, and DELETE; the same for /control/desk/users
POST /control/desk/tickets[/{id}]           a customer writes, an agent changes it
POST /control/warehouse/orders/{id or reference}/ship    {items?, carrier?, tracking_number?, location?}
POST /control/warehouse/orders/{id or reference}/pack, /return {items?}
POST /control/warehouse/stock/{sku}         {on_hand, location?}: staff count a shelf; "gone": true clears it away
POST /control/carrier/tracking/{number}     {state}
POST /control/payments/…                    what happens at a provider without the shop, see payments_staff.py
GET  /control/demo;  POST /control/demo/act/{number};  POST /control/reset {seed?}
"""

from typing import Any

from integrations.sandbox import payments_staff, seed
from integrations.sandbox.clock import to_text
from integrations.sandbox.consent import Consents
from integrations.sandbox.payments import PARTS
from integrations.sandbox.people import People
from integrations.sandbox.presets import PRESETS
from integrations.sandbox.refusals import Refusal, no_such_address, not_found
from integrations.sandbox.shelves import MAIN
from integrations.sandbox.shop import Shop
from integrations.sandbox.shop_customers import change
from integrations.sandbox.store import Document
from integrations.sandbox.system import asked_number
from integrations.sandbox.wire import Request, Response
from integrations.sandbox.world import World

SETTINGS = (
    "idempotency",
    "backorders",
    "key_lifetime",
    "session_lifetime",
    "consent_lifetime",
    "rate_limit",
    "search_lag",
)
BY_STAFF = ("orders", "stock", "products", "customers")
MODES = ("refuse", "close")


class Control:
    def __init__(self, world: World, consents: Consents) -> None:
        self.world = world
        self.consents = consents

    def respond(self, request: Request) -> Response:
        match request.segments:
            case ["faults", *rest]:
                return self.respond_faults(request, rest)
            case ["demo", *rest]:
                return self.respond_demo(request, rest)
            case [("shop" | "shop2" | "shop3") as name, *rest] if rest and rest[0] in BY_STAFF:
                return self.respond_shop(request, self.world.shops[name], rest)
            case ["warehouse", ("orders" | "stock"), *_]:
                return self.respond_warehouse(request)
            case ["carrier", "tracking", number] if request.method == "POST":
                return Response(200, self.world.carrier.advance(number, str(request.json().get("state"))))
            case [name, part, *_] if name in self.world.payments and part in PARTS:
                provider = self.world.payments[name]
                return payments_staff.respond(provider, request, request.segments[1:])
            case [("crm" | "desk"), _, *_] if request.segments[1] in ("contacts", "users", "tickets"):
                return self.respond_people(request)
            case [name, part] if name in self.world.systems:
                return self.respond_system(request, name, part)
        return self.respond_books(request)

    def respond_system(self, request: Request, name: str, part: str) -> Response:
        match request.method, part:
            case "GET", "consents":
                return Response(200, self.consents.counts(name))
            case "POST", "revoke":
                return Response(200, self.consents.revoke(name))
            case _, ("settings" | "down" | "up"):
                return self.respond_settings(request, name, part)
        raise no_such_address()

    def respond_warehouse(self, request: Request) -> Response:
        match request.segments:
            case ["warehouse", "orders", name, "ship"] if request.method == "POST":
                return Response(201, self.world.warehouse.ship(name, request.json()))
            case ["warehouse", "orders", name, "pack"] if request.method == "POST":
                return Response(200, self.world.warehouse.pack(name))
            case ["warehouse", "orders", name, "return"] if request.method == "POST":
                return Response(200, self.world.warehouse.take_back(name, request.json()))
            case ["warehouse", "stock", sku] if request.method in ("POST", "PUT"):
                return Response(200, self._count_shelf(sku, request.json()))
        raise no_such_address()

    def _count_shelf(self, sku: str, body: Document) -> Document:
        location = str(body.get("location") or MAIN)
        if body.get("gone"):
            return self.world.warehouse.clear_away(sku, location)
        return self.world.warehouse.set_stock(sku, _whole(body, "on_hand"), location)

    def respond_people(self, request: Request) -> Response:
        desk = self.world.desk
        match request.segments:
            case ["crm", "contacts", *rest] if len(rest) < 2:
                return _by_staff(request, self.world.crm.contacts, "".join(rest))
            case ["desk", "users", *rest] if len(rest) < 2:
                return _by_staff(request, desk.users, "".join(rest))
            case ["desk", "tickets", *rest] if request.method == "POST" and len(rest) < 2:
                return Response(200 if rest else 201, desk.ticket_by_staff("".join(rest), request.json()))
        raise no_such_address()

    def respond_books(self, request: Request) -> Response:
        match request.method, request.segments:
            case "GET", ["health"]:
                return Response(200, {"ok": True})
            case "GET", ["books"]:
                return Response(200, self.books(request))
            case "GET", ["effects"]:
                after = asked_number(request.query, "after", 0, 0, 10**12)
                limit = asked_number(request.query, "limit", 1000, 1, 10_000)
                return Response(200, {"effects": self.world.books.effects(after, limit)})
            case "GET", ["webhooks"]:
                return Response(200, self.world.webhooks.state())
            case "POST", ["reset"]:
                return self.reset(request.json())
        raise no_such_address()

    def books(self, request: Request) -> Document:
        asked = request.query.get("system")
        with self.world.store.lock:
            books: dict[str, Any] = {
                "systems": self.world.books.holdings([asked] if asked else list(self.world.systems)),
                "faults": self.world.faults.states(),
                "requests": dict(self.world.requests),
                "webhooks": self.world.webhooks.state(),
                "demo": seed.state(self.world),
            }
            if request.query.get("effects") != "no":
                books["effects"] = self.world.books.effects()
        return books

    def respond_faults(self, request: Request, rest: list[str]) -> Response:
        faults = self.world.faults
        match request.method, rest:
            case "GET", []:
                return Response(200, {"faults": faults.states()})
            case "POST", []:
                body = request.json()
                rules = body.get("rules", [body])
                return Response(201, {"faults": [faults.add(rule) for rule in rules]})
            case "POST", ["preset", name]:
                if name not in PRESETS:
                    raise not_found(f"preset {name}")
                return Response(201, {"faults": [faults.add(rule) for rule in PRESETS[name]]})
            case "DELETE", []:
                faults.remove()
                return Response(200, {})
            case "DELETE", [identity]:
                faults.remove(identity)
                return Response(200, {})
        raise no_such_address()

    def respond_demo(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", []:
                return Response(200, seed.state(self.world))
            case "POST", ["act", number]:
                return Response(200, seed.play(self.world, number))
        raise no_such_address()

    def respond_shop(self, request: Request, shop: Shop, rest: list[str]) -> Response:
        match request.method, rest:
            case "POST", ["orders"]:
                return Response(201, shop.place(request.json()))
            case "POST", ["orders", name, verb]:
                return Response(200, _change(shop, name, verb, request.json()))
            case (("POST" | "PUT"), ["stock", sku]):
                body = {"available": _whole(request.json(), "available")}
                with self.world.store.transaction():
                    done = shop.set_stock(sku, body)
                    shop.record(done)
                return Response(200, done.payload)
            case "POST", ["customers"]:
                return Response(201, shop.customers.register(request.json()))
            case "POST", ["customers", identity, verb]:
                changed = change(shop.customers, identity, verb, request.json())
                if changed is not None:
                    return Response(200, changed)
            case "POST", ["products"]:
                body = request.json()
                available = int(body.pop("available", 0))
                with self.world.store.transaction():
                    shop.add_product(body, available, to_text(self.world.clock.now()))
                return Response(201, body)
        raise no_such_address()

    def respond_settings(self, request: Request, name: str, part: str) -> Response:
        """Switches are kept in the store, so a restarted sandbox is still down when it was down."""
        store, body = self.world.store, request.json()
        with store.transaction():
            kept = store.get("settings", name) or {}
            match request.method, part:
                case "PUT", "settings":
                    unknown = set(body) - set(SETTINGS)
                    if unknown:
                        raise Refusal(
                            422, "unknown_field", f"No setting {sorted(unknown)}.", sorted(unknown)[0]
                        )
                    kept |= body
                case "POST", "down":
                    kept["down"] = body.get("mode", "refuse")
                    if kept["down"] not in MODES:
                        raise Refusal(422, "invalid", f"mode must be one of {', '.join(MODES)}.", "mode")
                case "POST", "up":
                    kept.pop("down", None)
                case method, _ if method != "GET":
                    raise no_such_address()
            if request.method != "GET":
                store.put("settings", name, kept)
        return Response(200, {**self.world.systems[name].settings(), "down": kept.get("down")})

    def reset(self, body: Document) -> Response:
        with self.world.store.lock:
            self.world.store.clear()
            self.world.faults.load()
            self.world.requests.clear()
            if body.get("seed"):
                seed.sow(self.world, str(body["seed"]))
        return Response(200, seed.state(self.world))


def _change(shop: Shop, name: str, verb: str, asked: Document) -> Document:
    match verb:
        case "pay":
            return shop.pay(name)
        case "edit":
            return shop.edit(name, asked)
        case "cancel":
            return shop.cancel(name, asked)
        case "refund":
            return shop.refund(name, asked)
        case "touch":
            return shop.touch(name)
    raise no_such_address()


def _by_staff(request: Request, people: People, identity: str) -> Response:
    verbs = {("POST", False): "create", ("POST", True): "edit", ("DELETE", True): "remove"}
    verb = verbs.get((request.method, bool(identity)))
    if verb is None:
        raise no_such_address()
    return Response(201 if verb == "create" else 200, people.by_staff(verb, identity, request.json()))


def _whole(body: Document, name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refusal(422, "invalid", f"{name} must be a whole number, 0 or more.", name)
    return value

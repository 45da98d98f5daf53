"""A payment provider: amounts in the currency's smallest unit, Unix seconds, newest first.

GET /payments/payments?limit=&starting_after=&created_since=&order_number=    {"data": […], "has_more": bool}
GET /payments/payments/{id}
GET /payments/refunds?…                                                        the same parameters
"""

from decimal import Decimal

from integrations.sandbox.refusals import Refusal, no_such_address
from integrations.sandbox.shop_orders import PLACES
from integrations.sandbox.store import Document, Index
from integrations.sandbox.system import LARGEST_PAGE, Core, System, asked_number
from integrations.sandbox.wire import Request, Response

OUTCOMES = {"paid": "succeeded", "failed": "failed", "pending": "pending"}


class Payments(System):
    def __init__(self, name: str, core: Core) -> None:
        super().__init__(name, core)
        # A minus turns the ascending index into a newest-first list.
        self.lists = {
            part: core.store.index(self.table(part), lambda entry: (-entry["created"], -entry["number"]))
            for part in ("payments", "refunds")
        }
        self.of_order = core.store.index(
            self.table("payments"), lambda entry: (entry["channel"], entry["order_number"])
        )

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case "GET", ["payments" | "refunds" as part]:
                return self.newest_first(request, part, self.lists[part])
            case "GET", ["payments" | "refunds" as part, identity]:
                return Response(200, self.found(part, identity, part.rstrip("s")))
        raise no_such_address()

    def newest_first(self, request: Request, part: str, index: Index) -> Response:
        limit = asked_number(request.query, "limit", 25, 1, LARGEST_PAGE)
        since = asked_number(request.query, "created_since", 0, 0, 10**12)
        last = request.query.get("starting_after")
        with self.store.lock:
            if last is not None and last not in index.keys:
                raise Refusal(400, "invalid_parameter", f"There is no {last}.", "starting_after")
            start = index.behind(index.keys[last], last) if last else 0
            entries = [self.found(part, identity, part) for identity in index.ids(start, start + limit)]
            more = start + limit < len(index.entries)
        number = request.query.get("order_number")
        shown = [
            entry
            for entry in entries
            if entry["created"] >= since and number in (None, entry["order_number"])
        ]
        reached = any(entry["created"] < since for entry in entries)
        return Response(200, {"data": shown, "has_more": more and not reached})

    def pay(self, channel: str, order: Document) -> None:
        """Records the shop's charge for an order; a second one (a payment tried again) settles the first."""
        number = order["number"]
        known = self.of_order.equal((channel, number))
        paid = order["payment_status"] if order["payment_status"] in OUTCOMES else "paid"
        if known:
            payment = self.found("payments", known[0], "payment")
        else:
            payment = self._entry("payments", "pay", channel, order, order["total"]) | {"refunded_amount": 0}
        payment["status"] = OUTCOMES[paid]
        self.store.put(self.table("payments"), payment["id"], payment)
        self.books.record(self.name, f"payment.{payment['status']}", payment["id"], reference=number)

    def refund(self, channel: str, order: Document, made: Document) -> None:
        """Records the refund of a shop's order and counts it on the payment."""
        entry = self._entry("refunds", "re", channel, order, made["amount"])
        for identity in self.of_order.equal((channel, order["number"])):
            payment = self.found("payments", identity, "payment")
            payment["refunded_amount"] += entry["amount"]
            entry |= {"payment_id": identity}
            self.store.put(self.table("payments"), identity, payment)
        entry |= {"status": "succeeded", "shop_refund_id": made["id"]}
        self.store.put(self.table("refunds"), entry["id"], entry)
        self.books.record(self.name, "refund.succeeded", entry["id"], reference=order["number"])

    def _entry(self, part: str, prefix: str, channel: str, order: Document, amount: str) -> Document:
        number = self.store.number(self.table(part))
        return {
            "id": f"{prefix}_{number:08d}",
            "number": number,
            "channel": channel,
            "order_number": order["number"],
            "amount": minor(amount, order["currency"]),
            "currency": order["currency"].lower(),
            "created": self.clock.now() // 1000,
        }


def minor(amount: str, currency: str) -> int:
    """A decimal string in the currency's smallest unit: "12.50" EUR → 1250, "1250" JPY → 1250."""
    return int(Decimal(amount).scaleb(PLACES.get(currency, 2)))

"""A payment provider: amounts in the currency's smallest unit, Unix seconds, newest first.

GET /payments/payments?limit=&starting_after=&created_since=&order_number=    {"data": […], "has_more": bool}
GET /payments/payments/{id}
GET /payments/refunds?…, /payments/disputes?…, /payments/payouts?…            the same parameters

There are three of them, /payments, /payments2 and /payments3, each with a fee of its own. What happens there without
the shop (see payments_staff.py) has no address here; /control calls the methods.
"""

from decimal import Decimal

from integrations.sandbox.refusals import Refusal, no_such_address
from integrations.sandbox.shop_orders import PLACES
from integrations.sandbox.store import Document, Index
from integrations.sandbox.system import LARGEST_PAGE, Core, System, asked_number
from integrations.sandbox.wire import Request, Response

OUTCOMES = {"paid": "succeeded", "failed": "failed", "pending": "pending"}
PARTS = ("payments", "refunds", "disputes", "payouts")
# Of each payment: hundredths of a percent, and a number of the currency's hundredths.
FEES = {"payments": (150, 25), "payments2": (290, 35), "payments3": (200, 0)}


class Payments(System):
    """`fee` is what it keeps of each payment, see FEES."""

    def __init__(self, name: str, core: Core, fee: tuple[int, int] = (150, 25)) -> None:
        super().__init__(name, core)
        self.fee = fee
        # A minus turns the ascending index into a newest-first list.
        self.lists = {
            part: core.store.index(self.table(part), lambda entry: (-entry["created"], -entry["number"]))
            for part in PARTS
        }
        self.of_order = core.store.index(
            self.table("payments"),
            lambda entry: (entry["channel"] or "", entry["order_number"]) if entry["order_number"] else None,
        )

    def respond(self, request: Request) -> Response:
        match request.method, request.segments:
            case "GET", [part] if part in PARTS:
                return self.newest_first(request, part, self.lists[part])
            case "GET", [part, identity] if part in PARTS:
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
            if entry["created"] >= since and number in (None, entry.get("order_number"))
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
            payment = self._entry("payments", "pay", channel, order, order["total"])
            payment |= {"refunded_amount": 0, "email": order["email"], "payout_id": None}
        payment["status"] = OUTCOMES[paid]
        self.keep_payment(payment)
        self.books.record(self.name, f"payment.{payment['status']}", payment["id"], reference=number)

    def keep_payment(self, payment: Document) -> None:
        """With the fee that it costs, unless it has one of its own; what was not paid costs none."""
        if payment["status"] != "succeeded":
            payment |= {"fee": 0, "net": 0}
        elif not payment.get("fee"):
            share, fixed = self.fee
            places = PLACES.get(payment["currency"].upper(), 2)
            payment["fee"] = round(payment["amount"] * share / 10_000) + round(fixed * 10 ** (places - 2))
        if payment["status"] == "succeeded":
            payment["net"] = payment["amount"] - payment["fee"]
        self.store.put(self.table("payments"), payment["id"], payment)

    def refund(self, channel: str, order: Document, made: Document) -> None:
        """Records the refund of a shop's order and counts it on the payment."""
        entry = self._entry("refunds", "re", channel, order, made["amount"])
        for identity in self.of_order.equal((channel, order["number"])):
            payment = self.found("payments", identity, "payment")
            payment["refunded_amount"] += entry["amount"]
            entry |= {"payment_id": identity}
            self.store.put(self.table("payments"), identity, payment)
        entry |= {"status": "succeeded", "shop_refund_id": made["id"], "payout_id": None}
        self.store.put(self.table("refunds"), entry["id"], entry)
        self.books.record(self.name, "refund.succeeded", entry["id"], reference=order["number"])

    def _entry(self, part: str, prefix: str, channel: str, order: Document, amount: str) -> Document:
        made = self.new_entry(part, prefix, minor(amount, order["currency"]), order["currency"])
        return made | {"channel": channel, "order_number": order["number"]}

    def new_entry(self, part: str, prefix: str, amount: int, currency: str) -> Document:
        number = self.store.number(self.table(part))
        return {
            "id": f"{prefix}_{number:08d}",
            "number": number,
            "amount": amount,
            "currency": currency.lower(),
            "created": self.clock.now() // 1000,
        }


def minor(amount: str, currency: str) -> int:
    """A decimal string in the currency's smallest unit: "12.50" EUR → 1250, "1250" JPY → 1250."""
    return int(Decimal(amount).scaleb(PLACES.get(currency, 2)))

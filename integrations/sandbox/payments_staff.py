"""What happens at a payment provider without the shop: people who pay otherwise, banks that ask back, money sent on.

POST /control/payments/payments              {amount, currency, order_number?, email?, status?, created?, …}
POST /control/payments/payments/{id}         what is named is changed, as staff or a bank may do
POST /control/payments/refunds               {payment_id, amount?}: given back there alone
POST /control/payments/disputes              {payment_id, amount?, reason?, status?, due_by?}
POST /control/payments/payouts               {currency, off?, strange?}: what was not sent yet; `off` is what it is
                                             wrong by, `strange` is the amount of an entry that is nothing's
The same for payments2 and payments3; {id} may be the number of the order that it names. Amounts in the smallest unit.
"""

from integrations.sandbox.payments import Payments
from integrations.sandbox.refusals import Refusal, no_such_address, not_found
from integrations.sandbox.store import Document
from integrations.sandbox.wire import Request, Response

WEEK = 7 * 86_400


def respond(provider: Payments, request: Request, rest: list[str]) -> Response:
    body = request.json()
    with provider.store.transaction():
        match request.method, rest:
            case "POST", ["payments"]:
                return Response(201, pay(provider, body))
            case "POST", ["payments", name]:
                return Response(200, change(provider, name, body))
            case "POST", ["refunds"]:
                return Response(201, refund(provider, body))
            case "POST", ["disputes"]:
                return Response(201, dispute(provider, body))
            case "POST", ["payouts"]:
                return Response(201, pay_out(provider, body))
    raise no_such_address()


def by_name(provider: Payments, name: str) -> Document:
    """A payment by its id, or by the number of the order that it names. Raises Refusal 404."""
    found = provider.store.get(provider.table("payments"), name)
    if found is not None:
        return found
    for payment in provider.store.all(provider.table("payments")):
        if payment["order_number"] == name:
            return dict(payment)
    raise not_found(f"payment {name}")


def pay(provider: Payments, asked: Document) -> Document:
    payment = provider.new_entry("payments", "pay", asked["amount"], str(asked["currency"]))
    payment |= {"channel": None, "order_number": None, "email": None, "status": "succeeded"}
    payment |= {"refunded_amount": 0, "payout_id": None, **asked}
    payment["currency"] = payment["currency"].lower()
    provider.keep_payment(payment)
    provider.books.record(provider.name, f"payment.{payment['status']}", payment["id"])
    return payment


def change(provider: Payments, name: str, asked: Document) -> Document:
    payment = by_name(provider, name) | asked
    if {"amount", "status"} & set(asked) and "fee" not in asked:
        payment["fee"] = 0
    provider.keep_payment(payment)
    return payment


def refund(provider: Payments, asked: Document) -> Document:
    payment = by_name(provider, str(asked.get("payment_id")))
    left = payment["amount"] - payment["refunded_amount"]
    amount = int(asked.get("amount") or left)
    if amount > left:
        raise Refusal(422, "exceeds_paid", "More than was paid cannot be refunded.", "amount")
    made = provider.new_entry("refunds", "re", amount, payment["currency"])
    made |= {"payment_id": payment["id"], "order_number": payment["order_number"], "status": "succeeded"}
    made |= {"payout_id": None, "shop_refund_id": None}
    payment["refunded_amount"] += made["amount"]
    provider.keep_payment(payment)
    provider.store.put(provider.table("refunds"), made["id"], made)
    provider.books.record(provider.name, "refund.succeeded", made["id"])
    return made


def dispute(provider: Payments, asked: Document) -> Document:
    payment = by_name(provider, str(asked.get("payment_id")))
    amount = int(asked.get("amount") or payment["amount"])
    made = provider.new_entry("disputes", "dp", amount, payment["currency"])
    made |= {"reason": "fraudulent", "status": "needs_response", "due_by": made["created"] + WEEK}
    made |= {name: asked[name] for name in ("reason", "status", "due_by") if name in asked}
    made["payment_id"] = payment["id"]
    provider.store.put(provider.table("disputes"), made["id"], made)
    provider.books.record(provider.name, f"dispute.{made['status']}", made["id"])
    return made


def pay_out(provider: Payments, asked: Document) -> Document:
    """Payments less their fees and less what was given back; each entry is sent on once."""
    currency = str(asked.get("currency", "eur")).lower()
    made = provider.new_entry("payouts", "po", 0, currency)
    parts = []
    for table, sign in (("payments", 1), ("refunds", -1)):
        for row in provider.store.all(provider.table(table)):
            if row["payout_id"] or row["currency"] != currency or row["status"] != "succeeded":
                continue
            fee = row.get("fee", 0)
            net = sign * row["amount"] - fee
            parts.append({"type": table.rstrip("s"), "source": row["id"], "fee": fee, "net": net})
            parts[-1]["amount"] = sign * row["amount"]
            provider.store.put(provider.table(table), row["id"], {**row, "payout_id": made["id"]})
    if strange := int(asked.get("strange", 0)):
        parts.append({"type": "other", "source": "adj_1", "fee": 0, "net": strange, "amount": strange})
    made |= {"amount": sum(part["net"] for part in parts) + int(asked.get("off", 0)), "parts": parts}
    made |= {"status": "paid", "arrival_date": made["created"] + 2 * 86_400}
    provider.store.put(provider.table("payouts"), made["id"], made)
    provider.books.record(provider.name, "payout.paid", made["id"])
    return made

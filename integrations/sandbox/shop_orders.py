"""The shop's order document: how one is made, and how staff and customers change it. No HTTP, no storage.

Money is Decimal while it is computed and a decimal string in the document, with the currency's own number of places.
"""

from decimal import Decimal

from integrations.sandbox.refusals import Refusal, not_found
from integrations.sandbox.store import Document

PLACES = {"JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "BHD": 3, "OMR": 3, "TND": 3}
PARCEL_STATUSES = ("shipped", "in_transit", "out_for_delivery", "delivered", "exception")
ADDRESS = ("name", "line1", "line2", "city", "region", "postal_code", "country", "phone")


def money(amount: Decimal | str, currency: str) -> str:
    """The amount with the currency's places: "12.50", JPY "1250", KWD "12.500"."""
    return str(Decimal(amount).quantize(Decimal(1).scaleb(-PLACES.get(currency, 2))))


def new_line(identity: str, asked: Document, currency: str) -> Document:
    line = {
        "id": identity,
        "sku": asked.get("sku"),
        "title": asked.get("title") or asked.get("sku") or "Custom item",
        "quantity": asked["quantity"],
        "cancelled_quantity": 0,
        "current_quantity": asked["quantity"],
        "fulfilled_quantity": 0,
        "refunded_quantity": 0,
        "price": money(asked["price"], currency),
        "requires_shipping": bool(asked.get("requires_shipping", True)),
    }
    return line


def new_order(identity: str, number: str, channel: str, asked: Document) -> Document:
    """An order as it is placed. `asked` holds currency, placed_at, lines [{sku, quantity, price}], shipping,
    discount, payment_status, shipping_address, customer (null for a guest), email and note."""
    currency = asked["currency"]
    lines = [
        new_line(f"{identity}{place:02d}", line, currency)
        for place, line in enumerate(asked["lines"], start=1)
    ]
    order = {
        "id": identity,
        "number": number,
        "name": f"#{number}",
        "channel": channel,
        "placed_at": asked["placed_at"],
        "updated_at": asked["placed_at"],
        "cancelled_at": None,
        "cancel_reason": None,
        "status": "open",
        "payment_status": asked["payment_status"],
        "fulfillment_status": "unfulfilled",
        "currency": currency,
        "subtotal": "0",
        "shipping_total": money(asked["shipping"], currency),
        "discount_total": money(asked["discount"], currency),
        "tax_rate": asked["tax_rate"],
        "taxes_included": asked["taxes_included"],
        "tax_total": "0",
        "total": "0",
        "refunded_total": money("0", currency),
        "customer": asked["customer"],
        "email": asked["email"],
        "shipping_address": {name: asked["shipping_address"].get(name) for name in ADDRESS},
        "note": asked["note"],
        "is_renewal": asked["is_renewal"],
        "tags": asked["tags"],
        "ship_by": asked["ship_by"],
        "deliver_by": asked["deliver_by"],
        "lines": lines,
        "refunds": [],
        "fulfillments": [],
    }
    add_up(order)
    return order


def add_up(order: Document) -> None:
    """Totals from the lines that still stand. Refunds do not change the total: they are told beside it.

    `tax_total` lies in the prices where `taxes_included` says so, and comes on top of them where not.
    """
    currency = order["currency"]
    subtotal = sum((Decimal(line["price"]) * line["current_quantity"] for line in order["lines"]), Decimal(0))
    total = subtotal + Decimal(order["shipping_total"]) - Decimal(order["discount_total"])
    rate = Decimal(order["tax_rate"])
    included = order["taxes_included"]
    order["tax_total"] = money(subtotal * rate / (1 + rate) if included else subtotal * rate, currency)
    if not included:
        total += Decimal(order["tax_total"])
    order["subtotal"] = money(subtotal, currency)
    order["total"] = money(max(total, Decimal(0)), currency)


def find_line(order: Document, asked: Document) -> Document:
    """The line named by `line_id` or `sku`. Raises Refusal 404."""
    for line in order["lines"]:
        if asked.get("line_id", line["id"]) == line["id"] and asked.get("sku", line["sku"]) == line["sku"]:
            found: Document = line
            return found
    raise not_found(f"line {asked.get('line_id') or asked.get('sku')} in order {order['name']}")


def set_quantity(line: Document, wanted: int) -> int:
    """Changes how many of a line are wanted; gives how many units went back to the shelf (negative: were taken)."""
    if wanted < line["fulfilled_quantity"]:
        raise Refusal(409, "already_fulfilled", "More units of this line have left already.", "lines")
    back = int(line["current_quantity"]) - wanted
    if wanted > line["quantity"]:
        line["quantity"], line["cancelled_quantity"] = wanted, 0
    else:
        line["cancelled_quantity"] = line["quantity"] - wanted
    line["current_quantity"] = wanted
    return back


def cancel(order: Document, at: str, reason: str) -> list[tuple[str, int]]:
    """Cancels what has not left; gives (sku, units) that go back to the shelf."""
    if order["status"] == "cancelled":
        raise Refusal(409, "already_cancelled", f"Order {order['name']} is cancelled already.")
    back = [
        (line["sku"], set_quantity(line, line["fulfilled_quantity"]))
        for line in order["lines"]
        if line["current_quantity"] > line["fulfilled_quantity"]
    ]
    order |= {"status": "cancelled", "cancelled_at": at, "cancel_reason": reason}
    return back


def refund(
    order: Document, identity: str, at: str, asked: Document
) -> tuple[Document, list[tuple[str, int]]]:
    """Adds a refund: of `lines` [{line_id | sku, quantity}], of `amount`, or (neither) of all that is left.

    With `restock` the refunded units that have not left are cancelled as well and go back to the shelf.
    """
    currency, back, lines = order["currency"], [], []
    worth = Decimal(0)
    for part in asked.get("lines", []):
        line = find_line(order, part)
        if line["refunded_quantity"] + part["quantity"] > line["quantity"]:
            raise Refusal(422, "exceeds_ordered", "More units than were ordered cannot be refunded.", "lines")
        line["refunded_quantity"] += part["quantity"]
        worth += Decimal(line["price"]) * part["quantity"]
        lines.append({"line_id": line["id"], "quantity": part["quantity"]})
        if asked.get("restock"):
            back.append((line["sku"], set_quantity(line, line["current_quantity"] - part["quantity"])))
    left = Decimal(order["total"]) - Decimal(order["refunded_total"])
    amount = Decimal(asked["amount"]) if "amount" in asked else (worth if lines else left)
    if amount > left:
        raise Refusal(422, "exceeds_paid", "More than was paid cannot be refunded.", "amount")
    made = {"id": identity, "created_at": at, "amount": money(amount, currency), "currency": currency}
    made |= {"reason": asked.get("reason", ""), "lines": lines}
    order["refunds"].append(made)
    order["refunded_total"] = money(Decimal(order["refunded_total"]) + amount, currency)
    order["payment_status"] = "refunded" if amount == left else "partially_refunded"
    return made, back


def fulfil(order: Document, identity: str, at: str, asked: Document) -> Document:
    """Adds a fulfilment of `lines` [{line_id | sku, quantity}]. Raises Refusal 409 or 422 with the field."""
    if order["status"] == "cancelled":
        raise Refusal(409, "order_cancelled", f"Order {order['name']} is cancelled.")
    if not isinstance(asked.get("lines"), list) or not asked["lines"]:
        raise Refusal(422, "required", "lines must name at least one line.", "lines")
    made: Document = {"id": identity, "created_at": at, "reference": asked.get("reference")}
    made |= {name: asked.get(name) for name in ("tracking_number", "tracking_url", "carrier")}
    made["status"] = _parcel_status(asked.get("status"))
    made["lines"] = [_fulfil_line(order, place, part) for place, part in enumerate(asked["lines"])]
    order["fulfillments"].append(made)
    left = any(line["current_quantity"] > line["fulfilled_quantity"] for line in order["lines"])
    order["fulfillment_status"] = "partial" if left else "fulfilled"
    return made


def change_fulfilment(order: Document, identity: str, at: str, asked: Document) -> Document:
    """What became of a parcel: its status and how it is tracked. What lies in it stays. Raises Refusal."""
    made: Document = next(made for made in order["fulfillments"] if made["id"] == identity)
    made |= {name: asked[name] for name in ("tracking_number", "tracking_url", "carrier") if asked.get(name)}
    made |= {"status": _parcel_status(asked.get("status") or made["status"]), "updated_at": at}
    return made


def _parcel_status(status: object) -> str:
    if status is not None and status not in PARCEL_STATUSES:
        raise Refusal(422, "invalid", f"status must be one of {', '.join(PARCEL_STATUSES)}.", "status")
    return str(status or PARCEL_STATUSES[0])


def _fulfil_line(order: Document, place: int, part: Document) -> Document:
    line = find_line(order, part)
    quantity = part.get("quantity")
    if not isinstance(quantity, int) or quantity < 1:
        raise Refusal(422, "invalid", "quantity must be 1 or more.", f"lines.{place}.quantity")
    left = line["current_quantity"] - line["fulfilled_quantity"]
    if quantity > left:
        message = f"Only {left} of this line are still to be fulfilled."
        raise Refusal(422, "exceeds_remaining", message, f"lines.{place}.quantity")
    line["fulfilled_quantity"] += quantity
    return {"line_id": line["id"], "sku": line["sku"], "quantity": quantity}

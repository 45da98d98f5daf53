"""What is booked in Xero of an order, a payment and a refund: lines, taxes and accounts. No calls are made here.

- Whatever the currency, sums have two decimal places in Xero, and prices of one unit four
  (https://developer.xero.com/documentation/api-guides/rounding-in-xero).
- Shops differ in whether the prices of their lines include tax. The total of an order tells which it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from integrations.connectors.base import WriteContext
from integrations.exceptions import Failure

CENT = Decimal("0.01")
PLACES_OF_UNIT = 4
NUMBERS = ("Quantity", "UnitAmount", "LineAmount", "TaxAmount", "DiscountAmount")
INCLUSIVE, EXCLUSIVE, NO_TAX = "Inclusive", "Exclusive", "NoTax"
# A payment that has not come in, or not yet, is none in the books.
NOT_PAID = ("pending", "authorized", "failed")
# Of a credit note and a payment: what is needed for it and stands in none of Xero's fields.
ORDER_INVOICE, REFUNDED, CURRENCY = "order_invoice", "refunded", "currency"

Line = dict[str, Any]


def invoice(context: WriteContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    """A sales invoice of an order. Raises Failure (data) where its lines and its total do not fit together."""
    body, record = known(context.body), context.record
    is_new = context.operation == "create"
    if is_new and record.get("status") == "cancelled":
        raise Failure.data(
            "cancelled_before",
            "The order was cancelled before it was booked, so there is nothing to book. Ignore this, or leave such "
            "orders out by the job's filter: status != 'cancelled'.",
            field="status",
        )
    lines = [_line(line) for line in body.pop("LineItems", None) or []]
    shipping = number(body.pop("shipping", None), "shipping_total")
    if shipping:
        lines.append(_extra("Shipping", shipping))
    prices, discount = _prices(
        str(body.get("LineAmountTypes") or settings.get("prices") or ""), lines, record
    )
    if discount:
        lines.append(_extra("Discount", -discount))
    if prices != NO_TAX:
        _share_tax(lines, number(record.get("tax"), "tax"))
    made = {
        **body,
        "Type": "ACCREC",
        "LineAmountTypes": prices,
        "LineItems": [_finished(line, prices, settings) for line in lines],
    }
    if is_new:
        return {"Status": settings.get("invoice_status") or "AUTHORISED", **made}
    # Whom it is for, and how far it has come, is Xero's own from then on.
    return {name: part for name, part in made.items() if name not in ("Contact", "Status")}


def payment(context: WriteContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    status = context.record.get("status")
    if status in NOT_PAID:
        raise Failure.data(
            "not_paid",
            f"The payment is “{status}”, so no money has come in. Leave such payments out by the job's filter: "
            "status == 'paid'.",
            field="status",
        )
    body = known(context.body)
    if settings.get("payment_account"):
        body.setdefault("Account", {"Code": settings["payment_account"]})
    if "Amount" in body:
        body["Amount"] = as_json(_in_cents(number(body["Amount"], "amount"), "amount"), "amount")
    return body


def credit_note(context: WriteContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is paid back includes its tax, which Xero works out by the account or the tax type."""
    body = known(context.body)
    prices = NO_TAX if settings.get("prices") == NO_TAX else INCLUSIVE
    lines = [_line(line) for line in body.pop("LineItems", None) or []]
    return {
        "Status": "AUTHORISED",
        "LineAmountTypes": prices,
        **body,
        "Type": "ACCRECCREDIT",
        "LineItems": [_finished(line, prices, settings) for line in lines],
    }


def contact(context: WriteContext, settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the shop does not know of a customer is not taken away."""
    return known(context.body)


def _line(told: Mapping[str, Any]) -> Line:
    """With the sum of the line, where that is known, and else with its price: Xero works out the other, and refuses two
    that differ by a rounding."""
    line = dict(told) | {name: number(told[name], name) for name in NUMBERS if name in told}
    if "LineAmount" in line:
        line.pop("UnitAmount", None)
    elif "UnitAmount" not in line:
        raise Failure.data(
            "no_price",
            "A line has neither a price nor a sum, so it cannot be booked. Correct it in the shop, or in the mapping.",
            field="lines[].unit_price",
        )
    elif _places(line["UnitAmount"]) > PLACES_OF_UNIT:
        line["LineAmount"] = _sum_of(line)
        line.pop("UnitAmount")
    return line


def _extra(what: str, amount: Decimal) -> Line:
    return {"Description": what, "Quantity": Decimal(1), "LineAmount": amount}


def _sum_of(line: Line) -> Decimal:
    if "LineAmount" in line:
        return Decimal(line["LineAmount"])
    sum_of_units = line.get("Quantity", Decimal(1)) * line["UnitAmount"] - line.get(
        "DiscountAmount", Decimal(0)
    )
    return Decimal(sum_of_units).quantize(CENT, ROUND_HALF_UP)


def _prices(chosen: str, lines: Sequence[Line], record: Mapping[str, Any]) -> tuple[str, Decimal]:
    """Whether prices include tax, and a discount of the whole order that is in none of its lines."""
    nothing = Decimal(0)
    if chosen:
        return chosen, nothing
    of_lines = sum((line["TaxAmount"] for line in lines if "TaxAmount" in line), nothing)
    told = number(record.get("tax"), "tax")
    tax = of_lines if told is None else told
    total = number(record.get("total"), "total")
    if total is None and not tax:
        return INCLUSIVE, nothing
    made = sum((_sum_of(line) for line in lines), nothing)
    if total is not None:
        # After refunds total and tax of some shops are what is left, while the lines are still all that was ordered.
        refunds = [number(refund.get("amount"), "refunds") for refund in record.get("refunds") or []]
        totals = (total, total + sum((one for one in refunds if one is not None), nothing))
        for discount in (nothing, number(record.get("discount_total"), "discount_total") or nothing):
            for prices, more in ((INCLUSIVE, nothing), (EXCLUSIVE, tax), (EXCLUSIVE, of_lines)):
                if made - discount + more in totals:
                    return prices, discount
    raise Failure.data(
        "total_differs",
        f"The order's lines and shipping make {made} and its tax is {tax}, which does not come to its total of "
        f"{'nothing that is told' if total is None else total}. Correct the mapping, or say at the connection whether "
        "prices include tax, if Xero may work out another total.",
        field="total",
    )


def _share_tax(lines: Sequence[Line], tax: Decimal | None) -> None:
    """What of the order's tax is in no line is that of the one line that tells none, which mostly is the shipping."""
    without = [line for line in lines if "TaxAmount" not in line]
    if tax is None or len(without) != 1:
        return
    rest = tax - sum((line["TaxAmount"] for line in lines if "TaxAmount" in line), Decimal(0))
    if rest >= 0:
        without[0]["TaxAmount"] = rest


def _finished(line: Line, prices: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    if prices == NO_TAX:
        line.pop("TaxAmount", None)
    if "ItemCode" not in line and "AccountID" not in line:
        line.setdefault("AccountCode", settings.get("sales_account"))
    is_untaxed = "TaxAmount" in line and not line["TaxAmount"]
    tax_type = (settings.get("zero_tax_type") if is_untaxed else "") or settings.get("tax_type")
    if tax_type and prices != NO_TAX:
        line.setdefault("TaxType", tax_type)
    for name in ("LineAmount", "TaxAmount"):
        if name in line:
            _in_cents(line[name], f"lines[].{name}")
    return {
        name: as_json(part, f"lines[].{name}") if name in NUMBERS else part
        for name, part in line.items()
        if part is not None
    }


def number(value: Any, field: str) -> Decimal | None:
    """Raises Failure (data) for what is none."""
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except ArithmeticError as error:
        raise Failure.data("no_number", f"What stands at {field} is no number.", field=field) from error


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _in_cents(value: Decimal | None, field: str) -> Decimal | None:
    if value is not None and _places(value) > 2:
        raise Failure.data(
            "too_many_places",
            f"Xero keeps sums with two decimal places in every currency, so {value} cannot be booked exactly. Round it "
            "in the mapping, or book it by hand.",
            field=field,
        )
    return value


def as_json(value: Decimal | None, field: str) -> int | float | None:
    """A number, since Xero takes no text, and the very same one."""
    if value is None:
        return None
    if value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    written = float(value)
    if Decimal(str(written)) != value:
        raise Failure.data("too_many_digits", "The amount has more digits than Xero can keep.", field=field)
    return written


def known(told: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is known to be empty: Xero takes null for a wrong value in some of its fields."""
    return {name: _known(part) for name, part in told.items() if part is not None}


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return known(value)
    return [_known(part) for part in value if part is not None] if isinstance(value, list) else value

"""What is said to Adobe Commerce, and what it says: numbers, credit memos, and refusals with their values apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from integrations.exceptions import Failure


def exactly(value: Any, field: str) -> Decimal:
    """Raises Failure (data) for what is no number."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise Failure.data(
            "no_number", "It is no number. Look at the mapping of this field, then retry.", field=field
        )
    return number


def numbered(number: Decimal) -> int | float:
    """As JSON has it; most quantities are whole."""
    return int(number) if number == number.to_integral_value() else float(number)


# Credit memos.


def comment_of(reference: str) -> str:
    """By which a credit memo is found again."""
    return f"[{reference}]"


def credit_memo_of(order: Mapping[str, Any], refund: Mapping[str, Any]) -> dict[str, Any]:
    """All that is left of an order, or an amount without any line.

    Without lines in the call all are refunded, with their taxes and shipping. So for a part of the amount one line is
    named with nothing of it, and the amount is what the Admin calls "Adjustment Refund"; that is in the currency of the
    shop. Where such amounts went back before, what is left is less than the lines that are left, so it is one too.
    https://github.com/magento/magento2/blob/2.4-develop/app/code/Magento/Sales/Model/Order/CreditmemoFactory.php
    """
    amount, currency = exactly(refund.get("amount"), "amount"), refund.get("currency")
    if currency != order.get("order_currency_code"):
        raise Failure.data(
            "currency",
            f"The refund is in {currency}, the order in {order.get('order_currency_code')}. Enter the credit memo in "
            "the shop itself.",
            field="currency",
        )
    said = " ".join(str(part) for part in (refund.get("reason"), comment_of(refund["reference"])) if part)
    memo: dict[str, Any] = {
        "notify": False,
        "appendComment": True,
        "comment": {"comment": said, "is_visible_on_front": 0},
    }
    left = Decimal(str(order.get("total_paid") or 0)) - Decimal(str(order.get("total_refunded") or 0))
    adjusted = any(order.get(f"adjustment_{sign}") for sign in ("positive", "negative"))
    if amount == left and not adjusted:
        return memo
    if amount > left:
        raise Failure.data(
            "more_than_paid",
            f"Of order {order.get('increment_id')} the shop can refund {left:f} {currency} at most, and {amount:f} was "
            "refunded. Make the invoice in the shop first, or look whether the refund is there already.",
            field="amount",
        )
    if currency != order.get("base_currency_code"):
        raise Failure.data(
            "currency",
            f"A part of an order in {currency} cannot be refunded here, since the shop counts in "
            f"{order.get('base_currency_code')}. Enter the credit memo in the shop itself.",
            field="currency",
        )
    memo["items"] = [{"order_item_id": order["items"][0]["item_id"], "qty": 0}]
    memo["arguments"] = {
        "shipping_amount": 0,
        "adjustment_positive": numbered(amount),
        "adjustment_negative": 0,
    }
    return memo


# Refusals.


def with_its_values(failure: Failure) -> None:
    """Puts the values into “No such entity with %fieldName = %fieldValue”, which come beside it in a list or an object.

    They are taken from the evidence, where nothing personal is left.
    https://developer.adobe.com/commerce/webapi/get-started/gs-web-api-response/
    """
    body = (failure.evidence.get("response") or {}).get("body")
    for name, value in sorted(_values(body), key=lambda pair: -len(pair[0])):
        failure.sentence = failure.sentence.replace(f"%{name}", str(value))
    failure.args = (failure.sentence,)


def _values(body: Any) -> Iterator[tuple[str, Any]]:
    told = body if isinstance(body, Mapping) else {}
    for one in [*(told.get("errors") or []), told]:
        parameters = one.get("parameters") if isinstance(one, Mapping) else None
        if isinstance(parameters, Mapping):
            yield from ((str(name), value) for name, value in parameters.items())
        elif isinstance(parameters, list):
            yield from ((str(place), value) for place, value in enumerate(parameters, 1))

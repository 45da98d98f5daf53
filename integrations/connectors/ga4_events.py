"""What Google Analytics is told of an order and of a refund. Pure: from a mapped body to one event.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events#purchase
What Google drops without a word, by its list of limitations, is refused:
https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events#limitations
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

from integrations.exceptions import Failure
from mappings.currencies import places_of

# How a purchase is valued. Google wants the goods alone: "Don't include shipping or tax."
GOODS, GOODS_LESS_TAX, TOTAL = "goods", "goods_less_tax", "total"

MOST_PARAMS, MOST_ITEMS, MOST_BYTES = 25, 200, 130_000
LONGEST_NAME, LONGEST_VALUE = 40, 100
_PARAM = re.compile(rf"[A-Za-z][A-Za-z0-9_]{{0,{LONGEST_NAME - 1}}}")
# "Must be two positive numbers, joined by a period": as the tag in a browser makes them.
_CLIENT = re.compile(r"[1-9]\d*\.[1-9]\d*")
_PLACES = Decimal("0.000001")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def purchase(body: Mapping[str, Any], valued: str) -> dict[str, Any]:
    """Raises Failure (data) with the field for what is missing or would be dropped there."""
    # What was cancelled is no part of it; but what was refunded is told by a refund, and must have been bought before.
    was_refunded = bool(_decimal(body, "refunded", ""))
    items, goods = _items(body.get("items") or [], less_tax=valued == GOODS_LESS_TAX, whole=was_refunded)
    if valued == TOTAL:
        value = _needed(body, "total")
    elif items:
        value = goods
    else:
        raise _wrong(
            "items", "The order has no lines, so its goods have no value. Look at the mapping of its lines."
        )
    params = {
        "transaction_id": _transaction(body),
        "currency": _currency(body),
        "value": _number(value),
        "tax": _optional(body, "tax"),
        "shipping": _optional(body, "shipping"),
        "items": items,
    }
    return _event("purchase", params, body)


def refund(body: Mapping[str, Any]) -> dict[str, Any]:
    """As `purchase`. Without items: a Refund does not tell them."""
    value = _needed(body, "value")
    if value < 0:
        raise _wrong(
            "value", "A refund's amount cannot be below zero. Add the transform “absolute” to its mapping."
        )
    params = {
        "transaction_id": _transaction(body),
        "currency": _currency(body),
        "value": _number(value),
    }
    return _event("refund", params, body)


def client_id(body: Mapping[str, Any], measurement_id: str) -> str:
    """The browser's own, where the mapping knows it; else one of the order alone: it says nothing of the person, and
    the order's refund has the same."""
    told = body.get("client_id")
    if told not in (None, ""):
        if not _CLIENT.fullmatch(str(told)):
            raise _wrong(
                "client_id", "Google takes two numbers with a point between them, as in the cookie _ga."
            )
        return str(told)
    digest = hashlib.sha256(f"{measurement_id}/{body.get('transaction_id')}".encode()).digest()
    halves = (int.from_bytes(digest[start : start + 4], "big") % 2**31 for start in (0, 4))
    return ".".join(str(half + 1) for half in halves)


def micros(body: Mapping[str, Any]) -> int:
    """When it happened, in millionths of a second since 1970."""
    text = str(body.get("occurred_at") or "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong("occurred_at", "It is no time.") from None
    if moment.tzinfo is None:
        raise _wrong("occurred_at", "It is a time without a zone.")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def check_size(message: Mapping[str, Any]) -> None:
    if len(orjson.dumps(message)) >= MOST_BYTES:
        raise _wrong(
            "items", "The order is too large for Google Analytics, which takes less than 130 kB at once."
        )


def _event(name: str, params: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    own = body.get("params") or {}
    made = {**own, **{key: value for key, value in params.items() if value is not None}}
    for key, value in own.items():
        if not _PARAM.fullmatch(key):
            raise _wrong(
                f"params.{key}", "A name has up to 40 letters, digits and _, and begins with a letter."
            )
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            raise _wrong(f"params.{key}", "It is longer than the 100 characters that Google Analytics keeps.")
    if len(made) > MOST_PARAMS:
        raise _wrong("params", f"An event has at most {MOST_PARAMS} parameters; here are {len(made)}.")
    return {"name": name, "params": made}


def _items(
    lines: list[Mapping[str, Any]], *, less_tax: bool, whole: bool
) -> tuple[list[dict[str, Any]], Decimal]:
    """The items and what they are worth together; `whole`: with the units that were cancelled."""
    items: list[dict[str, Any]] = []
    worth = Decimal(0)
    for place, line in enumerate(lines):
        ordered = _decimal(line, "quantity", f"items.{place}") or Decimal(0)
        cancelled = _decimal(line, "cancelled", f"items.{place}") or Decimal(0)
        left = ordered if whole else ordered - cancelled
        if left <= 0:
            continue
        amount = _amount(line, ordered, f"items.{place}", less_tax=less_tax)
        worth += amount * left / ordered
        items.append(_item(line, place, left, amount / ordered))
    if len(items) > MOST_ITEMS:
        raise _wrong("items", f"Google Analytics takes at most {MOST_ITEMS} items; here are {len(items)}.")
    return items, worth


def _item(line: Mapping[str, Any], place: int, left: Decimal, price: Decimal) -> dict[str, Any]:
    identity, title = _text(line.get("item_id")), _text(line.get("item_name"))
    if not identity and not title:
        raise _wrong(
            f"items.{place}.item_id", "Google Analytics knows an item by its SKU or its name; it has neither."
        )
    if len(identity) > LONGEST_VALUE:
        raise _wrong(
            f"items.{place}.item_id", "It is longer than the 100 characters that Google Analytics keeps."
        )
    if left != left.to_integral_value():
        # It counts whole units alone: 1.5 kg are one item at the price of them all.
        left, price = Decimal(1), price * left
    told = {"item_id": identity, "item_name": title[:LONGEST_VALUE]}
    return {
        **{name: value for name, value in told.items() if value},
        "price": _number(price),
        "quantity": int(left),
    }


def _amount(line: Mapping[str, Any], ordered: Decimal, at: str, *, less_tax: bool) -> Decimal:
    """Of all units that were ordered, after discounts."""
    amount = _decimal(line, "amount", at)
    if amount is None:
        price = _decimal(line, "price", at)
        if price is None:
            raise _wrong(
                f"{at}.price", "It has neither a price nor an amount. Look at the mapping of the lines."
            )
        amount = price * ordered - (_decimal(line, "discount", at) or Decimal(0))
    if not less_tax:
        return amount
    tax = _decimal(line, "tax", at)
    if tax is None:
        raise _wrong(
            f"{at}.tax",
            "The source does not tell the tax of this line, so its price without tax is not known. Choose another "
            "value of a purchase at the connection.",
        )
    return amount - tax


def _transaction(body: Mapping[str, Any]) -> str:
    """Google takes all purchases with the same one for one, also with an empty one."""
    told = _text(body.get("transaction_id"))
    if not told:
        raise _wrong("transaction_id", "It is missing. Google Analytics tells purchases apart by it.")
    if len(told) > LONGEST_VALUE:
        raise _wrong("transaction_id", "It is longer than the 100 characters that Google Analytics keeps.")
    return told


def _currency(body: Mapping[str, Any]) -> str:
    told = _text(body.get("currency")).upper()
    if places_of(told) is None:
        raise _wrong(
            "currency", "It is missing or no currency; without one an amount counts for nothing there."
        )
    return told


def _needed(body: Mapping[str, Any], name: str) -> Decimal:
    found = _decimal(body, name, "")
    if found is None:
        raise _wrong(name, "It is missing, and the value of the event is taken from it.")
    return found


def _optional(body: Mapping[str, Any], name: str) -> int | float | None:
    found = _decimal(body, name, "")
    return None if found is None else _number(found)


def _decimal(data: Mapping[str, Any], name: str, at: str) -> Decimal | None:
    told = data.get(name)
    if told in (None, ""):
        return None
    try:
        found = Decimal(str(told))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise _wrong(f"{at}.{name}" if at else name, "It is not a number.")
    return found


def _number(value: Decimal) -> int | float:
    """Google takes amounts as numbers only. Six places are more than any currency has; what is longer is rounded."""
    rounded = value.quantize(_PLACES)
    whole = rounded.to_integral_value()
    return int(whole) if whole == rounded else float(rounded)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _wrong(field: str, why: str) -> Failure:
    return Failure.data("not_accepted", why, field=field)

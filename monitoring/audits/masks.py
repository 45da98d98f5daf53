"""How a value is kept and shown: nothing personal leaves the records it stands in. Pure."""

from __future__ import annotations

import re
from typing import Any

LONGEST = 200
# What may be shown as it is, by the last word of the field. Everything else that is text is hidden.
_OPEN = {
    "available", "on_hand", "allocated", "quantity", "ordered", "cancelled", "shipped", "refunded",
    "sku", "status", "state", "payment_status", "fulfillment_status", "currency", "price", "total",
    "subtotal", "tax", "amount", "reference", "external_id", "number", "id", "line_id", "location",
    "tracking_number", "tracking_url", "carrier", "country", "unit_price", "discount", "weight_grams", "barcode",
    "title", "kind", "code", "placed_at", "shipped_at", "delivered_at", "cancelled_at", "created_at",
    "updated_at", "is_renewal", "accepts_marketing",
}  # fmt: skip
# Within these nothing is shown, whatever its name: "ship_to.country" is a part of somebody's address.
_PERSONAL = re.compile(
    r"customer|address|ship_to|bill_to|recipient|person|contact|e?mail|phone|buyer|note", re.IGNORECASE
)
_WORDS_OF_OURS = ("there", "not there", "nothing", "something", "")


def shown(field: str, value: Any) -> str:
    """The value as text; of what may be personal only that it is there and how long it is."""
    if value is None:
        return "nothing"
    text = str(value)
    if isinstance(value, bool) or text in _WORDS_OF_OURS:
        return text or "nothing"
    if not _PERSONAL.search(field) and (not isinstance(value, str) or _last_word(field) in _OPEN):
        return text[:LONGEST]
    return f"(hidden, {len(text)} characters)"


def _last_word(field: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", field).rpartition(".")[2]

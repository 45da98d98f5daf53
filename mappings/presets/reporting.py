"""The books for BI: the same columns in a database, in CSV files and in Parquet files, for all that is booked.

`source` says which system told it, `person` is the same for the same e-mail address and says nothing else; with
`booked_at` the newest of two rows of one id is known. There is nothing personal among them.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_PLACES = {"sql": "SQL", "folder": "Folder", "sftp": "SFTP"}
# A line of files says of its order what no table would have to say again.
_OF_LINES = ("number", "placed_at", "currency", "status")
_LINE = ("id", "sku", "title", "ordered", "cancelled", "shipped", "refunded", "unit_price", "total")
_BELONGS = ("order_id", "order_number")


def _same(*names: str) -> tuple[RuleData, ...]:
    return tuple(rule(name, name) for name in names)


_HEAD = (rule("id", "id", required=True), rule("source", "extra.source", "text"))
_PERSON = rule("person", "extra.person", "text")
_TAIL = (rule("updated_at", "updated_at"), rule("booked_at", "extra.booked_at", "time"))
_LINES = (rule("lines[]", "lines"), *(rule(f"lines[].{name}", name) for name in _LINE))

_ORDER = (
    *_same("number", "placed_at", "currency", "subtotal", "tax", "shipping_total", "discount_total", "total"),
    *_same("status", "payment_status", "fulfillment_status", "cancelled_at", "is_renewal"),
    rule("country", "shipping_address.country"),
    _PERSON,
)
# resource → kind, and what stands between head and tail.
_SHELVES: dict[str, tuple[str, tuple[RuleData, ...]]] = {
    "orders": ("order", _ORDER),
    "payments": (
        "payment",
        (
            *_same(*_BELONGS, "amount", "fee", "net", "currency", "status", "provider", "reference"),
            *_same("payout_id", "created_at"),
            _PERSON,
        ),
    ),
    "refunds": ("refund", _same(*_BELONGS, "payment_id", "amount", "currency", "status", "created_at")),
    "shipments": (
        "shipment",
        _same(*_BELONGS, "number", "carrier", "tracking_number", "status", "shipped_at", "delivered_at"),
    ),
    "stock": ("stock_level", _same("sku", "location", "on_hand", "allocated", "available")),
    "customers": (
        "customer",
        (_PERSON, rule("country", "address.country"), *_same("accepts_marketing", "created_at")),
    ),
}


def _preset(platform: str, resource: str, kind: str, what: str, rules: tuple[RuleData, ...]) -> Preset:
    return Preset(
        name=f"{_PLACES[platform]}: {what} for BI",
        direction="write",
        platform=platform,
        resource=resource,
        kind=kind,
        rules=(*_HEAD, *rules, *_TAIL),
        description="For what is read from the books. docs/workflows/reporting.md tells what each column holds.",
    )


def _presets() -> dict[str, Preset]:
    found = {}
    for platform in _PLACES:
        for resource, (kind, rules) in _SHELVES.items():
            with_lines = (*rules, *_LINES) if (platform, resource) == ("sql", "orders") else rules
            found[f"{platform}-report-{resource}"] = _preset(platform, resource, kind, resource, with_lines)
        if platform != "sql":
            lines = (*_same(*_OF_LINES), *_LINES)
            found[f"{platform}-report-lines"] = _preset(platform, "lines", "order", "order lines", lines)
    return found


PRESETS: dict[str, Preset] = _presets()

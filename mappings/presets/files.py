"""Our Records as rows of files, and such rows as our Records: the same for a folder and for a server.

What is written are the columns that databases get (`sql.py`), so that one reader serves both. What is read is only a
beginning: everybody's files have columns of their own.
"""

from __future__ import annotations

from dataclasses import replace

from . import sql
from .preset import Preset, rule

_PLACES = {"folder": "Folder", "sftp": "SFTP"}
_DECLARE = {
    "orders": "Declare the files with key: id, and write: {lines: lines} for one row per line of an order.",
}


def _writing(platform: str, place: str, preset: Preset) -> Preset:
    return replace(
        preset,
        name=preset.name.replace("SQL", place),
        platform=platform,
        description=_DECLARE.get(preset.resource, "Declare the files with key: id."),
    )


def _orders(platform: str, place: str) -> Preset:
    return Preset(
        name=f"{place}: orders, a row for each line",
        direction="read",
        platform=platform,
        resource="orders",
        kind="order",
        rules=(
            rule("id", "order_number", required=True),
            rule("number", "order_number", required=True),
            rule("placed_at", "ordered_at", "time", arguments={"zone": "UTC"}),
            rule("currency", "currency", required=True),
            rule("total", "total", "decimal"),
            rule("email", "email"),
            rule("shipping_address.name", "name"),
            rule("shipping_address.line1", "street"),
            rule("shipping_address.postal_code", "postal_code"),
            rule("shipping_address.city", "city"),
            rule("shipping_address.country", "country"),
            rule("lines[]", "lines"),
            rule("lines[].id", "line"),
            rule("lines[].sku", "sku"),
            rule("lines[].title", "title"),
            rule("lines[].ordered", "quantity", "decimal"),
            rule("lines[].unit_price", "price", "decimal"),
        ),
        description="Declare the files with key: order_number and read: {lines: lines}, then name your own columns.",
    )


def _stock(platform: str, place: str) -> Preset:
    return Preset(
        name=f"{place}: stock, a row for each SKU",
        direction="read",
        platform=platform,
        resource="stock",
        kind="stock_level",
        rules=(
            rule("id", "sku", required=True),
            rule("sku", "sku", required=True),
            rule("on_hand", "on_hand", "decimal", required=True),
            rule("allocated", "allocated", "decimal"),
        ),
        description="Declare the files with key: sku, then name your own columns.",
    )


def _presets() -> dict[str, Preset]:
    found: dict[str, Preset] = {}
    for platform, place in _PLACES.items():
        for name, preset in sql.PRESETS.items():
            found[name.replace("sql", platform)] = _writing(platform, place, preset)
        found[f"{platform}-orders-read"] = _orders(platform, place)
        found[f"{platform}-stock-read"] = _stock(platform, place)
    return found


PRESETS: dict[str, Preset] = _presets()

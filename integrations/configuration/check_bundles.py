"""Whether the bundles of a file can be counted: each has parts, and none contains itself."""

from __future__ import annotations

from mappings.bundles import CircularBundle, expanded

from .plain import Found, Plain

LONGEST_SKU = 120
MOST = 1_000_000


def check(wanted: dict[str, Plain], after: dict[str, Plain]) -> Found:
    wrong = False
    for key in wanted:
        for problem in _one(key, after[key]):
            wrong = True
            yield problem
    if wrong or not wanted:
        return
    try:
        expanded({sku: plain.get("parts", {}) for sku, plain in after.items()})
    except CircularBundle as circle:
        place = next((sku for sku in circle.way if sku in wanted), next(iter(wanted)))
        yield ("bundles", place, "parts"), str(circle)


def _one(key: str, bundle: Plain) -> Found:
    if len(key) > LONGEST_SKU:
        yield ("bundles", key), f"A SKU has at most {LONGEST_SKU} characters."
    if len(bundle.get("name", "")) > LONGEST_SKU:
        yield ("bundles", key, "name"), f"A name has at most {LONGEST_SKU} characters."
    parts = bundle.get("parts")
    if not parts:
        yield (
            ("bundles", key, "parts"),
            "A bundle needs at least one part: its SKU and how many, MUG-BLUE: 2.",
        )
        return
    for sku, number in parts.items():
        if not 1 <= number <= MOST:
            yield ("bundles", key, "parts", sku), f"How many are in one bundle: from 1 to {MOST:,}."
        if not sku or len(sku) > LONGEST_SKU:
            yield ("bundles", key, "parts", sku), f"A SKU has from 1 to {LONGEST_SKU} characters."

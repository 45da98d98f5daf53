"""A shop's things as Adobe's description has them: https://developer.adobe.com/commerce/webapi/rest/"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

FORM = "%Y-%m-%d %H:%M:%S"
FIRST = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)


def changed(place: int) -> str:
    """Every ten minutes one."""
    return (FIRST + timedelta(minutes=10 * place)).strftime(FORM)


def address(kind: str = "billing", **more: Any) -> dict[str, Any]:
    told = {
        "address_type": kind,
        "city": "Berlin",
        "country_id": "DE",
        "email": "buyer@example.com",
        "entity_id": 11,
        "firstname": "Test",
        "lastname": "Buyer",
        "postcode": "10115",
        "street": ["Street 1"],
        "telephone": "030 1",
    }
    return {**told, **more}


def line(number: int, sku: str = "MUG-001", **more: Any) -> dict[str, Any]:
    told = {
        "item_id": number,
        "order_id": 1,
        "product_id": 5,
        "product_type": "simple",
        "name": "Mug",
        "sku": sku,
        "is_virtual": 0,
        "price": 12.5,
        "price_incl_tax": 14.88,
        "row_total": 25,
        "row_total_incl_tax": 29.76,
        "tax_amount": 4.75,
        "discount_amount": 0,
        "discount_tax_compensation_amount": 0,
        "qty_ordered": 2,
        "qty_invoiced": 2,
        "qty_shipped": 0,
        "qty_canceled": 0,
        "qty_refunded": 0,
    }
    return {**told, **more}


def chosen(number: int, **more: Any) -> list[dict[str, Any]]:
    """A shirt that was chosen in a size: the line that is paid, and the product that is packed."""
    parent = line(number, "SHIRT-M", product_type="configurable", name="Shirt", **more)
    told = {"qty_invoiced": 0, "price": 0, "row_total": 0, "tax_amount": 0, "discount_amount": 0}
    child = line(number + 1, "SHIRT-M", name="Shirt-M", **told)
    return [parent, {**child, "parent_item_id": number, "parent_item": parent}]


def bundled(number: int, **more: Any) -> list[dict[str, Any]]:
    """Two sets of one cup and three spoons."""
    parent = line(number, "SET-CUP-SPOON", product_type="bundle", name="Set", product_id=9, **more)
    parts = [
        line(number + 1, "CUP", name="Cup", price=8, row_total=16),
        line(number + 2, "SPOON", name="Spoon", price=1.5, row_total=9, qty_ordered=6),
    ]
    return [parent, *({**part, "parent_item_id": number, "parent_item": parent} for part in parts)]


def payment(**more: Any) -> dict[str, Any]:
    told = {
        "account_status": "",
        "additional_information": ["Check / Money order"],
        "cc_last4": "",
        "method": "checkmo",
        "entity_id": 3,
    }
    return {**told, **more}


def order(number: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {
        "entity_id": number,
        "increment_id": f"{number:09d}",
        "created_at": "2026-11-19 23:30:00",
        "updated_at": changed(number),
        "state": "processing",
        "status": "processing",
        "store_id": 1,
        "base_currency_code": "EUR",
        "order_currency_code": "EUR",
        "base_grand_total": 34.75,
        "grand_total": 34.75,
        "subtotal": 25,
        "tax_amount": 4.75,
        "shipping_amount": 5,
        "discount_amount": 0,
        "total_paid": 34.75,
        "customer_email": "buyer@example.com",
        "customer_is_guest": 1,
        "is_virtual": 0,
        "items": list(lines or [line(number * 10)]),
        "billing_address": address(),
        "payment": payment(),
        "extension_attributes": {
            "shipping_assignments": [{"shipping": {"address": address("shipping")}, "items": []}]
        },
    }
    return {**told, **more}


def customer(number: int, **more: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "group_id": 1,
        "created_at": "2026-11-01 08:00:00",
        "updated_at": changed(number),
        "email": f"{number}@example.com",
        "firstname": "Test",
        "lastname": "Buyer",
        "store_id": 1,
        "website_id": 2,
        "addresses": [],
    }
    return {**told, **more}


def product(number: int, kind: str = "simple", **more: Any) -> dict[str, Any]:
    told = {
        "id": number,
        "sku": f"MUG-{number:03d}",
        "name": "Mug",
        "price": 12.5,
        "status": 1,
        "visibility": 1,
        "type_id": kind,
        "created_at": "2026-11-01 08:00:00",
        "updated_at": changed(number),
        "weight": 0.4,
    }
    return {**told, **more}


def item(number: int, source: str = "default", **more: Any) -> dict[str, Any]:
    told = {"sku": f"MUG-{number:03d}", "source_code": source, "quantity": 7, "status": 1}
    return {**told, **more}


def memo(number: int, of: int = 1, **more: Any) -> dict[str, Any]:
    told = {
        "entity_id": number,
        "increment_id": f"{number:09d}",
        "order_id": of,
        "state": 2,
        "created_at": "2026-11-20 12:00:00",
        "updated_at": changed(number),
        "order_currency_code": "EUR",
        "grand_total": 12.5,
        "items": [],
        "comments": [],
    }
    return {**told, **more}


def comment(text: str) -> dict[str, Any]:
    return {"comment": text, "is_customer_notified": 0, "is_visible_on_front": 0, "parent_id": 1}


def shipment(number: int, *tracking: str, of: int = 7) -> dict[str, Any]:
    tracks = [
        {
            "order_id": of,
            "parent_id": number,
            "weight": 0,
            "qty": 1,
            "description": "",
            "track_number": one,
            "title": "DHL",
            "carrier_code": "dhl",
        }
        for one in tracking
    ]
    told = {"entity_id": number, "order_id": of, "items": [], "tracks": tracks, "comments": []}
    return {**told, "created_at": changed(1), "updated_at": changed(1)}

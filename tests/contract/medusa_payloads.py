"""Medusa's payloads, written after the schemas of its Admin API: https://docs.medusajs.com/api/admin"""

from __future__ import annotations

from typing import Any

MOMENT = "2026-11-20T10:00:00.000Z"
LATER = "2026-11-21T10:00:00.000Z"
HERE, AWAY = "sloc_1", "sloc_2"

ZERO = dict.fromkeys(
    (
        *("original_item_total", "original_item_subtotal", "original_item_tax_total", "item_subtotal"),
        *("item_tax_total", "original_total", "original_subtotal", "original_tax_total", "subtotal"),
        *("discount_tax_total", "gift_card_total", "gift_card_tax_total", "shipping_subtotal"),
        *("shipping_tax_total", "original_shipping_total", "original_shipping_subtotal"),
        *("original_shipping_tax_total", "refundable_total", "refundable_total_per_unit"),
    ),
    0,
)
SUMMARY = dict.fromkeys(
    (
        *("total", "subtotal", "total_tax", "ordered_total", "fulfilled_total", "returned_total"),
        *("return_request_total", "write_off_total", "paid_total", "refunded_total"),
    ),
    0,
)
ADDRESS = {
    "id": "ordaddr_1",
    "first_name": "Ada",
    "last_name": "L",
    "company": None,
    "address_1": "1 High St",
    "address_2": None,
    "city": "Ely",
    "province": None,
    "postal_code": "CB7 4DL",
    "country_code": "gb",
    "phone": "+441234567890",
    "metadata": None,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}


def customer(number: int, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"cus_{number}",
        "email": f"{number}@example.com",
        "first_name": "Ada",
        "last_name": "L",
    }
    told |= {"company_name": None, "phone": "+441234567890", "has_account": False, "addresses": []}
    told |= {"default_billing_address_id": None, "default_shipping_address_id": None, "metadata": None}
    return {**told, "created_at": MOMENT, "updated_at": MOMENT, **more}


def line(number: int, quantity: int = 2, **detail: Any) -> dict[str, Any]:
    counts = ("fulfilled", "delivered", "shipped", "return_requested", "return_received", "return_dismissed")
    told: dict[str, Any] = {f"{name}_quantity": 0 for name in (*counts, "written_off")}
    row = {"id": f"orditem_{number}", "item_id": f"ordli_{number}", "item": {}, "quantity": quantity, **told}
    named = ("subtitle", "thumbnail", "product_description", "product_subtitle", "product_type")
    return {
        **ZERO,
        **dict.fromkeys((*named, "product_collection", "variant_barcode", "variant_option_values")),
        "id": f"ordli_{number}",
        "title": "Mug",
        "product_title": "Mug",
        "product_handle": "mug",
        "product_id": "prod_1",
        "variant_id": "variant_1",
        "variant_sku": "MUG-001",
        "variant_title": "Blue",
        "requires_shipping": True,
        "is_discountable": True,
        "is_tax_inclusive": True,
        "unit_price": 6.25,
        "quantity": quantity,
        "total": 12.5,
        "item_total": 12.5,
        "tax_total": 2.5,
        "discount_total": 0,
        "metadata": None,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "detail": {**row, "metadata": None, "created_at": MOMENT, "updated_at": MOMENT, **detail},
    }


def payment(number: int, *refunds: dict[str, Any], **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"pay_{number}",
        "amount": 16.5,
        "currency_code": "eur",
        "provider_id": "pp_stripe_stripe",
    }
    taken: dict[str, Any] = {"id": f"capt_{number}", "amount": 16.5, "created_at": MOMENT, "payment": {}}
    told |= {"captures": [taken], "refunds": list(refunds), "captured_at": MOMENT, "canceled_at": None}
    of = {"id": "pay_col_1", "order": {"id": "order_1", "display_id": 1001}}
    return {**told, "created_at": MOMENT, "updated_at": MOMENT, "payment_collection": of, **more}


def refund(number: int, amount: float = 4.5, note: str | None = "R-1 Broken") -> dict[str, Any]:
    of = {"id": "pay_1", "amount": 16.5, "currency_code": "eur", "provider_id": "pp_stripe_stripe"}
    return {"id": f"ref_{number}", "amount": amount, "note": note, "created_at": LATER, "payment": of}


def collection(*payments: dict[str, Any], **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"id": "pay_col_1", "currency_code": "eur", "region_id": "reg_1", "amount": 16.5}
    told |= {"captured_amount": 16.5, "refunded_amount": 0, "status": "authorized", "updated_at": MOMENT}
    return {**told, "payment_providers": [], "payments": list(payments), **more}


def fulfilment(number: int, *labels: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"id": f"ful_{number}", "location_id": HERE, "provider_id": "manual_manual"}
    times = dict.fromkeys(("shipped_at", "delivered_at", "canceled_at"))
    told |= {
        "packed_at": MOMENT,
        **times,
        "requires_shipping": True,
        "data": {},
        "shipping_option_id": "so_1",
    }
    told |= {"labels": [{"tracking_number": number} for number in labels], "metadata": None}
    return {**told, "created_at": MOMENT, "updated_at": MOMENT, **more}


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        **ZERO,
        "id": f"order_{number}",
        "display_id": 1000 + number,
        "version": 1,
        "status": "pending",
        "email": "ada@example.com",
        "currency_code": "eur",
        "region_id": "reg_1",
        "customer_id": "cus_1",
        "sales_channel_id": "sc_1",
        "payment_status": "captured",
        "fulfillment_status": "not_fulfilled",
        "total": 16.5,
        "item_total": 12.5,
        "tax_total": 3.3,
        "shipping_total": 4,
        "discount_total": 0,
        "items": [line(1)],
        "shipping_methods": [],
        "payment_collections": [collection(payment(1))],
        "fulfillments": [],
        "customer": customer(1),
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "summary": SUMMARY,
        "metadata": None,
        "canceled_at": None,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **more,
    }


def variant(number: int, *prices: tuple[str, float], **more: Any) -> dict[str, Any]:
    nothing = ("barcode", "ean", "upc", "hs_code", "origin_country", "mid_code", "material", "weight")
    return {
        **dict.fromkeys((*nothing, "length", "height", "width", "deleted_at")),
        "id": f"variant_{number}",
        "title": "Blue",
        "sku": f"MUG-00{number}",
        "allow_backorder": True,
        "manage_inventory": True,
        "options": [],
        "prices": [price(currency, amount) for currency, amount in prices or [("eur", 6.25)]],
        "product": {"id": "prod_1", "title": "Mug"},
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **more,
    }


def price(currency: str, amount: float) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"price_{currency}",
        "currency_code": currency,
        "amount": amount,
        "raw_amount": {},
    }
    empty = dict.fromkeys(("title", "min_quantity", "max_quantity", "deleted_at"))
    return {**told, **empty, "price_set_id": "pset_1", "created_at": MOMENT, "updated_at": LATER}


def level(stocked: int, reserved: int, location: str = HERE) -> dict[str, Any]:
    told: dict[str, Any] = {"id": f"ilev_{location}", "inventory_item_id": "iitem_1", "location_id": location}
    told |= {"stocked_quantity": stocked, "reserved_quantity": reserved, "incoming_quantity": 0}
    told |= {"available_quantity": stocked - reserved, "metadata": None, "deleted_at": None}
    return {**told, "created_at": MOMENT, "updated_at": LATER}


def item(number: int, *levels: dict[str, Any], **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"iitem_{number}",
        "sku": f"MUG-00{number}",
        "title": "Mug",
        "requires_shipping": True,
    }
    return {**told, "created_at": MOMENT, "updated_at": MOMENT, "location_levels": list(levels), **more}

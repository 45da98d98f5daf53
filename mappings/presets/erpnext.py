"""ERPNext's orders, customers, items, stock, invoices and returns into our Records, and ours into what it takes.

Times are those of the site's clock, whose zone the connector tells beside them. Yes and no are 1 and 0. What is told
beside an order (addresses, invoices) was put there by the connector."""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_ZONE = {"zone": "= time_zone"}
_TIMES = (
    rule("updated_at", "modified", "time", arguments=_ZONE),
    rule("created_at", "creation", "time", arguments=_ZONE),
)
_PAYING = "contains(['paid', 'authorized', 'partially_refunded'], payment_status || '')"
_CANCELLED = "(docstatus == `2` || (status == 'Closed' && per_delivered == `0`))"
_FULFILLMENT = (
    "((per_delivered >= `100` || delivery_status == 'Fully Delivered') && 'fulfilled') "
    "|| (per_delivered > `0` && 'partial') || 'unfulfilled'"
)
# What a person closed is not delivered any more.
_LINES = (
    "(docstatus == `2` && items[].merge(@, {gone: qty})) "
    "|| (status == 'Closed' && items[].merge(@, {gone: qty, kept: delivered_qty})) || items"
)
_PAYMENT = (
    "(refunds && to_number(refunded) >= to_number(invoiced) && 'refunded') || (refunds && 'partially_refunded') "
    "|| (invoices && per_billed >= `100` && to_number(outstanding) <= `0` && 'paid') "
    "|| (advance_paid > `0` && advance_paid >= to_number(due) && 'paid') "
    "|| ((advance_paid > `0` || (invoices && to_number(outstanding) < to_number(invoiced))) && 'partially_paid') "
    "|| 'pending'"
)
_INVOICE = (
    "(status == 'Credit Note Issued' && 'refunded') || (outstanding_amount <= `0` && 'paid') "
    "|| (outstanding_amount < grand_total && 'partially_paid') || 'pending'"
)
_ADDRESS = (
    ("name", "address_title"),
    ("line1", "address_line1"),
    ("line2", "address_line2"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "pincode"),
    ("phone", "phone"),
)
_UNITS = (("Kg", "kg"), ("Gram", "g"), ("Pound", "lb"), ("Ounce", "oz"))
_UNIT = " || ".join(f"(weight_uom == '{theirs}' && '{ours}')" for theirs, ours in _UNITS)


def _read_address(ours: str, theirs: str) -> tuple[RuleData, ...]:
    return (
        *(rule(f"{ours}.{name}", f"{theirs}.{field}") for name, field in _ADDRESS),
        rule(f"{ours}.country", f"{theirs}.country_code", "upper"),
        rule(f"{ours}.email", f"{theirs}.email_id"),
    )


def _write_address(theirs: str, ours: str) -> tuple[RuleData, ...]:
    return (
        *(rule(f"{theirs}.{field}", f"{ours}.{name}") for name, field in _ADDRESS),
        rule(f"{theirs}.country_code", f"{ours}.country"),
    )


ORDERS_READ = Preset(
    name="ERPNext: sales orders",
    direction="read",
    platform="erpnext",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "name", required=True),
        rule("number", "name", required=True),
        # A day without a time: it begins at the site's midnight.
        rule("placed_at", "transaction_date", "time", arguments=_ZONE),
        rule("updated_at", "modified", "time", arguments=_ZONE),
        rule("currency", "currency", required=True),
        rule("total", "grand_total", "decimal"),
        rule("subtotal", "net_total", "decimal"),
        rule("tax", "total_taxes_and_charges", "decimal"),
        rule("discount_total", "discount_amount", "decimal"),
        rule("status", f"({_CANCELLED} && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT),
        rule("fulfillment_status", _FULFILLMENT),
        rule("email", "contact_email", "lower"),
        rule("customer.id", "customer"),
        rule("customer.name", "customer_name"),
        rule("customer.email", "contact_email", "lower"),
        rule("customer.phone", "contact_mobile"),
        *_read_address("shipping_address", "shipping"),
        *_read_address("billing_address", "billing"),
        rule("lines[]", _LINES),
        rule("lines[].id", "name"),
        rule("lines[].sku", "item_code"),
        rule("lines[].title", "item_name"),
        rule("lines[].ordered", "qty", "decimal"),
        rule("lines[].cancelled", "gone", "minus", arguments={"minus": "= kept"}, default=0),
        rule("lines[].shipped", "delivered_qty", "decimal"),
        rule("lines[].unit_price", "rate", "decimal"),
        rule("lines[].total", "net_amount", "decimal"),
        rule("refunds[]", "refunds"),
        rule("refunds[].id", "name"),
        rule("refunds[].amount", "grand_total", "absolute"),
        rule("refunds[].currency", "currency"),
        rule("extra.po_no", "po_no"),
        rule("extra.status", "status"),
        rule("extra.amended_from", "amended_from"),
        rule("extra.delivery_date", "delivery_date"),
    ),
    description="Submitted and cancelled ones; drafts are left out. Taxes and charges, also for shipping, are one sum.",
)

CUSTOMERS_READ = Preset(
    name="ERPNext: customers",
    direction="read",
    platform="erpnext",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "name", required=True),
        *_TIMES,
        rule("number", "name"),
        rule("name", "customer_name"),
        rule("company", "(customer_type == 'Company' && [customer_name] || `[]`) | [0]"),
        rule("email", "email_id", "lower"),
        rule("phone", "mobile_no"),
        *_read_address("address", "address"),
        rule("extra.type", "customer_type"),
        rule("extra.group", "customer_group"),
        rule("extra.territory", "territory"),
        rule("extra.tax_id", "tax_id"),
    ),
)

VARIANTS_READ = Preset(
    name="ERPNext: items",
    direction="read",
    platform="erpnext",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "name", required=True),
        rule("updated_at", "modified", "time", arguments=_ZONE),
        rule("sku", "item_code"),
        rule("title", "item_name"),
        rule("barcode", "barcodes[0].barcode"),
        rule("price", "price.price_list_rate", "decimal"),
        rule("currency", "price.currency"),
        rule(
            "weight_grams",
            f"(({_UNIT}) && [weight_per_unit][?@ > `0`]) | [0]",
            "weight",
            arguments={"from": f"= {_UNIT}"},
        ),
        rule("extra.group", "item_group"),
    ),
    description="Items and variants; templates are left out. Prices are those of the price list at the connection.",
)

STOCK_READ = Preset(
    name="ERPNext: stock",
    direction="read",
    platform="erpnext",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "name", required=True),
        rule("updated_at", "modified", "time", arguments=_ZONE),
        rule("sku", "item_code", required=True),
        rule("location", "warehouse"),
        rule("on_hand", "actual_qty", "decimal"),
        rule("allocated", "reserved_qty", "decimal"),
        rule("available", "actual_qty", "minus", arguments={"minus": "= reserved_qty"}),
        rule("extra.projected", "projected_qty"),
    ),
    description="Per item and warehouse. Below zero where more is reserved than there is.",
)

INVOICES_READ = Preset(
    name="ERPNext: sales invoices",
    direction="read",
    platform="erpnext",
    resource="invoices",
    kind="payment",
    rules=(
        rule("id", "name", required=True),
        *_TIMES,
        rule("order_id", "orders[0]"),
        rule("order_number", "orders[0]"),
        rule("amount", "grand_total", "minus", arguments={"minus": "= outstanding_amount"}),
        rule("currency", "currency", required=True),
        rule("status", _INVOICE),
        rule("reference", "name"),
        rule("extra.total", "grand_total"),
        rule("extra.status", "status"),
    ),
    description="What was paid of each invoice.",
)

REFUNDS_READ = Preset(
    name="ERPNext: returns",
    direction="read",
    platform="erpnext",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "name", required=True),
        *_TIMES,
        rule("order_id", "orders[0]"),
        rule("order_number", "orders[0]"),
        rule("amount", "grand_total", "absolute", required=True),
        rule("currency", "currency", required=True),
        rule("reason", "remarks"),
        rule("extra.return_against", "return_against"),
    ),
)

CUSTOMERS_WRITE = Preset(
    name="ERPNext: write customers",
    direction="write",
    platform="erpnext",
    resource="customers",
    kind="customer",
    rules=(
        rule(
            "customer_name", "name || join(' ', [first_name || '', last_name || ''])", "strip", required=True
        ),
        rule("email_id", "email", "lower", required=True),
        rule("mobile_no", "phone || address.phone"),
        rule("tax_id", "extra.tax_id"),
    ),
)

ORDERS_WRITE = Preset(
    name="ERPNext: make sales orders",
    direction="write",
    platform="erpnext",
    resource="orders",
    kind="order",
    rules=(
        rule("po_no", "number || id", required=True),
        rule("placed_at", "placed_at", "to_time", required=True),
        rule("currency", "currency", "upper", required=True),
        rule("total", "total", "decimal"),
        rule("shipping_total", "shipping_total", "decimal"),
        rule("email", "email || customer.email", "lower"),
        rule("name", "customer.name || billing_address.name || shipping_address.name"),
        rule("phone", "customer.phone || billing_address.phone"),
        *_write_address("billing", "billing_address"),
        *_write_address("shipping", "shipping_address"),
        rule("items[]", "lines[?ordered != cancelled]", required=True),
        rule("items[].item_code", "sku", required=True),
        rule("items[].item_name", "title"),
        rule("items[].qty", "ordered", "minus", arguments={"minus": "= cancelled"}),
        rule("items[].ordered", "ordered", "decimal"),
        rule("items[].rate", "unit_price", "decimal"),
        rule("items[].total", "total", "decimal"),
        rule("confirm", f"{_PAYING} && status != 'cancelled'"),
    ),
    description="A draft that is submitted when the order is paid, and only where ERPNext comes to the same total: "
    "take the rule for total away to submit in any case. Where lines tell a total, prices are made to add up to it.",
)

STOCK_WRITE = Preset(
    name="ERPNext: set stock",
    direction="write",
    platform="erpnext",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("item_code", "sku", required=True),
        rule("on_hand", "on_hand", "decimal"),
        rule("available", "available", "decimal"),
    ),
    description="What was counted. Where only what can be sold is told, what ERPNext has reserved is added to it.",
)

PRESETS: dict[str, Preset] = {
    "erpnext-orders": ORDERS_READ,
    "erpnext-customers": CUSTOMERS_READ,
    "erpnext-items": VARIANTS_READ,
    "erpnext-stock": STOCK_READ,
    "erpnext-invoices": INVOICES_READ,
    "erpnext-refunds": REFUNDS_READ,
    "erpnext-write-customers": CUSTOMERS_WRITE,
    "erpnext-make-orders": ORDERS_WRITE,
    "erpnext-set-stock": STOCK_WRITE,
}

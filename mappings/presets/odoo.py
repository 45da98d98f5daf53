"""Odoo's orders, partners, products, stock, invoices and credit notes into our Records, and ours into what it takes.

Times are UTC and name no zone. A reference is an id and the name that is shown. What is told beside an order (lines,
partners, invoices) was put there by the connector."""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_UTC = {"zone": "UTC"}
_PAYING = "contains(['paid', 'authorized', 'partially_refunded'], payment_status || '')"
# Notes and headings among the lines have no product, and a down payment is no goods.
_LINES = "lines[?product_id && !is_downpayment]"
_GOODS = "lines[?product_id && !is_downpayment && product.type != 'service'"
_FULFILLMENT = (
    f"({_GOODS}] && !({_GOODS} && qty_delivered < product_uom_qty]) && 'fulfilled') "
    f"|| ({_GOODS} && qty_delivered > `0`] && 'partial') || 'unfulfilled'"
)
_SETTLED = "contains(['paid', 'in_payment', 'reversed'], payment_state || '')"
_PAID = "contains(['paid', 'in_payment', 'partial'], payment_state || '')"
_PAYMENT = (
    "(refunds && to_number(refunded) >= to_number(invoiced) && 'refunded') || (refunds && 'partially_refunded') "
    f"|| (invoices && invoice_status == 'invoiced' && !(invoices[?!{_SETTLED}]) && 'paid') "
    f"|| (invoices[?{_PAID}] && 'partially_paid') || 'pending'"
)
_INVOICE = (
    "(payment_state == 'reversed' && 'refunded') || (payment_state == 'partial' && 'partially_paid') "
    f"|| ({_PAID} && 'paid') || 'pending'"
)
_ADDRESS = (
    ("name", "name"),
    ("company", "company_name"),
    ("line1", "street"),
    ("line2", "street2"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "zip"),
    ("country", "country_code"),
    ("phone", "phone"),
)
# What is read is told under another name there.
_READ = {"company_name": "commercial_company_name", "state": "state_code"}


def _read_address(ours: str, theirs: str) -> tuple[RuleData, ...]:
    return tuple(rule(f"{ours}.{name}", f"{theirs}{_READ.get(field, field)}") for name, field in _ADDRESS)


def _write_address(theirs: str, ours: str) -> tuple[RuleData, ...]:
    return tuple(rule(f"{theirs}.{field}", f"{ours}.{name}") for name, field in _ADDRESS)


ORDERS_READ = Preset(
    name="Odoo: orders",
    direction="read",
    platform="odoo",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "name", required=True),
        rule("placed_at", "date_order", "time", arguments=_UTC),
        rule("updated_at", "write_date", "time", arguments=_UTC),
        # “Delivery Date”, promised to the customer: https://github.com/odoo/odoo/blob/19.0/addons/sale/models/sale_order.py
        rule("deliver_by", "commitment_date || null", "time", arguments=_UTC),
        rule("currency", "currency_id[1]", required=True),
        rule("total", "amount_total", "decimal"),
        rule("subtotal", "amount_untaxed", "decimal"),
        rule("tax", "amount_tax", "decimal"),
        rule("status", "(state == 'cancel' && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT),
        rule("fulfillment_status", _FULFILLMENT),
        rule("email", "customer.email", "lower"),
        rule("customer.id", "partner_id[0]"),
        rule("customer.number", "customer.ref"),
        rule("customer.name", "customer.name"),
        rule("customer.email", "customer.email", "lower"),
        rule("customer.phone", "customer.phone"),
        rule("customer.company", "customer.commercial_company_name"),
        *_read_address("shipping_address", "shipping_address."),
        *_read_address("billing_address", "invoice_address."),
        rule("lines[]", f"(state == 'cancel' && {_LINES}.merge(@, {{gone: product_uom_qty}})) || {_LINES}"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "product.default_code"),
        rule("lines[].title", "name"),
        rule("lines[].ordered", "product_uom_qty", "decimal"),
        rule("lines[].cancelled", "gone", "decimal", default=0),
        rule("lines[].shipped", "qty_delivered", "decimal"),
        rule("lines[].unit_price", "price_unit", "decimal"),
        rule("lines[].tax", "price_tax", "decimal"),
        rule("lines[].total", "price_subtotal", "decimal"),
        rule("payments[]", f"invoices[?{_PAID}]"),
        rule("payments[].id", "id"),
        rule("payments[].amount", "amount_total", "minus", arguments={"minus": "= amount_residual"}),
        rule("payments[].currency", "currency_id[1]"),
        rule("payments[].status", "'paid'"),
        rule("payments[].reference", "name"),
        rule("refunds[]", "refunds"),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "amount_total", "decimal"),
        rule("refunds[].currency", "currency_id[1]"),
        rule("refunds[].reason", "ref"),
        rule("refunds[].created_at", "create_date", "time", arguments=_UTC),
        rule("extra.client_order_ref", "client_order_ref"),
        rule("extra.origin", "origin"),
        rule("extra.state", "state"),
    ),
    description="Confirmed and cancelled ones; quotations are left out. Lines are told without tax. Services, such as "
    "shipping, are lines as well: take lines[?product.type != 'service'] where a warehouse must not see them.",
)

CUSTOMERS_READ = Preset(
    name="Odoo: customers",
    direction="read",
    platform="odoo",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "write_date", "time", arguments=_UTC),
        rule("created_at", "create_date", "time", arguments=_UTC),
        rule("number", "ref"),
        rule("name", "name"),
        rule("company", "commercial_company_name"),
        rule("email", "email", "lower"),
        rule("phone", "phone"),
        *_read_address("address", ""),
        rule("extra.language", "lang"),
        rule("extra.is_company", "is_company"),
    ),
    description="All contacts, suppliers and colleagues too: filter them where only customers are wanted.",
)

VARIANTS_READ = Preset(
    name="Odoo: product variants",
    direction="read",
    platform="odoo",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "write_date", "time", arguments=_UTC),
        rule("sku", "default_code"),
        # It is shown as "[SKU] Name (Red)".
        rule(
            "title",
            "display_name || name",
            "replace",
            arguments={"find": "= join('', ['[', default_code || '', '] '])"},
        ),
        rule("barcode", "barcode"),
        rule("price", "lst_price", "decimal"),
        rule("currency", "currency_id[1]"),
        rule("weight_grams", "[weight][?@ > `0`] | [0]", "weight", arguments={"from": "= weight_uom_name"}),
    ),
)

STOCK_READ = Preset(
    name="Odoo: stock",
    direction="read",
    platform="odoo",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", required=True),
        rule("sku", "default_code"),
        rule("on_hand", "qty_available", "decimal"),
        rule("allocated", "qty_available", "minus", arguments={"minus": "= free_qty"}),
        rule("available", "free_qty", "decimal"),
        rule("extra.forecast", "virtual_available"),
    ),
    description="What can be sold is what is on hand less what transfers have reserved.",
)

INVOICES_READ = Preset(
    name="Odoo: invoices",
    direction="read",
    platform="odoo",
    resource="invoices",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "write_date", "time", arguments=_UTC),
        rule("created_at", "create_date", "time", arguments=_UTC),
        rule("order_id", "orders[0].id"),
        rule("order_number", "orders[0].name || invoice_origin"),
        rule("amount", "amount_total", "minus", arguments={"minus": "= amount_residual"}),
        rule("currency", "currency_id[1]", required=True),
        rule("status", _INVOICE),
        rule("reference", "name"),
        rule("extra.total", "amount_total"),
        rule("extra.payment_state", "payment_state"),
    ),
    description="What was paid of each invoice.",
)

REFUNDS_READ = Preset(
    name="Odoo: credit notes",
    direction="read",
    platform="odoo",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "write_date", "time", arguments=_UTC),
        rule("created_at", "create_date", "time", arguments=_UTC),
        rule("order_id", "orders[0].id"),
        rule("order_number", "orders[0].name || invoice_origin"),
        rule("amount", "amount_total", "decimal", required=True),
        rule("currency", "currency_id[1]", required=True),
        rule("reason", "ref"),
    ),
)

CUSTOMERS_WRITE = Preset(
    name="Odoo: write customers",
    direction="write",
    platform="odoo",
    resource="customers",
    kind="customer",
    rules=(
        rule("name", "name || join(' ', [first_name || '', last_name || ''])", "strip", required=True),
        rule("email", "email", "lower", required=True),
        rule("phone", "phone || address.phone"),
        rule("ref", "number"),
        *(rule(field, f"address.{name}") for name, field in _ADDRESS if name not in ("name", "phone")),
    ),
)

ORDERS_WRITE = Preset(
    name="Odoo: make orders",
    direction="write",
    platform="odoo",
    resource="orders",
    kind="order",
    rules=(
        rule("client_order_ref", "number || id", required=True),
        rule("date_order", "placed_at", "to_time", arguments={"format": "%Y-%m-%d %H:%M:%S", "zone": "UTC"}),
        rule("currency", "currency", "upper", required=True),
        rule("total", "total", "decimal"),
        rule("shipping_total", "shipping_total", "decimal"),
        rule("email", "email || customer.email", "lower"),
        rule("name", "customer.name || billing_address.name || shipping_address.name"),
        rule("phone", "customer.phone || billing_address.phone"),
        *_write_address("billing", "billing_address"),
        *_write_address("shipping", "shipping_address"),
        rule("lines[]", "lines[?ordered != cancelled]", required=True),
        rule("lines[].sku", "sku", required=True),
        rule("lines[].title", "title"),
        rule("lines[].quantity", "ordered", "minus", arguments={"minus": "= cancelled"}),
        rule("lines[].ordered", "ordered", "decimal"),
        rule("lines[].price", "unit_price", "decimal"),
        rule("lines[].total", "total", "decimal"),
        rule("confirm", f"{_PAYING} && status != 'cancelled'"),
    ),
    description="A quotation that is confirmed when the order is paid, and only where Odoo comes to the same total: "
    "take the rule for total away to confirm in any case. Where lines tell a total, prices are made to add up to it.",
)

STOCK_WRITE = Preset(
    name="Odoo: set stock",
    direction="write",
    platform="odoo",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("default_code", "sku", required=True),
        rule("on_hand", "on_hand", "decimal"),
        rule("available", "available", "decimal"),
    ),
    description="What was counted. Where only what can be sold is told, what Odoo has reserved is added to it.",
)

PRESETS: dict[str, Preset] = {
    "odoo-orders": ORDERS_READ,
    "odoo-customers": CUSTOMERS_READ,
    "odoo-variants": VARIANTS_READ,
    "odoo-stock": STOCK_READ,
    "odoo-invoices": INVOICES_READ,
    "odoo-refunds": REFUNDS_READ,
    "odoo-write-customers": CUSTOMERS_WRITE,
    "odoo-make-orders": ORDERS_WRITE,
    "odoo-set-stock": STOCK_WRITE,
}

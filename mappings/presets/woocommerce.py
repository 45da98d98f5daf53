"""WooCommerce's orders, customers, products, stock and refunds into our Records, and ours into what it takes.

Amounts are texts in the order's currency. Lines, subtotal and shipping are without tax, totals with it. What its API
calls status is both: whether an order is paid, and whether it was shipped.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_UTC = {"zone": "UTC"}
_TIMES = (
    rule("updated_at", "date_modified_gmt", "time", arguments=_UTC),
    rule("created_at", "date_created_gmt", "time", arguments=_UTC),
)
_PAYMENT_STATUS = (
    "(status == 'refunded' && 'refunded') || (status == 'failed' && 'failed') "
    "|| (refunds && 'partially_refunded') "
    "|| ((date_paid_gmt || contains(['processing', 'completed'], status)) && 'paid') || 'pending'"
)
# A refund of all that was shipped leaves the time of its shipping.
_IS_SHIPPED = "(status == 'completed' || (status == 'refunded' && date_completed_gmt))"
_FULFILLMENT_STATUS = (
    f"({_IS_SHIPPED} && 'fulfilled') "
    "|| (meta_data[?starts_with(key, '_crossdock_shipment_')] && 'partial') || 'unfulfilled'"
)
# A line does not tell it by itself: what holds for the order holds for each.
_LINES = (
    f"({_IS_SHIPPED} && line_items[].merge(@, {{shipped: quantity}})) "
    "|| (status == 'cancelled' && line_items[].merge(@, {cancelled: quantity})) || line_items"
)
_PAYMENTS = (
    "(date_paid_gmt && [{reference: transaction_id, amount: total, method: payment_method, at: date_paid_gmt}]) "
    "|| `[]`"
)
_ADDRESS = (
    ("company", "company"),
    ("line1", "address_1"),
    ("line2", "address_2"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "postcode"),
    ("country", "country"),
    ("phone", "phone"),
)
_NAME = "join(' ', [{0}first_name || '', {0}last_name || ''])"


def _read_address(ours: str, theirs: str) -> tuple[RuleData, ...]:
    names = [(f"{ours}.{name}", f"{theirs}.{field}") for name, field in _ADDRESS]
    return (
        rule(f"{ours}.name", _NAME.format(f"{theirs}."), "strip"),
        *(rule(target, source) for target, source in names),
    )


def _write_address(theirs: str, ours: str) -> tuple[RuleData, ...]:
    """Nothing may be null there."""
    names = [(f"{theirs}.{field}", f"{ours}.{name}") for name, field in _ADDRESS]
    return (
        rule(f"{theirs}.first_name", f"{ours}.name", "first_name", default=""),
        rule(f"{theirs}.last_name", f"{ours}.name", "last_name", default=""),
        *(rule(target, source, default="") for target, source in names),
    )


ORDERS_READ = Preset(
    name="WooCommerce: orders",
    direction="read",
    platform="woocommerce",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number", required=True),
        rule("placed_at", "date_created_gmt", "time", arguments=_UTC),
        rule("updated_at", "date_modified_gmt", "time", arguments=_UTC),
        rule("currency", "currency"),
        rule("total", "total", "decimal"),
        rule("subtotal", "line_items[].subtotal", "sum"),
        rule("tax", "total_tax", "decimal"),
        rule("shipping_total", "shipping_total", "decimal"),
        rule("discount_total", "discount_total", "decimal"),
        rule("status", "(status == 'cancelled' && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT_STATUS),
        rule("fulfillment_status", _FULFILLMENT_STATUS),
        rule("email", "billing.email"),
        rule("customer.id", "(customer_id != `0` && customer_id) || `null`"),
        rule("customer.name", _NAME.format("billing."), "strip"),
        rule("customer.first_name", "billing.first_name"),
        rule("customer.last_name", "billing.last_name"),
        rule("customer.company", "billing.company"),
        rule("customer.email", "billing.email"),
        rule("customer.phone", "billing.phone"),
        *_read_address("shipping_address", "shipping"),
        *_read_address("billing_address", "billing"),
        rule("note", "customer_note"),
        rule("lines[]", _LINES),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "name"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].cancelled", "cancelled", default=0),
        rule("lines[].shipped", "shipped", default=0),
        # What is divided by several is no exact amount; of one it is.
        rule("lines[].unit_price", "(quantity == `1` && total) || price", "decimal"),
        rule("lines[].tax", "total_tax", "decimal"),
        rule("lines[].discount", "subtotal", "minus", arguments={"minus": "= total"}),
        rule("lines[].total", "total", "decimal"),
        rule("payments[]", _PAYMENTS),
        rule("payments[].amount", "amount", "decimal"),
        rule("payments[].currency", "root.currency"),
        rule("payments[].status", "'paid'"),
        rule("payments[].provider", "method"),
        rule("payments[].reference", "reference"),
        rule("payments[].created_at", "at", "time", arguments=_UTC),
        rule("refunds[]", "refunds"),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "total", "absolute"),
        rule("refunds[].currency", "root.currency"),
        rule("refunds[].reason", "reason"),
    ),
    description="Lines, subtotal and shipping are without tax. An order counts as shipped when it is completed.",
)

CUSTOMERS_READ = Preset(
    name="WooCommerce: customers",
    direction="read",
    platform="woocommerce",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        *_TIMES,
        rule("name", _NAME.format(""), "strip"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "billing.company"),
        rule("email", "email"),
        rule("phone", "billing.phone"),
        *_read_address("address", "billing"),
    ),
)

# A variation is called by its product and by what is chosen of it.
_TITLE = "(parent.name && join(' - ', [parent.name, join(', ', attributes[].option)])) || name"

VARIANTS_READ = Preset(
    name="WooCommerce: variants",
    direction="read",
    platform="woocommerce",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "date_modified_gmt", "time", arguments=_UTC),
        rule("sku", "sku"),
        rule("title", _TITLE),
        rule("barcode", "global_unique_id"),
        rule("price", "price", "decimal"),
    ),
    description="Simple products, and the variations of the others.",
)

STOCK_READ = Preset(
    name="WooCommerce: stock",
    direction="read",
    platform="woocommerce",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "date_modified_gmt", "time", arguments=_UTC),
        rule("sku", "sku"),
        rule("available", "stock_quantity"),
        rule("extra.status", "stock_status"),
        rule("extra.backorders", "backorders"),
    ),
    description="What may be sold: less what open orders have taken. Empty where the shop does not track it, below "
    "zero where it takes backorders. Variations that use their product's stock show that.",
)

REFUNDS_READ = Preset(
    name="WooCommerce: refunds",
    direction="read",
    platform="woocommerce",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "parent_id"),
        rule("order_number", "order.number"),
        rule("amount", "amount", "decimal", required=True),
        rule("currency", "order.currency"),
        rule("reason", "reason"),
        rule("created_at", "date_created_gmt", "time", arguments=_UTC),
    ),
)

STOCK_WRITE = Preset(
    name="WooCommerce: set stock",
    direction="write",
    platform="woocommerce",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="What the shop may sell, less what its open orders have taken.",
)

FULFILLMENTS_WRITE = Preset(
    name="WooCommerce: fulfilments",
    direction="write",
    platform="woocommerce",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", "text", required=True),
        # It is looked for between spaces.
        rule(
            "tracking_number", "tracking_number || number", "replace", arguments={"find": " "}, required=True
        ),
        rule("carrier", "carrier"),
        rule("tracking_url", "tracking_url"),
        rule("lines[]", "lines"),
        rule("lines[].line_id", "order_line_id", required=True),
        rule("lines[].quantity", "quantity", "integer", required=True),
    ),
    description="A note with the tracking number; the order is completed when all its lines were shipped.",
)

ORDERS_WRITE = Preset(
    name="WooCommerce: make orders",
    direction="write",
    platform="woocommerce",
    resource="orders",
    kind="order",
    rules=(
        rule("currency", "currency"),
        rule("set_paid", "contains(['paid', 'partially_refunded'], payment_status || '')"),
        rule("payment_method", "payments[0].provider", default=""),
        rule("transaction_id", "payments[0].reference", default=""),
        rule("customer_note", "note", default=""),
        *_write_address("billing", "billing_address"),
        rule("billing.email", "email"),
        *_write_address("shipping", "shipping_address"),
        # A line of which nothing is left is no line of the shop's order.
        rule("line_items[]", "lines[?ordered != cancelled]", required=True),
        rule("line_items[].sku", "sku", required=True),
        rule("line_items[].name", "title", default=""),
        rule(
            "line_items[].quantity", "ordered", "minus", arguments={"minus": "= cancelled", "as": "integer"}
        ),
        rule("line_items[].meta_data", "[{key: '_crossdock_line', value: id}]"),
        rule("shipping_lines", "shipping_total && [{method_id: 'other', total: shipping_total}] || `[]`"),
        rule(
            "meta_data[]",
            "[{key: '_crossdock_reference', value: id}, {key: '_crossdock_placed_at', at: placed_at}]",
        ),
        rule("meta_data[].key", "key"),
        rule("meta_data[].value", "value || at", required=True),
    ),
    description="The shop's own prices and taxes are used: add rules for line_items[].subtotal and line_items[].total, "
    "without tax, where the prices of the order are to count.",
)

PRESETS: dict[str, Preset] = {
    "woocommerce-orders": ORDERS_READ,
    "woocommerce-customers": CUSTOMERS_READ,
    "woocommerce-variants": VARIANTS_READ,
    "woocommerce-stock": STOCK_READ,
    "woocommerce-refunds": REFUNDS_READ,
    "woocommerce-set-stock": STOCK_WRITE,
    "woocommerce-fulfilments": FULFILLMENTS_WRITE,
    "woocommerce-make-orders": ORDERS_WRITE,
}

"""Medusa's orders, customers, variants, stock, payments and refunds into our Records, and ours into what it takes.

Amounts are numbers in the currency's own unit. What Medusa calls fulfilled is packed; what left the house is shipped.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

# Of what was edited upwards the rest is still to be paid.
_PAYMENT_STATUS = (
    "(payment_status == 'refunded' && 'refunded') "
    "|| (payment_status == 'partially_refunded' && 'partially_refunded') "
    "|| (payment_status == 'captured' && 'paid') "
    "|| (payment_status == 'partially_captured' && 'partially_paid') "
    "|| (payment_status == 'authorized' && 'authorized') "
    "|| (payment_status == 'canceled' && 'voided') || 'pending'"
)
# “Partially delivered” says nothing of whether the rest was shipped: the lines do.
_IS_SHIPPED = (
    "contains(['shipped', 'delivered'], fulfillment_status || '') || (fulfillment_status == 'partially_delivered' "
    "&& sum(items[].detail.shipped_quantity || `[]`) >= sum(items[].quantity || `[]`))"
)
_FULFILLMENT_STATUS = (
    f"(({_IS_SHIPPED}) && 'fulfilled') "
    "|| (contains(['partially_shipped', 'partially_delivered'], fulfillment_status || '') && 'partial') "
    "|| 'unfulfilled'"
)
_PAYMENTS = "payment_collections[].payments[]"
_ONE_PAYMENT = (
    "{back: sum(refunds[].amount || `[]`), taken: sum(captures[].amount || `[]`), at: captured_at, "
    "gone: canceled_at} | "
    "(back > `0` && back >= taken && 'refunded') || (back > `0` && 'partially_refunded') "
    "|| ((at || taken > `0`) && 'paid') || (gone && 'voided') || 'authorized'"
)
_ADDRESS = (
    ("company", "company"),
    ("line1", "address_1"),
    ("line2", "address_2"),
    ("city", "city"),
    ("region", "province"),
    ("postal_code", "postal_code"),
    ("phone", "phone"),
)
_NAME = "join(' ', [{0}first_name || '', {0}last_name || ''])"
# The address of a customer that is meant, if no other is said.
_HOME = "addresses[?is_default_shipping] | [0]"


def _read_address(ours: str, theirs: str) -> tuple[RuleData, ...]:
    """An order of which nothing is sent has no address to send it to."""
    place = f"{theirs}."
    return (
        rule(f"{ours}.name", f"{theirs} && {_NAME.format(place)}", "strip"),
        *(rule(f"{ours}.{name}", f"{theirs}.{field}") for name, field in _ADDRESS),
        rule(f"{ours}.country", f"{theirs}.country_code", "upper"),
    )


ORDERS_READ = Preset(
    name="Medusa: orders",
    direction="read",
    platform="medusa",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "display_id", "text", required=True),
        rule("placed_at", "created_at", "time"),
        rule("updated_at", "updated_at", "time"),
        rule("cancelled_at", "canceled_at", "time"),
        rule("currency", "currency_code", "upper", required=True),
        rule("total", "total", "decimal"),
        rule("subtotal", "item_total", "decimal"),
        rule("tax", "tax_total", "decimal"),
        rule("shipping_total", "shipping_total", "decimal"),
        rule("discount_total", "discount_total", "decimal"),
        rule("status", "((status == 'canceled' || canceled_at) && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT_STATUS),
        rule("fulfillment_status", _FULFILLMENT_STATUS),
        rule("email", "email"),
        rule("customer.id", "customer.id"),
        rule(
            "customer.name",
            f"{_NAME.format('customer.')} != ' ' && {_NAME.format('customer.')} "
            f"|| {_NAME.format('shipping_address.')}",
            "strip",
        ),
        rule("customer.first_name", "customer.first_name || shipping_address.first_name"),
        rule("customer.last_name", "customer.last_name || shipping_address.last_name"),
        rule("customer.email", "email || customer.email"),
        rule("customer.phone", "customer.phone || shipping_address.phone"),
        rule("customer.company", "customer.company_name"),
        *_read_address("shipping_address", "shipping_address"),
        *_read_address("billing_address", "billing_address"),
        rule("lines[]", "items"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "variant_sku"),
        rule("lines[].title", "join(' - ', [product_title || title, variant_title][?@])"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].shipped", "detail.shipped_quantity"),
        rule("lines[].refunded", "detail.return_received_quantity"),
        rule("lines[].unit_price", "unit_price", "decimal"),
        rule("lines[].requires_shipping", "requires_shipping"),
        rule("lines[].tax", "tax_total", "decimal"),
        rule("lines[].discount", "discount_total", "decimal"),
        rule("lines[].total", "total", "decimal"),
        rule("payments[]", _PAYMENTS),
        rule("payments[].id", "id"),
        rule("payments[].amount", "amount", "decimal"),
        rule("payments[].currency", "currency_code", "upper"),
        rule("payments[].status", _ONE_PAYMENT),
        rule("payments[].provider", "provider_id"),
        rule("payments[].created_at", "created_at", "time"),
        rule("refunds[]", f"{_PAYMENTS}.refunds[]"),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "amount", "decimal"),
        rule("refunds[].currency", "root.currency_code", "upper"),
        rule("refunds[].reason", "note"),
        rule("refunds[].created_at", "created_at", "time"),
        rule("extra.status", "status"),
        rule("extra.payment_status", "payment_status"),
        rule("extra.fulfillment_status", "fulfillment_status"),
        rule("extra.sales_channel", "sales_channel_id"),
        rule("extra.payment", f"{_PAYMENTS} | [?captured_at] | [0].id"),
    ),
    description="Totals include tax. A line's price is as the shop shows it: with tax where its prices include tax.",
)

CUSTOMERS_READ = Preset(
    name="Medusa: customers",
    direction="read",
    platform="medusa",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("created_at", "created_at", "time"),
        rule("name", _NAME.format(""), "strip"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "company_name"),
        rule("email", "email"),
        rule("phone", "phone"),
        rule("address.name", f"({_HOME}) && ({_HOME}).{_NAME.format('')}", "strip"),
        *(rule(f"address.{name}", f"({_HOME}).{field}") for name, field in _ADDRESS),
        rule("address.country", f"({_HOME}).country_code", "upper"),
        rule("extra.has_account", "has_account"),
    ),
    description="Guests are customers without an account.",
)

VARIANTS_READ = Preset(
    name="Medusa: variants",
    direction="read",
    platform="medusa",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("sku", "sku"),
        rule("title", "join(' - ', [product.title, title][?@])"),
        rule("barcode", "barcode || ean || upc"),
        rule("price", "length(prices || `[]`) == `1` && prices[0].amount || `null`", "decimal"),
        rule("currency", "length(prices || `[]`) == `1` && prices[0].currency_code || `null`", "upper"),
        rule("weight_grams", "weight", "decimal"),
        rule("extra.prices", "prices[].{currency: currency_code, amount: amount, from: min_quantity}"),
    ),
    description="Where a variant has several prices, they are in extra.prices alone. Medusa names no unit of weight: "
    "grams are taken to be meant.",
)

STOCK_READ = Preset(
    name="Medusa: stock",
    direction="read",
    platform="medusa",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("sku", "sku"),
        rule("location", "length(levels) == `1` && levels[0].location_id || `null`"),
        rule("on_hand", "levels[].stocked_quantity", "sum"),
        rule("allocated", "levels[].reserved_quantity", "sum"),
        rule("available", "levels[].available_quantity", "sum"),
    ),
    description="Of the location that is named at the connection, or of all together.",
)

PAYMENTS_READ = Preset(
    name="Medusa: payments",
    direction="read",
    platform="medusa",
    resource="payments",
    kind="payment",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time"),
        rule("order_id", "payment_collection.order.id"),
        rule("order_number", "payment_collection.order.display_id", "text"),
        rule("amount", "amount", "decimal", required=True),
        rule("currency", "currency_code", "upper", required=True),
        rule("status", _ONE_PAYMENT),
        rule("provider", "provider_id"),
        rule("created_at", "created_at", "time"),
        rule("extra.captured", "captures[].amount", "sum"),
        rule("extra.refunded", "refunds[].amount", "sum"),
    ),
)

REFUNDS_READ = Preset(
    name="Medusa: refunds",
    direction="read",
    platform="medusa",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "order.id"),
        rule("order_number", "order.display_id", "text"),
        rule("amount", "amount", "decimal", required=True),
        rule("currency", "payment.currency_code", "upper", required=True),
        rule("reason", "note"),
        rule("created_at", "created_at", "time"),
        rule("extra.payment", "payment.id"),
        rule("extra.provider", "payment.provider_id"),
    ),
)

ORDERS_WRITE = Preset(
    name="Medusa: cancel orders",
    direction="write",
    platform="medusa",
    resource="orders",
    kind="order",
    rules=(rule("status", "status"),),
    description="Orders that Medusa holds are cancelled with their source; nothing else of them is written.",
)

STOCK_WRITE = Preset(
    name="Medusa: set stock",
    direction="write",
    platform="medusa",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="What the shop may offer; the units that its open orders have reserved are added when it is sent.",
)

FULFILLMENTS_WRITE = Preset(
    name="Medusa: shipments",
    direction="write",
    platform="medusa",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", required=True),
        rule("tracking_number", "tracking_number || number", required=True),
        rule("tracking_url", "tracking_url"),
        rule("lines[]", "lines", required=True),
        rule("lines[].id", "order_line_id", required=True),
        rule("lines[].quantity", "quantity", "integer", required=True),
    ),
    description="The lines are packed and shipped with their tracking number.",
)

CUSTOMERS_WRITE = Preset(
    name="Medusa: write customers",
    direction="write",
    platform="medusa",
    resource="customers",
    kind="customer",
    rules=(
        rule("email", "email", "lower", required=True),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company_name", "company"),
        rule("phone", "phone"),
    ),
    description="Known by the e-mail address.",
)

REFUNDS_WRITE = Preset(
    name="Medusa: make refunds",
    direction="write",
    platform="medusa",
    resource="refunds",
    kind="refund",
    rules=(
        rule(
            "payment_id", "starts_with(extra.payment || '', 'pay_') && extra.payment || `null`", required=True
        ),
        rule("amount", "amount", "text", required=True),
        rule("reference", "id", required=True),
        rule("reason", "reason"),
    ),
    description="extra.payment must hold Medusa's id of the payment (pay_…), which its orders and payments tell.",
)

PRESETS: dict[str, Preset] = {
    "medusa-orders": ORDERS_READ,
    "medusa-customers": CUSTOMERS_READ,
    "medusa-variants": VARIANTS_READ,
    "medusa-stock": STOCK_READ,
    "medusa-payments": PAYMENTS_READ,
    "medusa-refunds": REFUNDS_READ,
    "medusa-cancel-orders": ORDERS_WRITE,
    "medusa-set-stock": STOCK_WRITE,
    "medusa-shipments": FULFILLMENTS_WRITE,
    "medusa-write-customers": CUSTOMERS_WRITE,
    "medusa-make-refunds": REFUNDS_WRITE,
}

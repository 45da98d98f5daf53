"""Saleor's orders, customers, variants, stock and refunds into our Records, and ours into what it takes.

Amounts are numbers in the currency's own unit, and include tax. Older payments and newer transactions come under the
same names.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_STATUS = "(contains(['CANCELED', 'EXPIRED'], status) && 'cancelled') || 'open'"
_PAYMENT_STATUS = (
    "{is: paymentStatus, back: totalRefunded.amount, total: total.gross.amount, charge: chargeStatus, "
    "authorized: authorizeStatus} | "
    "((is == 'FULLY_REFUNDED' || (back > `0` && back >= total)) && 'refunded') "
    "|| ((is == 'PARTIALLY_REFUNDED' || back > `0`) && 'partially_refunded') "
    "|| ((charge == 'FULL' || charge == 'OVERCHARGED' || is == 'FULLY_CHARGED') && 'paid') "
    "|| (is == 'REFUSED' && 'failed') || (is == 'CANCELLED' && 'voided') "
    "|| (authorized == 'FULL' && 'authorized') || 'pending'"
)
# What came back was shipped before.
_FULFILLMENT_STATUS = (
    "(contains(['FULFILLED', 'RETURNED', 'PARTIALLY_RETURNED'], status) && 'fulfilled') "
    "|| (status == 'PARTIALLY_FULFILLED' && 'partial') || 'unfulfilled'"
)
_ONE_PAYMENT = (
    "{is: chargeStatus, back: refundedAmount.amount, charged: chargedAmount.amount, "
    "authorized: authorizedAmount.amount} | "
    "((is == 'FULLY_REFUNDED' || (back > `0` && charged == `0`)) && 'refunded') "
    "|| ((is == 'PARTIALLY_REFUNDED' || back > `0`) && 'partially_refunded') "
    "|| ((contains(['FULLY_CHARGED', 'PARTIALLY_CHARGED'], is) || charged > `0`) && 'paid') "
    "|| (is == 'REFUSED' && 'failed') || (is == 'CANCELLED' && 'voided') "
    "|| (authorized > `0` && 'authorized') || 'pending'"
)
_WENT_BACK = (
    "[transactions, payments][].events[] | [?type == 'REFUND_SUCCESS' || (type == 'REFUND' && isSuccess)]"
)
_ADDRESS = (
    ("company", "companyName"),
    ("line1", "streetAddress1"),
    ("line2", "streetAddress2"),
    ("city", "city"),
    ("region", "countryArea"),
    ("postal_code", "postalCode"),
    ("country", "country.code"),
    ("phone", "phone"),
)
_OLDER_ADDRESS = (
    ("company", "company_name"),
    ("line1", "street_address_1"),
    ("line2", "street_address_2"),
    ("city", "city"),
    ("region", "country_area"),
    ("postal_code", "postal_code"),
    ("country", "country"),
    ("phone", "phone"),
)
_NAME = "join(' ', [{0}firstName || '', {0}lastName || ''])"
_OLDER_NAME = "join(' ', [{0}first_name || '', {0}last_name || ''])"


def _read_address(
    ours: str, theirs: str, names: tuple[tuple[str, str], ...] = _ADDRESS, name: str = _NAME
) -> tuple[RuleData, ...]:
    """An order of which nothing is sent has no address to send it to."""
    return (
        rule(f"{ours}.name", f"{theirs} && {name.format(theirs + '.')}", "strip"),
        *(rule(f"{ours}.{field}", f"{theirs}.{place}") for field, place in names),
    )


ORDERS_READ = Preset(
    name="Saleor: orders",
    direction="read",
    platform="saleor",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "number", required=True),
        rule("placed_at", "created", "time"),
        rule("updated_at", "updatedAt", "time"),
        rule("currency", "total.gross.currency"),
        rule("total", "total.gross.amount", "decimal"),
        rule("subtotal", "subtotal.gross.amount", "decimal"),
        rule("tax", "total.tax.amount", "decimal"),
        rule("shipping_total", "shippingPrice.gross.amount", "decimal"),
        rule(
            "discount_total",
            "undiscountedTotal.gross.amount",
            "minus",
            arguments={"minus": "= total.gross.amount"},
        ),
        rule("status", _STATUS),
        rule("payment_status", _PAYMENT_STATUS),
        rule("fulfillment_status", _FULFILLMENT_STATUS),
        rule("email", "userEmail"),
        rule("customer.id", "user.id"),
        rule("customer.name", _NAME.format("billingAddress."), "strip"),
        rule("customer.first_name", "billingAddress.firstName"),
        rule("customer.last_name", "billingAddress.lastName"),
        rule("customer.email", "userEmail"),
        rule("customer.phone", "billingAddress.phone"),
        *_read_address("shipping_address", "shippingAddress"),
        *_read_address("billing_address", "billingAddress"),
        rule("note", "customerNote"),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "productSku"),
        rule("lines[].title", "join(' - ', [productName, variantName][?@])"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].shipped", "quantityFulfilled"),
        rule("lines[].unit_price", "unitPrice.gross.amount", "decimal"),
        rule("lines[].requires_shipping", "isShippingRequired"),
        rule("lines[].tax", "totalPrice.tax.amount", "decimal"),
        rule("lines[].total", "totalPrice.gross.amount", "decimal"),
        rule("payments[]", "[transactions, payments][]"),
        rule("payments[].id", "id"),
        rule(
            "payments[].amount",
            "[chargedAmount.amount, refundedAmount.amount, capturedAmount.amount]",
            "sum",
        ),
        rule("payments[].currency", "root.total.gross.currency"),
        rule("payments[].status", _ONE_PAYMENT),
        rule("payments[].provider", "name"),
        rule("payments[].reference", "pspReference"),
        rule("payments[].created_at", "createdAt", "time"),
        rule("refunds[]", _WENT_BACK),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "amount.amount", "decimal"),
        rule("refunds[].currency", "amount.currency"),
        rule("refunds[].reason", "message"),
        rule("refunds[].created_at", "createdAt", "time"),
        rule("extra.status", "status"),
        rule("extra.channel", "channel.slug"),
        rule("extra.voucher", "voucherCode"),
    ),
    description="All amounts include tax. Each order has the currency of its channel.",
)

# https://docs.saleor.io/developer/extending/webhooks/sample-webhook-payloads
NOTIFIED_ORDERS_READ = Preset(
    name="Saleor: orders of notifications",
    direction="read",
    platform="saleor",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "payload.order.id", required=True),
        rule("number", "payload.order.number", required=True),
        rule("placed_at", "payload.order.created", "time"),
        rule("currency", "payload.order.currency"),
        rule("total", "payload.order.total_gross_amount", "decimal"),
        rule("subtotal", "payload.order.subtotal_gross_amount", "decimal"),
        rule("tax", "payload.order.tax_amount", "decimal"),
        rule("shipping_total", "payload.order.shipping_price_gross_amount", "decimal"),
        rule("discount_total", "payload.order.discount_amount", "decimal"),
        rule(
            "status",
            "(contains(['canceled', 'expired'], payload.order.status) && 'cancelled') || 'open'",
        ),
        rule(
            "fulfillment_status",
            "(payload.order.status == 'fulfilled' && 'fulfilled') "
            "|| (payload.order.status == 'partially fulfilled' && 'partial') || 'unfulfilled'",
        ),
        rule("email", "payload.order.email"),
        *_read_address("shipping_address", "payload.order.shipping_address", _OLDER_ADDRESS, _OLDER_NAME),
        *_read_address("billing_address", "payload.order.billing_address", _OLDER_ADDRESS, _OLDER_NAME),
        rule("lines[]", "payload.order.lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "product_sku"),
        rule("lines[].title", "join(' - ', [product_name, variant_name][?@])"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].shipped", "quantity_fulfilled"),
        rule("lines[].unit_price", "unit_price_gross_amount", "decimal"),
        rule("lines[].tax", "total_tax_amount", "decimal"),
        rule("lines[].total", "total_gross_amount", "decimal"),
        rule("refunds[]", "payload.amount && [payload.{amount: amount, currency: currency}] || `[]`"),
        rule("refunds[].amount", "amount", "decimal"),
        rule("refunds[].currency", "currency"),
        rule("extra.channel", "payload.order.channel_slug"),
        rule("extra.tracking_number", "payload.fulfillment.tracking_number"),
    ),
    description="For a shop that sends its NOTIFY_USER webhooks on to a connection of your own. They tell nothing of "
    "payments but what went back.",
)

CUSTOMERS_READ = Preset(
    name="Saleor: customers",
    direction="read",
    platform="saleor",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("created_at", "dateJoined", "time"),
        rule("name", _NAME.format(""), "strip"),
        rule("first_name", "firstName"),
        rule("last_name", "lastName"),
        rule("email", "email"),
        rule("phone", "defaultBillingAddress.phone || defaultShippingAddress.phone"),
        rule("company", "defaultBillingAddress.companyName"),
        *_read_address("address", "defaultShippingAddress"),
    ),
)

VARIANTS_READ = Preset(
    name="Saleor: variants",
    direction="read",
    platform="saleor",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("sku", "sku"),
        rule("title", "join(' - ', [product.name, name][?@])"),
        rule("price", "length(channelListings || `[]`) == `1` && channelListings[0].price.amount || `null`"),
        rule(
            "currency",
            "length(channelListings || `[]`) == `1` && channelListings[0].price.currency || `null`",
        ),
        rule(
            "weight_grams",
            "[weight][?unit != 'TONNE'] | [0].value",
            "weight",
            arguments={
                "from": "= (weight.unit == 'KG' && 'kg') || (weight.unit == 'LB' && 'lb') "
                "|| (weight.unit == 'OZ' && 'oz') || 'g'"
            },
        ),
        rule("extra.prices", "channelListings[].{channel: channel.slug, price: price}"),
    ),
    description="Where a variant is sold in several channels, its prices are in extra.prices alone.",
)

STOCK_READ = Preset(
    name="Saleor: stock",
    direction="read",
    platform="saleor",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", required=True),
        rule("sku", "productVariant.sku"),
        rule("location", "warehouse.slug"),
        rule("on_hand", "quantity"),
        rule("allocated", "quantityAllocated"),
        rule("available", "quantity", "minus", arguments={"minus": "= quantityAllocated"}),
    ),
)

REFUNDS_READ = Preset(
    name="Saleor: refunds",
    direction="read",
    platform="saleor",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "order.id"),
        rule("order_number", "order.number"),
        rule("amount", "amount.amount", "decimal", required=True),
        rule("currency", "amount.currency", required=True),
        rule("reason", "message"),
        rule("created_at", "createdAt", "time"),
        rule("extra.provider", "provider"),
        rule("extra.reference", "pspReference"),
    ),
)

STOCK_WRITE = Preset(
    name="Saleor: set stock",
    direction="write",
    platform="saleor",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="What the shop may offer; the units that its open orders have taken are added when it is sent.",
)

FULFILLMENTS_WRITE = Preset(
    name="Saleor: fulfilments",
    direction="write",
    platform="saleor",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", required=True),
        rule("tracking_number", "tracking_number || number", required=True),
        rule("lines[]", "lines", required=True),
        rule("lines[].order_line_id", "order_line_id", required=True),
        rule("lines[].quantity", "quantity", "integer", required=True),
    ),
    description="Saleor knows no carrier of a fulfilment, only its tracking number.",
)

CUSTOMERS_WRITE = Preset(
    name="Saleor: write customers",
    direction="write",
    platform="saleor",
    resource="customers",
    kind="customer",
    rules=(
        rule("email", "email", required=True),
        rule("firstName", "first_name"),
        rule("lastName", "last_name"),
        rule("externalReference", "id"),
    ),
)

PRESETS: dict[str, Preset] = {
    "saleor-orders": ORDERS_READ,
    "saleor-notified-orders": NOTIFIED_ORDERS_READ,
    "saleor-customers": CUSTOMERS_READ,
    "saleor-variants": VARIANTS_READ,
    "saleor-stock": STOCK_READ,
    "saleor-refunds": REFUNDS_READ,
    "saleor-set-stock": STOCK_WRITE,
    "saleor-fulfilments": FULFILLMENTS_WRITE,
    "saleor-write-customers": CUSTOMERS_WRITE,
}

"""Vendure's orders, customers and stock into our Records; our stock levels and shipments into what it takes.

Amounts are in hundredths, whatever the currency: Vendure's own Stripe plugin divides those of JPY by 100 too, and its
admin pages show them so unless the shop's moneyStrategyPrecision is another.
A cancelled line has the quantity 0: what was sold is its orderPlacedQuantity.
"""

from __future__ import annotations

from .preset import Preset, rule

_PAID = '["PaymentSettled", "PartiallyShipped", "Shipped", "PartiallyDelivered", "Delivered", "Modifying"]'
# Of a refund that failed no money went back.
_REFUNDS = "payments[].refunds[] | [?state != 'Failed']"
_PAYMENT_STATUS = (
    f"{{back: sum({_REFUNDS}.total), "
    "paid: sum(payments[?state == 'Settled'].amount), is: state} | "
    "(back > `0` && back >= paid && 'refunded') || (back > `0` && 'partially_refunded') "
    f"|| (contains(`{_PAID}`, is) && 'paid') || (is == 'PaymentAuthorized' && 'authorized') "
    "|| (paid > `0` && ((is == 'ArrangingAdditionalPayment' && 'partially_paid') || 'paid')) || 'pending'"
)
_ONE_PAYMENT = (
    "(state == 'Settled' && 'paid') || (state == 'Authorized' && 'authorized') "
    "|| (contains(['Declined', 'Error'], state) && 'failed') || (state == 'Cancelled' && 'voided') || 'pending'"
)
# Of an order that is partially delivered a part may be on its way still, or not shipped at all.
_FULFILLMENT_STATUS = (
    '(contains(`["Shipped", "Delivered"]`, state) && \'fulfilled\') '
    "|| (state == 'PartiallyDelivered' "
    "&& !(lines[?sum((fulfillmentLines || `[]`)[].quantity) < quantity]) && 'fulfilled') "
    "|| (contains(`[\"PartiallyShipped\", \"PartiallyDelivered\"]`, state) && 'partial') || 'unfulfilled'"
)
_ADDRESS = (
    ("name", "fullName"),
    ("company", "company"),
    ("line1", "streetLine1"),
    ("line2", "streetLine2"),
    ("city", "city"),
    ("region", "province"),
    ("postal_code", "postalCode"),
    ("country", "countryCode"),
    ("phone", "phoneNumber"),
)
# A currency of two places stands for all of them.
_HUNDREDTHS = {"currency": "USD"}

ORDERS_READ = Preset(
    name="Vendure: orders",
    direction="read",
    platform="vendure",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "code", required=True),
        rule("placed_at", "orderPlacedAt", "time"),
        rule("updated_at", "updatedAt", "time"),
        rule("currency", "currencyCode"),
        rule("total", "totalWithTax", "from_minor_units", arguments=_HUNDREDTHS),
        rule("subtotal", "subTotalWithTax", "from_minor_units", arguments=_HUNDREDTHS),
        rule("shipping_total", "shippingWithTax", "from_minor_units", arguments=_HUNDREDTHS),
        rule("status", "(state == 'Cancelled' && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT_STATUS),
        rule("fulfillment_status", _FULFILLMENT_STATUS),
        rule("email", "customer.emailAddress"),
        rule("customer.id", "customer.id"),
        rule("customer.name", "join(' ', [customer.firstName || '', customer.lastName || ''])", "strip"),
        rule("customer.first_name", "customer.firstName"),
        rule("customer.last_name", "customer.lastName"),
        rule("customer.email", "customer.emailAddress"),
        rule("customer.phone", "customer.phoneNumber"),
        *(rule(f"shipping_address.{ours}", f"shippingAddress.{theirs}") for ours, theirs in _ADDRESS),
        *(rule(f"billing_address.{ours}", f"billingAddress.{theirs}") for ours, theirs in _ADDRESS),
        rule("lines[]", "lines"),
        rule("lines[].id", "id"),
        rule("lines[].sku", "productVariant.sku"),
        rule("lines[].title", "productVariant.name"),
        rule("lines[].ordered", "max([orderPlacedQuantity, quantity])"),
        rule(
            "lines[].cancelled",
            "max([orderPlacedQuantity, quantity])",
            "minus",
            arguments={"minus": "= quantity"},
        ),
        rule("lines[].shipped", "fulfillmentLines[].quantity", "sum"),
        rule("lines[].unit_price", "unitPriceWithTax", "from_minor_units", arguments=_HUNDREDTHS),
        rule("lines[].total", "linePriceWithTax", "from_minor_units", arguments=_HUNDREDTHS),
        rule("payments[]", "payments"),
        rule("payments[].id", "id"),
        rule("payments[].amount", "amount", "from_minor_units", arguments=_HUNDREDTHS),
        rule("payments[].currency", "root.currencyCode"),
        rule("payments[].status", _ONE_PAYMENT),
        rule("payments[].provider", "method"),
        rule("payments[].reference", "transactionId"),
        rule("payments[].created_at", "createdAt", "time"),
        rule("refunds[]", _REFUNDS),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "total", "from_minor_units", arguments=_HUNDREDTHS),
        rule("refunds[].currency", "root.currencyCode"),
        rule("refunds[].reason", "reason"),
        rule("refunds[].created_at", "createdAt", "time"),
    ),
    description="All amounts include tax, and have two places in every currency, as in a shop whose "
    "moneyStrategyPrecision is Vendure's usual 2.",
)

CUSTOMERS_READ = Preset(
    name="Vendure: customers",
    direction="read",
    platform="vendure",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("created_at", "createdAt", "time"),
        rule("first_name", "firstName"),
        rule("last_name", "lastName"),
        rule("name", "join(' ', [firstName || '', lastName || ''])", "strip"),
        rule("email", "emailAddress"),
        rule("phone", "phoneNumber"),
    ),
)

VARIANTS_READ = Preset(
    name="Vendure: variants",
    direction="read",
    platform="vendure",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("sku", "sku", required=True),
        rule("title", "name"),
        rule("currency", "currencyCode"),
        rule("price", "priceWithTax", "from_minor_units", arguments=_HUNDREDTHS),
    ),
)

STOCK_READ = Preset(
    name="Vendure: stock",
    direction="read",
    platform="vendure",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("sku", "sku", required=True),
        rule("on_hand", "stockLevels[].stockOnHand", "sum"),
        rule("allocated", "stockLevels[].stockAllocated", "sum"),
    ),
    description="Stock of all locations together.",
)

STOCK_WRITE = Preset(
    name="Vendure: set stock",
    direction="write",
    platform="vendure",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="What the shop may offer; the units that its own open orders have taken are added when it is sent.",
)

FULFILLMENTS_WRITE = Preset(
    name="Vendure: fulfilments",
    direction="write",
    platform="vendure",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", required=True),
        rule("method", "carrier"),
        rule("tracking_code", "tracking_number || number", required=True),
        rule("lines[]", "lines"),
        rule("lines[].orderLineId", "order_line_id", required=True),
        rule("lines[].quantity", "quantity", "integer", required=True),
    ),
)

PRESETS: dict[str, Preset] = {
    "vendure-orders": ORDERS_READ,
    "vendure-customers": CUSTOMERS_READ,
    "vendure-variants": VARIANTS_READ,
    "vendure-stock": STOCK_READ,
    "vendure-set-stock": STOCK_WRITE,
    "vendure-fulfilments": FULFILLMENTS_WRITE,
}

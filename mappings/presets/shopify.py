"""Shopify's orders, customers, variants, stock, payments, refunds and fulfilments into our Records, and ours into what
it takes.

Amounts are decimal texts in the store's currency, ids are links whose end is the number. A line's `currentQuantity` is
what is left of it after refunds and edits, and its `unfulfilledQuantity` what is still to be shipped of that; where
units were refunded after they had been shipped, the latter is below zero.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_PAYMENT_STATUS = (
    "(contains(['PENDING', 'EXPIRED'], displayFinancialStatus) && 'pending') "
    "|| (displayFinancialStatus == 'AUTHORIZED' && 'authorized') "
    "|| (displayFinancialStatus == 'PAID' && 'paid') || (displayFinancialStatus == 'VOIDED' && 'voided') "
    "|| (displayFinancialStatus == 'PARTIALLY_PAID' && 'partially_paid') "
    "|| (displayFinancialStatus == 'PARTIALLY_REFUNDED' && 'partially_refunded') "
    "|| (displayFinancialStatus == 'REFUNDED' && 'refunded') || null"
)
_PAID = (
    "((status == 'FAILURE' || status == 'ERROR') && 'failed') || (status != 'SUCCESS' && 'pending') "
    "|| (kind == 'VOID' && 'voided') || (contains(kind, 'AUTHORIZATION') && 'authorized') || 'paid'"
)
_SHIPPED = (
    "(contains(['CANCELLED', 'ERROR', 'FAILURE'], status) && 'cancelled') "
    "|| (displayStatus == 'DELIVERED' && 'delivered') "
    "|| (contains(['IN_TRANSIT', 'OUT_FOR_DELIVERY', 'CARRIER_PICKED_UP', 'ATTEMPTED_DELIVERY', 'DELAYED'], "
    "displayStatus) && 'in_transit') || 'shipped'"
)
_ADDRESS = (
    ("name", "name"),
    ("company", "company"),
    ("line1", "address1"),
    ("line2", "address2"),
    ("city", "city"),
    ("region", "provinceCode || {0}.province"),
    ("postal_code", "zip"),
    ("country", "countryCodeV2"),
    ("phone", "phone"),
)
# The parts that ship from one place; one that was moved stands there cancelled, beside what it became.
_PARTS = "fulfillmentOrders.nodes[?status != 'CANCELLED']"
# Units that were taken back after they had been shipped are no units that were never shipped.
_KEPT_OR_SHIPPED = "= sum([currentQuantity, (unfulfilledQuantity < `0` && abs(unfulfilledQuantity)) || `0`])"

_UNIT = (
    "= inventoryItem.measurement.weight.unit | "
    "(@ == 'KILOGRAMS' && 'kg') || (@ == 'OUNCES' && 'oz') || (@ == 'POUNDS' && 'lb') || 'g'"
)


def _address(ours: str, theirs: str) -> tuple[RuleData, ...]:
    return tuple(rule(f"{ours}.{name}", f"{theirs}.{source.format(theirs)}") for name, source in _ADDRESS)


def _money(target: str, source: str, *, required: bool = False) -> RuleData:
    return rule(target, f"{source}.shopMoney.amount", "decimal", required=required)


def _payment(prefix: str) -> tuple[RuleData, ...]:
    return (
        rule(f"{prefix}id", "id", "tail_of_link", required=not prefix),
        rule(f"{prefix}order_id", "order.id", "tail_of_link"),
        rule(f"{prefix}order_number", "order.name"),
        _money(f"{prefix}amount", "amountSet", required=not prefix),
        rule(f"{prefix}currency", "amountSet.shopMoney.currencyCode"),
        rule(f"{prefix}status", _PAID),
        rule(f"{prefix}provider", "gateway"),
        rule(f"{prefix}reference", "paymentId"),
        rule(f"{prefix}created_at", "processedAt || createdAt", "time"),
    )


def _refund(prefix: str) -> tuple[RuleData, ...]:
    return (
        rule(f"{prefix}id", "id", "tail_of_link", required=not prefix),
        rule(f"{prefix}order_id", "order.id", "tail_of_link"),
        rule(f"{prefix}order_number", "order.name"),
        _money(f"{prefix}amount", "totalRefundedSet", required=not prefix),
        rule(f"{prefix}currency", "totalRefundedSet.shopMoney.currencyCode"),
        rule(f"{prefix}reason", "note"),
        rule(f"{prefix}created_at", "createdAt", "time"),
    )


ORDERS_READ = Preset(
    name="Shopify: orders",
    direction="read",
    platform="shopify",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", "tail_of_link", required=True),
        rule("number", "name", required=True),
        rule("placed_at", "processedAt", "time"),
        rule("updated_at", "updatedAt", "time"),
        rule("currency", "currencyCode"),
        _money("total", "currentTotalPriceSet"),
        _money("subtotal", "currentSubtotalPriceSet"),
        _money("tax", "currentTotalTaxSet"),
        _money("shipping_total", "currentShippingPriceSet"),
        _money("discount_total", "currentTotalDiscountsSet"),
        rule("status", "(cancelledAt && 'cancelled') || (closed && 'closed') || 'open'"),
        rule("payment_status", _PAYMENT_STATUS),
        rule(
            "fulfillment_status",
            "(displayFulfillmentStatus == 'FULFILLED' && 'fulfilled') "
            "|| (displayFulfillmentStatus == 'PARTIALLY_FULFILLED' && 'partial') || 'unfulfilled'",
        ),
        rule("cancelled_at", "cancelledAt", "time"),
        rule("email", "email"),
        rule("customer.id", "customer.id", "tail_of_link"),
        rule("customer.name", "customer.displayName"),
        rule("customer.first_name", "customer.firstName"),
        rule("customer.last_name", "customer.lastName"),
        rule("customer.email", "customer.defaultEmailAddress.emailAddress"),
        rule("customer.phone", "customer.defaultPhoneNumber.phoneNumber"),
        *_address("shipping_address", "shippingAddress"),
        *_address("billing_address", "billingAddress"),
        rule("lines[]", "allLines || lineItems.nodes"),
        rule("lines[].id", "id", "tail_of_link"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "name"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].cancelled", "quantity", "minus", arguments={"minus": _KEPT_OR_SHIPPED}),
        rule("lines[].shipped", "currentQuantity", "minus", arguments={"minus": "= unfulfilledQuantity"}),
        _money("lines[].unit_price", "originalUnitPriceSet"),
        rule("lines[].tax", "taxLines[].priceSet.shopMoney.amount", "sum"),
        rule(
            "lines[].discount",
            "originalTotalSet.shopMoney.amount",
            "minus",
            arguments={"minus": "= discountedTotalSet.shopMoney.amount"},
        ),
        _money("lines[].total", "discountedTotalSet"),
        rule("lines[].requires_shipping", "requiresShipping"),
        rule(
            "payments[]", "transactions[?kind != 'REFUND' && kind != 'SUGGESTED_REFUND' && kind != 'CHANGE']"
        ),
        *_payment("payments[]."),
        rule("refunds[]", "refunds"),
        *_refund("refunds[]."),
        rule("tags", "tags"),
        rule("note", "note"),
        # https://shopify.dev/docs/apps/build/purchase-options/subscriptions
        rule("is_renewal", "sourceName == 'subscription_contract'"),
        # https://shopify.dev/docs/api/admin-graphql/2026-07/objects/FulfillmentOrder: the first part that is due.
        rule("ship_by", f"({_PARTS}.fulfillBy || `[]`) | min(@)", "time"),
        rule("deliver_by", f"({_PARTS}.deliveryMethod.maxDeliveryDateTime || `[]`) | min(@)", "time"),
        _money("extra.original_total", "totalPriceSet"),
        rule("extra.presentment_currency", "presentmentCurrencyCode"),
        rule("extra.presentment_total", "currentTotalPriceSet.presentmentMoney.amount", "decimal"),
        rule("extra.fulfillment_status", "displayFulfillmentStatus"),
        rule("extra.test", "test"),
    ),
    description="Amounts are in the store's currency. The total is after refunds and edits; extra.original_total is "
    "what it was before, and extra.presentment_total what it is in the customer's currency.",
)

CUSTOMERS_READ = Preset(
    name="Shopify: customers",
    direction="read",
    platform="shopify",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", "tail_of_link", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("created_at", "createdAt", "time"),
        rule("name", "displayName"),
        rule("first_name", "firstName"),
        rule("last_name", "lastName"),
        rule("company", "defaultAddress.company"),
        rule("email", "defaultEmailAddress.emailAddress"),
        rule("phone", "defaultPhoneNumber.phoneNumber"),
        rule(
            "accepts_marketing",
            "defaultEmailAddress && defaultEmailAddress.marketingState == 'SUBSCRIBED'",
            "boolean",
        ),
        *_address("address", "defaultAddress"),
        rule("tags", "tags"),
    ),
)

CUSTOMERS_WRITE = Preset(
    name="Shopify: set customers",
    direction="write",
    platform="shopify",
    resource="customers",
    kind="customer",
    rules=(
        rule("email", "email", required=True),
        rule("firstName", "first_name || name"),
        rule("lastName", "last_name"),
        rule("phone", "phone"),
    ),
    description="The customer with this e-mail address is changed, or made. Addresses are left as they are: of a list "
    "Shopify takes what is not sent for deleted.",
)

VARIANTS_READ = Preset(
    name="Shopify: variants",
    direction="read",
    platform="shopify",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", "tail_of_link", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("sku", "sku"),
        rule("title", "displayName"),
        rule("barcode", "barcode"),
        rule("price", "price", "decimal"),
        rule("currency", "product.priceRangeV2.minVariantPrice.currencyCode"),
        rule(
            "weight_grams",
            "inventoryItem.measurement.weight.value",
            "weight",
            arguments={"from": _UNIT},
        ),
        rule("extra.inventory_item", "inventoryItem.id", "tail_of_link"),
        rule("extra.product_status", "product.status"),
    ),
)

STOCK_READ = Preset(
    name="Shopify: stock",
    direction="read",
    platform="shopify",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "id", "replace", arguments={"find": "gid://shopify/InventoryLevel/"}, required=True),
        rule("updated_at", "max([[updatedAt], quantities[].updatedAt][])", "time"),
        rule("sku", "item.sku", required=True),
        rule("location", "location.id", "tail_of_link"),
        rule("on_hand", "quantities[?name == 'on_hand'] | [0].quantity"),
        rule("allocated", "quantities[?name == 'committed'] | [0].quantity"),
        rule("available", "quantities[?name == 'available'] | [0].quantity"),
    ),
)

STOCK_WRITE = Preset(
    name="Shopify: set stock",
    direction="write",
    platform="shopify",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="Sets what may be sold at the connection's location. With a field change_from (what Shopify must have "
    "then) a level that has changed meanwhile is refused; with a field location another location is meant.",
)

PAYMENTS_READ = Preset(
    name="Shopify: payments",
    direction="read",
    platform="shopify",
    resource="payments",
    kind="payment",
    rules=_payment(""),
)

REFUNDS_READ = Preset(
    name="Shopify: refunds",
    direction="read",
    platform="shopify",
    resource="refunds",
    kind="refund",
    rules=(*_refund(""), rule("updated_at", "updatedAt", "time")),
)

REFUNDS_WRITE = Preset(
    name="Shopify: make refunds",
    direction="write",
    platform="shopify",
    resource="refunds",
    kind="refund",
    rules=(
        rule("order_id", "context.ids.order", required=True),
        rule("reference", "id", required=True),
        rule("amount", "amount", "text", required=True),
        rule("currency", "currency"),
        rule("note", "reason", "truncate", arguments={"length": 200}),
    ),
    description="Gives money back to the payment of the order, in the currency in which the customer paid. What was "
    "bought is not put back on the shelf.",
)

SHIPMENTS_READ = Preset(
    name="Shopify: fulfilments",
    direction="read",
    platform="shopify",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("id", "id", "tail_of_link", required=True),
        rule("updated_at", "updatedAt", "time"),
        rule("number", "name"),
        rule("order_id", "order.id", "tail_of_link", required=True),
        rule("order_number", "order.name"),
        rule("carrier", "trackingInfo[0].company"),
        rule("tracking_number", "trackingInfo[0].number"),
        rule("tracking_url", "trackingInfo[0].url"),
        rule("status", _SHIPPED),
        rule("shipped_at", "createdAt", "time"),
        rule("delivered_at", "deliveredAt", "time"),
        rule("lines[]", "fulfillmentLineItems.nodes"),
        rule("lines[].id", "id", "tail_of_link"),
        rule("lines[].order_line_id", "lineItem.id", "tail_of_link"),
        rule("lines[].sku", "lineItem.sku"),
        rule("lines[].quantity", "quantity"),
    ),
)

SHIPMENTS_WRITE = Preset(
    name="Shopify: make fulfilments",
    direction="write",
    platform="shopify",
    resource="fulfillments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", required=True),
        rule("tracking.number", "tracking_number || number", required=True),
        rule("tracking.company", "carrier"),
        rule("tracking.url", "tracking_url"),
        rule("lines[]", "lines"),
        rule("lines[].line_id", "order_line_id", required=True),
        rule("lines[].quantity", "quantity", "integer", required=True),
    ),
)

PRESETS: dict[str, Preset] = {
    "shopify-orders": ORDERS_READ,
    "shopify-customers": CUSTOMERS_READ,
    "shopify-set-customers": CUSTOMERS_WRITE,
    "shopify-variants": VARIANTS_READ,
    "shopify-stock": STOCK_READ,
    "shopify-set-stock": STOCK_WRITE,
    "shopify-payments": PAYMENTS_READ,
    "shopify-refunds": REFUNDS_READ,
    "shopify-make-refunds": REFUNDS_WRITE,
    "shopify-fulfilments": SHIPMENTS_READ,
    "shopify-make-fulfilments": SHIPMENTS_WRITE,
}

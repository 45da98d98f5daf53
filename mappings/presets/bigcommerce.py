"""BigCommerce's orders, customers, variants, stock and refunds into our Records, and ours into what it takes.

Amounts are texts with four places in version 2 of its API and numbers in version 3. An order's number is its id.
https://developer.bigcommerce.com/docs/rest-management/orders/order-status
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_RFC_2822 = {"format": "rfc2822"}
# What the shopper pays in, which may be another than what was shown.
_CURRENCY = "default_currency_code || currency_code"
_STATUS = "(contains(`[5, 6]`, status_id) && 'cancelled') || 'open'"
# What is paid outside of BigCommerce has no status of payment: then the order's own status tells.
_PAYMENT_STATUS = (
    "{is: payment_status, order: status_id} | "
    "((is == 'refunded' || order == `4`) && 'refunded') "
    "|| ((is == 'partially refunded' || order == `14`) && 'partially_refunded') "
    "|| (contains(['captured', 'paid'], is) && 'paid') "
    "|| (contains(['authorized', 'capture pending'], is) && 'authorized') "
    "|| (contains(['void', 'void pending'], is) && 'voided') "
    "|| ((is == 'declined' || order == `6`) && 'failed') "
    "|| (!is && contains(`[2, 3, 8, 9, 10, 11, 13]`, order) && 'paid') || 'pending'"
)
_IS_ALL_SHIPPED = "(items_total > `0` && items_shipped >= items_total)"
_FULFILLMENT_STATUS = (
    f"((contains(`[2, 10]`, status_id) || {_IS_ALL_SHIPPED}) && 'fulfilled') "
    "|| ((status_id == `3` || items_shipped > `0`) && 'partial') || 'unfulfilled'"
)
_LINES = "consignments.[shipping, pickups, downloads, email.gift_certificates][].line_items[]"
# Of a refund that was declined no money went back.
_REFUNDS = "refund_details[?!payments || payments[?!is_declined]]"
_SHIPPING = "consignments.shipping[0]"
_ADDRESS = (
    ("company", "company"),
    ("line1", "street_1"),
    ("line2", "street_2"),
    ("city", "city"),
    ("region", "state"),
    ("postal_code", "zip"),
    ("country", "country_iso2"),
    ("phone", "phone"),
    ("email", "email"),
)
_CUSTOMERS_ADDRESS = (
    ("company", "company"),
    ("line1", "address1"),
    ("line2", "address2"),
    ("city", "city"),
    ("region", "state_or_province"),
    ("postal_code", "postal_code"),
    ("country", "country_code"),
    ("phone", "phone"),
)
_NAME = "join(' ', [{0}first_name || '', {0}last_name || ''])"
# https://developer.bigcommerce.com/docs/rest-management/orders/order-shipments
_PROVIDERS = "['auspost', 'canadapost', 'endicia', 'fedex', 'royalmail', 'ups', 'usps']"


def _read_address(ours: str, theirs: str, names: tuple[tuple[str, str], ...]) -> tuple[RuleData, ...]:
    return (
        rule(f"{ours}.name", f"{theirs} && {_NAME.format(theirs + '.')}", "strip"),
        *(rule(f"{ours}.{name}", f"{theirs}.{field}") for name, field in names),
    )


ORDERS_READ = Preset(
    name="BigCommerce: orders",
    direction="read",
    platform="bigcommerce",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "id", required=True),
        rule("number", "id", required=True),
        rule("placed_at", "date_created", "time", arguments=_RFC_2822),
        rule("updated_at", "date_modified", "time", arguments=_RFC_2822),
        rule("currency", _CURRENCY),
        rule("total", "total_inc_tax", "decimal"),
        rule("subtotal", "subtotal_inc_tax", "decimal"),
        rule("tax", "total_tax", "decimal"),
        rule("shipping_total", "shipping_cost_inc_tax", "decimal"),
        rule("discount_total", "[discount_amount, coupon_discount]", "sum"),
        rule("status", _STATUS),
        rule("payment_status", _PAYMENT_STATUS),
        rule("fulfillment_status", _FULFILLMENT_STATUS),
        rule("email", "billing_address.email"),
        rule("customer.id", "(customer_id != `0` && customer_id) || `null`"),
        rule("customer.name", _NAME.format("billing_address."), "strip"),
        rule("customer.first_name", "billing_address.first_name"),
        rule("customer.last_name", "billing_address.last_name"),
        rule("customer.company", "billing_address.company"),
        rule("customer.email", "billing_address.email"),
        rule("customer.phone", "billing_address.phone"),
        rule("customer.accepts_marketing", "is_email_opt_in"),
        *_read_address("shipping_address", _SHIPPING, _ADDRESS),
        *_read_address("billing_address", "billing_address", _ADDRESS),
        rule("note", "customer_message"),
        rule("lines[]", _LINES),
        rule("lines[].id", "id"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "name"),
        rule("lines[].ordered", "quantity"),
        rule("lines[].shipped", "quantity_shipped"),
        rule("lines[].refunded", "quantity_refunded"),
        rule("lines[].unit_price", "price_inc_tax", "decimal"),
        # It is physical, digital or a giftcertificate:
        # https://developer.bigcommerce.com/docs/rest-management/orders/order-products
        rule("lines[].requires_shipping", "type && type == 'physical'"),
        rule("lines[].tax", "total_tax", "decimal"),
        rule("lines[].discount", "applied_discounts[].amount", "sum"),
        rule("lines[].total", "discounted_total_inc_tax || total_inc_tax", "decimal"),
        rule("refunds[]", _REFUNDS),
        rule("refunds[].id", "id"),
        rule("refunds[].amount", "total_amount", "decimal"),
        rule("refunds[].currency", f"root.{_CURRENCY}"),
        rule("refunds[].reason", "reason"),
        rule("refunds[].created_at", "created", "time"),
        rule("extra.status", "status"),
        rule("extra.payment_method", "payment_method"),
        rule("extra.payment", "payment_provider_id"),
        rule("extra.coupons", "coupon_details[].code"),
        rule("extra.channel", "channel_id"),
        rule("extra.external_order_id", "external_order_id"),
    ),
    description="All amounts include tax. extra.payment is what the payment provider calls the payment.",
)

CUSTOMERS_READ = Preset(
    name="BigCommerce: customers",
    direction="read",
    platform="bigcommerce",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "date_modified", "time"),
        rule("created_at", "date_created", "time"),
        rule("name", _NAME.format(""), "strip"),
        rule("first_name", "first_name"),
        rule("last_name", "last_name"),
        rule("company", "company"),
        rule("email", "email"),
        rule("phone", "phone"),
        *_read_address("address", "addresses[0]", _CUSTOMERS_ADDRESS),
        rule("extra.group", "customer_group_id"),
    ),
)

VARIANTS_READ = Preset(
    name="BigCommerce: variants",
    direction="read",
    platform="bigcommerce",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "product.date_modified", "time"),
        rule("sku", "sku"),
        rule(
            "title",
            "(option_values && join(' - ', [product.name, join(', ', option_values[].label)])) || product.name",
        ),
        rule("barcode", "upc"),
        rule("price", "price || product.price", "decimal"),
    ),
    description="A variant without a price of its own costs what its product does.",
)

STOCK_READ = Preset(
    name="BigCommerce: stock",
    direction="read",
    platform="bigcommerce",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "identity.variant_id", required=True),
        rule("sku", "identity.sku"),
        rule("location", "(length(locations) == `1` && locations[0].location_code) || `null`"),
        rule("on_hand", "locations[].total_inventory_onhand", "sum"),
        rule("available", "locations[].available_to_sell", "sum"),
    ),
    description="Of the connection's location; of all together where none is named there.",
)

REFUNDS_READ = Preset(
    name="BigCommerce: refunds",
    direction="read",
    platform="bigcommerce",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "id", required=True),
        rule("order_id", "order_id"),
        rule("order_number", "order_id"),
        rule("amount", "total_amount", "decimal", required=True),
        rule("currency", f"order.[{_CURRENCY}] | [0]"),
        rule("reason", "[reason, items[?reason].reason | [0]][?@] | [0]"),
        rule("created_at", "created", "time"),
        rule("extra.payment", "payments[?transaction_id] | [0].transaction_id"),
        rule("extra.provider", "payments[0].provider_id"),
        rule("extra.is_declined", "(payments && !(payments[?!is_declined])) || `false`"),
    ),
)

STOCK_WRITE = Preset(
    name="BigCommerce: set stock",
    direction="write",
    platform="bigcommerce",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="What is on hand at the connection's location. BigCommerce offers it less the safety stock.",
)

SHIPMENTS_WRITE = Preset(
    name="BigCommerce: shipments",
    direction="write",
    platform="bigcommerce",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", "text", required=True),
        rule("tracking_number", "tracking_number || number", required=True),
        rule("tracking_link", "tracking_url"),
        # Other carriers are apps of the store, which have ids of their own.
        rule("shipping_provider", f"(contains({_PROVIDERS}, carrier || '') && carrier) || ''", default=""),
        rule("shipping_method", "carrier"),
        rule("items[]", "lines", required=True),
        rule("items[].order_product_id", "order_line_id", "integer", required=True),
        rule("items[].quantity", "quantity", "integer", required=True),
    ),
    description="Carriers that BigCommerce knows are auspost, canadapost, endicia, fedex, royalmail, ups and usps, "
    "written so: use a value map where they are called otherwise.",
)

CUSTOMERS_WRITE = Preset(
    name="BigCommerce: customers",
    direction="write",
    platform="bigcommerce",
    resource="customers",
    kind="customer",
    rules=(
        rule("email", "email", required=True),
        rule("first_name", "first_name", required=True),
        rule("last_name", "last_name", required=True),
        rule("company", "company", default=""),
        rule("phone", "phone", default=""),
    ),
    description="BigCommerce wants a first and a last name.",
)

PRESETS: dict[str, Preset] = {
    "bigcommerce-orders": ORDERS_READ,
    "bigcommerce-customers": CUSTOMERS_READ,
    "bigcommerce-variants": VARIANTS_READ,
    "bigcommerce-stock": STOCK_READ,
    "bigcommerce-refunds": REFUNDS_READ,
    "bigcommerce-set-stock": STOCK_WRITE,
    "bigcommerce-shipments": SHIPMENTS_WRITE,
    "bigcommerce-write-customers": CUSTOMERS_WRITE,
}

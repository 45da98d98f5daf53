"""Adobe Commerce's (Magento 2's) orders, customers, products, stock and credit memos as Records, and ours as it takes.

Amounts are numbers in the order's currency; what begins with base_ is in the shop's. Times are UTC without a zone. An
order's lines stand in it with those that they are made of: of a configurable product the line of what was chosen counts
(it has the price, and the SKU of the simple product), of a bundle its parts.
"""

from __future__ import annotations

from mappings.translate import RuleData

from .preset import Preset, rule

_UTC = {"zone": "UTC"}
_TIMES = (
    rule("updated_at", "updated_at", "time", arguments=_UTC),
    rule("created_at", "created_at", "time", arguments=_UTC),
)
_IS_LINE = "(!parent_item_id && product_type != 'bundle') || parent_item.product_type == 'bundle'"
# What was refunded before it was shipped will not be shipped any more, as the shop itself reckons it.
_SETTLED = "[qty_canceled || `0`, max([qty_refunded || `0`, qty_shipped || `0`])]"
_OF_LINE = "[row_total, discount_tax_compensation_amount]"
_TAX_OF_DISCOUNT = "= discount_tax_compensation_amount"
_PAYMENT_STATUS = (
    "{total: grand_total, paid: total_paid || `0`, back: total_refunded || `0`, is: state, "
    "held: payment.amount_authorized || `0`} | "
    "(back > `0` && (back >= paid || is == 'closed') && 'refunded') || (back > `0` && 'partially_refunded') "
    "|| (is == 'canceled' && 'voided') || (is == 'payment_review' && 'pending') "
    "|| (paid >= total && 'paid') || (paid > `0` && 'partially_paid') || (held > `0` && 'authorized') || 'pending'"
)
_FULFILLMENT_STATUS = (
    f"{{is: state, goods: items[?is_virtual != `1` && ({_IS_LINE})]}} | "
    f"{{is: is, left: goods[?sum({_SETTLED}) < qty_ordered], shipped: goods[?qty_shipped > `0`]}} | "
    "((is == 'complete' || (shipped && !left)) && 'fulfilled') || (shipped && 'partial') || 'unfulfilled'"
)
_SHIPPING = "extension_attributes.shipping_assignments[0].shipping.address"
_PAYMENTS = "(total_paid > `0` && [merge(payment || `{}`, {paid: total_paid})]) || `[]`"
_ADDRESS = (
    ("company", "company"),
    ("line1", "street[0]"),
    ("city", "city"),
    ("postal_code", "postcode"),
    ("country", "country_id"),
    ("phone", "telephone"),
)
# The address for bills; where none is marked so, the first.
_HOME = "([addresses[?default_billing] | [0], addresses[0]][?@] | [0])"
_NAME = "join(' ', [{0}firstname || '', {0}lastname || ''])"


def _read_address(ours: str, theirs: str, region: str, *more: tuple[str, str]) -> tuple[RuleData, ...]:
    return (
        rule(f"{ours}.name", f"{theirs} && {_NAME.format(theirs + '.')}", "strip"),
        # A street has up to as many lines as the shop allows.
        rule(f"{ours}.line2", f"{theirs}.street[1:]", "join", arguments={"with": ", "}),
        rule(f"{ours}.region", f"{theirs}.{region}"),
        *(rule(f"{ours}.{name}", f"{theirs}.{field}") for name, field in (*_ADDRESS, *more)),
    )


ORDERS_READ = Preset(
    name="Adobe Commerce: orders",
    direction="read",
    platform="adobe_commerce",
    resource="orders",
    kind="order",
    rules=(
        rule("id", "entity_id", required=True),
        rule("number", "increment_id", required=True),
        rule("placed_at", "created_at", "time", arguments=_UTC),
        rule("updated_at", "updated_at", "time", arguments=_UTC),
        rule("currency", "order_currency_code", required=True),
        rule("total", "grand_total", "decimal"),
        rule("subtotal", "subtotal", "decimal"),
        rule("tax", "tax_amount", "decimal"),
        rule("shipping_total", "shipping_amount", "decimal"),
        rule("discount_total", "discount_amount", "absolute"),
        rule("status", "(state == 'canceled' && 'cancelled') || 'open'"),
        rule("payment_status", _PAYMENT_STATUS),
        rule("fulfillment_status", _FULFILLMENT_STATUS),
        rule("email", "customer_email"),
        rule("customer.id", "customer_id"),
        rule("customer.name", _NAME.format("billing_address."), "strip"),
        rule("customer.first_name", "customer_firstname || billing_address.firstname"),
        rule("customer.last_name", "customer_lastname || billing_address.lastname"),
        rule("customer.company", "billing_address.company"),
        rule("customer.email", "customer_email"),
        rule("customer.phone", "billing_address.telephone"),
        *_read_address("shipping_address", _SHIPPING, "region", ("email", "email")),
        *_read_address("billing_address", "billing_address", "region", ("email", "email")),
        rule("note", "customer_note"),
        rule("lines[]", f"items[?{_IS_LINE}]"),
        rule("lines[].id", "item_id", required=True),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "name"),
        rule("lines[].ordered", "qty_ordered", "decimal"),
        rule("lines[].cancelled", _SETTLED, "sum", arguments={"minus": "= qty_shipped"}),
        rule("lines[].shipped", "qty_shipped", "decimal"),
        rule("lines[].refunded", "qty_refunded", "decimal"),
        rule("lines[].unit_price", "price", "decimal"),
        rule("lines[].requires_shipping", "is_virtual != null && is_virtual != `1`"),
        rule("lines[].tax", "tax_amount", "decimal"),
        # Where prices hold their tax, a discount takes some of that too, which stands by itself.
        rule("lines[].discount", "discount_amount", "minus", arguments={"minus": _TAX_OF_DISCOUNT}),
        rule("lines[].total", _OF_LINE, "sum", arguments={"minus": "= discount_amount"}),
        rule("payments[]", _PAYMENTS),
        rule("payments[].amount", "paid", "decimal"),
        rule("payments[].currency", "root.order_currency_code"),
        rule("payments[].status", "'paid'"),
        rule("payments[].provider", "method"),
        rule("payments[].reference", "last_trans_id"),
        rule("refunds[]", "refund_details[?state != `3`]"),
        rule("refunds[].id", "entity_id"),
        rule("refunds[].amount", "grand_total", "decimal"),
        rule("refunds[].currency", "order_currency_code"),
        rule("refunds[].reason", "comments[0].comment"),
        rule("refunds[].created_at", "created_at", "time", arguments=_UTC),
        rule("extra.state", "state"),
        rule("extra.status", "status"),
        rule("extra.store", "store_id"),
        rule("extra.coupon", "coupon_code"),
        rule("extra.payment_method", "payment.method"),
        rule("extra.shipping_method", "shipping_description"),
        rule("extra.base_currency", "base_currency_code"),
        rule("extra.replaces", "relation_parent_real_id"),
        rule("extra.replaced_by", "relation_child_real_id"),
    ),
    description="Lines, subtotal and shipping are without tax. Of a bundle the parts are told. extra.state is “holded” "
    "while an order is on hold; extra.replaced_by is the order that was made where this one was edited.",
)

CUSTOMERS_READ = Preset(
    name="Adobe Commerce: customers",
    direction="read",
    platform="adobe_commerce",
    resource="customers",
    kind="customer",
    rules=(
        rule("id", "id", required=True),
        *_TIMES,
        rule("name", _NAME.format(""), "strip"),
        rule("first_name", "firstname"),
        rule("last_name", "lastname"),
        rule("company", f"{_HOME}.company"),
        rule("email", "email"),
        rule("phone", f"{_HOME}.telephone"),
        rule("accepts_marketing", "extension_attributes.is_subscribed"),
        *_read_address("address", _HOME, "region.region"),
        rule("extra.group", "group_id"),
        rule("extra.website", "website_id"),
    ),
    description="The address is that for bills; where none is marked so, the first.",
)

VARIANTS_READ = Preset(
    name="Adobe Commerce: variants",
    direction="read",
    platform="adobe_commerce",
    resource="variants",
    kind="variant",
    rules=(
        rule("id", "id", required=True),
        rule("updated_at", "updated_at", "time", arguments=_UTC),
        rule("sku", "sku"),
        rule("title", "name"),
        rule("price", "price", "decimal"),
        rule("extra.type", "type_id"),
        rule("extra.is_enabled", "status == `1`"),
        rule("extra.weight", "weight"),
    ),
    description="What is sold by itself: not what is configurable, a bundle or a group, but the products of which "
    "these are made. The price is in the shop's currency; extra.weight is in the shop's unit.",
)

STOCK_READ = Preset(
    name="Adobe Commerce: stock",
    direction="read",
    platform="adobe_commerce",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("id", "join('/', [source_code, sku])", required=True),
        rule("sku", "sku"),
        rule("location", "source_code"),
        rule("on_hand", "quantity", "decimal"),
        # A source may be closed for a product, whatever lies there.
        rule("available", "(status == `1` && quantity) || `0`", "decimal"),
    ),
    description="What lies at the source. Open orders have reserved some of it, which the shop does not tell here.",
)

REFUNDS_READ = Preset(
    name="Adobe Commerce: refunds",
    direction="read",
    platform="adobe_commerce",
    resource="refunds",
    kind="refund",
    rules=(
        rule("id", "entity_id", required=True),
        rule("order_id", "order_id"),
        rule("order_number", "order.increment_id"),
        rule("amount", "grand_total", "decimal", required=True),
        rule("currency", "order_currency_code", required=True),
        rule("reason", "comments[0].comment"),
        rule("created_at", "created_at", "time", arguments=_UTC),
        rule("updated_at", "updated_at", "time", arguments=_UTC),
        rule("extra.number", "increment_id"),
        rule("extra.is_cancelled", "state == `3`"),
        rule("extra.payment", "transaction_id"),
    ),
)

STOCK_WRITE = Preset(
    name="Adobe Commerce: set stock",
    direction="write",
    platform="adobe_commerce",
    resource="stock",
    kind="stock_level",
    rules=(
        rule("sku", "sku", required=True),
        rule("available", "available", "integer", required=True),
    ),
    description="What lies at the connection's source. The shop itself takes off what its open orders have reserved: "
    "where the warehouse has taken that off as well, send on_hand.",
)

SHIPMENTS_WRITE = Preset(
    name="Adobe Commerce: shipments",
    direction="write",
    platform="adobe_commerce",
    resource="shipments",
    kind="shipment",
    rules=(
        rule("order_id", "context.ids.order", "text", required=True),
        rule("tracking_number", "tracking_number || number", required=True),
        rule("title", "carrier || 'Tracking'"),
        rule(
            "carrier_code",
            "(contains(['dhl', 'fedex', 'ups', 'usps'], carrier || '') && carrier) || 'custom'",
        ),
        rule("items[]", "lines", required=True),
        rule("items[].order_item_id", "order_line_id", "integer", required=True),
        rule("items[].qty", "quantity", "integer", required=True),
    ),
    description="Carriers that the shop knows are dhl, fedex, ups and usps, written so: use a value map where they are "
    "called otherwise. Others are told by their name.",
)

REFUNDS_WRITE = Preset(
    name="Adobe Commerce: credit memos",
    direction="write",
    platform="adobe_commerce",
    resource="refunds",
    kind="refund",
    rules=(
        rule("order_id", "context.ids.order", "text", required=True),
        rule("reference", "id", required=True),
        rule("amount", "amount", "decimal", required=True),
        rule("currency", "currency", required=True),
        rule("reason", "reason"),
    ),
    description="Keeps in the shop's books what was paid back elsewhere; the shop itself pays nothing back. Nothing "
    "is put back in stock.",
)

CUSTOMERS_WRITE = Preset(
    name="Adobe Commerce: customers",
    direction="write",
    platform="adobe_commerce",
    resource="customers",
    kind="customer",
    rules=(
        rule("email", "email", required=True),
        rule("firstname", "first_name", required=True),
        rule("lastname", "last_name", required=True),
    ),
    description="The shop wants a first and a last name. A new customer gets an e-mail from it.",
)

PRESETS: dict[str, Preset] = {
    "adobe-commerce-orders": ORDERS_READ,
    "adobe-commerce-customers": CUSTOMERS_READ,
    "adobe-commerce-variants": VARIANTS_READ,
    "adobe-commerce-stock": STOCK_READ,
    "adobe-commerce-refunds": REFUNDS_READ,
    "adobe-commerce-set-stock": STOCK_WRITE,
    "adobe-commerce-shipments": SHIPMENTS_WRITE,
    "adobe-commerce-credit-memos": REFUNDS_WRITE,
    "adobe-commerce-write-customers": CUSTOMERS_WRITE,
}

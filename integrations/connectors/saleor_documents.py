"""What Saleor is asked: https://docs.saleor.io/api-reference"""

from __future__ import annotations

import re
from typing import Any

ADDRESS = """firstName lastName companyName streetAddress1 streetAddress2 city postalCode countryArea phone
country { code }"""

# Older payments and newer transactions are shown under the same names.
MONEY_BACK = """transactions {
  id name pspReference createdAt
  authorizedAmount { amount } chargedAmount { amount } refundedAmount { amount }
  events { id type createdAt message pspReference amount { amount currency } }
}
payments {
  id name: gateway pspReference createdAt: created chargeStatus capturedAmount { amount }
  events: transactions { id type: kind isSuccess createdAt: created amount { amount currency } }
}"""

ORDER = f"""id number status created updatedAt userEmail customerNote voucherCode externalReference
channel {{ slug currencyCode }}
user {{ id firstName lastName email }}
billingAddress {{ {ADDRESS} }}
shippingAddress {{ {ADDRESS} }}
chargeStatus authorizeStatus paymentStatus
total {{ gross {{ amount currency }} tax {{ amount }} }}
undiscountedTotal {{ gross {{ amount }} }}
subtotal {{ gross {{ amount }} }}
shippingPrice {{ gross {{ amount }} }}
totalRefunded {{ amount }}
lines {{
  id productName variantName productSku quantity quantityFulfilled isShippingRequired
  unitPrice {{ gross {{ amount }} }} totalPrice {{ gross {{ amount }} tax {{ amount }} }}
}}
fulfillments {{ id status trackingNumber created lines {{ quantity orderLine {{ id productSku }} }} }}
{MONEY_BACK}"""

CUSTOMER = f"""id email firstName lastName isActive note externalReference dateJoined updatedAt
defaultShippingAddress {{ {ADDRESS} }} defaultBillingAddress {{ {ADDRESS} }}"""

VARIANT = """id sku name updatedAt externalReference weight { unit value } product { id name }
channelListings { channel { slug } price { amount currency } }"""

STOCK = "id quantity quantityAllocated warehouse { id slug } productVariant { id sku }"


def _listed(what: str, kind: str, node: str, more: str = "", arguments: str = "") -> str:
    return (
        f"query($first: Int!, $after: String, $filter: {kind}FilterInput{more}) {{ "
        f"{what}(first: $first, after: $after, filter: $filter, sortBy: {{ field: LAST_MODIFIED_AT, "
        f"direction: ASC }}{arguments}) {{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {node} }} }} }} }}"
    )


IN_CHANNEL = (", $channel: String", ", channel: $channel")
ORDERS = _listed("orders", "Order", ORDER, *IN_CHANNEL)
ONE_ORDER = f"query($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"
REFUNDS = _listed("orders", "Order", f"id number updatedAt {MONEY_BACK}", *IN_CHANNEL)
CUSTOMERS = _listed("customers", "Customer", CUSTOMER)
ONE_CUSTOMER = f"query($id: ID!) {{ user(id: $id) {{ {CUSTOMER} }} }}"
CUSTOMER_OF_EMAIL = f"query($email: String!) {{ user(email: $email) {{ {CUSTOMER} }} }}"
VARIANTS = _listed("productVariants", "ProductVariant", VARIANT)
ONE_VARIANT = f"query($id: ID!) {{ productVariant(id: $id) {{ {VARIANT} }} }}"
STOCKS = (
    "query($first: Int!, $after: String) { stocks(first: $first, after: $after) "
    f"{{ pageInfo {{ hasNextPage endCursor }} edges {{ node {{ {STOCK} }} }} }} }}"
)
ONE_STOCK = f"query($id: ID!) {{ stock(id: $id) {{ {STOCK} }} }}"

WAREHOUSES = "{ warehouses(first: 2) { edges { node { id slug } } } }"
WAREHOUSE_OF_SLUG = (
    "query($slugs: [String!]) "
    "{ warehouses(first: 2, filter: { slugs: $slugs }) { edges { node { id slug } } } }"
)
STOCK_OF_SKU = f"query($sku: String!) {{ productVariant(sku: $sku) {{ id sku stocks {{ {STOCK} }} }} }}"
ERRORS = "errors { field code message }"
SET_STOCK = f"""mutation($id: ID!, $stocks: [StockInput!]!) {{
  productVariantStocksUpdate(variantId: $id, stocks: $stocks) {{
    productVariant {{ id stocks {{ {STOCK} }} }} {ERRORS}
  }}
}}"""
FULFIL = f"""mutation($order: ID!, $input: OrderFulfillInput!) {{
  orderFulfill(order: $order, input: $input) {{ fulfillments {{ id status trackingNumber created }} {ERRORS} }}
}}"""
FULFILMENTS_OF_ORDER = (
    "query($id: ID!) { order(id: $id) { id fulfillments { id status trackingNumber created } } }"
)
MAKE_CUSTOMER = f"""mutation($input: UserCreateInput!) {{
  customerCreate(input: $input) {{ user {{ {CUSTOMER} }} {ERRORS} }}
}}"""
CHANGE_CUSTOMER = f"""mutation($id: ID!, $input: CustomerInput!) {{
  customerUpdate(id: $id, input: $input) {{ user {{ {CUSTOMER} }} {ERRORS} }}
}}"""

WEBHOOKS = "{ app { webhooks { id targetUrl isActive asyncEvents { eventType } } } }"
MAKE_WEBHOOK = f"""mutation($input: WebhookCreateInput!) {{
  webhookCreate(input: $input) {{ webhook {{ id }} {ERRORS} }}
}}"""
TAKE_WEBHOOK = f"mutation($id: ID!) {{ webhookDelete(id: $id) {{ webhook {{ id }} {ERRORS} }} }}"

# The types of events, and what they are about: https://docs.saleor.io/developer/extending/webhooks/asynchronous-events
OF_ORDER = [
    "OrderCreated",
    "OrderConfirmed",
    "OrderUpdated",
    "OrderPaid",
    "OrderFullyPaid",
    "OrderRefunded",
    "OrderFullyRefunded",
    "OrderCancelled",
    "OrderExpired",
    "OrderFulfilled",
    "FulfillmentCreated",
    "FulfillmentCanceled",
    "FulfillmentApproved",
    "FulfillmentTrackingNumberUpdated",
]
OF_CUSTOMER = ["CustomerCreated", "CustomerUpdated", "CustomerDeleted"]
OF_VARIANT = ["ProductVariantCreated", "ProductVariantUpdated", "ProductVariantDeleted"]
_PARTS = [
    *(f"... on {name} {{ order {{ id }} }}" for name in OF_ORDER),
    *(f"... on {name} {{ user {{ id }} }}" for name in OF_CUSTOMER),
    *(f"... on {name} {{ productVariant {{ id }} }}" for name in OF_VARIANT),
]
SUBSCRIPTION = f"subscription {{ event {{ issuedAt {' '.join(_PARTS)} }} }}"


def _event(name: str) -> str:
    """OrderUpdated as order_updated, which is how it comes; in capitals it is ordered."""
    return re.sub("(?<!^)(?=[A-Z])", "_", name).lower()


# With a query a webhook has what was asked for; without one a list of whole things, as older shops send it.
TOPICS: dict[str, dict[str, Any]] = {
    **{_event(name): {"resource": "orders", "id": "order.id || id"} for name in OF_ORDER},
    **{_event(name): {"resource": "customers", "id": "user.id || id"} for name in OF_CUSTOMER},
    **{_event(name): {"resource": "variants", "id": "productVariant.id || id"} for name in OF_VARIANT},
}

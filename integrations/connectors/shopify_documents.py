"""What Shopify is asked: https://shopify.dev/docs/api/admin-graphql/2026-07

The fields of orders and variants are shared by lists, single calls and exports, so that all give the same. An export
takes no connection inside a list (https://shopify.dev/docs/api/usage/bulk-operations/queries): what was shipped and
refunded of a line is told by the line itself.
"""

MONEY = "{ shopMoney { amount currencyCode } }"
ADDRESS = (
    "{ name company address1 address2 city province provinceCode zip countryCodeV2 phone firstName lastName }"
)

LINE = f"""id name sku quantity currentQuantity unfulfilledQuantity requiresShipping variant {{ id }}
originalUnitPriceSet {MONEY} originalTotalSet {MONEY} discountedTotalSet(withCodeDiscounts: true) {MONEY}
taxLines {{ priceSet {MONEY} }}"""
LINES = "pageInfo { hasNextPage endCursor }"
TRANSACTION = """id kind status gateway paymentId createdAt processedAt test errorCode
amountSet { shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }
parentTransaction { id } order { id name }"""
REFUND = f"id createdAt updatedAt note totalRefundedSet {MONEY} order {{ id name }}"
ORDER_FIELDS = f"""id name createdAt processedAt updatedAt cancelledAt cancelReason closed test edited
displayFinancialStatus displayFulfillmentStatus currencyCode presentmentCurrencyCode taxesIncluded
email phone note tags sourceName discountCodes paymentGatewayNames
currentTotalPriceSet {{ shopMoney {{ amount currencyCode }} presentmentMoney {{ amount currencyCode }} }}
totalPriceSet {MONEY} currentSubtotalPriceSet {MONEY} currentTotalTaxSet {MONEY}
currentTotalDiscountsSet {MONEY} currentShippingPriceSet {MONEY}
customer {{ id firstName lastName displayName defaultEmailAddress {{ emailAddress }}
  defaultPhoneNumber {{ phoneNumber }} }}
shippingAddress {ADDRESS} billingAddress {ADDRESS}
transactions {{ {TRANSACTION} }} refunds {{ {REFUND} }}
fulfillments {{ id name status displayStatus createdAt updatedAt trackingInfo {{ company number url }} }}"""
# What was promised is told by the parts of an order that ship from one place:
# https://shopify.dev/docs/api/admin-graphql/2026-07/objects/FulfillmentOrder
PROMISE = "id status fulfillBy deliveryMethod { minDeliveryDateTime maxDeliveryDateTime }"
ORDER = f"""{ORDER_FIELDS} fulfillmentOrders(first: 5) {{ {LINES} nodes {{ {PROMISE} }} }}
lineItems(first: 50) {{ {LINES} nodes {{ {LINE} }} }}"""
ORDERS = f"""query($after: String, $first: Int!, $query: String) {{
  orders(after: $after, first: $first, query: $query, sortKey: UPDATED_AT) {{
    {LINES} nodes {{ {ORDER} }}
  }}
}}"""
ONE_ORDER = f"query($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"
# An order of more lines than a list shows at once.
ALL_LINES = f"""query($id: ID!, $after: String, $first: Int!) {{
  order(id: $id) {{ lineItems(after: $after, first: $first) {{ {LINES} nodes {{ {LINE} }} }} }}
}}"""
CANCEL = """mutation($id: ID!) {
  orderCancel(orderId: $id, reason: OTHER, restock: true, refundMethod: { originalPaymentMethodsRefund: false }) {
    job { id } orderCancelUserErrors { code field message }
  }
}"""

PARTS_OF_ORDERS = f"""query($after: String, $first: Int!, $query: String) {{
  orders(after: $after, first: $first, query: $query, sortKey: UPDATED_AT) {{
    {LINES} nodes {{ id %s }}
  }}
}}"""
REFUNDS = PARTS_OF_ORDERS % f"refunds {{ {REFUND} }}"
ONE_REFUND = f"query($id: ID!) {{ refund(id: $id) {{ {REFUND} }} }}"
REFUNDS_OF_ORDER = f"query($id: ID!) {{ order(id: $id) {{ refunds {{ {REFUND} }} }} }}"
PAYMENTS = PARTS_OF_ORDERS % f"transactions {{ {TRANSACTION} }}"
ONE_PAYMENT = (
    f"query($id: ID!) {{ node(id: $id) {{ __typename ... on OrderTransaction {{ {TRANSACTION} }} }} }}"
)
PAYMENTS_OF_ORDER = """query($id: ID!) {
  order(id: $id) { transactions { id kind status gateway } }
}"""
MAKE_REFUND = f"""mutation($input: RefundInput!, $key: String!) {{
  refundCreate(input: $input) @idempotent(key: $key) {{
    refund {{ {REFUND} }} userErrors {{ field message }}
  }}
}}"""

FULFILLMENT = """id name status displayStatus createdAt updatedAt deliveredAt
trackingInfo { company number url } order { id name }
fulfillmentLineItems(first: 50) { nodes { id quantity lineItem { id sku } } }"""
FULFILLMENTS = PARTS_OF_ORDERS % f"fulfillments {{ {FULFILLMENT} }}"
ONE_FULFILLMENT = f"query($id: ID!) {{ fulfillment(id: $id) {{ {FULFILLMENT} }} }}"
FULFILLMENTS_OF_ORDER = f"query($id: ID!) {{ order(id: $id) {{ fulfillments {{ {FULFILLMENT} }} }} }}"
WHAT_CAN_BE_FULFILLED = """query($id: ID!, $after: String) {
  order(id: $id) {
    name
    fulfillmentOrders(first: 10, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id status assignedLocation { location { id } }
        lineItems(first: 100) { nodes { id remainingQuantity lineItem { id } } }
      }
    }
  }
}"""
FULFIL = f"""mutation($fulfillment: FulfillmentInput!) {{
  fulfillmentCreate(fulfillment: $fulfillment) {{
    fulfillment {{ {FULFILLMENT} }} userErrors {{ field message }}
  }}
}}"""
CHANGE_TRACKING = f"""mutation($id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean) {{
  fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify) {{
    fulfillment {{ {FULFILLMENT} }} userErrors {{ field message }}
  }}
}}"""
CANCEL_FULFILLMENT = f"""mutation($id: ID!) {{
  fulfillmentCancel(id: $id) {{ fulfillment {{ {FULFILLMENT} }} userErrors {{ field message }} }}
}}"""

CUSTOMER = f"""id firstName lastName displayName createdAt updatedAt tags note verifiedEmail
defaultEmailAddress {{ emailAddress marketingState }} defaultPhoneNumber {{ phoneNumber }}
defaultAddress {ADDRESS}"""
CUSTOMERS = f"""query($after: String, $first: Int!, $query: String) {{
  customers(after: $after, first: $first, query: $query, sortKey: UPDATED_AT) {{
    {LINES} nodes {{ {CUSTOMER} }}
  }}
}}"""
ONE_CUSTOMER = f"query($id: ID!) {{ customer(id: $id) {{ {CUSTOMER} }} }}"
CUSTOMER_BY_EMAIL = f"""query($email: String!) {{
  customerByIdentifier(identifier: {{ emailAddress: $email }}) {{ {CUSTOMER} }}
}}"""
SET_CUSTOMER = f"""mutation($identifier: CustomerSetIdentifiers, $input: CustomerSetInput!) {{
  customerSet(identifier: $identifier, input: $input) {{
    customer {{ {CUSTOMER} }} userErrors {{ code field message }}
  }}
}}"""

VARIANT = """id sku title displayName barcode price createdAt updatedAt
product { id title status priceRangeV2 { minVariantPrice { currencyCode } } }
inventoryItem { id tracked measurement { weight { unit value } } }"""
VARIANTS = f"""query($after: String, $first: Int!, $query: String) {{
  productVariants(after: $after, first: $first, query: $query, sortKey: ID) {{
    {LINES} nodes {{ {VARIANT} }}
  }}
}}"""
ONE_VARIANT = f"query($id: ID!) {{ productVariant(id: $id) {{ {VARIANT} }} }}"

LEVEL = """id updatedAt item { id sku tracked } location { id name }
quantities(names: ["available", "on_hand", "committed"]) { name quantity updatedAt }"""
LEVELS = f"""query($location: ID, $after: String, $first: Int!, $query: String) {{
  location(id: $location) {{
    inventoryLevels(after: $after, first: $first, query: $query) {{ {LINES} nodes {{ {LEVEL} }} }}
  }}
}}"""
ONE_LEVEL = f"query($id: ID!) {{ inventoryLevel(id: $id) {{ {LEVEL} }} }}"
LEVELS_OF_SKUS = """query($query: String!, $location: ID, $first: Int!) {
  location(id: $location) { id name }
  inventoryItems(first: $first, query: $query) {
    nodes { id sku inventoryLevels(first: 50) { nodes { id location { id } } } }
  }
}"""
SET_STOCK = """mutation($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}"""
SHOP = "{ shop { name currencyCode } }"

# Grouped: what belongs to an order follows it at once.
RUN_EXPORT = """mutation($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: true) {
    bulkOperation { id status } userErrors { code field message }
  }
}"""
EXPORT = """query($id: ID!) {
  bulkOperation(id: $id) { id status errorCode rootObjectCount url }
}"""

SUBSCRIPTIONS = f"""query($after: String, $first: Int!) {{
  webhookSubscriptions(after: $after, first: $first) {{ {LINES} nodes {{ id topic uri }} }}
}}"""
SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $address: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $address, format: JSON }) {
    webhookSubscription { id } userErrors { field message }
  }
}"""
UNSUBSCRIBE = """mutation($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
}"""

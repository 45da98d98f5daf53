"""What Vendure is asked: https://docs.vendure.io/reference/graphql-api/admin/"""

LOGIN = """mutation($username: String!, $password: String!) {
  login(username: $username, password: $password) { __typename ... on ErrorResult { errorCode message } }
}"""

ORDER = """id code state active orderPlacedAt createdAt updatedAt currencyCode totalWithTax total subTotalWithTax
shippingWithTax couponCodes discounts { description amountWithTax }
customer { id firstName lastName emailAddress phoneNumber user { id } }
shippingAddress { fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
billingAddress { fullName company streetLine1 streetLine2 city province postalCode countryCode phoneNumber }
lines {
  id quantity orderPlacedQuantity unitPriceWithTax proratedUnitPriceWithTax linePriceWithTax
  productVariant { id sku name } fulfillmentLines { quantity fulfillmentId }
}
payments {
  id state amount method transactionId createdAt updatedAt
  refunds { id state total reason createdAt updatedAt lines { orderLineId quantity } }
}
fulfillments { id state method trackingCode createdAt updatedAt lines { orderLineId quantity } }"""

ORDERS = (
    f"query($options: OrderListOptions) {{ orders(options: $options) {{ totalItems items {{ {ORDER} }} }} }}"
)
ONE_ORDER = f"query($id: ID!) {{ order(id: $id) {{ {ORDER} }} }}"

CUSTOMER = """id title firstName lastName emailAddress phoneNumber createdAt updatedAt user { id verified }
addresses { id fullName company streetLine1 streetLine2 city province postalCode country { code } phoneNumber
  defaultShippingAddress }"""
CUSTOMERS = (
    "query($options: CustomerListOptions) "
    f"{{ customers(options: $options) {{ totalItems items {{ {CUSTOMER} }} }} }}"
)
ONE_CUSTOMER = f"query($id: ID!) {{ customer(id: $id) {{ {CUSTOMER} }} }}"

VARIANT = """id sku name enabled price priceWithTax currencyCode createdAt updatedAt trackInventory
product { id name slug } stockLevels { stockOnHand stockAllocated stockLocationId updatedAt }"""
VARIANTS = (
    "query($options: ProductVariantListOptions) "
    f"{{ productVariants(options: $options) {{ totalItems items {{ {VARIANT} }} }} }}"
)
ONE_VARIANT = f"query($id: ID!) {{ productVariant(id: $id) {{ {VARIANT} }} }}"

STOCK_OF_SKU = """query($sku: String!) {
  productVariants(options: { filter: { sku: { eq: $sku } }, take: 2 }) {
    items { id sku stockLevels { stockOnHand stockAllocated stockLocationId } }
  }
}"""
SET_STOCK = f"""mutation($input: [UpdateProductVariantInput!]!) {{
  updateProductVariants(input: $input) {{ {VARIANT} }}
}}"""

FULFIL = """mutation($input: FulfillOrderInput!) {
  addFulfillmentToOrder(input: $input) {
    __typename
    ... on Fulfillment { id state trackingCode updatedAt lines { orderLineId quantity } }
    ... on ErrorResult { errorCode message }
  }
}"""
SHIP = """mutation($id: ID!) {
  transitionFulfillmentToState(id: $id, state: "Shipped") {
    __typename
    ... on Fulfillment { id state trackingCode updatedAt }
    ... on FulfillmentStateTransitionError { errorCode message fromState transitionError }
  }
}"""
FULFILMENTS_OF_ORDER = (
    "query($id: ID!) { order(id: $id) { id fulfillments { id state trackingCode updatedAt } } }"
)

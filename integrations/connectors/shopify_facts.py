"""What is to be filled in for Shopify, and what a person wants to know before."""

from __future__ import annotations

from integrations.connectors.base import SettingField
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL
from integrations.connectors.native import native_of

SCOPES = (
    "read_orders, read_all_orders, write_orders, read_customers, write_customers, read_products, read_locations, "
    "read_inventory, write_inventory, read_merchant_managed_fulfillment_orders and "
    "write_merchant_managed_fulfillment_orders"
)

SETTINGS = (
    SettingField(
        BASE_URL.name,
        "Address of the store",
        kind="url",
        help_text="https://your-store.myshopify.com, not the domain that customers see. To try it out, take the "
        "address of a development store.",
    ),
    SettingField(
        "location",
        "Location",
        required=False,
        help_text="Number of the location whose stock is read and written, as at the end of its address in "
        "Settings → Locations. Empty: the store's main location, and no webhooks for stock.",
    ),
    SettingField(
        "notify_customers",
        "Let Shopify write to customers",
        required=False,
        kind="boolean",
        default=False,
        help_text="Whether a new fulfilment or tracking number makes Shopify send its e-mail.",
    ),
    SettingField(
        "client_id",
        "Client ID",
        required=False,
        secret=True,
        help_text="Of an app made in the Dev Dashboard; goes with its client secret.",
    ),
    SettingField("client_secret", "Client secret", required=False, secret=True),
    SettingField(
        "token",
        "Access token",
        required=False,
        secret=True,
        help_text="Only for a custom app that was made in the store's admin before 2026. It begins with shpat_.",
    ),
    SettingField(
        "webhook_secret",
        "Signing secret of webhooks",
        required=False,
        secret=True,
        help_text="Filled in when webhooks are ordered here. Else what Settings → Notifications → Webhooks shows; with "
        "an access token of an older app, that app's API secret key.",
    ),
)

VERSION = "2026-07"

FACTS = Facts(
    group=Group.SHOP,
    documentation="https://shopify.dev/docs/api/admin-graphql",
    native_integrations=native_of("shopify"),
    api_version=ApiVersion(VERSION, months=12, source="https://shopify.dev/docs/api/usage/versioning"),
    credentials=(
        "In Shopify's admin open Settings → Apps → Develop apps → Build apps in Dev Dashboard.",
        f"Create an app there, and a version of it with the scopes {SCOPES}.",
        "Release the version, then install the app on your store.",
        "In the app open Settings and copy Client ID and Client secret into the fields of the same names.",
        "An older custom app of the store's admin goes on working: enter its access token (shpat_…) instead.",
    ),
    verified=Verified.CONTRACT,
    verified_against="Shopify's Admin GraphQL schema 2026-07; logging in, exports and webhooks against its written "
    "documentation",
    limits="100 points a second on standard plans, up to 2000 on larger ones; Crossdock keeps to what each answer "
    "tells.",
    traps=(
        "Without the scope read_all_orders only the orders of the last 60 days are there.",
        "Names and addresses of customers need Shopify's approval for protected customer data.",
        "The total is what an order is worth now: refunds and edits are taken off it.",
        "Amounts are in the store's currency, whatever currency the customer paid in.",
        "Shopify deletes a webhook that fails for four hours, so keep the reading interval as well.",
        "The first read of a store with thousands of orders or products begins when Shopify has written an export.",
    ),
    lacks=(
        "A connection reads and writes the stock of one location; make one more connection for each other.",
        "Products are not created or priced here, and drafts, returns and disputes are not read.",
        "A fulfilment is made at one location; what lies at several needs one fulfilment for each.",
    ),
    webhooks="Press “Order webhooks” at this connection. For those of Settings → Notifications → Webhooks enter the "
    "secret that is shown there; one connection cannot take both kinds.",
)

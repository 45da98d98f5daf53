"""What vendors offer themselves between two systems, and for whom that is enough: each pair once, told at both ends.

Only what a vendor offers as its own is told here, not what a third party sells. What exactly such an integration
writes is known to its settings page alone: look there before a job of ours writes the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.connectors.facts import NativeIntegration


@dataclass(frozen=True)
class Pair:
    one: str
    other: str
    carries: tuple[str, ...]
    suffices_when: str


MARKETING = ("customer", "order", "event")
FULFILMENT = ("order", "shipment", "stock_level")
LABELS = ("order", "shipment")
CHECKOUT = ("payment",)


def _marketing(shop: str, tool: str, said: str) -> Pair:
    return Pair(
        shop,
        tool,
        MARKETING,
        f"{said} If this shop is your only one and its customers' consent is kept there, use it. Come back when a "
        "second channel sells, or when a refund made elsewhere must correct a segment.",
    )


def _fulfilment(shop: str) -> Pair:
    return Pair(
        shop,
        "shipbob",
        FULFILMENT,
        "ShipBob's own app for this shop takes orders and returns tracking and stock. If ShipBob is your only "
        "warehouse and this your only channel, use it. Come back when stock is spread, or orders need a filter.",
    )


def _labels(shop: str) -> Pair:
    return Pair(
        shop,
        "shippo",
        LABELS,
        "Shippo's own connection takes this shop's orders and returns the tracking number. If somebody buys the "
        "labels by hand there, use it. Come back when labels are to be bought by themselves, or stock must be kept.",
    )


def _checkout(shop: str, provider: str, said: str) -> Pair:
    return Pair(
        shop,
        provider,
        CHECKOUT,
        f"{said} It takes the money and marks the order as paid: use it for that, always. Come back to match "
        "payments, refunds and payouts with orders.",
    )


PAIRS: tuple[Pair, ...] = (
    _marketing(
        "shopify", "klaviyo", "Klaviyo's own app for Shopify carries customers, orders and what they look at."
    ),
    _marketing("shopify", "mailchimp", "Mailchimp's own app for Shopify carries customers and orders."),
    _marketing("shopify", "brevo", "Brevo's own app for Shopify carries customers and orders."),
    _marketing("woocommerce", "klaviyo", "Klaviyo's own plugin carries customers and orders."),
    _marketing("woocommerce", "mailchimp", "“Mailchimp for WooCommerce” carries customers and orders."),
    _marketing("woocommerce", "brevo", "Brevo's own plugin carries customers and orders."),
    _marketing("bigcommerce", "klaviyo", "Klaviyo's own app for BigCommerce carries customers and orders."),
    _marketing("bigcommerce", "mailchimp", "Mailchimp's app in BigCommerce carries customers and orders."),
    _marketing("adobe_commerce", "klaviyo", "Klaviyo's own extension carries customers and orders."),
    _fulfilment("shopify"),
    _fulfilment("woocommerce"),
    _fulfilment("bigcommerce"),
    _labels("shopify"),
    _labels("woocommerce"),
    _labels("bigcommerce"),
    _checkout("shopify", "paypal", "Shopify's checkout has PayPal built in."),
    _checkout("woocommerce", "stripe", "The Stripe gateway of WooCommerce's makers is a plugin."),
    _checkout("woocommerce", "paypal", "“WooCommerce PayPal Payments” is a plugin of WooCommerce's makers."),
    _checkout("woocommerce", "mollie", "“Mollie Payments for WooCommerce” is Mollie's own plugin."),
    _checkout("woocommerce", "razorpay", "“Razorpay for WooCommerce” is Razorpay's own plugin."),
    _checkout("bigcommerce", "stripe", "BigCommerce's checkout has Stripe built in."),
    _checkout("bigcommerce", "paypal", "BigCommerce's checkout has PayPal built in."),
    _checkout("adobe_commerce", "paypal", "Adobe Commerce has PayPal built in."),
    _checkout("adobe_commerce", "mollie", "Mollie's own extension for Adobe Commerce takes payments."),
    _checkout("adobe_commerce", "stripe", "Stripe's own extension for Adobe Commerce takes payments."),
    _checkout("saleor", "stripe", "Saleor's own Stripe app takes payments."),
    _checkout("medusa", "stripe", "Medusa's own Stripe module takes payments."),
    _checkout("vendure", "stripe", "Vendure's own payments plugin speaks to Stripe."),
    _checkout("vendure", "mollie", "Vendure's own payments plugin speaks to Mollie."),
    Pair(
        "shopify",
        "hubspot",
        ("customer", "order"),
        "HubSpot's own app for Shopify carries customers, products and orders. If Shopify is the only system that "
        "knows your customers, use it. Come back when a second one does, or when each field needs one owner.",
    ),
    Pair(
        "shopify",
        "erpnext",
        ("order", "stock_level", "customer"),
        "Frappe's own app “Ecommerce Integrations” books Shopify's orders and returns stock. If Shopify is your only "
        "channel, use it. Come back for a second one, or when orders fail there and nobody is told.",
    ),
    Pair(
        "shopify",
        "zendesk",
        (),
        "Zendesk's own app shows a customer's Shopify orders beside a ticket; it copies nothing. If your agents only "
        "need to look, use it. Come back when orders or tickets are to be counted, or one contact is to be kept.",
    ),
    Pair(
        "shopify",
        "freshdesk",
        (),
        "Freshworks' own app shows a customer's Shopify orders beside a ticket; it copies nothing. If your agents "
        "only need to look, use it. Come back when one contact is to be kept in shop and help desk.",
    ),
    Pair(
        "shopify",
        "ga4",
        ("event",),
        "Shopify's app “Google & YouTube” sends purchases from the customer's browser. If a share that blockers and "
        "consent take away does not matter to you, use it. Come back when each purchase must count, and refunds too.",
    ),
    Pair(
        "woocommerce",
        "ga4",
        ("event",),
        "“Google Analytics for WooCommerce” sends purchases from the customer's browser. If a share that blockers "
        "take away does not matter to you, use it. Come back when each purchase must count, and refunds too.",
    ),
    Pair(
        "hubspot",
        "mailchimp",
        ("customer",),
        "HubSpot's own data sync keeps contacts equal. If contacts are all you need and no shop writes to either, use "
        "it. Come back when purchases are to fill segments.",
    ),
    Pair(
        "hubspot",
        "pipedrive",
        ("customer",),
        "HubSpot's own data sync keeps contacts equal, both ways. If these two are all that know your customers, use "
        "it. Come back when a shop or a help desk does too, and each field needs one owner.",
    ),
    Pair(
        "hubspot",
        "zendesk",
        ("customer",),
        "HubSpot's own data sync keeps contacts equal, both ways. If no shop writes to either, use it. Come back when "
        "one does, and each field needs one owner.",
    ),
    Pair(
        "hubspot",
        "xero",
        ("customer",),
        "HubSpot's own data sync keeps contacts equal. If invoices are written by hand, use it. Come back when orders "
        "are to be booked by themselves.",
    ),
    Pair(
        "klaviyo",
        "zendesk",
        ("event",),
        "Klaviyo's own integration brings tickets into Klaviyo as events. If that is all you need, use it. Come back "
        "when tickets are to be counted against orders.",
    ),
)


def native_of(platform: str) -> tuple[NativeIntegration, ...]:
    """Those of one platform, as its facts tell them."""
    found = []
    for pair in PAIRS:
        if platform in (pair.one, pair.other):
            with_platform = pair.other if platform == pair.one else pair.one
            found.append(NativeIntegration(with_platform, pair.carries, pair.suffices_when))
    return tuple(found)

"""What vendors offer themselves between two systems, and for whom that is enough: each pair once, told at both ends.

Only what a vendor offers as its own is told here, not what a third party sells. What exactly such an integration
writes is known to its settings page alone: look there before a job of ours writes the same.

A pair with a `source` was read on that page of a vendor on the day of `checked`; one without is from general knowledge,
and its readers are told so. Who reads a page anew writes its day down.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from integrations.connectors.facts import NativeIntegration


@dataclass(frozen=True)
class Pair:
    """`source` and `checked` as at NativeIntegration."""

    one: str
    other: str
    carries: tuple[str, ...]
    suffices_when: str
    source: str = ""
    checked: date | None = None


READ = date(2026, 11, 26)

MARKETING = ("customer", "order", "event")
# Its pages name people, orders and products, no events.
MAILCHIMP = ("customer", "order")
FULFILMENT = ("order", "shipment", "stock_level")
LABELS = ("order", "shipment")
CHECKOUT = ("payment",)


def _marketing(
    shop: str,
    tool: str,
    said: str,
    source: str = "",
    checked: date | None = None,
    carries: tuple[str, ...] = MARKETING,
) -> Pair:
    return Pair(
        shop,
        tool,
        carries,
        f"{said} If this shop is your only one and its customers' consent is kept there, use it. Come back when a "
        "second channel sells, or when a refund made elsewhere must correct a segment.",
        source,
        checked,
    )


def _fulfilment(shop: str, source: str, checked: date) -> Pair:
    return Pair(
        shop,
        "shipbob",
        FULFILMENT,
        "ShipBob's own app for this shop takes orders and returns tracking, and stock where its settings say so. If "
        "ShipBob is your only warehouse and this your only channel, use it. Come back when stock is spread, or orders "
        "need a filter.",
        source,
        checked,
    )


def _labels(shop: str) -> Pair:
    return Pair(
        shop,
        "shippo",
        LABELS,
        "Shippo's own connection takes this shop's orders and returns the tracking number. If somebody buys the "
        "labels by hand there, use it. Come back when labels are to be bought by themselves, or stock must be kept.",
    )


def _checkout(shop: str, provider: str, said: str, source: str, checked: date) -> Pair:
    return Pair(
        shop,
        provider,
        CHECKOUT,
        f"{said} It takes the money and marks the order as paid: use it for that, always. Come back to match "
        "payments, refunds and payouts with orders.",
        source,
        checked,
    )


PAIRS: tuple[Pair, ...] = (
    _marketing(
        "shopify",
        "klaviyo",
        "Klaviyo's own app for Shopify carries customers, orders and what they look at.",
        "https://help.klaviyo.com/hc/en-us/articles/115005080447",
        READ,
    ),
    _marketing(
        "shopify",
        "mailchimp",
        "Mailchimp's own app for Shopify carries customers and orders.",
        "https://mailchimp.com/help/mailchimp-shopify-syncing/",
        READ,
        carries=MAILCHIMP,
    ),
    _marketing(
        "shopify",
        "brevo",
        "“Brevo PushOwl”, Brevo's own app for Shopify, carries customers, orders and what they look at.",
        "https://docs.pushowl.com/en/articles/14642647-order-event-tracking",
        READ,
    ),
    _marketing(
        "woocommerce",
        "klaviyo",
        "Klaviyo's own plugin carries customers, orders and carts.",
        "https://help.klaviyo.com/hc/en-us/articles/360030732832",
        READ,
    ),
    _marketing(
        "woocommerce",
        "mailchimp",
        "“Mailchimp for WooCommerce” carries customers and orders.",
        "https://github.com/mailchimp/mc-woocommerce",
        READ,
        carries=MAILCHIMP,
    ),
    _marketing(
        "woocommerce",
        "brevo",
        "Brevo's own plugin carries customers and orders.",
    ),
    _marketing(
        "bigcommerce",
        "klaviyo",
        "Klaviyo's own app for BigCommerce carries customers and orders.",
        "https://help.klaviyo.com/hc/en-us/articles/115005082587",
        READ,
    ),
    _marketing(
        "bigcommerce",
        "mailchimp",
        "Mailchimp's app in BigCommerce carries customers and orders.",
    ),
    _marketing(
        "adobe_commerce",
        "klaviyo",
        "Klaviyo's own extension carries customers and orders.",
        "https://help.klaviyo.com/hc/en-us/articles/115003458852",
        READ,
    ),
    _fulfilment(
        "shopify",
        "https://support.shipbob.com/en/articles/3956497-shopify-features-capabilities",
        READ,
    ),
    _fulfilment(
        "woocommerce",
        "https://support.shipbob.com/en/articles/3947975-woocommerce-features-and-capabilities",
        READ,
    ),
    _fulfilment(
        "bigcommerce",
        "https://support.shipbob.com/en/articles/3948576-bigcommerce-features-and-capabilities",
        READ,
    ),
    _labels("shopify"),
    _labels("woocommerce"),
    _labels("bigcommerce"),
    _checkout(
        "shopify",
        "paypal",
        "Shopify's checkout has PayPal built in.",
        "https://help.shopify.com/manual/payments/paypal",
        READ,
    ),
    _checkout(
        "woocommerce",
        "stripe",
        "The Stripe gateway of WooCommerce's makers is a plugin.",
        "https://woocommerce.com/documentation/products/extensions/stripe/administrator-experience",
        READ,
    ),
    _checkout(
        "woocommerce",
        "paypal",
        "“WooCommerce PayPal Payments” is a plugin of WooCommerce's makers.",
        "https://woocommerce.com/document/woocommerce-paypal-payments/",
        READ,
    ),
    _checkout(
        "woocommerce",
        "mollie",
        "“Mollie Payments for WooCommerce” is Mollie's own plugin.",
        "https://docs.mollie.com/docs/woo-set-up-order-management",
        READ,
    ),
    _checkout(
        "woocommerce",
        "razorpay",
        "“Razorpay for WooCommerce” is Razorpay's own plugin.",
        "https://github.com/razorpay/razorpay-woocommerce",
        READ,
    ),
    _checkout(
        "bigcommerce",
        "stripe",
        "BigCommerce's checkout has Stripe built in.",
        "https://support.bigcommerce.com/articles/Public/Connecting-Stripe-Payment-Gateway",
        READ,
    ),
    _checkout(
        "bigcommerce",
        "paypal",
        "BigCommerce's checkout has PayPal built in.",
        "https://support.bigcommerce.com/articles/Public/Connecting-with-PayPal",
        READ,
    ),
    _checkout(
        "adobe_commerce",
        "paypal",
        "Adobe Commerce on your own servers or Adobe's cloud infrastructure has PayPal built in.",
        "https://experienceleague.adobe.com/docs/commerce-admin/stores-sales/payments/paypal/paypal-express-checkout.html",
        READ,
    ),
    _checkout(
        "adobe_commerce",
        "mollie",
        "“Mollie for Magento 2” is Mollie's own extension.",
        "https://docs.mollie.com/docs/magento-2-get-started",
        READ,
    ),
    _checkout(
        "adobe_commerce",
        "stripe",
        "Stripe's own extension for Adobe Commerce takes payments.",
        "https://docs.stripe.com/use-stripe-apps/adobe-commerce/payments/install",
        READ,
    ),
    _checkout(
        "saleor",
        "stripe",
        "Saleor's own Stripe app takes payments.",
        "https://docs.saleor.io/developer/app-store/apps/stripe/overview",
        READ,
    ),
    _checkout(
        "medusa",
        "stripe",
        "Medusa's own Stripe module takes payments.",
        "https://docs.medusajs.com/resources/commerce-modules/payment/payment-provider/stripe",
        READ,
    ),
    _checkout(
        "vendure",
        "stripe",
        "Vendure's plugin for Stripe, a community package since Vendure 3.6, takes payments.",
        "https://docs.vendure.io/current/community-plugins/stripe-plugin",
        READ,
    ),
    _checkout(
        "vendure",
        "mollie",
        "Vendure's plugin for Mollie, a community package since Vendure 3.6, takes payments.",
        "https://docs.vendure.io/plugins/mollie-payments",
        READ,
    ),
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
        "https://github.com/frappe/ecommerce_integrations",
        READ,
    ),
    Pair(
        "shopify",
        "zendesk",
        (),
        "Zendesk's own app shows a customer's Shopify orders beside a ticket, where an agent can refund or cancel "
        "them. If that is all you need, use it. Come back when orders or tickets are to be counted, or one contact is "
        "to be kept.",
        "https://support.zendesk.com/hc/en-us/articles/4408837984026",
        READ,
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
        "The app “Google & YouTube” sends purchases from the customer's browser. If a share that blockers and "
        "consent take away does not matter to you, use it. Come back when each purchase must count, and refunds too.",
        "https://developers.google.com/tag-platform/gtagjs/reference/shopify-event-parameters",
        READ,
    ),
    Pair(
        "woocommerce",
        "ga4",
        ("event",),
        "“Google Analytics for WooCommerce” sends purchases from the customer's browser. If a share that blockers "
        "take away does not matter to you, use it. Come back when each purchase must count, and refunds too.",
        "https://github.com/woocommerce/woocommerce-google-analytics-integration",
        READ,
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
        # Its invoices are what an order becomes in Xero: a job of orders would book them a second time.
        ("customer", "order", "payment"),
        "HubSpot's own data sync keeps contacts, products, invoices and payments equal, one way or both. If you bill "
        "from HubSpot, use it. Come back when a shop's orders are to be booked by themselves.",
        "https://knowledge.hubspot.com/integrations/connect-hubspot-and-xero-data-sync",
        READ,
    ),
    Pair(
        "klaviyo",
        "zendesk",
        ("event",),
        "Klaviyo's own integration brings tickets into Klaviyo as events. If that is all you need, use it. Come back "
        "when tickets are to be counted against orders.",
        "https://help.klaviyo.com/hc/en-us/articles/115005253728",
        READ,
    ),
)


def native_of(platform: str) -> tuple[NativeIntegration, ...]:
    """Those of one platform, as its facts tell them."""
    found = []
    for pair in PAIRS:
        if platform in (pair.one, pair.other):
            with_platform = pair.other if platform == pair.one else pair.one
            found.append(
                NativeIntegration(with_platform, pair.carries, pair.suffices_when, pair.source, pair.checked)
            )
    return tuple(found)

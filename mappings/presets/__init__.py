"""Ready mappings per platform. An operator copies one and edits it; nothing here changes what was copied."""

from __future__ import annotations

from .adobe_commerce import PRESETS as ADOBE_COMMERCE
from .bigcommerce import PRESETS as BIGCOMMERCE
from .books import PRESETS as BOOKS
from .brevo import PRESETS as BREVO
from .easypost import PRESETS as EASYPOST
from .erpnext import PRESETS as ERPNEXT
from .files import PRESETS as FILES
from .freshdesk import PRESETS as FRESHDESK
from .ga4 import PRESETS as GA4
from .hubspot import PRESETS as HUBSPOT
from .karrio import PRESETS as KARRIO
from .klaviyo import PRESETS as KLAVIYO
from .mailchimp import PRESETS as MAILCHIMP
from .medusa import PRESETS as MEDUSA
from .mollie import PRESETS as MOLLIE
from .odoo import PRESETS as ODOO
from .paypal import PRESETS as PAYPAL
from .pipedrive import PRESETS as PIPEDRIVE
from .preset import Preset
from .razorpay import PRESETS as RAZORPAY
from .reporting import PRESETS as REPORTING
from .saleor import PRESETS as SALEOR
from .sandbox_carrier import PRESETS as SANDBOX_CARRIER
from .sandbox_mail import PRESETS as SANDBOX_MAIL
from .sandbox_payments import PRESETS as SANDBOX_PAYMENTS
from .sandbox_people import PRESETS as SANDBOX_PEOPLE
from .sandbox_shop import PRESETS as SANDBOX_SHOP
from .sandbox_warehouse import PRESETS as SANDBOX_WAREHOUSE
from .shipbob import PRESETS as SHIPBOB
from .shipengine import PRESETS as SHIPENGINE
from .shippo import PRESETS as SHIPPO
from .shopify import PRESETS as SHOPIFY
from .shopify_older import PRESETS as SHOPIFY_OLDER
from .sql import PRESETS as SQL
from .stripe import PRESETS as STRIPE
from .vendure import PRESETS as VENDURE
from .webhook_out import PRESETS as WEBHOOK_OUT
from .woocommerce import PRESETS as WOOCOMMERCE
from .xero import PRESETS as XERO
from .zendesk import PRESETS as ZENDESK

PRESETS: dict[str, Preset] = {
    **ADOBE_COMMERCE,
    **BIGCOMMERCE,
    **BOOKS,
    **BREVO,
    **EASYPOST,
    **ERPNEXT,
    **FILES,
    **FRESHDESK,
    **GA4,
    **HUBSPOT,
    **KARRIO,
    **KLAVIYO,
    **MAILCHIMP,
    **MEDUSA,
    **MOLLIE,
    **ODOO,
    **PAYPAL,
    **PIPEDRIVE,
    **RAZORPAY,
    **REPORTING,
    **SALEOR,
    **SANDBOX_PAYMENTS,
    **SANDBOX_PEOPLE,
    **SANDBOX_CARRIER,
    **SANDBOX_MAIL,
    **SANDBOX_SHOP,
    **SANDBOX_WAREHOUSE,
    **SHIPBOB,
    **SHIPENGINE,
    **SHIPPO,
    **SHOPIFY,
    **SHOPIFY_OLDER,
    **SQL,
    **STRIPE,
    **VENDURE,
    **WEBHOOK_OUT,
    **WOOCOMMERCE,
    **XERO,
    **ZENDESK,
}

__all__ = ["PRESETS", "Preset"]

"""Which platforms there are: one dictionary, no registration from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from integrations.connectors.adobe_commerce import AdobeCommerce
from integrations.connectors.base import Connector, Token
from integrations.connectors.bigcommerce import BigCommerce
from integrations.connectors.books import BooksConnector
from integrations.connectors.brevo import Brevo
from integrations.connectors.easypost import EasyPost
from integrations.connectors.erpnext import ERPNext
from integrations.connectors.files import FolderConnector
from integrations.connectors.freshdesk import Freshdesk
from integrations.connectors.ga4 import GoogleAnalytics
from integrations.connectors.graphql import GraphQLConnector
from integrations.connectors.hubspot import HubSpot
from integrations.connectors.karrio import Karrio
from integrations.connectors.klaviyo import Klaviyo
from integrations.connectors.mailchimp import Mailchimp
from integrations.connectors.medusa import Medusa
from integrations.connectors.mollie import Mollie
from integrations.connectors.odoo import OdooConnector
from integrations.connectors.paypal import PayPal
from integrations.connectors.pipedrive import Pipedrive
from integrations.connectors.razorpay import Razorpay
from integrations.connectors.rest import RestConnector
from integrations.connectors.saleor import Saleor
from integrations.connectors.sandbox_crm import SandboxCrm
from integrations.connectors.sandbox_desk import SandboxDesk
from integrations.connectors.sandbox_mail import SandboxMail
from integrations.connectors.sandbox_payments import SandboxPayments
from integrations.connectors.sandbox_shop import SandboxShop
from integrations.connectors.sandbox_warehouse import SandboxWarehouse
from integrations.connectors.sftp import SftpConnector
from integrations.connectors.shipbob import ShipBob
from integrations.connectors.shipengine import ShipEngine
from integrations.connectors.shippo import Shippo
from integrations.connectors.shopify import Shopify
from integrations.connectors.sql import SqlConnector
from integrations.connectors.stripe import Stripe
from integrations.connectors.vendure import Vendure
from integrations.connectors.webhook_out import WebhookOut
from integrations.connectors.woocommerce import WooCommerce
from integrations.connectors.xero import Xero
from integrations.connectors.zendesk import Zendesk
from integrations.exceptions import DeclarationError, Failure
from integrations.http.guard import Guard

PLATFORMS: dict[str, type[Connector]] = {
    "rest": RestConnector,
    "graphql": GraphQLConnector,
    "adobe_commerce": AdobeCommerce,
    "bigcommerce": BigCommerce,
    "books": BooksConnector,
    "brevo": Brevo,
    "easypost": EasyPost,
    "erpnext": ERPNext,
    "folder": FolderConnector,
    "freshdesk": Freshdesk,
    "ga4": GoogleAnalytics,
    "hubspot": HubSpot,
    "karrio": Karrio,
    "klaviyo": Klaviyo,
    "mailchimp": Mailchimp,
    "medusa": Medusa,
    "mollie": Mollie,
    "odoo": OdooConnector,
    "paypal": PayPal,
    "pipedrive": Pipedrive,
    "razorpay": Razorpay,
    "saleor": Saleor,
    "sandbox_crm": SandboxCrm,
    "sandbox_desk": SandboxDesk,
    "sandbox_mail": SandboxMail,
    "sandbox_payments": SandboxPayments,
    "sandbox_shop": SandboxShop,
    "sandbox_warehouse": SandboxWarehouse,
    "sftp": SftpConnector,
    "shipbob": ShipBob,
    "shipengine": ShipEngine,
    "shippo": Shippo,
    "shopify": Shopify,
    "sql": SqlConnector,
    "stripe": Stripe,
    "vendure": Vendure,
    "webhook_out": WebhookOut,
    "woocommerce": WooCommerce,
    "xero": Xero,
    "zendesk": Zendesk,
}


def platforms() -> dict[str, type[Connector]]:
    return dict(PLATFORMS)


def get(platform: str) -> type[Connector]:
    """Raises Failure (config) for a platform that is not there."""
    found = PLATFORMS.get(platform)
    if found is None:
        known = ", ".join(sorted(PLATFORMS))
        raise Failure.config(
            "unknown_platform",
            f"There is no connector for {platform!r}. There are: {known}.",
            connection_wide=True,
        )
    return found


def connect(
    platform: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, Any],
    environment: str = "",
    token: Token | None = None,
    name: str = "",
    guard: Guard | None = None,
) -> Connector:
    """A connector ready to be used; nothing is called yet. Its sentences call the platform by `name`. `guard`: where
    it may reach less than this installation allows.

    Raises Failure (config) for settings that make no sense.
    """
    connector = get(platform)
    try:
        made = connector(settings, secrets, environment, token, guard)
        if name:
            made.be_called(name)
        return made
    except DeclarationError as error:
        raise Failure.config(
            "not_configured",
            f"The connection is not configured rightly. {error}",
            field=error.field,
            connection_wide=True,
        ) from error


def check(
    platform: str, settings: Mapping[str, Any], secrets: Mapping[str, Any], environment: str = ""
) -> None:
    """Judges settings without calling anything. Raises DeclarationError with the field and the reason."""
    kind = PLATFORMS.get(platform)
    if kind is None:
        raise DeclarationError("platform", f"There is no connector for {platform!r}.")
    for field in kind.settings_fields:
        filled = secrets if field.secret else settings
        if field.required and field.default is None and filled.get(field.name) in (None, "", {}):
            raise DeclarationError(field.name, f"{field.label} is not filled in.")
    kind(settings, secrets, environment).close()

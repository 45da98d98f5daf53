"""Links lead to the very order or payment in the system's own pages, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.declaration import parse_declaration
from integrations.exceptions import DeclarationError


@pytest.mark.parametrize(
    ("platform", "settings", "resource", "external_id", "page"),
    [
        (
            "shopify",
            {"base_url": "https://acme.myshopify.com"},
            "orders",
            "5512",
            "https://acme.myshopify.com/admin/orders/5512",
        ),
        (
            "woocommerce",
            {"base_url": "https://shop.example.com/wp-json/wc/v3"},
            "orders",
            "77",
            "https://shop.example.com/wp-admin/post.php?post=77&action=edit",
        ),
        (
            "vendure",
            {"base_url": "https://shop.example.com/admin-api"},
            "orders",
            "9",
            "https://shop.example.com/admin/orders/9",
        ),
        (
            "medusa",
            {"base_url": "https://shop.example.com"},
            "orders",
            "order_01",
            "https://shop.example.com/app/orders/order_01",
        ),
        (
            "saleor",
            {"base_url": "https://shop.saleor.cloud"},
            "orders",
            "T3JkZXI6MQ==",
            "https://shop.saleor.cloud/dashboard/orders/T3JkZXI6MQ%3D%3D",
        ),
        (
            "bigcommerce",
            {"store_hash": "abc123"},
            "orders",
            "101",
            "https://store-abc123.mybigcommerce.com/manage/orders/101",
        ),
        (
            "erpnext",
            {"base_url": "https://acme.frappe.cloud"},
            "orders",
            "SAL-ORD-2026-00001",
            "https://acme.frappe.cloud/app/sales-order/SAL-ORD-2026-00001",
        ),
        ("razorpay", {}, "payments", "pay_1", "https://dashboard.razorpay.com/app/payments/pay_1"),
        (
            "mollie",
            {"organisation": "org_12345678"},
            "payments",
            "tr_5B8cwPMGnU",
            "https://my.mollie.com/dashboard/org_12345678/payments/tr_5B8cwPMGnU",
        ),
        ("mollie", {}, "payments", "tr_5B8cwPMGnU", ""),
        ("paypal", {}, "payments", "8AB/1", "https://www.paypal.com/activity/payment/8AB%2F1"),
        (
            "paypal",
            {"base_url": "https://api-m.sandbox.paypal.com"},
            "refunds",
            "8AB1",
            "https://www.sandbox.paypal.com/activity/payment/8AB1",
        ),
        ("paypal", {"base_url": "https://paypal.example.com"}, "payments", "8AB1", ""),
        ("paypal", {}, "disputes", "PP-D-1", ""),
        ("shopify", {"base_url": "https://acme.myshopify.com"}, "stock", "5512", ""),
        ("shopify", {}, "orders", "5512", ""),
        ("shopify", {"base_url": "javascript:alert(1)//"}, "orders", "5512", ""),
        ("webhook_out", {}, "orders", "1", ""),
    ],
)
def test_the_page_of_a_thing(
    platform: str, settings: dict[str, Any], resource: str, external_id: str, page: str
) -> None:
    assert registry.get(platform).page_for(settings, resource, external_id) == page


def declared(page: str) -> dict[str, Any]:
    return {
        "base_url": "https://api.example.com",
        "variables": {"shop": {}},
        "resources": {"orders": {"page": page, "fetch": {"path": "orders/{external_id}"}}},
    }


def test_an_operator_declares_a_page() -> None:
    settings = {
        "declaration": declared("https://admin.example.com/{shop}/orders/{external_id}"),
        "variables": {"shop": "acme"},
    }
    rest = registry.get("rest")
    assert rest.page_for(settings, "orders", "a/b?c") == "https://admin.example.com/acme/orders/a%2Fb%3Fc"
    assert rest.page_for({"declaration": {}}, "orders", "1") == ""


@pytest.mark.parametrize(
    "page",
    [
        "admin.example.com/{external_id}",
        "ftp://x.example.com/{external_id}",
        "https://x.example.com/orders",
        "https://x.example.com/{nobody}/{external_id}",
        "https://x.example.com/ {external_id}",
    ],
)
def test_a_page_that_leads_nowhere_is_refused(page: str) -> None:
    with pytest.raises(DeclarationError) as refused:
        parse_declaration(declared(page))
    assert refused.value.field == "resources.orders.page"

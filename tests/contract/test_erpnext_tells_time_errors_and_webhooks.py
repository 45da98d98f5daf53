"""Times are of the site's clock, errors are told as people read them in Frappe, and webhooks are ordered and signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.connectors.erpnext_client import said
from integrations.exceptions import DeclarationError, Failure
from tests.contract.dialects.erpnext import (
    DIALECT,
    KEYS,
    NEEDED,
    SECRET,
    api,
    fault,
    sign,
    stands,
    told,
)
from tests.contract.samples import vector
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    for call, says in NEEDED.items():
        made.on(call, says)
    made.on(f"POST {api('Sales Order')}", stands(0))
    yield made
    made.close()


@pytest.fixture
def site(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


def with_settings(vendor: Vendor, **settings: Any) -> Connector:
    kind = registry.get("erpnext")
    return kind({"base_url": vendor.base, **DIALECT.settings, **settings}, DIALECT.secrets, guard=LOOPBACK)


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Europe/Berlin", "2026-11-20 08:59:00"),
        ("UTC", "2026-11-20 07:59:00"),
        ("Asia/Kolkata", "2026-11-20 13:29:00"),
    ],
)
def test_changes_are_asked_for_by_the_sites_clock(vendor: Vendor, zone: str, written: str) -> None:
    vendor.on(f"GET {api('Sales Order')}", Says({"data": []}))
    connector = with_settings(vendor, time_zone=zone)
    connector.read("orders", since=datetime(2026, 11, 20, 8, tzinfo=UTC), position=None)
    connector.close()
    (asked,) = told(vendor, "GET", api("Sales Order"))
    assert json.loads(asked["filters"]) == [["docstatus", "!=", 0], ["modified", ">=", written]]


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(DeclarationError) as caught:
        registry.get("erpnext")({"base_url": "https://203.0.113.5", "time_zone": "Berlin"}, KEYS)
    assert caught.value.field == "time_zone"


# What Frappe says.


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            {
                "_server_messages": json.dumps(
                    [json.dumps({"message": "One"}), json.dumps({"message": "Two"})]
                )
            },
            "Two",
        ),
        ({"_server_messages": json.dumps(["Plain &amp; simple"])}, "Plain & simple"),
        ({"exception": "frappe.exceptions.ValidationError: It is <b>wrong</b>: see"}, "It is wrong : see"),
        ({"message": "Not permitted"}, "Not permitted"),
        ({"_server_messages": "no JSON"}, ""),
        ({}, ""),
    ],
)
def test_what_frappe_says_is_found(body: dict[str, Any], text: str) -> None:
    assert said(body) == text


def test_secrets_are_not_in_what_is_kept(vendor: Vendor, site: Connector) -> None:
    words = f"Who is {KEYS['client_id']} with {KEYS['client_secret']}?"
    vendor.on(f"GET {api('Sales Order')}", fault(417, "ValidationError", words))
    with pytest.raises(Failure) as caught:
        site.read("orders", since=None, position=None)
    kept = json.dumps([caught.value.sentence, caught.value.evidence])
    assert not [key for key in KEYS.values() if key in kept]


# Webhooks.


def test_the_signature_is_worked_out_as_frappe_does() -> None:
    known = vector("erpnext", "frappe webhook")
    if known:
        raw = known["raw_body"].encode()
        assert sign(raw, known["secret"]) == {known["header"]: known["expected"]}


def test_webhooks_are_ordered_for_each_document_and_event(vendor: Vendor, site: Connector) -> None:
    url = "https://portal.example.com/hook"

    def kept(asked: Asked) -> Says:
        return Says({"data": {"name": "HOOK-0001", **asked.json, "webhook_secret": "****"}})

    vendor.on(f"POST {api('Webhook')}", kept)
    assert site.subscribe(url, site.webhook_topics(), "ours") == "ours"
    ordered = told(vendor, "POST", api("Webhook"))
    assert [(one["webhook_doctype"], one["webhook_docevent"]) for one in ordered] == [
        (doctype, event)
        for doctype in ("Sales Order", "Customer", "Item", "Sales Invoice")
        for event in ("after_insert", "on_change")
    ]
    assert ordered[0] == {
        "webhook_doctype": "Sales Order",
        "webhook_docevent": "after_insert",
        "condition": "doc.docstatus > 0",
        "request_url": url,
        "request_method": "POST",
        "request_structure": "JSON",
        "webhook_json": '{"doctype": {{ doc.doctype | tojson }}, "name": {{ doc.name | tojson }}, '
        '"is_return": {{ doc.get("is_return") or 0 }}}',
        "enable_security": 1,
        "webhook_secret": "ours",
        "enabled": 1,
    }
    assert [one["condition"] for one in ordered[2:]] == ["", "", "", ""] + ["doc.docstatus > 0"] * 2
    rows = [
        {"name": "HOOK-0001", **ordered[0]},
        {"name": "HOOK-0002", **ordered[1], "enabled": 0},
        {"name": "HOOK-0003", **ordered[2], "enable_security": 0},
    ]
    vendor.on(f"GET {api('Webhook')}", Says({"data": rows}))
    assert [(one.id, one.address, one.topics, one.active) for one in site.subscriptions()] == [
        ("HOOK-0001", url, ("Sales Order/after_insert",), True),
        ("HOOK-0002", url, ("Sales Order/on_change",), False),
        ("HOOK-0003", url, ("Customer/after_insert",), False),
    ]
    vendor.on(f"DELETE {api('Webhook', 'HOOK-0001')}", Says({"data": "ok"}, 202))
    assert site.unsubscribe("HOOK-0001")
    assert SECRET not in json.dumps([one.query for one in vendor.asked])

"""What every connector in the registry keeps, whatever platform it is for.

A new connector is one line in EXAMPLES: the settings it is built with, and a payload that each write is tried with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Abilities, Call, Connector, SignatureRefused, WriteContext
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.guard import Guard
from mappings.expressions import compile_expression, condition
from mappings.presets import PRESETS

# An address of documentation: not public, so nothing is resolved and nothing can be reached.
BASE = "https://203.0.113.5/api"
SECRETS = {
    "token": "token-0123456789",
    "username": "user-0123456789",
    "password": "password-0123456789",
    "client_id": "client-0123456789",
    "client_secret": "client-secret-0123456789",
    "webhook_secret": "webhook-secret-0123456789",
}
ANYTHING: dict[str, Any] = {
    "id": "1042",
    "reference": "1042",
    "sku": "MUG-001",
    "available": 3,
    "order_id": "7",
    "tracking_code": "T1",
    "payment_id": "pay_1042",
    "contact": "1042@example.com",
    "confirm": True,
}
ORDERS = {
    "list": {
        "path": "/orders",
        "records": "orders",
        "paging": {"style": "cursor", "param": "after", "next": "next"},
    },
    "natural_key": "reference",
    "lookup": {"path": "/orders", "params": {"q": "{natural_key}"}, "record": "orders", "match": "reference"},
    "create": {"path": "/orders", "key": {"header": "Idempotency-Key"}},
}
GRAPHQL_ORDERS = {
    "list": {
        "document": "query($after: String) { orders(after: $after) { nodes { id } pageInfo { endCursor } } }",
        "variables": {"after": "{cursor}"},
        "records": "data.orders.nodes",
        "paging": {"style": "page_info", "page_info": "data.orders.pageInfo"},
    },
    "create": {
        "document": "mutation($i: I) { make(i: $i) { id } }",
        "variables": {"i": "=body"},
        "answer": "data.make",
    },
}

_BI = {"key": "reference", "write": {}}
SQL = {
    "kind": "postgresql",
    "host": "203.0.113.5",
    "database": "bi",
    "user": "crossdock",
    "tables": {
        **dict.fromkeys(("orders", "payments", "refunds", "shipments", "stock", "customers"), _BI),
        "items": {"key": "sku", "read": {"updated_at": "changed_at"}},
    },
}


FILES = {
    **{
        name: {"key": "reference", "write": {}}
        for name in ("payments", "refunds", "shipments", "customers", "lines")
    },
    "orders": {
        "key": "reference",
        "read": {"pattern": "orders-*.csv", "lines": "lines"},
        "write": {"folder": "out", "lines": "lines"},
    },
    "stock": {
        "key": "sku",
        "format": "parquet",
        "read": {"pattern": "stock-*.parquet"},
        "write": {"folder": "out", "file": "day"},
    },
}
SERVER = {
    "host": "203.0.113.5",
    "user": "crossdock",
    # The key of nobody: the base point of its curve.
    "known_host": "203.0.113.5 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZm",
}

GA4 = {
    "transaction_id": "1042",
    "currency": "EUR",
    "occurred_at": datetime.now(UTC).isoformat(),
    "total": "12.50",
}


@dataclass(frozen=True)
class Example:
    settings: dict[str, Any]
    payloads: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


EXAMPLES: dict[str, Example] = {
    "rest": Example(
        {"declaration": {"base_url": BASE, "auth": {"kind": "bearer"}, "resources": {"orders": ORDERS}}}
    ),
    "graphql": Example({"declaration": {"base_url": BASE, "resources": {"orders": GRAPHQL_ORDERS}}}),
    "adobe_commerce": Example({"base_url": BASE}),
    "bigcommerce": Example({"base_url": BASE, "store_hash": "abc123"}),
    "books": Example({}),
    "brevo": Example({"base_url": BASE, "currency": "EUR"}),
    "easypost": Example({"base_url": BASE}),
    "erpnext": Example({"base_url": BASE, "time_zone": "Europe/Berlin", "warehouse": "Stores - A"}),
    "folder": Example({"folder": "drop", "files": FILES}),
    "freshdesk": Example({"base_url": BASE}),
    "ga4": Example(
        {"base_url": BASE, "measurement_id": "G-ABC123DEF4", "purchase_value": "total"},
        {"purchases": GA4, "refunds": {**GA4, "value": "12.50"}},
    ),
    "hubspot": Example({"base_url": BASE}),
    "karrio": Example({"base_url": BASE}),
    "klaviyo": Example({"base_url": BASE}),
    "mailchimp": Example({"base_url": BASE, "list_id": "a1b2c3"}),
    "medusa": Example({"base_url": BASE}),
    "mollie": Example({"base_url": BASE}),
    "odoo": Example({"base_url": BASE}),
    "paypal": Example({"base_url": BASE}),
    "pipedrive": Example({"base_url": BASE}),
    "razorpay": Example({"base_url": BASE}),
    "saleor": Example({"base_url": BASE}),
    "sandbox_crm": Example({"base_url": BASE}),
    "sandbox_desk": Example({"base_url": BASE}),
    "sandbox_mail": Example({"base_url": BASE}, {"profiles": {"email": "kaethe@example.com"}}),
    "sandbox_payments": Example({"base_url": BASE}),
    "sandbox_shop": Example({"base_url": BASE}),
    "sandbox_warehouse": Example({"base_url": BASE}),
    "sftp": Example({**SERVER, "files": FILES}),
    "shipbob": Example({"base_url": BASE}),
    "shipengine": Example({"base_url": BASE}),
    "shippo": Example({"base_url": BASE}),
    "shopify": Example({"base_url": "https://203.0.113.5"}),
    "sql": Example(SQL),
    "stripe": Example({"base_url": BASE}),
    "vendure": Example({"base_url": BASE}),
    "webhook_out": Example({"base_url": BASE}, secrets={"webhook_secret": "whsec_" + "c2VjcmV0" * 4}),
    "woocommerce": Example({"base_url": BASE}),
    "xero": Example({"base_url": BASE}),
    "zendesk": Example({"base_url": BASE}),
}


def test_every_platform_of_the_registry_is_held_to_this() -> None:
    assert set(EXAMPLES) == set(registry.platforms())


@pytest.fixture(params=sorted(EXAMPLES))
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def connector(platform: str) -> Iterator[Connector]:
    """Its guard lets it reach nothing."""
    kind = registry.get(platform)
    made = kind(EXAMPLES[platform].settings, secrets_of(platform), guard=Guard(ports=()))
    yield made
    made.close()


def secrets_of(platform: str) -> dict[str, str]:
    """Where only one of a certain form is a secret, the platform's own."""
    return SECRETS | EXAMPLES[platform].secrets


def payload_of(connector: Connector, resource: str) -> dict[str, Any]:
    return ANYTHING | EXAMPLES[connector.platform].payloads.get(resource, {})


def abilities(connector: Connector) -> list[tuple[str, Abilities]]:
    return sorted(connector.resources().items())


def calls(connector: Connector) -> Iterator[Call]:
    for resource, able in abilities(connector):
        for operation, steps in able.steps.items():
            for step in range(steps):
                body = payload_of(connector, resource)
                context = WriteContext(operation, body, "77", ids={"order": "7", "steps": ["77"]})
                yield connector.prepare(resource, context, step, "key-1")


def test_it_says_what_it_is(platform: str) -> None:
    kind = registry.get(platform)
    assert kind.platform == platform
    assert kind.label
    names = [setting.name for setting in kind.settings_fields]
    assert len(names) == len(set(names))
    assert all(setting.label and setting.kind in KINDS for setting in kind.settings_fields)


KINDS = {"text", "url", "integer", "boolean", "list", "yaml"}


def test_what_is_secret_is_declared_as_such(platform: str) -> None:
    for setting in registry.get(platform).settings_fields:
        telling = any(word in setting.name for word in ("token", "password", "secret", "key"))
        assert setting.secret or not telling or setting.name == "channel_token"
        assert not (setting.secret and setting.default)


def test_settings_are_judged_without_a_call(platform: str) -> None:
    registry.check(platform, EXAMPLES[platform].settings, secrets_of(platform))
    if not registry.get(platform).settings_fields:
        return
    with pytest.raises(DeclarationError):
        registry.check(platform, {}, {})


def test_building_it_calls_nothing_and_closing_twice_is_harmless(connector: Connector) -> None:
    connector.close()
    connector.close()


def test_it_can_do_something_with_every_resource(connector: Connector) -> None:
    assert connector.resources()
    for _, able in abilities(connector):
        assert able.reads or able.creates or able.updates or able.upserts or able.actions or able.fetch


def test_what_it_says_of_its_abilities_fits_together(connector: Connector) -> None:
    for resource, able in abilities(connector):
        operations = {"create": able.creates, "update": able.updates, "upsert": able.upserts}
        assert {name for name, can in operations.items() if can} | set(able.actions) == set(able.steps)
        assert all(steps >= 1 for steps in able.steps.values())
        assert able.keys == (able.key_lifetime > 0)
        assert not able.lookup or able.natural_key
        assert bool(able.batch_size) == bool(able.batched)
        assert not able.rereads_not_final or able.reads
        assert {action.name for action in connector.actions(resource)} == set(able.actions)


def test_its_expressions_and_conditions_can_be_read(connector: Connector) -> None:
    for resource, able in abilities(connector):
        if able.natural_key:
            compile_expression(able.natural_key)
        for action in connector.actions(resource):
            condition(action.when)


def test_a_prepared_call_survives_being_stored(connector: Connector) -> None:
    for call in calls(connector):
        assert Call.from_json(json.loads(json.dumps(call.to_json()))) == call


def test_preparing_is_pure_and_leaves_the_payload_as_it_is(connector: Connector) -> None:
    for resource, able in abilities(connector):
        body = payload_of(connector, resource)
        for operation in able.steps:
            context = WriteContext(operation, body, "77", ids={"order": "7"})
            assert connector.prepare(resource, context, 0, "k") == connector.prepare(
                resource, context, 0, "k"
            )
        assert body == payload_of(connector, resource)


def test_a_prepared_call_holds_no_secret(connector: Connector) -> None:
    for call in calls(connector):
        text = json.dumps(call.to_json())
        known = secrets_of(connector.platform)
        assert not [name for name, secret in known.items() if secret in text]


def test_a_call_that_claims_a_key_carries_it(connector: Connector) -> None:
    for resource, able in abilities(connector):
        for call in calls(connector):
            if call.resource != resource or not able.keys or call.is_repeatable:
                continue
            assert call.key == "key-1"
            assert "key-1" in json.dumps([call.headers, call.body])


def test_required_fields_are_paths_in_the_payload(connector: Connector) -> None:
    for resource, able in abilities(connector):
        for operation in able.steps:
            for path in connector.required_fields(resource, operation):
                assert all(part.removesuffix("[]").isidentifier() for part in path.split("."))


def test_no_call_takes_longer_than_a_lease_allows(connector: Connector) -> None:
    assert 0 < connector.timeout_seconds <= 30
    limit = connector.limit()
    assert (limit.calls_per_second >= 0, limit.burst >= 1, limit.concurrent_calls >= 0) == (True, True, True)


def test_a_host_that_cannot_be_reached_is_a_failure_and_never_another_exception(
    connector: Connector,
) -> None:
    """The guard refuses the host here; whatever keeps a call from leaving comes as a Failure that is not in doubt."""
    if connector.is_local:
        # There is no host: the portal's own database goes together with the worker that calls it.
        return
    if connector.needs_login():
        with pytest.raises(Failure) as caught:
            connector.login()
        assert not caught.value.in_doubt
        return
    for resource, able in abilities(connector):
        if able.reads:
            with pytest.raises(Failure) as caught:
                connector.read(resource, since=datetime(2026, 11, 23, tzinfo=UTC), position=None)
            assert (caught.value.in_doubt, caught.value.connection_wide) == (False, True)
    for call in calls(connector):
        with pytest.raises(Failure) as caught:
            connector.send(call)
        assert not caught.value.in_doubt


def test_its_test_button_reports_and_never_raises(connector: Connector) -> None:
    if connector.is_local:
        return
    report = connector.test()
    assert not report.ok
    assert report.sentence()


def test_what_it_does_not_know_is_refused_as_a_wrong_configuration(connector: Connector) -> None:
    for do in (
        lambda: connector.read("dreams", since=None, position=None),
        lambda: connector.fetch("dreams", "1"),
        lambda: connector.lookup("dreams", "1"),
        lambda: connector.prepare("dreams", WriteContext("create", {}), 0, ""),
        lambda: connector.prepare(abilities(connector)[0][0], WriteContext("teleport", {}), 0, ""),
    ):
        with pytest.raises(Failure) as caught:
            do()
        assert caught.value.kind == Kind.CONFIG


@pytest.mark.parametrize("headers", [{}, {"X-Sandbox-Signature": "AAAA"}, {"X-Sandbox-Signature": ""}])
def test_an_unsigned_webhook_is_refused(connector: Connector, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureRefused):
        connector.verify_webhook(headers, b"{}")


def test_its_presets_are_for_resources_it_has(platform: str, connector: Connector) -> None:
    for preset in PRESETS.values():
        if preset.platform == platform:
            able = connector.resources()[preset.resource]
            # What cannot be listed comes by webhooks, and is fetched one by one.
            reads = able.reads or (able.webhook and able.fetch)
            assert reads if preset.direction == "read" else able.steps

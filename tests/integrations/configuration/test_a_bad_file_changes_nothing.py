"""Each kind of mistake: its line, its field, its reason; and nothing is changed."""

from __future__ import annotations

import pytest
from django.utils import timezone

from integrations.configuration.problems import BadConfiguration, Problem
from integrations.models import Connection, Delivery, SyncJob, Thing

from .conftest import FILE, applied, planned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_mappings")]


def problems(text: str) -> list[Problem]:
    with pytest.raises(BadConfiguration) as caught:
        planned(text)
    return caught.value.problems


def problem(text: str) -> Problem:
    (found,) = problems(text)
    return found


def changed(old: str, new: str) -> str:
    assert old in FILE
    return FILE.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "reason"),
    [
        ("workflows:", "workflow:", 16, "workflow", "There is no such section."),
        (
            "    every_seconds: 60",
            "    every: 60",
            31,
            "jobs.orders-to-warehouse.every",
            "There is no such field.",
        ),
        (
            "every_seconds: 60",
            "every_seconds: often",
            31,
            "jobs.orders-to-warehouse.every_seconds",
            "Expected a whole number, got text.",
        ),
        ("every_seconds: 60", "every_seconds: -1", 31, "jobs.orders-to-warehouse.every_seconds", "Ensure"),
        (
            "every_seconds: 60",
            "rollout_percent: 101",
            31,
            "jobs.orders-to-warehouse.rollout_percent",
            "Ensure",
        ),
        ("every_seconds: 60", "removed: hide", 31, "jobs.orders-to-warehouse.removed", "Value 'hide'"),
        ("environment: production", "environment: live", 5, "connections.shop.environment", "Value 'live'"),
        ("  fulfilment:", "  The House:", 35, "partners.The House", "Use small letters"),
        (
            "platform: sandbox-shop",
            "platform: shopping",
            4,
            "connections.shop.platform",
            "There is no platform",
        ),
        (
            "page_size: 50",
            "page_size: many",
            8,
            "connections.shop.settings.page_size",
            "Page size must be a whole",
        ),
        (
            "page_size: 50",
            "page_size: true",
            8,
            "connections.shop.settings.page_size",
            "Page size must be a whole",
        ),
        ("page_size: 50", "style: loud", 8, "connections.shop.settings.style", "'loud' is not possible."),
        ("page_size: 50", "page_sise: 50", 8, "connections.shop.settings.page_sise", "This platform has no"),
        ("page_size: 50", "token: abc", 8, "connections.shop.settings.token", "This belongs under secrets."),
        (
            "      base_url: https://${HOST}/api\n",
            "",
            6,
            "connections.shop.settings.base_url",
            "This platform needs Address here.",
        ),
        (
            "https://${HOST}/api",
            "http://${HOST}",
            7,
            "connections.shop.settings.base_url",
            "This is not an address",
        ),
        (
            "${SHOP_TOKEN}",
            "${NOT_SET}",
            10,
            "connections.shop.secrets.token",
            "The environment variable NOT_SET",
        ),
        (
            "${HOST}",
            "${NO_HOST}",
            7,
            "connections.shop.settings.base_url",
            "The environment variable NO_HOST",
        ),
        ("${SHOP_TOKEN}", "''", 10, "connections.shop.secrets.token", "Token is empty."),
        ("source: shop", "source: shed", 25, "jobs.orders-to-warehouse.source", "There is no 'shed'"),
        (
            "source_resource: orders",
            "source_resource: order",
            26,
            "jobs.orders-to-warehouse.source_resource",
            "'shop' has no resource 'order'. It has: events, orders, stock.",
        ),
        (
            "source_resource: orders",
            "source_resource: events",
            31,
            "jobs.orders-to-warehouse.every_seconds",
            "'shop' cannot list events.",
        ),
        (
            "destination_resource: orders",
            "destination_resource: events",
            28,
            "jobs.orders-to-warehouse.destination_resource",
            "'warehouse' cannot write events.",
        ),
        (
            "read_mapping: orders-in",
            "read_mapping: orders",
            29,
            "jobs.orders-to-warehouse.read_mapping",
            "There is no",
        ),
        (
            "workflow: order",
            "workflow: odd",
            24,
            "jobs.orders-to-warehouse.workflow",
            "There is no 'odd-to-doorstep'",
        ),
        ("    read_mapping: orders-in\n", "", 23, "jobs.orders-to-warehouse.read_mapping", "A job needs"),
        (
            "jobs: [orders-to-warehouse]",
            "jobs: [orders]",
            37,
            "partners.fulfilment.jobs[0]",
            "There is no 'orders'",
        ),
        (
            "destination: warehouse",
            "destination: shop",
            27,
            "jobs.orders-to-warehouse.destination",
            "The job",
        ),
    ],
)
def test_a_mistake_is_told_with_its_line_field_and_reason(
    old: str, new: str, line: int, field: str, reason: str
) -> None:
    found = problem(changed(old, new))

    assert (found.line, found.field) == (line, field)
    assert found.reason.startswith(reason)
    assert not Connection.objects.exists()


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = changed("platform: sandbox-shop", "platform: shopping").replace("source: shop", "source: shed")

    assert [found.line for found in problems(text)] == [4, 25]


def test_several_mistakes_of_one_job_are_told_at_once() -> None:
    told = problems(
        changed(
            "every_seconds: 60", "every_seconds: soon\n    removed: burn\n    stock_buffer: many"
        ).replace("source_resource: orders", "source_resource: stocks")
    )

    assert [(each.field.rpartition(".")[2], each.reason) for each in told] == [
        ("source_resource", "'shop' has no resource 'stocks'. It has: events, orders, stock."),
        ("every_seconds", "Expected a whole number, got text."),
        ("removed", "Value 'burn' is not a valid choice. Choose one of: ignore, cancel, delete."),
        ("stock_buffer", "Expected a whole number, got text."),
    ]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("source: shop\n", "source: [shop]\n", "jobs.orders-to-warehouse.source"),
        ("read_mapping: orders-in", "read_mapping: 5", "jobs.orders-to-warehouse.read_mapping"),
        ("platform: sandbox-shop", "platform: [sandbox-shop]", "connections.shop.platform"),
        ("token: ${SHOP_TOKEN}\n", "token: ${NOT_SET}\n", "connections.shop.secrets.token"),
        ("https://${HOST}/api", "https://${NOT_SET}/api", "connections.shop.settings.base_url"),
    ],
)
def test_what_only_follows_from_a_mistake_is_not_told(old: str, new: str, field: str) -> None:
    assert problem(changed(old, new)).field == field


@pytest.mark.parametrize("secret", ["${SHOP_TOKEN}", "${NOT_SET}"])
def test_a_variable_that_is_not_set_does_not_hide_what_else_is_wrong(secret: str) -> None:
    text = changed("token: ${SHOP_TOKEN}", f"token: {secret}").replace(
        "  filter: payment", "  filter: (payment"
    )
    told = [each.field for each in problems(text)]
    assert told[-1] == "jobs.orders-to-warehouse.filter"
    assert len(told) == (2 if secret == "${NOT_SET}" else 1)


def test_a_preset_that_does_not_exist_is_the_only_thing_told_of_its_mapping() -> None:
    told = (
        "mappings:\n  orders-in: {preset: nothing, rules: []}\n  fresh: {preset: nothing, direction: read}\n"
    )
    assert [each.field for each in problems(told)] == ["mappings.orders-in.preset", "mappings.fresh.preset"]


def test_a_filter_that_is_no_expression_is_refused() -> None:
    found = problem(changed("payment_status == 'paid'", "payment_status = paid"))

    assert (found.line, found.field) == (33, "jobs.orders-to-warehouse.filter")


def test_a_job_that_has_carried_records_keeps_its_ends() -> None:
    applied(FILE)
    now = timezone.now()
    thing = Thing.objects.create(kind="order", created_at=now)
    Delivery.objects.create(job=SyncJob.objects.get(), thing=thing, state_since=now, accepted_at=now)

    found = problem("jobs:\n  orders-to-warehouse:\n    destination_resource: stock\n")

    assert (found.line, found.field) == (3, "jobs.orders-to-warehouse.destination_resource")
    assert found.reason.startswith("This job has carried records already")


def test_a_job_that_has_carried_nothing_may_be_turned() -> None:
    applied(FILE)

    applied("jobs:\n  orders-to-warehouse:\n    destination_resource: stock\n")

    assert SyncJob.objects.get().destination_resource == "stock"


def test_a_connection_in_use_keeps_its_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    applied(FILE)
    Connection.objects.filter(key="shop").update(platform="older-shop")

    assert problem(FILE).reason.startswith("Jobs use this connection")


def circle(*ways: str) -> str:
    """Jobs between the systems a, b, c… that all carry orders."""
    systems = sorted({system for way in ways for system in way})
    lines = ["connections:"]
    for system in systems:
        lines += [
            f"  {system}:",
            "    platform: sandbox-shop",
            "    settings: {base_url: 'https://example.com'}",
            "    secrets: {token: x}",
        ]
    lines.append("jobs:")
    for way in ways:
        lines += [f"  {way}:", f"    source: {way[0]}", f"    destination: {way[1]}"]
        lines += ["    source_resource: orders", "    destination_resource: orders"]
        lines += ["    read_mapping: orders-in", "    write_mapping: orders-out"]
    return "\n".join(lines)


def test_jobs_that_run_in_a_circle_are_refused() -> None:
    found = problems(circle("ab", "bc", "ca"))

    assert [(each.field, each.reason.partition(":")[0]) for each in found] == [
        ("jobs.ab", "These jobs run in a circle"),
        ("jobs.bc", "These jobs run in a circle"),
        ("jobs.ca", "These jobs run in a circle"),
    ]
    assert "ab → bc → ca" in found[0].reason


def test_a_circle_that_only_closes_with_what_is_there_is_refused() -> None:
    applied(circle("ab", "bc"))

    assert [found.field for found in problems(circle("ca"))] == ["jobs.ca"]


def test_two_jobs_that_keep_two_systems_equal_are_allowed() -> None:
    applied(circle("ab", "ba") + "\n    shares_fields: Both keep orders.")

    assert SyncJob.objects.count() == 2


def test_one_source_may_lead_to_the_same_end_by_two_ways() -> None:
    applied(circle("ab", "ac", "bd", "cd"))

    assert SyncJob.objects.count() == 4

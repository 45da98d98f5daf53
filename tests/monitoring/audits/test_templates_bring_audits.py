"""A template that was started has its jobs compared by night, each between the connections that play its parts."""

from __future__ import annotations

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.configuration.templates import templates
from integrations.models import SyncJob
from monitoring.audits.configuration import AuditEntry
from monitoring.models import Audit
from tests import factories

pytestmark = pytest.mark.django_db

LONG = "a-market-place-with-a-very-long-name-for"


@pytest.fixture(autouse=True)
def _connections() -> None:
    for key, platform in (
        ("depot", "sandbox_warehouse"),
        ("s1", "sandbox_shop"),
        (f"{LONG}-one", "sandbox_shop"),
        (f"{LONG}-two", "sandbox_shop"),
    ):
        factories.connection(key=key, platform="rest" if key == "depot" else platform)


def started(template: str, with_: str, mappings: str = "") -> dict[str, tuple[str, int, int | None]]:
    text = (
        f"workflows:\n  night:\n    template: {template}\n    with: {with_}\n    mappings: {{{mappings}}}\n"
    )
    apply(plan(text, {}))
    return {a.key: (a.job.key, a.every_minutes, a.at_hour) for a in Audit.objects.select_related("job")}


STOCK = "stock-to-channel.read: sandbox-warehouse-stock, orders-to-warehouse.write: sandbox-warehouse-orders"


def test_each_channels_stock_and_orders_are_compared_once_a_night() -> None:
    with_ = "{warehouse: depot, channel: s1, orders_of: s1}"
    assert started("stock-over-channels", with_, STOCK) == {
        "night-stock-s1": ("night-stock-to-channel-s1", 1440, 3),
        "night-orders-s1": ("night-orders-to-warehouse-s1", 1440, 4),
    }


def test_long_names_lead_to_their_own_jobs() -> None:
    with_ = f"{{warehouse: depot, channel: [{LONG}-one, {LONG}-two], orders_of: {LONG}-one}}"
    started("stock-over-channels", with_, STOCK)
    audited = {(a.job.kind, a.job.source.key, a.job.destination.key) for a in Audit.objects.all()}
    assert audited == {
        ("stock_level", "depot", f"{LONG}-one"),
        ("stock_level", "depot", f"{LONG}-two"),
        ("order", f"{LONG}-one", "depot"),
    }
    assert SyncJob.objects.count() == Audit.objects.count() == 3


def test_where_no_orders_are_sent_none_are_compared() -> None:
    assert set(started("stock-over-channels", "{warehouse: depot, channel: s1}", STOCK)) == {"night-stock-s1"}


def test_orders_and_tracking_numbers_are_compared() -> None:
    found = started(
        "order-to-doorstep",
        "{shop: s1, warehouse: depot, parcels: depot}",
        "orders-to-warehouse.write: sandbox-warehouse-orders, parcels-to-shop.read: sandbox-warehouse-shipments",
    )
    assert found == {
        "night-orders": ("night-orders-to-warehouse", 1440, 4),
        "night-tracking": ("night-parcels-to-shop", 1440, 4),
    }


def test_what_a_template_says_of_audits_has_an_audits_fields() -> None:
    told = [row for template in templates().values() for row in template.sections.get("audits", {}).values()]
    assert told
    assert {name for row in told for name in row} <= {*AuditEntry.__struct_fields__}

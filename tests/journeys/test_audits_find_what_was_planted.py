"""A store is put out of order by hand, in every way there is; the audits tell each difference with its cause, and no
other. Then all is repaired by one click each, and counted from outside."""

from __future__ import annotations

import time

import pytest

from integrations.models import ErrorRecord
from monitoring.audits import evidence
from monitoring.audits.repair import repair
from monitoring.models import AuditDifference, AuditPoint
from tests.journeys.store_to_audit import AUDITED, PRICES, Store, Told, aged, wait_until
from tests.journeys.world import MARKET, ORDERS, SHIPMENTS, STOCK, World

# (job, record, field, cause), written by hand beside what `_put_out_of_order` does.
PLANTED: set[Told] = {
    # Staff counted a shelf in the shop and on the market place.
    *((STOCK, f"Stock of A-{n:03d}", "available", "written_past") for n in range(1, 7)),
    *((MARKET, f"Stock of A-{n:03d}", "available", "written_past") for n in range(11, 15)),
    # The warehouse counted anew, and the read of the shop's job did not show it.
    *((STOCK, f"Stock of A-{n:03d}", "available", "unknown") for n in range(21, 25)),
    # The market place refused these.
    *((MARKET, f"Stock of A-{n:03d}", "available", "held") for n in range(31, 34)),
    # Read and not delivered yet; and counted a moment ago.
    *((STOCK, f"Stock of A-{n:03d}", "available", "in_flight") for n in range(41, 46)),
    *((STOCK, f"Stock of A-{n:03d}", "available", "in_flight") for n in range(51, 53)),
    # Edited and cancelled in the shop, which sent no webhook.
    *((ORDERS, f"Order #{n}", "ship_to.city", "missed_webhook") for n in (2012, 2014, 2016)),
    (ORDERS, "Order #2018", "items[W-09].quantity", "missed_webhook"),
    (ORDERS, "Order #2018", "total", "missed_webhook"),
    *((ORDERS, f"Order #{n}", "status", "missed_webhook") for n in (2020, 2022)),
    # Cancelled, and changed, by the warehouse's own staff.
    *((ORDERS, f"Order #{n}", "status", "written_past") for n in (2024, 2026)),
    *((ORDERS, f"Order #{n}", f"items[W-{(n % 10) + 1:02d}].quantity", "written_past") for n in (2028, 2030)),
    # Without a postal code it never left.
    *((ORDERS, f"Order #{n}", "", "held") for n in (2101, 2103, 2105)),
    # The note is written in another way since the mapping's new version: every order with one that was delivered.
    *((ORDERS, f"Order #{n}", "notes", "mapping") for n in range(2001, 2060, 2)),
    # Placed a moment ago.
    *((ORDERS, f"Order #{n}", "", "in_flight") for n in (2201, 2203)),
    # Shipped: overlooked, refused by the shop, on its way.
    *((SHIPMENTS, f"Shipment sh_{n:06d} of order #{2050 + n}", "", "unknown") for n in (6, 7)),
    (SHIPMENTS, "Shipment sh_000008 of order #2058", "", "held"),
    *((SHIPMENTS, f"Shipment sh_{n:06d} of order #{2050 + n}", "", "in_flight") for n in (9, 10)),
    # Prices that the market place's staff set, that the read overlooked, and that have just changed.
    *((PRICES, f"Variant A-{n:03d}", "price", "written_past") for n in range(101, 105)),
    *((PRICES, f"Variant A-{n:03d}", "price", "unknown") for n in range(111, 114)),
    *((PRICES, f"Variant A-{n:03d}", "price", "in_flight") for n in range(121, 124)),
}
# The warehouse takes no change of an order that it has cancelled, or shipped: told, and left for a person.
FOR_A_PERSON: set[Told] = {
    *((ORDERS, f"Order #{n}", "status", "held") for n in (2024, 2026)),
    *((ORDERS, f"Order #{n}", "notes", "held") for n in range(2051, 2060, 2)),
}


@pytest.fixture
def store(world: World, monkeypatch: pytest.MonkeyPatch) -> Store:
    # The rhythm of the jobs alone, so that nobody waits for minutes here.
    monkeypatch.setattr(evidence, "MARGIN", evidence.MARGIN * 0)
    world.sandbox.control("POST", "/reset", {})
    made = Store(world)
    made.open()
    return made


@pytest.mark.long
@pytest.mark.timeout(600)
def test_audits_find_what_was_planted_and_nothing_else_and_one_click_repairs_it(store: Store) -> None:
    _everything_agrees(store)
    _put_out_of_order(store)
    calls, writes = store.calls(), store.writes()
    store.limit("warehouse", "warehouse", 12)
    _find(store)
    _nothing_was_written(store, calls, writes)
    _repair(store)


def _everything_agrees(store: Store) -> None:
    for key in AUDITED:
        run = store.audit(key)
        assert (run.differ, run.agree) == (0, run.compared), (key, sorted(store.told()))
        assert run.compared >= {STOCK: 400, MARKET: 400, ORDERS: 60, SHIPMENTS: 5, PRICES: 400}[key]
    assert AuditPoint.objects.count() == len(AUDITED)


def _put_out_of_order(store: Store) -> None:
    _stock_and_prices(store)
    _orders_and_parcels(store)
    # What people change past us is changed later than our last write.
    time.sleep(2.1)
    _past_the_owner(store)
    _untold_by_the_shop(store)
    wait_until(aged())


def _stock_and_prices(store: Store) -> None:
    world = store.world
    # Refused by the market place; the shop takes it.
    world.sandbox.fault("shop2", "error_before", method="PUT", path="stock/A-03[123]$", status=422)
    store.count_in_the_warehouse(range(31, 34), 77)
    world.carry(STOCK, MARKET)
    world.sandbox.control("DELETE", "/faults")
    # Read, and on its way for as long as nobody delivers it.
    store.count_in_the_warehouse(range(41, 46), 88)
    world.read(STOCK)
    store.count_in_the_warehouse(range(21, 25), 66)
    world.carry(MARKET)
    store.price("shop", range(111, 114), "99.90")
    store.overlooked(STOCK, PRICES)


def _orders_and_parcels(store: Store) -> None:
    world = store.world
    nowhere = {"name": "K", "line1": "L 1", "city": "Köln", "country": "DE"}
    for number in (2101, 2103, 2105):
        store.place(number, shipping_address=nowhere)
    world.carry(ORDERS)
    world.sandbox.fault("shop", "error_before", method="POST", path="orders/7300002058/", status=422)
    for number in (2056, 2057, 2058):
        store.ship(number)
    _deliver_the_last_only(store)
    store.publish("warehouse-orders", "notes", "note && join('', ['Note: ', note])")


def _past_the_owner(store: Store) -> None:
    store.count_in_a_channel("shop", range(1, 7), 1)
    store.count_in_a_channel("shop2", range(11, 15), 2)
    store.price("shop2", range(101, 105), "1.00")
    for number in (2024, 2026):
        store.at_the_warehouse("POST", number, "/cancel")
    for number in (2028, 2030):
        (item,) = store.in_the_warehouse(number)["items"]
        changed = {"sku": item["sku"], "quantity": 5, "reference": item["reference"]}
        store.at_the_warehouse("PUT", number, body={"items": [changed]})


def _untold_by_the_shop(store: Store) -> None:
    for number in (2012, 2014, 2016):
        store.edit(number, shipping_address={"city": "Bonn"})
    store.edit(2018, lines=[{"sku": "W-09", "quantity": 1}])
    for number in (2020, 2022):
        store.world.sandbox.control("POST", f"/shop/orders/{number}/cancel", {})


def _deliver_the_last_only(store: Store) -> None:
    """Two parcels that the read did not show, one that the shop refused."""
    run = store.begin_again(SHIPMENTS, "sh_000008")
    assert run.accepted == 1
    store.overlooked(SHIPMENTS)
    (error,) = ErrorRecord.objects.filter(job__key=SHIPMENTS, settled_at__isnull=True)
    assert error.subject == "Shipment sh_000008 of order #2058"
    store.world.sandbox.control("DELETE", "/faults")


def _find(store: Store) -> None:
    """What has just changed is changed here, beside the audit that is to call it so."""
    for number in (9, 10):
        store.ship(2050 + number)
    store.audit(SHIPMENTS)
    for number in (2201, 2203):
        store.place(number)
    store.audit(ORDERS)
    store.price("shop", range(121, 124), "55.50")
    store.audit(PRICES)
    store.audit(MARKET)
    store.count_in_the_warehouse(range(51, 53), 44)
    began = time.monotonic()
    run = store.audit(STOCK)
    took = time.monotonic() - began
    found = store.told()
    right = found & PLANTED
    recall, precision = len(right) / len(PLANTED), len(right) / len(found)
    told = f"{len(PLANTED)} planted, {len(found)} found: recall {recall:.3f}, precision {precision:.3f}"
    print(told, f"stock: {run.read_calls} calls in {took:.1f} s")
    assert sorted(PLANTED - found) == [], told
    assert sorted(found - PLANTED) == [], told


def _nothing_was_written(store: Store, calls: dict[str, int], writes: dict[tuple[str, str], int]) -> None:
    """Counted by the systems: between the planting and now only people and questions came."""
    after = store.calls()
    people = {"shop PUT 200": 3}
    asked = {
        name: number - calls.get(name, 0)
        for name, number in after.items()
        if number != calls.get(name, 0) and " GET " not in name
    }
    assert asked == people, "beside the prices that staff set, nothing but questions"
    assert not any(name.endswith(" 429") for name in after), "never faster than a system takes it"
    ours = {key: number for key, number in store.writes().items() if number != writes.get(key, 0)}
    assert all(system in ("shop", "warehouse", "payments") for system, _ in ours)


def _repair(store: Store) -> None:
    world = store.world
    unlimited = {"rate_limit": None}
    world.sandbox.control("PUT", "/warehouse/settings", unlimited)
    # In flight: it arrives by itself, as it would have.
    broken = {(job, subject) for job, subject, _, cause in PLANTED if cause not in ("in_flight", "held")}
    before = store.writes()
    done = repair(AuditDifference.objects.filter(state="open"), None)
    assert done.records == len(broken)
    store.carry_again()
    written = store.writes()
    for job, subject in broken:
        system, reference = _where(job, subject)
        number = written[system, reference] - before.get((system, reference), 0)
        assert number == (0 if (job, subject) in _for_a_person() else 1), (job, subject, number)
    for number in (2101, 2103, 2105):
        store.edit(number, shipping_address={"postal_code": "50667"})
    world.carry(*AUDITED)
    for key in AUDITED:
        store.audit(key)
    assert store.told() == FOR_A_PERSON
    closed = AuditDifference.objects.exclude(state="open")
    assert closed.filter(state="repaired").count() >= len(broken)
    assert closed.filter(state="gone", cause="in_flight").count() == 14


def _where(job: str, subject: str) -> tuple[str, str]:
    """Where a write of this record would be counted, and under which reference."""
    name = subject.rpartition("#")[2] if "#" in subject else subject.rpartition(" ")[2]
    return {STOCK: "shop", MARKET: "shop2", ORDERS: "warehouse", SHIPMENTS: "shop", PRICES: "shop2"}[
        job
    ], name


def _for_a_person() -> set[tuple[str, str]]:
    return {(job, subject) for job, subject, _, _ in FOR_A_PERSON}

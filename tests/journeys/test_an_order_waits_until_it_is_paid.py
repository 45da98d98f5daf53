"""A failed payment holds the order, and it goes on by itself: when the shop says so, or when a provider's payment came
that the shop has not heard of."""

from __future__ import annotations

import pytest

from integrations.models import BookedPayment, Delivery, SyncJob
from integrations.sync import payment_wait

from .paying import PAID_AT, Till
from .world import ORDERS, World

pytestmark = pytest.mark.timeout(120)
OPEN = "status == 'open'"


@pytest.fixture
def till(world: World) -> Till:
    """The warehouse gets what is paid, and the providers' payments are booked."""
    made = Till(world.sandbox)
    made.configure()
    SyncJob.objects.filter(key=ORDERS).update(filter=OPEN, waits_for_payment=True)
    return made


def at_the_warehouse(world: World) -> list[str]:
    return [order["reference"] for order in world.warehouse_orders()]


def reason(number: str) -> str:
    return Delivery.objects.get(job__key=ORDERS, subject=f"Order #{number}").state_reason


@pytest.mark.parametrize(("status", "told"), [("failed", "“failed”"), ("pending", "“pending”")])
def test_an_unpaid_order_is_held_with_the_reason_until_the_shop_says_it_is_paid(
    world: World, till: Till, status: str, told: str
) -> None:
    world.place(payment_status=status)
    world.place("1002")
    till.carry()
    world.carry(ORDERS)
    assert world.states() == {"Order #1001": "held", "Order #1002": "delivered"}
    assert reason("1001") == (
        f"It is not paid yet: the shop says {told}, and no provider's payment of it is booked. It goes on once "
        "it is paid."
    )
    assert payment_wait.release_paid() == 0, "nothing came meanwhile"
    world.sandbox.control("POST", "/shop/orders/1001/pay")
    world.carry(ORDERS)
    assert sorted(at_the_warehouse(world)) == ["1001", "1002"]
    assert world.states() == {"Order #1001": "delivered", "Order #1002": "delivered"}


def test_a_providers_payment_releases_an_order_that_the_shop_still_calls_failed(
    world: World, till: Till
) -> None:
    placed = world.place(payment_status="failed")
    till.carry()
    world.carry(ORDERS)
    assert at_the_warehouse(world) == []
    till.at_provider(PAID_AT, "payments", amount=1250, currency="EUR", order_number="1001")
    till.carry()
    assert payment_wait.release_paid() == 1
    world.deliver(ORDERS)
    assert at_the_warehouse(world) == ["1001"]
    still = world.sandbox.ask("GET", f"/shop/orders/{placed['id']}").body
    assert still["payment_status"] == "failed", "the shop never heard of it"
    assert payment_wait.release_paid() == 0
    world.carry(ORDERS)
    assert at_the_warehouse(world) == ["1001"], "and it goes there once"


@pytest.mark.parametrize(
    "payment",
    [
        {"amount": 1249, "currency": "EUR"},
        {"amount": 1250, "currency": "USD"},
        {"amount": 1250, "currency": "EUR", "status": "failed"},
        {"amount": 1250, "currency": "EUR", "order_number": "1009"},
    ],
)
def test_less_another_currency_a_failed_one_or_another_orders_payment_releases_nothing(
    world: World, till: Till, payment: dict[str, object]
) -> None:
    world.place(payment_status="failed")
    till.carry()
    world.carry(ORDERS)
    till.at_provider(PAID_AT, "payments", **{"order_number": "1001", **payment})
    till.carry()
    assert payment_wait.release_paid() == 0
    assert world.states() == {"Order #1001": "held"}
    assert BookedPayment.objects.count() == 2


def test_an_unpaid_order_that_is_cancelled_never_leaves(world: World, till: Till) -> None:
    world.place(payment_status="failed")
    world.carry(ORDERS)
    world.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    world.carry(ORDERS)
    assert world.states() == {"Order #1001": "filtered"}
    assert at_the_warehouse(world) == []


def test_a_payment_that_was_booked_before_its_order_came_lets_it_pass_at_once(
    world: World, till: Till
) -> None:
    till.at_provider(PAID_AT, "payments", amount=1250, currency="EUR", order_number="1001")
    till.carry()
    world.place(payment_status="pending", charged=False)
    world.carry(ORDERS)
    assert at_the_warehouse(world) == ["1001"]
    assert world.states() == {"Order #1001": "delivered"}


def test_an_order_that_never_comes_into_the_books_is_held_and_goes_once_a_provider_has_its_payment(
    world: World, till: Till
) -> None:
    SyncJob.objects.filter(workflow__key="money", kind="order").delete()
    world.place(payment_status="failed")
    world.carry(ORDERS)
    assert world.states() == {"Order #1001": "held"}
    till.carry()
    assert payment_wait.release_paid() == 0, "its own payment failed"
    till.at_provider(PAID_AT, "payments", amount=1250, currency="EUR", order_number="1001")
    till.carry()
    assert payment_wait.release_paid() == 1
    world.deliver(ORDERS)
    assert at_the_warehouse(world) == ["1001"]
    assert payment_wait.release_paid() == 0

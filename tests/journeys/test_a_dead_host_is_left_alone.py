"""A system that cannot be reached: told once for all its jobs, tried with one call, and taken up by itself."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from integrations.models import Batch, Connection, RateBudget
from integrations.sync import breaker, connect, deliver, pull, retry, steer
from integrations.sync.send import Sender

from .world import ORDERS, STOCK, World

DEAD = "http://127.0.0.1:9"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each call that was let through."""
    found: list[int] = []
    call = Sender._call

    def noting(self: Sender, sendings: Any) -> Any:
        found.append(len(sendings))
        return call(self, sendings)

    monkeypatch.setattr(Sender, "_call", noting)
    return found


@pytest.fixture
def dead(world: World) -> World:
    for number in range(1001, 1006):
        world.place(str(number))
    world.read(ORDERS)
    move(world, DEAD)
    return world


def move(world: World, base: str) -> str:
    declaration = world.declaration()
    before, declaration["base_url"] = declaration["base_url"], base
    world.redeclare(declaration)
    return str(before)


def drain(world: World) -> None:
    deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5)


def pause_is_over(world: World) -> None:
    RateBudget.objects.filter(connection__key="warehouse", failures__gt=0).update(open_until_us=1)


def until_it_opens(world: World) -> None:
    for _ in range(breaker.FAILURES_THAT_OPEN):
        pause_is_over(world)
        all_is_due(world)
        drain(world)


def all_is_due(world: World) -> None:
    for batch in Batch.objects.filter(settled_at__isnull=True):
        remaining = dict.fromkeys(batch.remaining or {}, 0.0) or None
        Batch.objects.filter(pk=batch.pk).update(not_before=None, remaining=remaining)


def failures() -> int:
    return RateBudget.objects.get(connection__key="warehouse").failures


def test_a_moments_trouble_is_told_to_nobody(dead: World) -> None:
    drain(dead)
    assert failures() == 1
    assert dead.open_errors() == []


def test_a_dead_host_is_told_once_whatever_job_notices_it(dead: World) -> None:
    until_it_opens(dead)
    for _ in range(2):
        pause_is_over(dead)
        all_is_due(dead)
        drain(dead)
        pause_is_over(dead)
        stock = dead.job(STOCK)
        steer.run_now(stock)
        pull.pull(stock.pk, time.monotonic() + 5, at_once=True)
    (error,) = dead.open_errors()
    assert (error.code, error.connection_id) == ("host_down", dead.connection("warehouse").pk)
    assert failures() == breaker.FAILURES_THAT_OPEN + 4
    assert dead.connection("warehouse").health == "failing"
    assert set(dead.states().values()) == {"queued"}


def test_while_it_is_open_no_worker_calls_and_then_one_call_probes(dead: World, calls: list[int]) -> None:
    until_it_opens(dead)
    all_is_due(dead)
    before = len(calls)
    drain(dead)
    assert len(calls) == before
    pause_is_over(dead)
    drain(dead)
    assert len(calls) == before + 1


def test_it_closes_by_itself_and_what_waited_arrives(dead: World) -> None:
    until_it_opens(dead)
    assert len(dead.open_errors()) == 1
    move(dead, f"{dead.sandbox.base}/warehouse")
    pause_is_over(dead)
    dead.deliver(ORDERS)
    assert dead.open_errors() == []
    assert failures() == 0
    assert dead.connection("warehouse").health == "working"
    assert len(dead.warehouse_orders()) == 5


def test_a_person_who_says_that_it_is_mended_need_not_wait(dead: World) -> None:
    until_it_opens(dead)
    move(dead, f"{dead.sandbox.base}/warehouse")
    (error,) = dead.open_errors()
    assert retry.retry(type(error).objects.filter(pk=error.pk), None) == 1
    all_is_due(dead)
    drain(dead)
    assert len(dead.warehouse_orders()) == 5


def test_the_test_button_calls_also_while_it_is_open_and_closes_it(dead: World) -> None:
    until_it_opens(dead)
    warehouse = Connection.objects.get(key="warehouse")
    assert connect.test(warehouse).ok is False
    assert failures() >= breaker.FAILURES_THAT_OPEN
    move(dead, f"{dead.sandbox.base}/warehouse")
    assert connect.test(Connection.objects.get(key="warehouse")).ok is True
    assert (failures(), dead.open_errors()) == (0, [])


@pytest.mark.parametrize("mode", ["close", "refuse"])
def test_what_was_on_its_way_to_a_system_that_went_away_goes_on_by_itself(world: World, mode: str) -> None:
    """It accepts connections, and closes them without a word or answers 503: longer than all tries of a record."""
    for number in range(1001, 1010):
        world.place(str(number))
    world.read(ORDERS)
    world.sandbox.control("POST", "/warehouse/down", {"mode": mode})
    for _ in range(world.job(ORDERS).retry_limit + 3):
        pause_is_over(world)
        all_is_due(world)
        drain(world)
    (error,) = world.open_errors()
    assert (error.delivery, error.code) == (None, "out_of_reach")
    assert "goes on by itself when it is back" in error.sentence
    assert failures() > breaker.FAILURES_THAT_OPEN
    world.sandbox.control("POST", "/warehouse/up", {})
    pause_is_over(world)
    all_is_due(world)
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 9
    assert set(world.states().values()) == {"delivered"}
    assert world.open_errors() == []
    assert failures() == 0


def test_a_call_that_finds_the_session_over_shows_that_the_system_is_back(world: World) -> None:
    """Sessions that last shorter than the wait for a probe: else each probe would find its own one over."""
    declaration = world.declaration()
    declaration["auth"] = {
        "kind": "login",
        "path": "token",
        "body": {"client_id": "warehouse", "client_secret": "{token}"},
        "token": "access_token",
    }
    declaration["errors"].insert(0, {"when": "errors[?code == 'token_expired']", "kind": "expired"})
    world.redeclare(declaration)
    world.place()
    world.read(ORDERS)
    world.sandbox.control("PUT", "/warehouse/settings", {"session_lifetime": 0})
    connect.connect(world.connection("warehouse")).close()
    world.sandbox.control("PUT", "/warehouse/settings", {"session_lifetime": 3600})
    RateBudget.objects.update_or_create(
        connection=world.connection("warehouse"), defaults={"failures": 1, "open_until_us": 1}
    )
    drain(world)
    assert set(world.states().values()) == {"delivered"}
    assert failures() == 0


def test_one_records_fault_is_not_taken_for_the_systems(world: World) -> None:
    """A 500 that one record causes each time ends as its error, and the others arrive."""
    for number in range(1001, 1006):
        world.place(str(number))
    world.sandbox.fault("warehouse", "error_before", method="POST", path="^/orders$", count=8)
    world.carry(ORDERS)
    assert failures() == 0
    assert world.job(ORDERS).may_run


def test_a_command_with_less_allowed_than_the_workers_leaves_their_job_alone(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Typed into another shell, without the environment that lets the workers reach the store's own network."""
    world.place()
    settings.PRIVATE_NETWORKS = []
    with pytest.raises(SystemExit) as ended:
        call_command("sync", ORDERS)
    assert ended.value.code == 2
    assert "Give it the environment that the workers have" in capsys.readouterr().err
    job = world.job(ORDERS)
    assert (job.state, world.open_errors()) == ("active", [])

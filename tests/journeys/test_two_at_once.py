"""Two doors with the same order, and a worker that stood still at the wrong moment."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from integrations.connectors import registry
from integrations.connectors.base import Item, Limit, Token
from integrations.models import AccessToken, Delivery, Door, Doorbell, ErrorRecord
from integrations.sync import accept as door
from integrations.sync import connect, deliver
from integrations.sync.claim import Lease
from integrations.sync.send import Sender

from .world import ORDERS, World

NEEDS_LOGIN: Any = SimpleNamespace(timeout_seconds=2.0, consent=None)


def item(placed: dict[str, Any], minute: int) -> Item:
    version = f"2026-05-01T10:{minute:02}:00.000Z"
    return Item(external_id=placed["id"], payload={**placed, "updated_at": version}, version=version)


def test_two_doors_never_give_two_versions_the_same_serial(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else neither would supersede the other, and the older could have the last word about the state."""
    placed, job = world.place(), world.job(ORDERS)
    known_of = door.known_of
    others: Iterator[int] = iter([2])

    def meanwhile(*arguments: Any) -> Any:
        known = known_of(*arguments)
        for minute in others:
            door.accept(job, Door.PULL, [item(placed, minute)], read_at=timezone.now())
        return known

    monkeypatch.setattr(door, "known_of", meanwhile)
    accepted = door.accept(job, Door.WEBHOOK, [item(placed, 3)], read_at=timezone.now())

    row = Delivery.objects.get(job=job)
    assert (accepted.accepted, row.accepted_serial, row.accepted_version) == (1, 2, item(placed, 3).version)
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 1


def test_what_another_door_took_in_meanwhile_is_not_overtaken_by_an_older_version(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed, job = world.place(), world.job(ORDERS)
    known_of = door.known_of
    others: Iterator[int] = iter([3])

    def meanwhile(*arguments: Any) -> Any:
        known = known_of(*arguments)
        for minute in others:
            door.accept(job, Door.WEBHOOK, [item(placed, minute)], read_at=timezone.now())
        return known

    monkeypatch.setattr(door, "known_of", meanwhile)
    accepted = door.accept(job, Door.PULL, [item(placed, 2)], read_at=timezone.now())

    row = Delivery.objects.get(job=job)
    assert (accepted.accepted, row.accepted_serial, row.accepted_version) == (0, 1, item(placed, 3).version)


def test_a_worker_that_stood_still_after_it_was_allowed_to_send_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lease was long enough when the call was given to its thread, and is not when the thread comes to it."""
    left: list[Any] = []
    call = Sender._call
    answers = iter([True, False])

    def noting(self: Sender, part: Any) -> Any:
        left.append(part)
        return call(self, part)

    monkeypatch.setattr(Sender, "_call", noting)
    monkeypatch.setattr(Lease, "outlasts", lambda *_: next(answers, True))
    world.place()
    world.carry(ORDERS)
    assert next(answers, None) is None
    assert len(left) == len(world.warehouse_orders()) == 1


def test_a_login_that_fell_holds_up_the_others_no_longer_than_it_may_take(world: World) -> None:
    warehouse = world.connection("warehouse")
    until: list[datetime | None] = []

    def login() -> Token:
        until.append(AccessToken.objects.get(connection=warehouse).refreshing_until)
        return Token(value="a session", expires_at=None)

    connector: Any = SimpleNamespace(
        login=login, use_token=lambda token: None, timeout_seconds=2.0, limit=Limit, consent=None
    )
    AccessToken.objects.get_or_create(connection=warehouse)
    connect.renew_token(warehouse, connector, connect.token_version(warehouse))
    assert until[0] is not None
    assert until[0] - timezone.now() <= timedelta(seconds=2 + connect.LOGIN_MARGIN)


def test_who_finds_a_login_under_way_waits_for_its_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse, used = world.connection("warehouse"), list[Any]()
    AccessToken.objects.update_or_create(
        connection=warehouse, defaults={"refreshing_until": timezone.now() + timedelta(seconds=30)}
    )

    def the_other_is_done(_: float) -> None:
        AccessToken.objects.filter(connection=warehouse).update(
            token="theirs", version=connect.token_version(warehouse) + 1, refreshing_until=None
        )

    connector = SimpleNamespace(
        needs_login=lambda: True, use_token=used.append, timeout_seconds=2.0, consent=None
    )
    monkeypatch.setattr(registry, "connect", lambda *_, **__: connector)
    monkeypatch.setattr(time, "sleep", the_other_is_done)
    connect.connect(warehouse)
    assert used == [Token(value="theirs", expires_at=None)]


def test_a_login_under_way_is_no_error_and_its_records_go_out_after_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.place()
    world.read(ORDERS)
    AccessToken.objects.update_or_create(
        connection=world.connection("warehouse"),
        defaults={"refreshing_until": timezone.now() + timedelta(seconds=30)},
    )
    with monkeypatch.context() as patch:
        patch.setattr(deliver, "connect", lambda connection: connect._log_in(connection, NEEDS_LOGIN, 0))
        patch.setattr(connect, "LOGIN_PATIENCE", 0.0)
        assert deliver.drain(world.job(ORDERS).pk, time.monotonic() + 5) == 0
    assert not ErrorRecord.objects.exists()
    assert Doorbell.objects.filter(task="drain", subject_id=world.job(ORDERS).pk).exists()
    world.deliver(ORDERS)
    assert len(world.warehouse_orders()) == 1

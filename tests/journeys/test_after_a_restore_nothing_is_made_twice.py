"""A backup is older than the world: what was delivered after it is found at the destination, and not made again."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from integrations.models import (
    Batch,
    Delivery,
    ExternalId,
    Intent,
    JobState,
    Outcome,
    SyncJob,
    SyncRun,
    Thing,
    UnitsInFlight,
)
from integrations.sync import steer

from .test_an_order_arrives_once_whatever_becomes_of_the_answer import without
from .world import ORDERS, World


def older_backup(world: World) -> None:
    """Nothing of what was delivered is known any more."""
    for model in (Outcome, Intent, Batch, Delivery, SyncRun, UnitsInFlight, ExternalId):
        model.objects.all().delete()
    Thing.objects.all().delete()
    SyncJob.objects.update(
        watermark=None, read_started_at=None, resume_position=None, last_complete_read_at=None
    )


@pytest.fixture
def restored(world: World) -> World:
    for number in ("1001", "1002", "1003"):
        world.place(number)
    world.carry(ORDERS)
    assert len(world.warehouse_orders()) == 3
    older_backup(world)
    call_command("job", "pause", "--all", "--reason", "Restored from a backup.")
    return world


def adopt(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        call_command("job", "adopt", ORDERS)
    return int(ended.value.code or 0), capsys.readouterr().out


def test_without_it_all_would_be_made_anew(restored: World, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("sync", ORDERS, "--full", "--dry-run", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["makes"] == ["Order #1001", "Order #1002", "Order #1003"]


def test_what_is_there_is_found_and_only_changed(restored: World, capsys: pytest.CaptureFixture[str]) -> None:
    restored.place("1004")
    assert adopt(capsys) == (0, "3 are there already and were remembered; 1 are not there.\n")
    assert adopt(capsys)[1] == "0 are there already and were remembered; 1 are not there.\n"
    call_command("job", "resume", ORDERS)
    steer.run_now(restored.job(ORDERS), full=True)
    restored.carry(ORDERS)
    references = sorted(order["reference"] for order in restored.warehouse_orders())
    assert references == ["1001", "1002", "1003", "1004"]
    assert set(restored.states().values()) == {"delivered"}
    assert restored.open_errors() == []
    restored.sandbox.control("POST", "/shop/orders/1001/cancel", {})
    restored.carry(ORDERS)
    states = {order["reference"]: order["state"] for order in restored.warehouse_orders()}
    assert states["1001"] == "cancelled"


def test_an_id_that_another_record_has_is_left_alone_and_told(
    restored: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job = restored.job(ORDERS)
    theirs = next(order["id"] for order in restored.warehouse_orders() if order["reference"] == "1002")
    other = Thing.objects.create(kind="order", created_at=job.created_at)
    ExternalId.objects.create(
        connection=job.destination, resource=job.destination_resource, external_id=theirs, thing=other
    )
    code, told = adopt(capsys)
    assert code == 1
    assert f"Order #1002: {theirs} is there, and is known here as record {other.pk}." in told
    assert ExternalId.objects.get(external_id=theirs).thing == other


def test_where_nothing_can_be_looked_up_it_says_what_to_do(restored: World) -> None:
    restored.redeclare(without(restored, "lookup"))
    with pytest.raises(CommandError, match="--full --dry-run"):
        call_command("job", "adopt", ORDERS)


def test_a_job_that_goes_is_not_adopted_for(world: World) -> None:
    with pytest.raises(CommandError, match="pause it first"):
        call_command("job", "adopt", ORDERS)


def test_jobs_are_steered_from_the_command_line(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("job", "pause", ORDERS, "--reason", "stock-taking")
    assert SyncJob.objects.get(key=ORDERS).state == JobState.PAUSED
    call_command("job", "list")
    assert f"{ORDERS}  Paused: stock-taking" in capsys.readouterr().out
    call_command("job", "resume", "--all")
    assert set(SyncJob.objects.values_list("state", flat=True)) == {JobState.ACTIVE}
    for wrong in (["pause"], ["pause", ORDERS, "--all"], ["resume", "nobody"]):
        with pytest.raises(CommandError):
            call_command("job", *wrong)

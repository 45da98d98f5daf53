"""From the first run between sandbox systems to production, by the real engine."""

from __future__ import annotations

import time

import pytest

from integrations.models import Connection, Delivery, Environment, State, SyncJob, SyncRun, Workflow
from integrations.sync import deliver, launch, pull, steer, suite
from monitoring.models import AlertChannel, AlertKind, AlertRule, ChannelKind

from .world import ORDERS, World

pytestmark = pytest.mark.django_db(transaction=True)


def one_job_workflow() -> Workflow:
    """Of the demo's configuration, the job that carries orders alone."""
    workflow = Workflow.objects.create(
        key="orders", name="Orders", problem="Typed by hand.", owner="Operations"
    )
    SyncJob.objects.filter(key=ORDERS).update(workflow=workflow)
    return workflow


def with_alert(workflow: Workflow) -> None:
    channel = AlertChannel.objects.create(name="Duty", kind=ChannelKind.EMAIL, recipients="duty@example.com")
    AlertRule.objects.create(
        name="Failures", kind=AlertKind.FAILURES, threshold=0, workflow=workflow
    ).channels.set([channel])


def to_production(world: World) -> SyncJob:
    job = world.job(ORDERS)
    Connection.objects.filter(pk__in=[job.source_id, job.destination_id]).update(
        environment=Environment.PRODUCTION
    )
    return world.job(ORDERS)


def test_what_has_passed_is_launched_and_then_touches_production(world: World) -> None:
    workflow = one_job_workflow()
    world.place("1001")
    world.carry(ORDERS)
    run = SyncRun.objects.get(job__key=ORDERS)
    assert (run.environment, run.state, run.delivered, run.failed) == ("sandbox", "finished", 1, 0)

    job = to_production(world)
    world.place("1002")
    assert steer.run_now(job) is None
    assert not pull.pull(job.pk, time.monotonic() + 5, at_once=True)
    assert world.warehouse_orders("1002") == []
    assert [lacking.sentence for lacking in launch.launch(workflow, None)] == [
        "“Orders to the warehouse” has not been through the sandbox suite yet. Run it: it takes a moment.",
        "No alert watches it. Make one that tells somebody when it fails.",
    ]

    assert suite.run_suite(job, None).is_passed
    with_alert(workflow)
    assert launch.launch(workflow, None) == []
    world.carry(ORDERS)

    assert len(world.warehouse_orders("1002")) == 1
    assert SyncRun.objects.filter(job__key=ORDERS, environment="production", delivered=1).exists()


def test_what_was_accepted_before_the_switch_waits_for_the_launch(world: World) -> None:
    workflow = one_job_workflow()
    with_alert(workflow)
    world.place("1001")
    world.carry(ORDERS)
    world.place("1002")
    world.read(ORDERS)
    job = to_production(world)

    assert deliver.drain(job.pk, time.monotonic() + 5) == 0
    assert world.warehouse_orders("1002") == []
    assert Delivery.objects.filter(job=job).exclude(state=State.DELIVERED).count() == 1

    suite.run_suite(job, None)
    assert launch.launch(workflow, None) == []
    world.deliver(ORDERS)
    assert len(world.warehouse_orders("1002")) == 1


def test_a_run_with_a_failure_is_no_proof(world: World) -> None:
    workflow = one_job_workflow()
    with_alert(workflow)
    world.place("1001")
    world.place("1002", ("NO-SUCH-SKU", 1))
    world.carry(ORDERS)
    suite.run_suite(world.job(ORDERS), None)

    (lacking,) = launch.missing(workflow)
    assert "failed with 1 record" in lacking.sentence

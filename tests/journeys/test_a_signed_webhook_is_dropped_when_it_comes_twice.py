"""From a shop through the engine to a receiver of signed webhooks that drops what it has seen, by its id."""

from __future__ import annotations

import base64
import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Connection, JobState, SyncJob
from integrations.sync import deliver, pull, steer
from integrations.sync.connect import connect
from tests.contract.dialects.webhook_out import is_signed
from tests.integrations.answering import Asked, Platform, Says

from .between import JOB, READ, Between, order

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes and more").decode()
NEXT = "whsec_" + base64.b64encode(b"another one of 24 bytes and more").decode()


class Receiver:
    """Keeps each event once. `says`: what it answers next, after it has kept the event."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.kept: dict[str, tuple[str, str]] = {}
        self.says: list[Says] = []
        platform.on("POST /hook", self.take)

    def take(self, asked: Asked) -> Says:
        if not is_signed(asked, SECRET):
            return Says({"message": "who are you?"}, 401)
        about = asked.json
        self.kept.setdefault(asked.headers["webhook-id"], (about["type"], about["data"]["id"]))
        return self.says.pop(0) if self.says else Says(None, 204)


@pytest.fixture
def receiver(between: Between) -> Receiver:
    made = Receiver(between.depot.platform)
    listing = {"path": "/orders", "records": "orders"}
    shop = {"base_url": between.shop.base, "resources": {"orders": {"list": listing}}}
    reading = {"platform": "rest", "resource": "orders", "kind": "order", "direction": "read", "rules": READ}
    data = {
        "connections": {
            "shop": {"name": "The shop", "platform": "rest", "settings": {"declaration": shop}},
            "hook": {
                "name": "The hook",
                "platform": "webhook_out",
                "settings": {"base_url": f"{made.platform.base}/hook"},
                "secrets": {"webhook_secret": SECRET},
            },
        },
        "mappings": {"read": reading, "write": {"preset": "webhook-out-orders"}},
        "jobs": {
            JOB: {
                "source": "shop",
                "source_resource": "orders",
                "destination": "hook",
                "destination_resource": "orders",
                "read_mapping": "read",
                "write_mapping": "write",
                "concurrent_calls": 1,
            }
        },
    }
    apply(plan(json.dumps(data), {}))
    return made


def test_a_lost_answer_is_asked_for_again_under_the_same_id(between: Between, receiver: Receiver) -> None:
    rows = [order(1), order(2)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    receiver.says = [Says(silent=True), Says(None, 500), Says(None, 204)]
    between.carry()
    told = [asked.headers["webhook-id"] for asked in receiver.platform.asked]
    assert len(told) == 4
    assert len(set(told)) == 2
    assert sorted(receiver.kept.values()) == [("order.created", "1"), ("order.created", "2")]
    assert set(between.states().values()) == {"delivered"}
    assert between.errors() == []


def test_an_event_that_was_asked_to_wait_comes_again_under_the_same_id(
    between: Between, receiver: Receiver
) -> None:
    """The receiver keeps it and then finds that too many came: what it says is not believed to be the whole truth."""
    rows = [order(1)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    receiver.says = [Says({"message": "slower"}, 429, {"Retry-After": "1"}), Says(None, 204)]
    between.carry()
    told = [asked.headers["webhook-id"] for asked in receiver.platform.asked]
    assert len(told) == 2
    assert list(receiver.kept.values()) == [("order.created", "1")]
    rows[0]["state"] = "cancelled"
    between.carry()
    assert list(receiver.kept.values()) == [("order.created", "1"), ("order.updated", "1")]


def test_only_what_changed_is_told_again_and_as_a_change(between: Between, receiver: Receiver) -> None:
    rows = [order(1), order(2)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    between.carry()
    rows[1]["state"] = "cancelled"
    between.carry()
    assert list(receiver.kept.values())[2:] == [("order.updated", "2")]
    assert receiver.platform.asked[-1].json["data"]["status"] == "cancelled"


def test_a_receiver_that_wants_no_more_is_left_alone(between: Between, receiver: Receiver) -> None:
    rows = [order(number) for number in range(1, 6)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    receiver.platform.on("POST /hook", Says(None, 410))
    job = SyncJob.objects.get(key=JOB)
    steer.run_now(job)
    assert pull.pull(job.pk, time.monotonic() + 10)
    deliver.drain(job.pk, time.monotonic() + 10)
    assert SyncJob.objects.get(key=JOB).state == JobState.HALTED
    assert len(receiver.platform.asked) == 1


def test_after_the_secret_was_replaced_both_sign_for_a_while(receiver: Receiver) -> None:
    hook = Connection.objects.get(key="hook")
    hook.enter_secrets({"webhook_secret": NEXT})
    hook.save()
    receiver.platform.on("POST /hook", Says(None, 204))
    assert signed_by(hook, receiver) == [True, True]
    hook.webhook_secret_before = {
        "secret": SECRET,
        "until": (timezone.now() - timedelta(seconds=1)).isoformat(),
    }
    hook.save()
    assert signed_by(hook, receiver) == [False, True]


def signed_by(hook: Connection, receiver: Receiver) -> list[bool]:
    connector = connect(hook)
    assert connector.test().ok
    connector.close()
    return [is_signed(receiver.platform.asked[-1], secret) for secret in (SECRET, NEXT)]

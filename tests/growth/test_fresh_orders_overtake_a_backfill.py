"""Real processes, real HTTP, one single worker: an order by webhook does not wait for what is caught up with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.growth.backlog import HOOK
from tests.growth.orders import order
from tests.growth.portal import SECRET
from tests.integrations.answering import Asked, Platform, Says
from tests.integrations.processes.conftest import ROOT, Portal
from tests.integrations.processes.family import lives, until

pytestmark = [
    pytest.mark.siege,
    pytest.mark.chaos,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="its processes are watched in /proc"),
]

WAITING = 20_000
# From the shop's call to the warehouse's. A group of the backfill takes up to two seconds.
LONGEST_SECONDS = 8.0


class SlowWarehouse(Platform):
    """Takes 20 ms for each order, and remembers when each came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: dict[str, float] = {}
        numbers = itertools.count(1)

        def take(asked: Asked) -> Says:
            time.sleep(0.02)
            self.came[asked.json["external_id"]] = time.monotonic()
            self.asked.clear()
            return Says({"id": f"w-{next(numbers)}"}, 201)

        self.on("POST /shipments-orders", take)


@pytest.fixture
def warehouse() -> Iterator[SlowWarehouse]:
    made = SlowWarehouse()
    yield made
    made.close()


@pytest.fixture
def portal(tmp_path: Path, warehouse: SlowWarehouse) -> Iterator[Portal]:
    made = Nearby(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "tests.growth", "backlog", warehouse.base, "--records", str(WAITING)],
        cwd=ROOT,
        env=made.environment,
        check=True,
    )
    yield made
    for process in made.started:
        if lives(process.pid):
            process.kill()
        process.wait()


class Nearby(Portal):
    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "PRIVATE_NETWORKS": "127.0.0.0/8"}


def tell(here: str, external_id: str) -> int:
    """The shop's webhook. The status of the answer; 0 while nobody answers."""
    raw = json.dumps(order(external_id, 77, 86_400).payload).encode()
    mark = base64.b64encode(hmac.new(SECRET.encode(), raw, hashlib.sha256).digest()).decode()
    headers = {
        "Content-Type": "application/json",
        "X-Shop-Hmac-Sha256": mark,
        "X-Shop-Topic": "orders/create",
        "X-Shop-Webhook-Id": external_id,
    }
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"{here}/hooks/{HOOK}", raw, headers), timeout=10
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_orders_by_webhook_arrive_in_seconds_while_a_backfill_waits(
    portal: Portal, warehouse: SlowWarehouse, free_port: int
) -> None:
    portal.start("portal", "--bind", f"127.0.0.1:{free_port}")
    here = f"http://127.0.0.1:{free_port}"
    until(lambda: tell(here, "") != 0, "nobody answers")
    until(lambda: len(warehouse.came) > 100, f"the backfill does not begin; {portal.told()}")
    took = []
    for number in range(5):
        name = f"fresh-{number}"
        began = time.monotonic()
        until(lambda name=name: tell(here, name) in (200, 202), "the webhook is not taken")  # type: ignore[misc]
        until(lambda name=name: name in warehouse.came, f"{name} does not arrive; {portal.told()}")  # type: ignore[misc]
        took.append(warehouse.came[name] - began)
        assert len(warehouse.came) < WAITING, "the backfill was over before it was tried"
    print(f"with {WAITING - len(warehouse.came):,} waiting: {[round(seconds, 2) for seconds in took]} s")
    assert max(took) < LONGEST_SECONDS

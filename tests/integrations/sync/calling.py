"""A worker process for tests of the budget: `python -m tests.integrations.sync.calling`.

Each line on its standard input is a role with its arguments, a list in JSON; the answer is one line of JSON. It says
"ready" when it is, so that a test can have several of them begin together.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import django


def prepare(base: str, limits: dict[str, Any]) -> dict[str, Any]:
    """A connection of the test's own, with a budget that nobody has used yet."""
    from integrations.models import Connection

    key = f"vendor-{Connection.objects.count()}"
    declaration = {
        "base_url": base,
        "limits": limits,
        "timeouts": {"connect": 1, "read": 5, "total": 5},
        "resources": {"things": {"list": {"path": "/things"}, "fetch": {"path": "/things/{external_id}"}}},
    }
    made = Connection.objects.create(
        key=key, name="Vendor", platform="rest", settings={"declaration": declaration}
    )
    return {"pk": made.pk}


def backfill(pk: int, seconds: float, threads: int) -> dict[str, Any]:
    """Calls as often as the gate lets it, through threads, as a sender does."""
    from integrations.exceptions import Failure
    from integrations.models import Connection
    from integrations.sync.clock import CLOCK
    from integrations.sync.connect import connect
    from integrations.sync.gate import Gate

    connection = Connection.objects.get(pk=pk)
    connector = connect(connection)
    gate = Gate(connection, connector, threads)
    releases: list[int] = []
    told: list[float] = []
    ends = time.monotonic() + seconds

    def call() -> None:
        while gate.enter(lambda: time.monotonic() < ends) is None:
            releases.append(CLOCK.now_us())
            try:
                connector.fetch("things", "1")
            except Failure as failure:
                if failure.code == "rate_limited":
                    gate.hold(failure.retry_after or 1.0)
                    told.append(failure.retry_after or 1.0)
            finally:
                gate.leave()

    working = [threading.Thread(target=call) for _ in range(threads)]
    cpu = time.process_time()
    for thread in working:
        thread.start()
    while any(thread.is_alive() for thread in working):
        while told:
            gate.block(told.pop())
        gate.look(threads - gate.inside)
        time.sleep(0.01)
    gate.close()
    return {"releases": releases, "cpu": time.process_time() - cpu}


def press_test(pk: int) -> dict[str, Any]:
    from integrations.models import Connection
    from integrations.sync.connect import test

    began = time.monotonic()
    report = test(Connection.objects.get(pk=pk))
    return {"seconds": time.monotonic() - began, "ok": report.ok, "sentence": report.sentence()}


ROLES: dict[str, Callable[..., dict[str, Any]]] = {
    "prepare": prepare,
    "backfill": backfill,
    "press_test": press_test,
}

if __name__ == "__main__":
    django.setup()
    from django.db import connection as database

    database.ensure_connection()
    print("ready", flush=True)
    for line in sys.stdin:
        role, *arguments = json.loads(line)
        print(json.dumps(ROLES[role](*arguments)), flush=True)

"""Worker processes without a queue, so that who does what is settled by the test and not left to chance."""

from __future__ import annotations

import os
import signal
import subprocess

from tests.integrations.processes.family import until

from .ambush import STOP
from .siege import Siege
from .world import SKU

# Seconds for a worker to start, read and come to its point, on a machine that is busy with others.
LONGEST_WAY = 120.0

DUE_AT_ONCE = (
    """UPDATE integrations_batch SET not_before = NULL, remaining = '{"0": 0}' WHERE settled_at IS NULL"""
)


def place(siege: Siege, number: str, sku: str = SKU) -> None:
    address = {"name": "Käthe Groß", "line1": "Lindenstraße 12", "city": "Köln", "postal_code": "50667"}
    asked = {
        "number": number,
        "lines": [{"sku": sku, "quantity": 1}],
        "shipping_address": {**address, "country": "DE"},
    }
    siege.world.shop.control("POST", "/shop/orders", asked)


def ask_for(siege: Siege, number: str, quantity: int) -> None:
    asked = {"lines": [{"sku": SKU, "quantity": quantity}]}
    siege.world.shop.control("POST", f"/shop/orders/{number}/edit", asked)


def carry(siege: Siege, *jobs: str, **more: str) -> subprocess.Popen[bytes]:
    return siege.portal.start(f"carry-{len(siege.portal.processes)}", "carry", *jobs, **more)


def carry_all(siege: Siege, *jobs: str) -> None:
    assert carry(siege, *jobs).wait(LONGEST_WAY) == 0


def caught(siege: Siege, point: str, deed: str, *jobs: str, **more: str) -> list[subprocess.Popen[bytes]]:
    """A worker for each job, which meets its ambush at this point."""
    seen = len(siege.portal.ambushes.sprung())
    for job in jobs:
        siege.portal.ambushes.lay(point, deed, job)
    processes = [carry(siege, job, **more) for job in jobs]
    sprung = siege.portal.ambushes.sprung
    until(
        lambda: len(sprung(seen)) == len(jobs) or all(process.poll() is not None for process in processes),
        f"nobody came to {point}",
        LONGEST_WAY,
    )
    assert len(sprung(seen)) == len(jobs), f"all ended, and nobody came to {point}"
    if deed == STOP:
        until(lambda: all(_is_stopped(process.pid) for process in processes), "they go on")
    return processes


def _is_stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rpartition(")")[2].split()[0] == "T"


def let_go_on(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        os.kill(process.pid, signal.SIGCONT)
    for process in processes:
        assert process.wait(LONGEST_WAY) == 0


def until_leases_are_over(siege: Siege) -> None:
    """By the database's own clock, which all workers go by."""
    now = "now()" if siege.portal.postgres else "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    held = f"SELECT COUNT(*) FROM integrations_batch WHERE settled_at IS NULL AND lease_until > {now}"
    until(lambda: siege.portal.number(held) == 0, "the leases go on")

"""The portal's own processes, with the address of a Redis that is not there, and then is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.integrations.processes.conftest import Portal, ended, migrated
from tests.integrations.processes.family import until

from .network import ROOT
from .portal import WEBHOOK_SECRET
from .servers import Redis, free_port, missing

__all__ = ["migrated"]

pytestmark = [pytest.mark.redis, pytest.mark.slow, pytest.mark.timeout(200)]

# Nobody waits for Redis at each call.
LONGEST_ANSWER = timedelta(seconds=3)


@dataclass
class PortalWithRedis(Portal):
    redis: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {
            "REDIS_URL": self.redis,
            "PRIVATE_NETWORKS": "127.0.0.0/8",
            "WEB_PROCESSES": "1",
            "WORKERS": "2",
        }

    def python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@dataclass
class Doors:
    portal: PortalWithRedis
    redis: Redis
    base: str
    depot: str
    webhook: str = ""
    key: str = ""

    def push(self, number: int) -> requests.Response:
        record = {"external_id": str(number), "version": str(number), "payload": self.order(number)}
        return requests.post(
            f"{self.base}/api/v1/jobs/orders/records",
            json={"records": [record]},
            headers={"Authorization": f"Bearer {self.key}", "Idempotency-Key": f"push-{number}"},
            timeout=30,
        )

    def hook(self, number: int) -> requests.Response:
        raw = json.dumps(self.order(number)).encode()
        signature = base64.b64encode(hmac.digest(WEBHOOK_SECRET.encode(), raw, hashlib.sha256)).decode()
        headers = {
            "X-Signature": signature,
            "X-Topic": "orders/create",
            "Content-Type": "application/json",
        }
        return requests.post(f"{self.base}/hooks/{self.webhook}", data=raw, headers=headers, timeout=30)

    def sign_in(self) -> requests.Response:
        with requests.Session() as browser:
            page = browser.get(f"{self.base}/accounts/login/", timeout=30)
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token is not None
            form = {"csrfmiddlewaretoken": token[1], "login": "op", "password": "correct horse battery"}
            return browser.post(f"{self.base}/accounts/login/", data=form, timeout=30)

    @staticmethod
    def order(number: int) -> dict[str, Any]:
        line = {"sku": "MUG", "quantity": 1}
        return {"id": number, "number": f"A{number}", "state": "open", "lines": [line]}

    def made(self) -> list[str]:
        books = requests.get(f"{self.depot}/books", timeout=30).json()
        return sorted(reference for reference, _ in books["made"])


@pytest.fixture
def doors(migrated: Path, tmp_path: Path) -> Iterator[Doors]:
    if reason := missing():
        pytest.skip(reason)
    (tmp_path / "portal.sqlite3").write_bytes(migrated.read_bytes())
    redis = Redis(tmp_path, "127.0.0.1")
    portal = PortalWithRedis(tmp_path, redis=redis.url)
    ports = [free_port("127.0.0.1") for _ in range(2)]
    depot = subprocess.Popen(
        [sys.executable, "-m", "tests.hosts.destination", "127.0.0.1", str(ports[0]), "5"], cwd=ROOT
    )
    made = Doors(portal, redis, f"http://127.0.0.1:{ports[1]}", f"http://127.0.0.1:{ports[0]}")
    try:
        portal.python("tests.hosts.portal", "configure", made.depot, "8/8")
        opened = json.loads(portal.python("tests.hosts.portal", "doors"))
        made.webhook, made.key = opened["webhook"], opened["key"]
        portal.supervisor = portal.start("portal", "--bind", f"127.0.0.1:{ports[1]}")
        until(lambda: answers(ports[1]), "the web server does not listen")
        yield made
    finally:
        for _ in ended(portal):
            pass
        depot.kill()
        depot.wait()
        redis.stop()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_every_door_takes_what_comes_and_it_is_delivered_when_redis_is_there(doors: Doors) -> None:
    assert doors.push(1).status_code == 202
    assert doors.hook(2).status_code == 200
    for number in range(3, 11):
        pushed, hooked = doors.push(number), doors.hook(number + 100)
        assert (pushed.status_code, hooked.status_code) == (202, 200)
        assert max(pushed.elapsed, hooked.elapsed) < LONGEST_ANSWER
    assert doors.sign_in().status_code == 200
    assert requests.get(f"{doors.base}/healthz", timeout=30).status_code == 200
    assert doors.made() == []
    told = doors.portal.told()
    assert "Redis is away" in told
    # Said once by each process that rings, not at each bell.
    assert told.count("takes no bells") <= 3, told

    doors.redis.start()
    wanted = sorted(f"A{number}" for number in [1, 2, *range(3, 11), *range(103, 111)])
    until(lambda: doors.made() == wanted, f"not all was delivered; log:\n{doors.portal.told()[-4000:]}", 90)
    assert "started again" not in doors.portal.told()

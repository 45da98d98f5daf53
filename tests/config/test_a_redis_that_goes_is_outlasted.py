"""Queue and cache in a Redis that is there, goes, and comes back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from django_q.conf import Conf

from config.redis import cache as cache_module
from config.redis import outage as outage_module
from config.redis import queue as queue_module
from config.redis.cache import SurvivingCache
from config.redis.outage import Outage
from config.redis.queue import RedisQueue
from tests.hosts.servers import Redis, missing

pytestmark = pytest.mark.redis


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    if reason := missing():
        pytest.skip(reason)
    made = Redis(tmp_path, "127.0.0.1")
    monkeypatch.setattr(Conf, "REDIS", made.url)
    monkeypatch.setattr(queue_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(outage_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(queue_module, "outage", Outage("Said in the test."))
    monkeypatch.setattr(cache_module, "outage", Outage("Said in the test."))
    made.start()
    yield made
    made.stop()


def test_who_fetches_tasks_waits_for_redis_and_does_not_fall(
    server: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    queue = RedisQueue("of-the-test")
    assert queue.ping()
    queue.enqueue(b"one")
    assert queue.dequeue() == [(None, b"one")]
    server.stop()
    assert queue.dequeue() is None
    assert queue.dequeue() is None
    assert not queue.ping()
    queue.set_stat("key", "value", 3)
    server.start()
    queue.enqueue(b"two")
    assert queue.dequeue() == [(None, b"two")]
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == ["Redis is away (ConnectionError). Said in the test.", "Redis is back."]


def test_what_is_counted_goes_on_being_counted(server: Redis) -> None:
    cache = SurvivingCache(server.url, {})
    cache.clear()
    assert cache.add("calls", 1, 60)
    assert cache.incr("calls") == 2
    server.stop()
    assert cache.get("calls", 0) == 0
    assert cache.add("calls", 1, 60)
    assert cache.incr("calls") == 2
    assert cache.get("calls") == 2
    server.start()
    assert cache.get("calls") is None
    cache.set("calls", 5, 60)
    assert cache.decr("calls") == 4
    assert cache.has_key("calls")
    assert cache.delete("calls")


def test_its_address_is_never_said(server: Redis, caplog: pytest.LogCaptureFixture) -> None:
    server.stop()
    address = server.url.replace("redis://", "redis://someone:a-password@")
    SurvivingCache(address, {}).get("anything")
    assert "a-password" not in caplog.text
    assert str(server.port) not in caplog.text

"""The queue in Redis, as a broker that outlasts its Redis: what runs goes on, and what is due waits for it."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import redis
from django_q.brokers.redis_broker import Redis
from django_q.conf import Conf

from config.redis.outage import PATIENCE, Outage, retry_once

# Between two looks for a bell while Redis is away.
PAUSE_SECONDS = 1.0

outage = Outage("What is due is stored, and rung for when it is back.")


class RedisQueue(Redis):  # type: ignore[misc]  # the library has no types
    """The library's own lets the process that fetches tasks end when Redis does not answer, and all the others, with
    the calls that they have under way, would fall with it."""

    def dequeue(self) -> list[tuple[None, bytes]] | None:
        try:
            found: list[tuple[None, bytes]] | None = super().dequeue()
        except redis.RedisError as error:
            outage.began(error)
            time.sleep(PAUSE_SECONDS)
            return None
        outage.ended()
        return found

    def ping(self) -> bool:
        """Asked once at the start of a cluster, which may begin before its Redis."""
        try:
            return bool(self.connection.ping())
        except redis.RedisError as error:
            outage.began(error)
            return False

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """The cluster's sign of life, each second; nothing of ours reads it."""
        if outage.lasts:
            return
        try:
            super().set_stat(key, value, timeout)
        except redis.RedisError as error:
            outage.began(error)

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:
        return _connection(Conf.REDIS)


@cache
def _connection(url: str) -> redis.Redis:
    """One for each process (it notices a fork by itself): the library would connect anew for every bell."""
    return redis.from_url(url, retry=retry_once(), **PATIENCE)

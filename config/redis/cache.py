"""The cache in Redis, shared by all web hosts; while Redis is away, a cache of this process's own stands in.

It holds counts (logins, calls of a partner), and none of them is worth a page that fails. Meanwhile the limits hold
for each web process by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import redis
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

from config.redis.outage import PATIENCE, Outage, retry_once

outage = Outage("Limits of logins and calls are counted in each web process by itself until it is back.")


class SurvivingCache(BaseCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        options = {**PATIENCE, "retry": retry_once(), **params.get("OPTIONS", {})}
        self._redis = RedisCache(server, {**params, "OPTIONS": options})
        self._meanwhile = LocMemCache("redis-is-away", {})

    def _ask(self, question: Callable[[BaseCache], Any]) -> Any:
        if not outage.lasts:
            try:
                found = question(self._redis)
            except redis.RedisError as error:
                outage.began(error)
            else:
                outage.ended()
                return found
        return question(self._meanwhile)

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(lambda cache: cache.add(key, value, *args, **kwargs)))

    def get(self, key: str, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda cache: cache.get(key, *args, **kwargs))

    def set(self, key: str, value: Any, *args: Any, **kwargs: Any) -> None:
        self._ask(lambda cache: cache.set(key, value, *args, **kwargs))

    def touch(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(lambda cache: cache.touch(key, *args, **kwargs)))

    def delete(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(lambda cache: cache.delete(key, *args, **kwargs)))

    def has_key(self, key: str, *args: Any, **kwargs: Any) -> bool:
        return bool(self._ask(lambda cache: cache.has_key(key, *args, **kwargs)))

    def incr(self, key: str, *args: Any, **kwargs: Any) -> int:
        """Raises ValueError where there is no such count."""
        return int(self._ask(lambda cache: cache.incr(key, *args, **kwargs)))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())

    def close(self, **kwargs: Any) -> None:
        self._redis.close(**kwargs)

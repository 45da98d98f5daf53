"""Calls per minute and partner, over all its keys and all web processes (counted in the shared cache)."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from .auth import Caller

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Window:
    """A sliding minute: the last full minute counts by the share of it that is still within 60 s."""

    limit: int
    elapsed: float
    previous: int
    current: int

    @property
    def weight(self) -> float:
        return self.previous * (WINDOW_SECONDS - self.elapsed) / WINDOW_SECONDS + self.current

    @property
    def is_over(self) -> bool:
        return self.weight > self.limit

    @property
    def wait(self) -> float:
        """Seconds until one more call fits, if none is made meanwhile. `current` counts the call refused now."""
        left = WINDOW_SECONDS - self.elapsed
        if self.current > self.limit:
            # Only in the next minute, when enough of this one has slid out.
            made = max(self.current - 1, 1)
            return left + WINDOW_SECONDS * (1 - (self.limit - 1) / made)
        return min(left, (self.weight - self.limit) * WINDOW_SECONDS / max(self.previous, 1))


class PerPartner(BaseThrottle):
    """Refused calls are not counted, so that a caller which hammers gets its share nevertheless."""

    def __init__(self) -> None:
        self._wait = 1.0

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = request.user
        if not isinstance(caller, Caller):
            return True
        window = self._count(caller.partner.pk, caller.partner.calls_per_minute, time.time())
        self._wait = window.wait
        return not window.is_over

    def wait(self) -> float:
        return self._wait

    @staticmethod
    def _count(partner_id: int, limit: int, now: float) -> Window:
        minute, elapsed = divmod(now, WINDOW_SECONDS)
        key = f"partner-calls:{partner_id}:{int(minute)}"
        previous = cache.get(f"partner-calls:{partner_id}:{int(minute) - 1}", 0)
        with _one_at_a_time():
            window = Window(limit, elapsed, previous, _raise(key))
            if window.is_over:
                cache.decr(key)
        return window


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Redis counts by itself; a cache of files reads and then writes, and two processes would count as one."""
    if settings.REDIS_URL:
        yield
        return
    Path(settings.VAR).mkdir(parents=True, exist_ok=True)
    with (Path(settings.VAR) / "partner-calls.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def refuse(wait: float | None) -> Throttled:
    seconds = max(1, int((wait or 0) + 0.999))
    return Throttled(
        wait=seconds, detail=f"This partner has made all its calls of this minute. Wait {seconds} s."
    )


def _raise(key: str) -> int:
    if cache.add(key, 1, 3 * WINDOW_SECONDS):
        return 1
    return int(cache.incr(key))

"""What one process knows of Redis being away: said once when it goes and once when it is back."""

from __future__ import annotations

import logging
import time
from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

# While Redis is away it is asked only so often: whoever asks waits for it.
PAUSE_SECONDS = 5.0

# Without limits a host that is cut off waits for minutes. The queue itself holds a call open for 1 s at most.
# One repeat, at once: a connection that was closed meanwhile is made anew without anybody's noticing.
PATIENCE: dict[str, Any] = {
    "socket_connect_timeout": 1.0,
    "socket_timeout": 4.0,
    "health_check_interval": 30,
}

logger = logging.getLogger(__name__)


def retry_once() -> Retry:
    return Retry(NoBackoff(), 1)


class Outage:
    def __init__(self, consequence: str) -> None:
        self.consequence = consequence
        self._is_away = False
        self._ask_again_at = 0.0

    @property
    def lasts(self) -> bool:
        return self._is_away and time.monotonic() < self._ask_again_at

    def began(self, error: Exception) -> None:
        if not self._is_away:
            # Its class alone: the text of some of these errors holds the whole address, with the password.
            logger.error("Redis is away (%s). %s", type(error).__name__, self.consequence)
        self._is_away, self._ask_again_at = True, time.monotonic() + PAUSE_SECONDS

    def ended(self) -> None:
        if self._is_away:
            logger.warning("Redis is back.")
        self._is_away = False

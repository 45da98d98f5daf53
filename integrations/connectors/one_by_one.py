"""What a platform refused together for the sake of one, sent one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from integrations.connectors.values import Answer
from integrations.exceptions import Failure

Part = TypeVar("Part")


def one_by_one(
    parts: Iterable[Part], send: Callable[[Part], Answer | Failure], name: str, ends: float
) -> list[Answer | Failure]:
    """One result for each, in order. `name`: how the platform is called in sentences. `ends`, by time.monotonic(): what
    would begin later waits, since the lease of what is sent is for one call of the whole batch."""
    return [_alone(part, send, name, ends) for part in parts]


def _alone(part: Part, send: Callable[[Part], Answer | Failure], name: str, ends: float) -> Answer | Failure:
    if time.monotonic() > ends:
        return Failure.transient(
            "batch_refused", f"{name} refused several records at once; this one goes by itself later."
        )
    try:
        return send(part)
    except Failure as failure:
        return failure

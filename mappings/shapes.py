"""msgspec's `convert`, for any number of threads.

msgspec learns a class at its first use and keeps what it learned on the class. Two threads that do so at the same
moment crash the whole process (0.22.0: a web process that began with several webhooks at once). So one learns it, and
the others wait.
"""

from __future__ import annotations

import threading
from typing import Any, TypeVar

import msgspec

_Shape = TypeVar("_Shape")
_learned: set[Any] = set()
_learning = threading.Lock()


def convert(data: Any, shape: type[_Shape], *, strict: bool = True) -> _Shape:
    """Raises msgspec.ValidationError, which names the place in `data`."""
    if shape not in _learned:
        with _learning:
            msgspec.json.Decoder(shape)
            _learned.add(shape)
    return msgspec.convert(data, shape, strict=strict)

"""Python loads this at its start, on a host to which libfaketime gives a clock of its own.

libfaketime 0.9.10 has short naps fail with "Invalid argument" (`clock_nanosleep`, which time.sleep uses since Python
3.11); it leaves `select` alone.
"""

from __future__ import annotations

import select
import time
from typing import SupportsIndex


def sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = sleep

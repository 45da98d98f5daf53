"""What a figure holds, by the hour or folded: the same columns in memory and in both tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from monitoring import histogram

TIMES: Final = ("processing", "passage", "delay", "fulfilment")
NUMBERS: Final = ("count", "new_orders", "new_amount", *TIMES)


@dataclass
class Tally:
    """The columns of `models.metrics.Figure`, not stored."""

    count: int = 0
    new_orders: int = 0
    new_amount: Decimal = Decimal(0)
    processing: histogram.Histogram = field(default_factory=dict)
    passage: histogram.Histogram = field(default_factory=dict)
    delay: histogram.Histogram = field(default_factory=dict)
    fulfilment: histogram.Histogram = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in NUMBERS}
        return told | {"delay": self.delay or None, "fulfilment": self.fulfilment or None}

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Bells:
    """Stands in the queue's place and remembers (task, subject id)."""

    heard: list[tuple[str, int]] = field(default_factory=list)

    def rung(self, task: str, subject_id: int = 0, **_: Any) -> None:
        self.heard.append((task.rpartition(".")[2], subject_id))

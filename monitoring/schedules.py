"""The schedules of sight."""

from __future__ import annotations

from integrations.sync import schedules

NAME = "monitoring: watch"
PRUNE = "monitoring: prune"
LEDGER = "monitoring: webhook ledger"
# Name → (task, minutes between two runs).
SCHEDULES = {
    NAME: ("monitoring.tasks.watch", 1),
    PRUNE: ("monitoring.tasks.prune", 5),
    LEDGER: ("monitoring.tasks.ledger", 5),
}


def install() -> None:
    for name, (task, minutes) in SCHEDULES.items():
        schedules.install(name, task, minutes)

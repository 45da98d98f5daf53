"""The one schedule of sight."""

from __future__ import annotations

from integrations.sync import schedules

NAME = "monitoring: watch"


def install() -> None:
    schedules.install(NAME, "monitoring.tasks.watch")

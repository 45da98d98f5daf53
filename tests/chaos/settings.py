"""The portal's own settings, and an app beside it whose hooks let a process be struck at a named point.

CHAOS_FOLDER: where the ambushes lie (see `ambush`). CHAOS_SABOTAGE: the guard that is taken out (see `sabotage`).
"""

from __future__ import annotations

import os

from config.settings import *  # noqa: F403

# Before the wiring, which stays last.
INSTALLED_APPS = [*INSTALLED_APPS[:-1], "tests.chaos", INSTALLED_APPS[-1]]  # noqa: F405

# Short turns, so that every job is served also while one of the two groups lies on the ground.
TASK_SECONDS = 6.0

CHAOS_FOLDER = os.environ.get("CHAOS_FOLDER", "")
CHAOS_SABOTAGE = os.environ.get("CHAOS_SABOTAGE", "")

"""Several web processes share one count, also where the cache is a folder of files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

PROCESSES, CALLS, LIMIT = 3, 60, 100

SCRIPT = f"""
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django
django.setup()
from integrations.partner_api.throttling import PerPartner
print("ready", flush=True)
sys.stdin.readline()
windows = [PerPartner._count(1, {LIMIT}, 1_800_000_000.0) for _ in range({CALLS})]
print(sum(not window.is_over for window in windows))
"""


def test_three_processes_together_get_what_one_would_get(tmp_path: Path) -> None:
    environment = {**os.environ, "PORTAL_VAR": str(tmp_path)}
    counting = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT],
            cwd=settings.ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for process in counting:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in counting:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [int(process.communicate(timeout=60)[0]) for process in counting]

    assert PROCESSES * CALLS > LIMIT
    assert sum(answers) == LIMIT

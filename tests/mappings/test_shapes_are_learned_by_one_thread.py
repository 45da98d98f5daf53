"""A process that begins with many threads at once survives it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A class that is not known yet, of many parts, so that learning it takes a while; the threads change often.
AT_ONCE = """
import sys, threading
import msgspec
from mappings.shapes import convert

sys.setswitchinterval(1e-6)
for round in range(20):
    part = msgspec.defstruct("Part", [(f"p{n}", "list[dict[str, int]] | None", None) for n in range(40)])
    whole = msgspec.defstruct("Whole", [(f"w{n}", part | None, None) for n in range(40)], namespace={"Part": part})
    begin, found = threading.Barrier(16), []
    def learn():
        begin.wait()
        found.append(convert({"w1": {"p1": [{"a": 1}]}}, whole).w1.p1)
    threads = [threading.Thread(target=learn) for _ in range(16)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert found == [[{"a": 1}]] * 16, found
print("done")
"""


def test_threads_that_meet_a_class_for_the_first_time_do_not_end_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr

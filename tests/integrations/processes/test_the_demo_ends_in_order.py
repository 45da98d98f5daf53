"""`manage.py demo` while it is still setting the scene: whoever asks it to end, nothing is left and nothing is said."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from .conftest import Portal
from .family import children, descendants, lives, until

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"),
]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_takes_all_along_without_a_traceback(portal: Portal, number: signal.Signals) -> None:
    demo = portal.start("demo", "--port", "18000")
    # The sandbox, and what collects the pages' files.
    until(lambda: len(children(demo)) >= 2, f"nothing was started: {portal.told()}")
    family = list(descendants(demo))

    os.kill(demo, number)

    assert portal.exit_code(demo) == 130
    assert portal.told().endswith("Interrupted.\n")
    until(lambda: not any(lives(pid) for pid in family), "orphans live on")


def test_a_second_one_in_the_same_folder_is_refused(portal: Portal) -> None:
    first = portal.start("demo", "--port", "18000")
    until(lambda: len(children(first)) >= 1, f"nothing was started: {portal.told()}")

    second = portal.start("demo", "--port", "18000")

    assert portal.exit_code(second) == 1
    assert "A demo runs in" in portal.told()
    assert lives(first)
    os.kill(first, signal.SIGKILL)
    portal.exit_code(first)
    third = portal.start("demo", "--port", "18000")
    until(lambda: len(children(third)) >= 1, "the folder was not let go")

"""`manage.py portal`: web server and workers together, as real processes."""

from __future__ import annotations

import os
import re
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from integrations.processes import STANDS_BACK_BY

from .conftest import Portal
from .family import children, descendants, lives, until

pytestmark = [
    pytest.mark.chaos,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"),
]


def answer(address: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and headers; status 0 while nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=10) as response:
            return response.status, response.read().decode(), dict(response.headers)
    except urllib.error.HTTPError as error:
        return error.code, "", dict(error.headers)
    except OSError:
        return 0, "", {}


def web_of(supervisor: int) -> int:
    """The main process of the web server, 0 while there is none."""
    found = [
        child for child in children(supervisor) if b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    return found[0] if found else 0


def test_it_serves_works_and_leaves_nothing_behind(portal: Portal, free_port: int) -> None:
    here = f"http://127.0.0.1:{free_port}"
    supervisor = portal.supervisor = portal.start("portal", "--bind", f"127.0.0.1:{free_port}")
    until(lambda: answer(f"{here}/accounts/login/")[0] == 200, "nobody answers")

    # The page's own files come compressed, under names that change with their content.
    page = answer(f"{here}/accounts/login/")[1]
    stylesheet = re.findall(r'href="(/static/unfold/css/styles\.[0-9a-f]{12}\.css)"', page)[0]
    assert "immutable" in answer(here + stylesheet)[2]["Cache-Control"]
    # Workers work beside it.
    portal.enqueue("note", "worked")
    portal.wait_for_lines("worked")

    # A web server that is killed comes back; the queue is left alone.
    web = web_of(supervisor)
    (queue,) = [child for child in children(supervisor) if child != web]
    os.kill(web, signal.SIGKILL)
    until(lambda: web_of(supervisor) not in (0, web), "the web server was not started again")
    until(lambda: answer(f"{here}/accounts/login/")[0] == 200, "nobody answers any more")
    assert queue in children(supervisor)

    # Where the machine is too small for both, pages and webhooks go first.
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    niceness = {pid: os.getpriority(os.PRIO_PROCESS, pid) - ours for pid in descendants(queue)}
    assert set(niceness.values()) == {STANDS_BACK_BY}
    assert os.getpriority(os.PRIO_PROCESS, web_of(supervisor)) == ours

    # A supervisor that is killed takes all of them along.
    family = list(descendants(supervisor))
    assert len(family) >= 8  # web: one and two; queue: one and four
    os.kill(supervisor, signal.SIGKILL)
    portal.exit_code(supervisor)
    until(lambda: not any(lives(pid) for pid in family), "orphans live on")


def test_ctrl_c_ends_all_in_order(portal: Portal, free_port: int) -> None:
    supervisor = portal.supervisor = portal.start("portal", "--bind", f"127.0.0.1:{free_port}")
    until(lambda: answer(f"http://127.0.0.1:{free_port}/accounts/login/")[0] == 200, "nobody answers")
    family = list(descendants(supervisor))

    os.kill(supervisor, signal.SIGINT)

    assert portal.exit_code(supervisor) == 0
    assert not any(lives(pid) for pid in family)
    assert "Traceback" not in portal.told()

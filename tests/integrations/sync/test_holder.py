"""A lease's holder is called dead only where that can be seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from integrations.sync import holder


def test_this_process_is_not_dead() -> None:
    assert not holder.is_proven_dead(holder.this_process())


def test_a_process_that_ended_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    text = holder._describe(child.pid)
    assert not holder.is_proven_dead(text)
    child.communicate(b"\n")
    assert holder.is_proven_dead(text)


def test_a_process_that_is_only_stopped_is_not_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    text = holder._describe(child.pid)
    os.kill(child.pid, signal.SIGSTOP)
    try:
        assert not holder.is_proven_dead(text)
    finally:
        child.kill()
        child.wait()


def test_a_later_process_with_the_same_number_does_not_pass_for_the_holder() -> None:
    host, boot, process_id, started = holder.this_process().split("/")
    assert holder.is_proven_dead(f"{host}/{boot}/{process_id}/{int(started) - 1}")


def test_a_process_of_another_host_is_never_proven_dead() -> None:
    _, boot, _, started = holder.this_process().split("/")
    assert not holder.is_proven_dead(f"another-host/{boot}/999999/{started}")


def test_what_cannot_be_read_is_not_called_dead() -> None:
    assert not holder.is_proven_dead("")

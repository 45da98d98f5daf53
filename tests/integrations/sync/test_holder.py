"""A lease's holder is called dead only where that can be seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

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
    *place, process_id, started = holder.this_process().split("/")
    assert holder.is_proven_dead("/".join([*place, process_id, str(int(started) - 1)]))


def test_a_process_of_another_host_is_never_proven_dead() -> None:
    assert holder.is_proven_dead(gone())
    assert not holder.is_proven_dead(gone(host="another-host"))


def test_two_containers_of_one_host_name_know_nothing_of_each_others_processes() -> None:
    assert not holder.is_proven_dead(gone(space="4026530000"))


def test_a_host_that_was_started_anew_has_lost_its_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holder, "_machine", lambda: "d41d8cd9")
    assert holder.is_proven_dead(gone(machine="d41d8cd9", boot="0f0f0f0f-0f0f"))


def test_two_machines_of_one_name_are_not_taken_for_one_that_was_started_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holder, "_machine", lambda: "d41d8cd9")
    assert not holder.is_proven_dead(gone(machine="a87ff679", boot="0f0f0f0f-0f0f"))
    monkeypatch.setattr(holder, "_machine", lambda: "")
    assert not holder.is_proven_dead(gone(machine="", boot="0f0f0f0f-0f0f"))


def test_what_cannot_be_read_is_not_called_dead() -> None:
    assert not holder.is_proven_dead("")
    assert not holder.is_proven_dead("host/boot/1/2")


def gone(**parts: str) -> str:
    """A process of this host that has ended, but for the parts that are said."""
    names = ("host", "machine", "boot", "space", "pid", "start")
    mine = dict(zip(names, holder.this_process().split("/"), strict=True))
    return "/".join((mine | {"pid": "4194999"} | parts).values())

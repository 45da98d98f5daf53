"""The supervisor: what falls is started again, what it started ends with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.supervisor import LONGEST_PAUSE_SECONDS, Member, ProcessGroup

from .family import descendants, lives, until

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks into /proc, which only Linux has"
)

STAYS = [sys.executable, "-c", "import signal; signal.pause()"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def group(said: list[str]) -> Iterator[ProcessGroup]:
    with ProcessGroup(say=said.append, grace=5.0) as group:
        yield group


def stays_after(code: str) -> list[str]:
    return [sys.executable, "-c", f"import os, signal, sys\n{code}\nsignal.pause()"]


def restarted(group: ProcessGroup, name: str) -> int:
    """Looks until the process that fell is there again; its new id."""
    falls = group.falls(name)

    def is_back() -> bool:
        group.look()
        return group.falls(name) > falls and group.is_running(name)

    until(is_back, f"{name} was not started again")
    return group.pid(name)


def test_a_process_that_falls_is_started_again_and_it_is_said(group: ProcessGroup, said: list[str]) -> None:
    group.start("worker", STAYS)
    first = group.pid("worker")
    os.kill(first, signal.SIGKILL)

    second = restarted(group, "worker")

    assert second != first
    assert lives(second)
    assert group.falls("worker") == 1
    assert said == ["worker was killed by signal 9 after 0 s; it is started again in 0.4 s."]


def test_one_that_ends_by_itself_is_started_again_as_well(group: ProcessGroup, said: list[str]) -> None:
    group.start("worker", [sys.executable, "-c", "raise SystemExit(3)"])

    restarted(group, "worker")

    assert said[0] == "worker ended with code 3 after 0 s; it is started again in 0.4 s."


def test_the_others_are_left_alone(group: ProcessGroup) -> None:
    group.start("web", STAYS)
    group.start("worker", STAYS)
    web = group.pid("web")
    os.kill(group.pid("worker"), signal.SIGKILL)

    restarted(group, "worker")

    assert group.pid("web") == web
    assert group.falls("web") == 0


def test_what_is_to_be_done_at_a_start_is_done_at_each(group: ProcessGroup) -> None:
    starts: list[str] = []
    group.start("worker", STAYS, on_start=lambda: starts.append("started"))
    os.kill(group.pid("worker"), signal.SIGKILL)

    restarted(group, "worker")

    assert starts == ["started", "started"]


def test_a_fall_ends_what_the_process_had_started_itself(group: ProcessGroup, tmp_path: Path) -> None:
    left_behind = "import subprocess; subprocess.Popen(['sleep', '600'])"
    group.start("worker", stays_after(left_behind))
    first = group.pid("worker")
    until(lambda: len(list(descendants(first))) == 1, "it started nothing")
    (orphan,) = descendants(first)
    os.kill(first, signal.SIGKILL)

    restarted(group, "worker")

    until(lambda: not lives(orphan), "what it had started lives on")


def test_pauses_double_while_it_falls_at_once_and_have_a_bound() -> None:
    def pause(quick_falls: int) -> float:
        return Member("worker", [], None, None, None, quick_falls=quick_falls).pause()

    assert [pause(falls) for falls in range(4)] == [0.2, 0.4, 0.8, 1.6]
    assert pause(50) == LONGEST_PAUSE_SECONDS


def test_a_fall_after_a_healthy_time_is_the_first_again(
    group: ProcessGroup, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.supervisor.HEALTHY_SECONDS", 0.0)
    group.start("worker", [sys.executable, "-c", "raise SystemExit(3)"])

    restarted(group, "worker")

    assert said == ["worker ended with code 3 after 0 s; it is started again in 0.2 s."]


def test_all_are_asked_to_end_and_may_end_in_order(group: ProcessGroup, tmp_path: Path) -> None:
    says_goodbye = (
        f"def goodbye(*_): open({str(tmp_path / 'goodbye')!r}, 'w').close(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, goodbye)\n"
        f"open({str(tmp_path / 'ready')!r}, 'w').close()"
    )
    group.start("worker", stays_after(says_goodbye))
    until((tmp_path / "ready").exists, "it did not start")
    pid = group.pid("worker")

    group.stop()

    assert (tmp_path / "goodbye").exists()
    assert not lives(pid)


def test_one_that_will_not_end_is_killed_after_the_grace(said: list[str], tmp_path: Path) -> None:
    deaf = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(tmp_path / 'ready')!r}, 'w').close()"
    with ProcessGroup(say=said.append, grace=0.2) as group:
        group.start("worker", stays_after(deaf))
        until((tmp_path / "ready").exists, "it did not start")
        pid = group.pid("worker")

    assert not lives(pid)
    assert said == ["worker did not end within 0.2 s and is killed."]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_before_it_waits_a_signal_leaves_the_group_in_order(
    said: list[str], tmp_path: Path, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    note = f"open({str(tmp_path / 'goodbye')!r}, 'w').close()"
    goodbye = f"signal.signal(signal.SIGTERM, lambda *_: ({note}, sys.exit()))"
    ready = f"open({str(tmp_path / 'ready')!r}, 'w').close()"

    def enter_and_be_asked_to_end() -> None:
        with ProcessGroup(say=said.append, grace=5.0) as group:
            group.start("worker", stays_after(f"{goodbye}\n{ready}"))
            until((tmp_path / "ready").exists, "it did not start")
            os.kill(os.getpid(), number)
            signal.pause()

    with pytest.raises(KeyboardInterrupt):
        enter_and_be_asked_to_end()

    assert (tmp_path / "goodbye").exists()
    assert said == []
    assert signal.getsignal(number) == before


def test_a_signal_whose_exception_was_dropped_is_heard_at_the_next_look(group: ProcessGroup) -> None:
    """As where it meets a callback that a library written in C has called."""
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
        signal.pause()

    with pytest.raises(KeyboardInterrupt):
        group.look()


def test_it_outlives_its_terminal_where_nohup_says_so(group: ProcessGroup) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    beats: list[signal.Signals] = []

    def beat() -> None:
        beats.append(signal.SIGTERM if beats else signal.SIGHUP)
        os.kill(os.getpid(), beats[-1])

    try:
        group.wait(each_second=beat)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert beats == [signal.SIGHUP, signal.SIGTERM]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_waiting_ends_when_it_is_asked_to(group: ProcessGroup, number: signal.Signals) -> None:
    group.start("worker", STAYS)
    threading.Timer(0.1, os.kill, (os.getpid(), number)).start()

    group.wait()

    assert lives(group.pid("worker"))  # leaving the group ends it, not the signal


def test_waiting_notices_a_fall_at_once(group: ProcessGroup) -> None:
    falls_after: list[float] = []
    began = time.monotonic()

    def second_start() -> None:
        falls_after.append(time.monotonic() - began)
        if len(falls_after) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    group.start("worker", [sys.executable, "-c", ""], on_start=second_start)
    group.wait()

    assert len(falls_after) == 2


def test_something_is_done_each_second_meanwhile(group: ProcessGroup) -> None:
    times: list[float] = []

    def beat() -> None:
        times.append(time.monotonic())
        if len(times) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    group.wait(each_second=beat)

    assert 1.9 < times[2] - times[0] < 4.0


def test_the_handlers_of_before_are_back_afterwards(group: ProcessGroup) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
    before = [signal.getsignal(number) for number in numbers]

    group.wait(each_second=lambda: os.kill(os.getpid(), signal.SIGTERM))

    assert [signal.getsignal(number) for number in numbers] == before


def test_output_goes_to_the_log_and_the_environment_is_added_to(group: ProcessGroup, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    code = "print(os.environ['ADDED'], 'PATH' in os.environ, flush=True)"
    group.start("worker", stays_after(code), environment={"ADDED": "here"}, log=log)

    until(lambda: log.exists() and log.read_text() == "here True\n", "nothing was written")


def test_two_processes_of_one_name_are_refused(group: ProcessGroup) -> None:
    group.start("worker", STAYS)

    with pytest.raises(ValueError, match="'worker' already"):
        group.start("worker", STAYS)


def test_no_process_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    code = (
        "from integrations.supervisor import ProcessGroup\n"
        f"group = ProcessGroup(); group.start('a', {STAYS!r}); group.start('b', {STAYS!r})\n"
        "print('ready', flush=True); group.wait()"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == b"ready\n"
    members = list(descendants(supervisor.pid))

    supervisor.kill()
    supervisor.wait()

    assert len(members) == 2
    until(lambda: not any(lives(pid) for pid in members), "orphans live on")
    supervisor.stdout.close()

"""Keeps a group of processes running: starts one that fell anew, and ends all of them with itself."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from integrations.falling_together import dies_with_parent

# A process that ran this long was in health: its next fall is the first again.
HEALTHY_SECONDS = 3.0
FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
# A living parent takes notice of a dead child within a second or two.
SECONDS_BETWEEN_LOOKS = 1.0
LONGEST_UNNOTICED = 6.0
# Longer than any task may take to come to its own end.
GRACE_SECONDS = 60.0


def _print(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


def _enders() -> list[signal.Signals]:
    """The signals that ask us to end. One that `nohup` has us ignore is not among them."""
    asked = [signal.SIGTERM, signal.SIGINT]
    return asked if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [*asked, signal.SIGHUP]


def dead_descendants(pid: int) -> list[int]:
    """Processes below `pid` that have ended and that nobody has asked how. Linux only; elsewhere none."""
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = [int(child) for child in listing.read_text().split()]
        except OSError:
            continue
        for child in below:
            found += [child] if _is_dead(child) else dead_descendants(child)
    return found


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


@dataclass
class Member:
    """One process of the group, and what is known of its falls."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] | None
    log: Path | None
    on_start: Callable[[], None] | None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_falls: int = 0
    falls: int = 0
    due_at: float = 0.0
    next_look_at: float = 0.0
    dead_since: dict[int, float] = field(default_factory=dict)

    def pause(self) -> float:
        """Seconds to wait before the next start: doubled with each quick fall, so that a lasting fault costs little."""
        return float(min(FIRST_PAUSE_SECONDS * 2 ** min(self.quick_falls, 16), LONGEST_PAUSE_SECONDS))


class ProcessGroup:
    """Use it as a context manager, from one thread that lives as long as the group does.

    No process outlives the group: leaving it ends all (SIGTERM, then SIGKILL after `grace`), and where this
    process itself is killed outright, the kernel kills its children (Linux).
    """

    def __init__(self, *, say: Callable[[str], None] = _print, grace: float = GRACE_SECONDS) -> None:
        self._say = say
        self._grace = grace
        self._members: dict[str, Member] = {}
        self._asked_to_stop = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        """From here on SIGTERM and SIGHUP do as Ctrl-C does: KeyboardInterrupt, so that the group is left in order."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._interrupt) for number in _enders()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    def start(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        log: Path | None = None,
        on_start: Callable[[], None] | None = None,
    ) -> None:
        """Starts `arguments` as the member `name`, and keeps it running from then on.

        environment: added to this process's own. log: the file that takes its output; without it the output is
        this process's. on_start: called after each start, also those after a fall.
        """
        if name in self._members:
            raise ValueError(f"The group has a process {name!r} already.")
        member = self._members[name] = Member(name, arguments, environment, log, on_start)
        self._launch(member)

    def pid(self, name: str) -> int:
        """The process's present id. It changes with every fall."""
        process = self._members[name].process
        if process is None:
            raise ValueError(f"{name} fell and is not started again yet.")
        return process.pid

    def is_running(self, name: str) -> bool:
        """As far as the last look saw."""
        return self._members[name].process is not None

    def falls(self, name: str) -> int:
        return self._members[name].falls

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        # Also kept: where the signal meets a callback of a library, Python drops what is raised here.
        self._asked_to_stop = True
        raise KeyboardInterrupt

    def look(self) -> None:
        """Notices who fell and starts anew those whose pause is over. Never waits.

        Raises KeyboardInterrupt where it was asked to end.

        A member that leaves a dead descendant lying stands still: it waits for a lock that the dead one kept, and
        will not notice by itself. It is ended, so that it can be started anew.
        """
        if self._asked_to_stop:
            raise KeyboardInterrupt
        for member in self._members.values():
            if member.process is not None and member.process.poll() is None and self._stands_still(member):
                self._say(f"{member.name} does not notice that one of its processes died: it is ended.")
                member.process.kill()
            if member.process is not None and member.process.poll() is not None:
                self._fell(member, member.process.returncode)
            if member.process is None and time.monotonic() >= member.due_at:
                self._launch(member)

    def _stands_still(self, member: Member) -> bool:
        now = time.monotonic()
        if member.process is None or now < member.next_look_at:
            return False
        member.next_look_at = now + SECONDS_BETWEEN_LOOKS
        lying = dead_descendants(member.process.pid)
        member.dead_since = {pid: member.dead_since.get(pid, now) for pid in lying}
        return any(now - since > LONGEST_UNNOTICED for since in member.dead_since.values())

    def wait(self, *, each_second: Callable[[], None] | None = None) -> None:
        """Keeps the group running until SIGTERM, SIGINT or SIGHUP asks to stop. Call it on the main thread.

        each_second: called about once a second. What it raises ends the waiting.
        """
        next_call = time.monotonic()
        with self._woken_by_signals() as wakes:
            while not self._asked_to_stop:
                self.look()
                if each_second is not None and time.monotonic() >= next_call:
                    each_second()
                    next_call = time.monotonic() + 1.0
                readable, _, _ = select.select(
                    [wakes], [], [], self._seconds_until_due(next_call, each_second)
                )
                if readable:
                    os.read(wakes, 512)

    def stop(self) -> None:
        """Ends all: asks first, and kills what has not ended after `grace` seconds, with all it started itself.

        A second Ctrl-C meanwhile kills at once.
        """
        running = [member for member in self._members.values() if member.process is not None]
        for member in running:
            self._signal(member, signal.SIGTERM)
        deadline = time.monotonic() + self._grace
        for member in running:
            try:
                self._end(member, deadline)
            except KeyboardInterrupt:
                deadline = time.monotonic()
                self._end(member, deadline)
        self._members.clear()

    def _launch(self, member: Member) -> None:
        output = None if member.log is None else member.log.open("ab")
        try:
            member.process = subprocess.Popen(
                list(member.arguments),
                env={**os.environ, **(member.environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if output is None else subprocess.STDOUT,
                # A group of its own: Ctrl-C reaches this process alone, which then ends the others in order.
                start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509 (no Python code runs in it but two system calls)
            )
        finally:
            if output is not None:
                output.close()
        member.started_at = time.monotonic()
        if member.on_start is not None:
            member.on_start()

    def _fell(self, member: Member, code: int) -> None:
        lived = time.monotonic() - member.started_at
        member.falls += 1
        member.quick_falls = member.quick_falls + 1 if lived < HEALTHY_SECONDS else 0
        self._signal(member, signal.SIGKILL)  # what it started itself and left behind
        member.process = None
        member.due_at = time.monotonic() + member.pause()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self._say(f"{member.name} {how} after {lived:.0f} s; it is started again in {member.pause():.1f} s.")

    def _end(self, member: Member, deadline: float) -> None:
        if member.process is None:
            return
        try:
            member.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._say(f"{member.name} did not end within {self._grace:g} s and is killed.")
        self._signal(member, signal.SIGKILL)
        member.process.wait()
        member.process = None

    def _signal(self, member: Member, number: signal.Signals) -> None:
        """SIGTERM to the process alone, which ends its own children in order; SIGKILL to all of its group."""
        if member.process is None:
            return
        try:
            if number == signal.SIGKILL:
                os.killpg(member.process.pid, number)
            else:
                member.process.send_signal(number)
        except ProcessLookupError:
            return  # all of them have ended, which was the wish

    def _seconds_until_due(self, next_call: float, each_second: Callable[[], None] | None) -> float | None:
        dues = [member.due_at for member in self._members.values() if member.process is None]
        if each_second is not None:
            dues.append(next_call)
        return max(0.0, min(dues) - time.monotonic()) if dues else None

    @contextmanager
    def _woken_by_signals(self) -> Iterator[int]:
        """A descriptor that becomes readable at each signal, so that neither a request nor a fall waits."""

        def ask(_number: int, _frame: FrameType | None) -> None:
            self._asked_to_stop = True

        def notice(_number: int, _frame: FrameType | None) -> None:
            pass

        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        handlers = {**dict.fromkeys(_enders(), ask), signal.SIGCHLD: notice}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        woken_before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(woken_before)
            for number, handler in before.items():
                signal.signal(number, handler)
            os.close(reading)
            os.close(writing)

"""Strikes while a batch is claimed or a page is in flight: at named points, at random moments, at the database."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from tests.integrations.processes.family import lives

from .ambush import INTENT_STORED, KILL, PAGE_FETCHED, POINTS, REQUEST_LEFT, STOP, TOKEN_REFRESH
from .portal import GROUPS, ChaosPortal
from .world import KINDS, World

# Blows that end something, and those that only hurt.
POINT, PROCESS, WEB, DATABASE = "point", "process", "web", "database"
STOPPED, CUT = "stopped", "cut"
# The shares of a long run: enough of each point, and all the rest at random.
OF_POINTS, OF_WEB, OF_DATABASE = 0.45, 0.08, 0.08
MAY_BE_STOPPED = (PAGE_FETCHED, INTENT_STORED, REQUEST_LEFT, TOKEN_REFRESH, "")
ROLES = ("worker", "worker", "idle worker", "idle worker", "pusher", "monitor", "guard", "main", "supervisor")
PATIENCE = 60.0


@dataclass(frozen=True)
class Blow:
    """`what` is one of the words above, `where` a point or a role ("" at random), `job` whose ("" whoever's)."""

    what: str
    where: str = ""
    job: str = ""

    @property
    def kills(self) -> bool:
        return self.what not in (STOPPED, CUT)


def planned(kills: int, chance: random.Random, *, has_server: bool) -> list[Blow]:
    """In an order that the seed decides. Beside the kills, one in eight is a stop, and one in eight a cut answer."""
    of_points = max(len(POINTS), round(kills * OF_POINTS))
    blows = [
        Blow(POINT, POINTS[number % len(POINTS)], KINDS[number % len(KINDS)]) for number in range(of_points)
    ]
    blows += [Blow(WEB)] * max(1, round(kills * OF_WEB))
    blows += [Blow(DATABASE)] * (max(1, round(kills * OF_DATABASE)) if has_server else 0)
    roles = [ROLES[number % len(ROLES)] for number in range(max(0, kills - len(blows)))]
    chance.shuffle(roles)
    blows += [Blow(PROCESS, role) for role in roles]
    chance.shuffle(blows)
    blows = blows[:kills] if len(blows) > kills else blows
    others = [Blow(CUT)] * max(1, kills // 8)
    others += [
        Blow(STOPPED, MAY_BE_STOPPED[number % len(MAY_BE_STOPPED)], KINDS[number % len(KINDS)])
        for number in range(kills // 8)
    ]
    for other in others:
        blows.insert(chance.randrange(len(blows)), other)
    return blows


@dataclass(frozen=True)
class Struck:
    """What a blow did. `jobs`: whose batches or pages were in hand of those who fell (at the database: of all)."""

    blow: Blow
    who: str
    jobs: tuple[str, ...]
    seconds: float


@dataclass
class Stopped:
    pid: int
    since: float
    held: tuple[str, ...]


@dataclass
class Killer:
    portal: ChaosPortal
    world: World
    chance: random.Random
    restart: Callable[[], None] | None
    struck: list[Struck] = field(default_factory=list)
    missed: list[Blow] = field(default_factory=list)
    stopped: dict[str, Stopped] = field(default_factory=dict)
    handed_over: int = 0
    seen: int = 0
    began: float = field(default_factory=time.monotonic)

    def strike(self, blow: Blow) -> None:
        before = len(self.struck)
        match blow.what:
            case "point":
                self._at_point(blow, KILL)
            case "stopped":
                self._stop(blow)
            case "process":
                self._until(lambda: self._kill_process(blow), f"no {blow.where} at work")
            case "web":
                self._until(lambda: self._kill_web(blow), "no web server, or nobody at work")
            case "database":
                self._until(lambda: self._restart(blow), "nobody at work")
            case "cut":
                self._cut(blow)
        if len(self.struck) == before:
            self.missed.append(blow)

    # At a named point.

    def _at_point(self, blow: Blow, deed: str) -> int:
        """The process that met the ambush; 0 where none came that way in time."""
        self.portal.ambushes.lay(blow.where, deed, blow.job)
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            self.look()
            found = self.portal.ambushes.sprung(self.seen)
            if found:
                self.seen += 1
                role = "worker" if found[0].deed == KILL else "stopped worker"
                self._note(blow, role, (found[0].job,))
                return found[0].pid
            time.sleep(0.02)
        if self.portal.ambushes.take_back(blow.where, deed, blow.job):
            return 0
        raise AssertionError(f"{blow} was taken away by nobody who said so.")

    # At a random moment.

    def _kill_process(self, blow: Blow) -> bool:
        claims = self.portal.claims()
        for group in self.chance.sample(GROUPS, len(GROUPS)):
            if group in self.stopped:
                continue
            roles = self.portal.roles(group)
            jobs = tuple(job for pid, job in claims.items() if pid in roles)
            if not jobs:
                continue
            busy = [pid for pid in roles if pid in claims]
            wanted = {
                "worker": busy,
                "idle worker": [p for p, r in roles.items() if r == "worker" and p not in busy],
            }
            victims = wanted.get(blow.where, [pid for pid, role in roles.items() if role == blow.where])
            if victims and _kill(self.chance.choice(victims)):
                self._note(blow, blow.where, jobs)
                return True
        return False

    def _kill_web(self, blow: Blow) -> bool:
        jobs = tuple(self.portal.claims().values())
        processes = self.portal.web_processes()
        if not jobs or not processes:
            return False
        victim = self.chance.choice(list(processes))
        if not _kill(victim):
            return False
        self._note(blow, processes[victim], jobs)
        return True

    def _restart(self, blow: Blow) -> bool:
        jobs = tuple(self.portal.claims().values())
        if not jobs or self.restart is None:
            return False
        self.restart()
        self._note(blow, "database server", jobs)
        return True

    # What only hurts.

    def _cut(self, blow: Blow) -> None:
        kind = self.chance.choice(KINDS)
        self.world.sandboxes[kind].fault("warehouse", "cut", method="POST", path="^/orders", count=1)
        self._note(blow, "connection", (kind,))

    def _stop(self, blow: Blow) -> None:
        """A worker that holds something; it goes on when that was given to another. Nobody is killed meanwhile: the
        stopped one must live to come back."""
        self._stop_somebody(blow)
        self.release_all()

    def _stop_somebody(self, blow: Blow) -> None:
        if blow.where:
            pid = self._at_point(blow, STOP)
            if pid:
                self._remember(pid)
            return
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            self.look()
            busy = {p: job for p, job in self.portal.claims().items() if self.portal.group_of(p)}
            busy = {p: job for p, job in busy.items() if self.portal.group_of(p) not in self.stopped}
            if busy:
                pid = self.chance.choice(list(busy))
                os.kill(pid, signal.SIGSTOP)
                self._remember(pid)
                self._note(blow, "stopped worker", (busy[pid],))
                return
            time.sleep(0.02)

    def _remember(self, pid: int) -> None:
        self.stopped[self.portal.group_of(pid)] = Stopped(pid, time.monotonic(), self._held_by(pid))

    def _held_by(self, pid: int) -> tuple[str, ...]:
        rows = self.portal.asked(
            "SELECT lease_token, lease_holder FROM integrations_batch WHERE settled_at IS NULL AND lease_token <> ''"
        )
        return tuple(token for token, holder in rows if holder.split("/")[-2] == str(pid))

    def look(self) -> None:
        """Lets those go on whose lease another has by now, and starts anew what nobody else does."""
        self.portal.start_what_fell()
        for group, stopped in list(self.stopped.items()):
            over = time.monotonic() - stopped.since
            given = bool(stopped.held) and not set(self._held_by(stopped.pid)) & set(stopped.held)
            if not lives(stopped.pid) or given or over > (20.0 if stopped.held else 3.0):
                self.handed_over += given
                with suppress(ProcessLookupError):
                    os.kill(stopped.pid, signal.SIGCONT)
                self.stopped.pop(group)

    def release_all(self) -> None:
        while self.stopped:
            self.look()
            time.sleep(0.1)

    def _until(self, done: Callable[[], bool], otherwise: str) -> None:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            self.look()
            if done():
                return
            time.sleep(0.02)
        print(f"missed: {otherwise}")

    def _note(self, blow: Blow, who: str, jobs: tuple[str, ...]) -> None:
        at = time.monotonic() - self.began
        self.struck.append(Struck(blow, who, tuple(sorted(set(jobs))), round(at, 1)))


def _kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True

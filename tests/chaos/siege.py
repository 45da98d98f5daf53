"""One run: the portal stands, customers buy, the killer strikes; then the dust settles and the books are compared."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.integrations.processes.family import until

from . import tables
from .comparing import Difference, compare, compare_access, compare_open_work
from .customers import Customers
from .killer import Killer, planned
from .portal import ChaosPortal
from .report import Report
from .world import BY_CONSENT, KINDS, World

# Seconds: for coming to rest, for the start of all processes, and for a blow with what it takes to stand up again.
PATIENCE, LONGEST_START, LONGEST_BLOW = 150.0, 120.0, 15.0
DONE = (
    "SELECT j.key, COUNT(d.id) FROM integrations_syncjob j"
    " LEFT JOIN integrations_delivery d ON d.job_id = j.id AND d.state <> 'queued' GROUP BY j.key"
)


@dataclass
class Siege:
    portal: ChaosPortal
    world: World
    seed: int
    left: dict[str, int] = field(default_factory=dict)

    def prepare(
        self, *, every_seconds: int = 2, second: bool = False, hands_over: tuple[str, str] | None = None
    ) -> None:
        self.portal.surroundings = self.world.environment()
        file = self.world.write_configuration(
            every_seconds=every_seconds, second=second, hands_over=hands_over
        )
        self.portal.run("apply", str(file))
        self.portal.run("give_access", BY_CONSENT)

    def play(self, kills: int, *, server: object = None) -> Report:
        began = time.monotonic()
        ends = began + LONGEST_START + LONGEST_BLOW * kills
        chance = random.Random(self.seed)
        self.prepare()
        self.world.misbehave(self.seed)
        self.portal.start_all()
        until(self._web_answers, "the web server does not answer", LONGEST_START)
        self.world.side.subscribe(f"http://{self.portal.web}{self._webhook_path()}")
        customers = Customers(self.world, self.seed, self._done)
        customers.start()
        restart = getattr(server, "restart", None)
        killer = Killer(self.portal, self.world, chance, restart)
        try:
            for blow in planned(kills, chance, has_server=restart is not None):
                killer.strike(blow)
                self._tell(len(killer.struck))
                if time.monotonic() > ends:
                    raise TimeoutError(f"{len(killer.struck)} blows took too long:\n{self.portal.told()}")
            killer.release_all()
        finally:
            customers.stop()
        struck = time.monotonic() - began
        self.world.hurry()
        self._settle(killer)
        return Report(
            database="postgresql + redis" if self.portal.postgres else "sqlite",
            seed=self.seed,
            struck=killer.struck,
            missed=killer.missed,
            handed_over=killer.handed_over,
            did=customers.did,
            decisions=self._decisions(),
            consents=self.world.consents(),
            differences=[*self.differences(), *self._access_differences(killer)],
            seconds_of_blows=struck,
            seconds=time.monotonic() - began,
        )

    def _tell(self, blows: int) -> None:
        if blows % 10 == 0:
            print(f"  {blows} blows", flush=True)

    def differences(self) -> list[Difference]:
        books, told = self.world.books(), tables.read(self.portal)
        shop = books[KINDS[0]]["systems"]["shop"]["orders"]
        found = [difference for kind in KINDS for difference in compare(shop, books[kind], kind, told)]
        return found + compare_open_work(told)

    def _access_differences(self, killer: Killer) -> list[Difference]:
        fell = sum(BY_CONSENT in struck.jobs for struck in killer.struck if struck.blow.kills)
        return compare_access(self.world.consents(), BY_CONSENT, fell)

    def _web_answers(self) -> bool:
        host, _, port = self.portal.web.rpartition(":")
        with socket.socket() as probe:
            return probe.connect_ex((host, int(port))) == 0

    def _webhook_path(self) -> str:
        (address,) = self.portal.asked(
            "SELECT webhook_address FROM integrations_connection WHERE key = 'shop'"
        )
        return f"/hooks/{address[0]}"

    def _done(self) -> dict[str, int]:
        return dict(self.portal.asked(DONE))

    def _settle(self, killer: Killer) -> None:
        """Until all came to rest: every source was read since the last change, nothing is open, nobody is asked."""
        since = datetime.now(UTC)
        ends = time.monotonic() + PATIENCE
        while not self._rests(since):
            killer.look()
            if time.monotonic() > ends:
                print(f"Not all came to rest, but {self.left}:\n{self.portal.told()}", flush=True)
                print(tables.what_waits(self.portal), flush=True)
                return
            time.sleep(0.3)

    def _rests(self, since: datetime) -> bool:
        moment = since.strftime("%Y-%m-%d %H:%M:%S.%f")
        zone = "+00" if self.portal.postgres else ""
        unread = (
            "SELECT COUNT(*) FROM integrations_syncjob WHERE last_complete_read_at IS NULL"
            f" OR last_complete_read_at < '{moment}{zone}'"
        )
        questions = {"reads": unread, **tables.OPEN, "doubts": tables.DOUBTS}
        left = {name: self.portal.number(question) for name, question in questions.items()}
        left["webhooks to come"] = self.world.side.webhooks_to_come()
        self.left = {name: count for name, count in left.items() if count}
        return not self.left

    def _decisions(self) -> dict[str, int]:
        words = [line.split()[0] for line in self.portal.log("operator").read_text().splitlines() if line]
        return {word: words.count(word) for word in ("arrived", "again", "retried", "reconnected")}


@contextmanager
def besieged(
    folder: Path, seed: int, *, postgres: str = "", redis: str = "", slow: bool = True
) -> Iterator[Siege]:
    world = World(folder / "world")
    world.folder.mkdir(parents=True)
    portal = ChaosPortal(folder / "portal", postgres, redis)
    try:
        world.start() if slow else world.start(slow=0.0, session=3600)
        yield Siege(portal, world, seed)
    finally:
        portal.end()
        world.kill()

"""`manage.py demo`: the whole portal with sandbox systems on this machine, and 500 orders on their way."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations import processes
from integrations.demo import report, rounds, sandbox_side, stage
from integrations.demo.sandbox_side import SandboxSide
from integrations.sandbox.check import check
from integrations.supervisor import ProcessGroup

ORDERS = "orders-to-warehouse"
JOBS = [ORDERS, "stock-to-shop", "stock-to-market", "shipments-to-shop"]
PATIENCE = 240.0


class Command(BaseCommand):
    help = "Starts the portal with sandbox systems, carries 500 orders, and stays up. Ctrl-C ends everything."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once",
            action="store_true",
            help="Check every promise from outside, say what was found, and exit.",
        )
        parser.add_argument(
            "--port", type=int, default=8000, help="Where to serve (the next free one, default 8000)."
        )

    def handle(self, *args: Any, once: bool, port: int, **options: Any) -> None:
        try:
            with stage.alone(), ProcessGroup(say=self.stderr.write) as group:
                held = self._run(group, port, once)
        except (stage.AlreadyRuns, rounds.NotSettled) as exc:
            raise CommandError(str(exc)) from exc
        if not held:
            sys.exit(1)

    def _run(self, group: ProcessGroup, port: int, once: bool) -> bool:
        began_at = time.time()
        portal = f"http://127.0.0.1:{stage.free_port(port)}"
        place, fresh = stage.folder(), stage.is_fresh()
        group.start("sandbox", sandbox_side.command(place / "sandbox"), log=place / "sandbox.log")
        with stage.collecting_files() as files:
            stage.prepare_database()
            login = stage.admin_login()
            look = _looking_after(group, files, portal.removeprefix("http://"))
            side = self._start(group, look, fresh)
            side.subscribe(f"{portal}{stage.webhook_path()}")
            self._play(side, look, lambda: sandbox_side.wait_for_web(f"{portal}/healthz", look))
        report.tell(self.stdout.write, JOBS)
        seconds = report.first_delivery_after(began_at)
        if seconds is not None:
            self.stdout.write(f"\nThe first record was delivered {seconds:.1f} seconds after the start.")
        if once:
            return self._check(side, portal, began_at, fresh)
        self.stdout.write(f"\nThe portal is at {portal}/  (Ctrl-C ends everything)")
        self.stdout.write(f"Log in as {login.name} with the password {login.password}")
        self.stdout.write(f"Commands beside it: {report.command_line(f'sync {ORDERS} --dry-run')}")
        group.wait(each_second=processes.tick)
        return True

    def _start(self, group: ProcessGroup, look: Callable[[], None], fresh: bool) -> SandboxSide:
        place = stage.folder()
        processes.start_queue(group, log=place / "queue.log", beside_web=True)
        side = sandbox_side.wait_until_ready(place / "sandbox", look)
        if fresh:
            made = stage.configure(side.environment())
        else:
            made = stage.complete(side.base, side.environment())
        self.stdout.write(f"Sandbox systems answer at {side.base}; {report.configured(made, fresh=fresh)}.")
        return side

    def _play(self, side: SandboxSide, look: Callable[[], None], until_served: Callable[[], None]) -> None:
        """Two acts: the orders come in; then staff and customers change their minds, and parcels leave."""
        rounds.play_round("Orders, stock and shipments", JOBS, look, PATIENCE)
        # The first orders need no web server; the webhooks of what changes do.
        until_served()
        if "2" not in side.acts_played():
            told = side.play("2")
            self.stdout.write(
                f"Act two: {told['done']} changes, cancellations and parcels on the other side."
            )
            rounds.play_round("What changed", JOBS, look, PATIENCE)
            rounds.wait_for_webhooks(side.webhooks_to_come, look, PATIENCE)
            # Stock was read while orders were still on their way; now they have arrived.
            rounds.play_round("Stock, once more", JOBS, look, PATIENCE)

    def _check(self, side: SandboxSide, portal: str, began_at: float, fresh: bool) -> bool:
        """Compares all sides from outside: the sandbox's books, and the portal's own API."""
        found = check(side.base, side.tokens["control"], portal, stage.key_for_the_check(), orders_job=ORDERS)
        self.stdout.write("\nChecked from outside, order by order and field by field:")
        for name, value in found.summary.items():
            self.stdout.write(f"  {name}: {value}")
        for difference in found.differences:
            self.stdout.write(f"  DIFFERENT: {difference}")
        self.stdout.write(f"\n{report.verdict(held=found.ok, fresh=fresh)}")
        self.stdout.write(f"All of it took {time.time() - began_at:.0f} seconds.")
        return found.ok


def _looking_after(group: ProcessGroup, files: subprocess.Popen[bytes], address: str) -> Callable[[], None]:
    """Keeps the processes running, rings the workers about once a second, and serves once the files are collected."""
    next_tick = time.monotonic()
    served = False

    def look() -> None:
        nonlocal next_tick, served
        group.look()
        if not served and files.poll() is not None:
            if files.returncode:
                raise CommandError("The pages' files could not be collected; see above.")
            processes.start_web(group, address, log=stage.folder() / "web.log")
            served = True
        if time.monotonic() >= next_tick:
            processes.tick()
            next_tick = time.monotonic() + 1.0

    return look

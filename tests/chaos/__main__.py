"""`python -m tests.chaos --kills 200 --seed 7`: the whole, on both databases. `make chaos KILLS=200 SEED=7` calls it.

Ends with 1 where anything was lost, doubled or overwritten by something older, or where fewer fell than were asked for.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.conftest import redis_server

from . import database, report
from .portal import free_port
from .siege import besieged

SQLITE, SERVERS = "sqlite", "postgresql"


def main(arguments: Sequence[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    # Whoever ends us, ends all that we started: SIGTERM does as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    seed = asked.seed or random.SystemRandom().randrange(1, 10_000)
    found = []
    for name, kills in shares(asked.database, asked.kills).items():
        print(f"{name}: {kills} kills, SEED={seed}", flush=True)
        played = play(name, kills, seed, keep=asked.keep)
        print(report.printed(report.figures([played])), flush=True)
        for difference in played.differences:
            print(difference, flush=True)
        found.append(played)
    whole = report.figures(found)
    print(f"\nIn all, SEED={seed}\n{report.printed(whole)}")
    if asked.json:
        plain = {"seed": seed, "whole": whole, "runs": [played.plain() for played in found]}
        asked.json.write_text(json.dumps(plain, indent=1))
    return int(any(played.differences for played in found) or whole["kills"] < asked.kills)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="plays the same chances again; 0: at random")
    parser.add_argument("--database", choices=["both", SQLITE, SERVERS], default="both")
    parser.add_argument("--json", type=Path, help="the report goes there as well")
    parser.add_argument("--keep", action="store_true", help="leaves tables and logs where they are")
    return parser


def shares(wanted: str, kills: int) -> dict[str, int]:
    """How many on which database. Where there is no server to be had, SQLite takes all, and it is said."""
    lacks = database.missing() or ("" if redis_server() else "no Redis at 127.0.0.1:6379")
    if wanted == SERVERS and lacks:
        raise SystemExit(lacks)
    if wanted == "both" and lacks:
        print(f"On SQLite alone: {lacks}")
        return {SQLITE: kills}
    return {SQLITE: kills - kills // 2, SERVERS: kills // 2} if wanted == "both" else {wanted: kills}


def play(name: str, kills: int, seed: int, *, keep: bool = False) -> report.Report:
    folder = Path(tempfile.mkdtemp(prefix="crossdock-chaos-"))
    server = database.Server(free_port()) if name == SERVERS else None
    try:
        url, queue = (server.url, redis_server()) if server else ("", "")
        with besieged(folder, seed, postgres=url, redis=queue) as siege:
            siege.portal.run("migrate", "--verbosity", "0")
            return siege.play(kills, server=server)
    finally:
        if server is not None:
            server.stop()
        if keep:
            print(f"Its tables and logs are in {folder}.")
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    raise SystemExit(main())

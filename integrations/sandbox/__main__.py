"""`python -m integrations.sandbox --port 0 --state DIR [--seed demo]`: starts the sandbox and stays.

Prints one JSON line when it serves: {"port", "base", "systems": {name: address}, "tokens": {name: token}}.
Tokens come from SANDBOX_TOKEN_<SYSTEM> in the environment; else they are made at random once and kept, readable
by their owner alone, in DIR/access.json together with the port, which is taken again at the next start.
"""

import argparse
import json
import os
import secrets
import signal
import sys
import threading
from pathlib import Path

from integrations.sandbox import seed
from integrations.sandbox.presets import PRESETS
from integrations.sandbox.server import Sandbox
from integrations.sandbox.store import Document, StateInUse
from integrations.sandbox.world import SYSTEMS, World, build


def main() -> int:
    options = _options()
    try:
        world = build(options.state)
    except StateInUse as error:
        print(error, file=sys.stderr)
        return 2
    kept = _kept(options.state)
    tokens = {name: _token(name, kept) for name in (*SYSTEMS, "control")}
    sandbox = _start(world, tokens, options.port, int(kept.get("port", 0)))
    _keep(options.state, {"port": sandbox.http.port, "tokens": tokens})
    if options.seed and seed.sow(world, options.seed):
        for rule in [rule for name in options.faults for rule in PRESETS[name]]:
            world.faults.add(rule)
    _stop_on_signal(sandbox)
    print(json.dumps(_ready(sandbox, tokens)), flush=True)
    sandbox.run()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="0 takes the port of the last start, or a free one"
    )
    parser.add_argument("--state", type=Path, required=True, help="folder that keeps what the systems hold")
    parser.add_argument("--seed", choices=["demo"], help="fill empty systems with this data")
    parser.add_argument(
        "--faults",
        action="append",
        default=[],
        choices=sorted(PRESETS),
        help="misbehave in these ways, from the seeding on; may be given several times",
    )
    return parser.parse_args()


def _start(world: World, tokens: dict[str, str], port: int, last: int) -> Sandbox:
    """Serves on the port asked for; when none was, on the last one if it is still free."""
    if port == 0 and last:
        try:
            return Sandbox(world, tokens, last)
        except OSError:
            print(f"Port {last} of the last start is taken now; another one is used.", file=sys.stderr)
    return Sandbox(world, tokens, port)


def _token(name: str, kept: Document) -> str:
    given = os.environ.get(f"SANDBOX_TOKEN_{name.upper()}")
    return given or kept.get("tokens", {}).get(name) or f"sbx_{name}_{secrets.token_urlsafe(18)}"


def _kept(folder: Path) -> Document:
    path = folder / "access.json"
    kept: Document = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return kept


def _keep(folder: Path, access: Document) -> None:
    fresh = folder / "access.new"
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(access, file)
    fresh.replace(folder / "access.json")


def _ready(sandbox: Sandbox, tokens: dict[str, str]) -> Document:
    base = f"http://127.0.0.1:{sandbox.http.port}"
    systems = {name: f"{base}/{name}" for name in tokens}
    return {"port": sandbox.http.port, "base": base, "systems": systems, "tokens": tokens}


def _stop_on_signal(sandbox: Sandbox) -> None:
    def stop(number: int, frame: object) -> None:
        # In a thread of its own: the handler interrupts the very accept() that stopping ends.
        threading.Thread(target=sandbox.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


if __name__ == "__main__":
    sys.exit(main())

"""The demo's other side: where the sandbox systems answer, and what staff and customers do there."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PROVIDERS = ("payments", "payments2", "payments3")
SYSTEMS = ("shop", "shop2", "shop3", "warehouse", "carrier", *PROVIDERS, "mail", "crm", "desk", "control")
TIMEOUT = 60
READY_WITHIN = 60.0


@dataclass(frozen=True)
class SandboxSide:
    base: str
    tokens: dict[str, str]

    def environment(self) -> dict[str, str]:
        """What the demo's configuration file names as `${…}`."""
        addresses = {f"SANDBOX_URL_{name.upper()}": f"{self.base}/{name}" for name in SYSTEMS}
        tokens = {f"SANDBOX_TOKEN_{name.upper()}": token for name, token in self.tokens.items()}
        return addresses | tokens | {"SANDBOX_WEBHOOK_SECRET": self.webhook_secret}

    @property
    def webhook_secret(self) -> str:
        """What the shop signs with: made from its token, so that every start of the demo has the same."""
        return hmac.new(self.tokens["shop"].encode(), b"webhooks", hashlib.sha256).hexdigest()

    def control(self, method: str, path: str) -> dict[str, Any]:
        """A call to the sandbox's switches. Raises OSError where it is refused or not reached."""
        return self._call("control", method, path, {})

    def subscribe(self, address: str) -> None:
        """Has the shop send its webhooks to this address, and to none that it was told of before."""
        kept = self._call("shop", "GET", "webhooks", {})["webhooks"]
        if [entry["address"] for entry in kept] == [address]:
            return
        for entry in kept:
            self._call("shop", "DELETE", f"webhooks/{entry['id']}", {})
        asked = {"address": address, "topics": ["orders/updated"], "secret": self.webhook_secret}
        self._call("shop", "POST", "webhooks", asked)

    def webhooks_to_come(self) -> int:
        return int(self.control("GET", "webhooks")["pending"])

    def _call(self, system: str, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = Request(  # noqa: S310  # always the loopback address that the sandbox has written down
            f"{self.base}/{system}/{path}",
            method=method,
            data=json.dumps(body).encode() if method != "GET" else None,
            headers={"Authorization": f"Bearer {self.tokens[system]}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            found: dict[str, Any] = json.load(answer)
        return found

    def acts_played(self) -> list[str]:
        return list(self.control("GET", "demo")["acts"])

    def play(self, act: str) -> dict[str, Any]:
        return self.control("POST", f"demo/act/{act}")


def command(state: Path) -> list[str]:
    """The sandbox's command line: seeded once, and misbehaving as the demo wants it."""
    options = ["--port", "0", "--state", str(state), "--seed", "demo", "--faults", "demo"]
    options += ["--faults", "webhooks"]
    return [sys.executable, "-m", "integrations.sandbox", *options]


def wait_until_ready(state: Path, look: Callable[[], None]) -> SandboxSide:
    """Reads where the sandbox answers from its state folder, once it does. Raises RuntimeError if it does not."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        look()
        try:
            kept = json.loads((state / "access.json").read_text("utf-8"))
            side = SandboxSide(f"http://127.0.0.1:{kept['port']}", kept["tokens"])
            side.control("GET", "demo")
        except (OSError, URLError, ValueError, KeyError):
            time.sleep(0.1)
        else:
            return side
    raise RuntimeError(
        f"The sandbox systems did not start within {READY_WITHIN:.0f} seconds; see sandbox.log."
    )


def wait_for_web(address: str, look: Callable[[], None]) -> None:
    """Until our own web server answers anything at all. Raises RuntimeError if it does not."""
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        look()
        try:
            with urlopen(address, timeout=5):  # noqa: S310
                return
        except HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"The web server did not start within {READY_WITHIN:.0f} seconds; see web.log.")

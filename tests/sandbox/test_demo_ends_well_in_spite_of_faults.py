"""With every misbehaviour of the preset, a sender that insists with the same key still delivers exactly once."""

import http.client
import json
from pathlib import Path
from typing import Any

from integrations.sandbox.check import check
from integrations.sandbox.presets import PRESETS

from .running import Answer, SandboxProcess, portal_in_short


class Insisting(SandboxProcess):
    """Sends again, with the same key and body, until a sound answer comes."""

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        for _ in range(10):
            try:
                answer = super().ask(method, path, body, **more)
                json.loads(answer.raw)
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                continue
            if answer.status != 429 and answer.status < 500:
                return answer
        raise AssertionError(f"{method} {path} never came to an end")


def test_every_misbehaviour_fires_and_every_order_arrives_once(state: Path) -> None:
    sandbox = Insisting(state, ["--seed", "demo"]).start()
    try:
        hurried = [{**rule, "seconds": 0.05} for rule in PRESETS["demo"]]
        sandbox.control("POST", "/faults", {"rules": hurried})
        before = check(sandbox.base, sandbox.tokens["control"], stock=False).differences
        assert sum(difference.what == "fired" for difference in before) == len(PRESETS["demo"])
        portal_in_short(sandbox, set())
        report = check(sandbox.base, sandbox.tokens["control"])
        assert [str(difference) for difference in report.differences] == []
        assert min(report.summary["misbehaviours"].values()) >= 1
        # Answered wrongly after the effect: each of these was sent twice and took effect once.
        assert report.summary["replays"] == 8
    finally:
        sandbox.kill()

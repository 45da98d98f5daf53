"""One process, one port: every system under its path prefix, and the way of a request through it.

up or down → authorised → within the rate limit → faults that come before → the system → faults that come after.
"""

import itertools
import secrets
import sys
import threading
import time
import traceback
from collections import deque

from integrations.sandbox.access import Access
from integrations.sandbox.consent import Consents
from integrations.sandbox.control import Control
from integrations.sandbox.faults import AFTER, BEFORE, answer_before, disturb, spoil
from integrations.sandbox.refusals import Refusal, no_such_address, problem
from integrations.sandbox.store import Document
from integrations.sandbox.system import System
from integrations.sandbox.wire import Fate, HttpServer, Request, Response
from integrations.sandbox.world import World


class Sandbox:
    """Serves a world. `tokens` holds one per system and one for "control"; `port` 0 lets the system choose."""

    def __init__(self, world: World, tokens: dict[str, str], port: int) -> None:
        self.world = world
        self.access = Access(world.store, world.clock, tokens)
        self.consents = Consents(world.store, world.clock, tokens)
        self.control = Control(world, self.consents)
        self.limits = Limits()
        self.numbers = itertools.count(1)
        # So that a request id is never given twice, restarts included.
        self.run_name = secrets.token_hex(3)
        self.http = HttpServer(self.handle, port)

    def run(self) -> None:
        """Serves until `stop`."""
        threading.Thread(target=self.world.webhooks.run, daemon=True).start()
        self.http.serve()

    def stop(self) -> None:
        self.world.webhooks.stop()
        self.http.stop()

    def handle(self, request: Request) -> Response:
        """Every request's answer; what nobody foresaw is a 500 named `sandbox_bug` and a trace on stderr."""
        try:
            response = self._route(request)
        except Refusal as refusal:
            response = Response(refusal.status, refusal.payload(), dict(refusal.headers))
        except Exception:  # noqa: BLE001 the last resort: told on stderr and in the answer
            traceback.print_exc(file=sys.stderr)
            response = Response(500, {"errors": [problem("sandbox_bug", "The sandbox itself has failed.")]})
        response.headers["X-Request-Id"] = f"req_{self.run_name}_{next(self.numbers):06x}"
        return response

    def _route(self, request: Request) -> Response:
        if not request.segments:
            return Response(200, {"systems": [*self.world.systems, "control"]})
        name = request.segments.pop(0)
        if name == "control":
            self.access.check("control", request.headers)
            return self.control.respond(request)
        system = self.world.systems.get(name)
        if system is None:
            raise no_such_address()
        try:
            response = self._ask(system, request)
        except Refusal as refusal:
            self.world.count(f"{name} {request.method} {refusal.status}")
            raise
        outcome = "unanswered" if response.fate is Fate.WITHHELD else str(response.status)
        self.world.count(f"{name} {request.method} {outcome}")
        return response

    def _ask(self, system: System, request: Request) -> Response:
        settings = self.world.store.get("settings", system.name) or {}
        if settings.get("down"):
            return _closed(settings["down"])
        if (request.method, request.segments) == ("POST", ["token"]):
            if b"grant_type=" in request.body:
                return self.consents.token(system.name, request)
            return Response(200, self.access.login(system.name, request.json()))
        if (request.method, request.segments) == ("GET", ["authorize"]):
            return self.consents.ask(system.name, request)
        self.access.check(system.name, request.headers)
        self.limits.check(system.name, settings.get("rate_limit"))
        path = "/" + "/".join(request.segments)
        before = self.world.faults.strike(BEFORE, system.name, request.method, path)
        if before is not None:
            if before["kind"] == "expired_token":
                self.access.expire(request.headers)
            return answer_before(before)
        try:
            response = system.respond(request)
        except Refusal as refusal:
            response = Response(refusal.status, refusal.payload())
        disturb(self.world.faults, system.name, request, response)
        after = self.world.faults.strike(AFTER, system.name, request.method, path)
        return response if after is None else spoil(after, response)


class Limits:
    """A real rate limit per system: setting `rate_limit` {"requests": n, "seconds": s}, as a sliding window."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: dict[str, deque[float]] = {}

    def check(self, system: str, limit: Document | None) -> None:
        """Counts a request. Raises Refusal 429 when the window is full."""
        if not limit:
            return
        now = time.monotonic()
        with self.lock:
            seen = self.seen.setdefault(system, deque())
            while seen and seen[0] <= now - limit["seconds"]:
                seen.popleft()
            if len(seen) >= limit["requests"]:
                wait = round(seen[0] + limit["seconds"] - now, 3)
                message = f"More than {limit['requests']} requests in {limit['seconds']} s."
                raise Refusal(429, "rate_limited", message, headers={"Retry-After": f"{max(1, round(wait))}"})
            seen.append(now)


def _closed(mode: str) -> Response:
    """A system that is down: "refuse" answers 503, "close" hangs up without a word."""
    if mode == "close":
        return Response(fate=Fate.WITHHELD)
    return Response(503, {"errors": [problem("unavailable", "Down for maintenance.")]})

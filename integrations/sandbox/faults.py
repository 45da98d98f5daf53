"""Misbehaviour on demand: rules that spoil requests, and how often each has fired.

A rule: {id?, system, kind, method?, path? (regular expression on the path below the prefix), count? (how often in
all), probability? (with `seed`), after? (how many matching requests pass first), seconds?, retry_after?,
retry_after_form? ("seconds" | "date"), status?}. Without count and probability it fires at every matching request.
"""

import random
import re
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time
from typing import Any

from integrations.sandbox.refusals import Refusal, problem
from integrations.sandbox.store import Document, Store
from integrations.sandbox.wire import Fate, Request, Response

TABLE = "faults"
# Before: the system never sees the request. After: it has done its part when the answer goes wrong.
BEFORE = ("rate_limited", "error_before", "no_answer_before", "expired_token")
AFTER = ("error_after", "no_answer", "cut", "malformed", "slow")
ROWS = ("duplicate_rows", "shuffled_rows")
WEBHOOKS = ("webhook_duplicate", "webhook_reorder", "webhook_drop", "webhook_forge")
KINDS = BEFORE + AFTER + ROWS + WEBHOOKS
DEFAULTS: Document = {
    "method": "",
    "path": "",
    "count": None,
    "probability": None,
    "seed": 1,
    "after": 0,
    "seconds": 3.0,
    "retry_after": 1,
    "retry_after_form": "seconds",
    "status": 500,
}


@dataclass
class Rule:
    options: Document
    seen: int = 0
    fired: int = 0
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.options["seed"])
        self.pattern = re.compile(self.options["path"])

    def matches(self, system: str, method: str, path: str) -> bool:
        wanted = self.options["method"]
        return (
            self.options["system"] in (system, "*")
            and wanted in ("", method)
            and self.pattern.search(path) is not None
        )

    def strikes(self) -> bool:
        """Whether it is to happen now, at a matching request; counts."""
        self.seen += 1
        count, probability = self.options["count"], self.options["probability"]
        if self.seen <= self.options["after"] or (count is not None and self.fired >= count):
            return False
        if probability is not None and self.chance.random() >= probability:
            return False
        self.fired += 1
        return True

    def state(self) -> Document:
        return {**self.options, "seen": self.seen, "fired": self.fired}


class Faults:
    """All rules. Kept in the store with their counters, so that a restart forgets none."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.rules: dict[str, Rule] = {}
        self.load()

    def load(self) -> None:
        self.rules = {}
        for kept in self.store.all(TABLE):
            seen, fired = kept.pop("seen"), kept.pop("fired")
            self.rules[kept["id"]] = Rule(kept, seen, fired)

    def add(self, asked: Document) -> Document:
        """Adds (or replaces, by id) one rule. Raises Refusal 422 for words that do not exist."""
        unknown = set(asked) - set(DEFAULTS) - {"id", "system", "kind"}
        if unknown:
            raise Refusal(422, "unknown_field", f"A fault has no {sorted(unknown)}.", sorted(unknown)[0])
        if asked.get("kind") not in KINDS:
            raise Refusal(422, "invalid", f"kind must be one of {', '.join(KINDS)}.", "kind")
        if not isinstance(asked.get("system"), str):
            raise Refusal(422, "required", "system must name a system, or be *.", "system")
        with self.store.transaction():
            number = self.store.number(TABLE)
            options = {**DEFAULTS, **asked, "id": asked.get("id") or f"{asked['kind']}-{number}"}
            rule = Rule(options)
            self.rules[options["id"]] = rule
            self.store.put(TABLE, options["id"], rule.state())
        return rule.state()

    def remove(self, identity: str | None = None) -> None:
        """Removes one rule, or all of them."""
        with self.store.transaction():
            for known in [identity] if identity else list(self.rules):
                if self.rules.pop(known, None) is None:
                    raise Refusal(404, "not_found", f"There is no fault {known}.")
                self.store.remove(TABLE, known)

    def states(self) -> list[Document]:
        with self.store.lock:
            return [rule.state() for rule in self.rules.values()]

    def strike(self, kinds: tuple[str, ...], system: str, method: str, path: str) -> Document | None:
        """The options of the first rule of these kinds that fires here, or None."""
        if not self.rules:
            return None
        with self.store.transaction():
            for rule in self.rules.values():
                if rule.options["kind"] in kinds and rule.matches(system, method, path) and rule.strikes():
                    self.store.put(TABLE, rule.options["id"], rule.state())
                    return rule.options
        return None

    def misbehaves(self, system: str, kind: str, topic: str) -> bool:
        """For webhooks: the rule's path is matched against the topic."""
        return self.strike((kind,), system, "POST", topic) is not None


def answer_before(options: Document) -> Response:
    """What is answered instead of asking the system."""
    match options["kind"]:
        case "rate_limited":
            return _rate_limited(options)
        case "error_before":
            return _server_error(options)
        case "expired_token":
            return Response(401, {"errors": [problem("token_expired", "The access token has expired.")]})
        case "no_answer_before":
            return Response(delay=options["seconds"], fate=Fate.WITHHELD)
    raise ValueError(f"not a fault that comes before the effect: {options['kind']}")


def spoil(options: Document, response: Response) -> Response:
    """What becomes of an answer whose request has had its effect."""
    match options["kind"]:
        case "error_after":
            return _server_error(options)
        case "no_answer":
            return Response(delay=options["seconds"], fate=Fate.WITHHELD)
        case "cut":
            response.fate = Fate.CUT
        case "malformed":
            body = response.content()
            response.raw = body[: len(body) * 2 // 3] + b"\x00<html>"
        case "slow":
            response.delay = options["seconds"]
    return response


def disturb(faults: Faults, system: str, request: Request, response: Response) -> None:
    """Doubles or shuffles the rows of a list; a rule counts only when there are rows to disturb."""
    path = "/" + "/".join(request.segments)
    if response.rows:
        options = faults.strike(("duplicate_rows",), system, request.method, path)
        if options is not None:
            chance = random.Random(options["seed"])
            for row in chance.sample(response.rows, min(3, len(response.rows))):
                response.rows.insert(chance.randint(0, len(response.rows)), row)
    if len(response.rows) > 1:
        options = faults.strike(("shuffled_rows",), system, request.method, path)
        if options is not None:
            first, *rest = response.rows
            random.Random(options["seed"]).shuffle(rest)
            response.rows = [*rest, first]


def _rate_limited(options: Document) -> Response:
    seconds = options["retry_after"]
    text = (
        formatdate(time() + seconds, usegmt=True) if options["retry_after_form"] == "date" else str(seconds)
    )
    payload = {"errors": [problem("rate_limited", f"Too many requests. Try again in {seconds} s.")]}
    return Response(429, payload, {"Retry-After": text})


def _server_error(options: Document) -> Response:
    payload: dict[str, Any] = {"errors": [problem("internal_error", "Something went wrong on our side.")]}
    return Response(options["status"], payload)

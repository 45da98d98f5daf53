"""A whole declaration, compiled: every expression and placeholder is read once, and what makes no sense is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.connectors.base import Abilities, Action, Limit
from integrations.connectors.batches import BatchPlan
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import RulePlan, Rules
from integrations.connectors.identity import SECRET_NAMES, IdentityPlan
from integrations.connectors.oauth import OAuthPlan
from integrations.connectors.reading import ListPlan
from integrations.connectors.record_pages import PagePlan
from integrations.connectors.rows import OnePlan, RecordPlan
from integrations.connectors.signatures import WebhookPlan
from integrations.connectors.subscribing import SubscriptionsPlan
from integrations.connectors.templates import (
    Names,
    as_text,
    check_header_name,
    check_path,
    condition,
    expression,
    look,
    pieces_of,
    text_template,
)
from integrations.connectors.words import Declaration, ErrorRule, Resource, Write
from integrations.connectors.writing import OperationPlan, WritePlan
from integrations.exceptions import DeclarationError

LONGEST_CALL = 30.0
OPERATIONS = ("create", "update", "upsert")
# A variable that is a part of the address must not be able to make another address of it.
_PART_OF_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ResourcePlan:
    def __init__(
        self, word: Resource, name: str, platform: Rules, names: Names, declaration: Declaration
    ) -> None:
        field = f"resources.{name}"
        path = declaration.graphql_path
        own = [RulePlan(rule, f"{field}.errors[{place}]") for place, rule in enumerate(word.errors)]
        self.word = word
        self.field = field
        self.record = RecordPlan(word, field)
        self.rules = Rules(own, platform.rules)
        self._names = names
        self._path = path
        self.list = self._listing("list", word.listing)
        self.not_final = self._listing("not_final", word.not_final)
        self.fetch = self._one("fetch", word.fetch)
        self.lookup = self._one("lookup", word.lookup)
        self.natural_key = expression(word.natural_key, f"{field}.natural_key") if word.natural_key else None
        self.page = PagePlan(word.page, names, f"{field}.page") if word.page else None
        self.operations: dict[str, OperationPlan] = {}
        for operation in OPERATIONS:
            write: Write | None = getattr(word, operation)
            if write is not None:
                self.operations[operation] = self._operation(write, operation, f"{field}.{operation}", True)
        # Not as they were written: a database may keep an object's names in an order of its own.
        due = sorted(word.actions.items(), key=lambda entry: (entry[1].order, entry[0]))
        self.actions = tuple(self._action(action, write) for action, write in due)
        self.batch = self._batch()
        self._check()

    def _rules(self, graphql: bool) -> Rules:
        return Rules(self.rules.rules, graphql=graphql)

    def _listing(self, kind: str, word: Any) -> ListPlan | None:
        if word is None:
            return None
        rules = self._rules(bool(word.document))
        field = f"{self.field}.{kind}"
        can_fetch = self.word.fetch is not None
        return ListPlan(word, self.record, rules, self._names, field, self._path, can_fetch=can_fetch)

    def _one(self, kind: str, word: Any) -> OnePlan | None:
        if word is None:
            return None
        rules = self._rules(bool(word.document))
        return OnePlan(word, self.record, rules, self._names, f"{self.field}.{kind}", self._path)

    def _operation(self, word: Write, operation: str, field: str, sends_body: bool) -> OperationPlan:
        steps = [self._write(word, operation, field, sends_body)]
        for place, following in enumerate(word.then):
            steps.append(self._write(following, operation, f"{field}.then[{place}]", False))
            if following.then:
                raise DeclarationError(
                    f"{field}.then[{place}].then", "Further calls stand side by side in one list."
                )
        return OperationPlan(steps)

    def _write(self, word: Write, operation: str, field: str, sends_body: bool) -> WritePlan:
        return WritePlan(
            word, operation, self.record, self.rules, self._names, field, self._path, sends_body=sends_body
        )

    def _action(self, name: str, word: Write) -> Action:
        field = f"{self.field}.actions.{name}"
        if name in OPERATIONS:
            raise DeclarationError(field, f"An action cannot be called {name!r}; that word is taken.")
        if not word.when:
            raise DeclarationError(f"{field}.when", "When is it to be done? An action needs a condition.")
        condition(word.when, f"{field}.when")
        self.operations[name] = self._operation(word, name, field, False)
        return Action(name, word.when, once=word.once, ends_it=word.ends)

    def _batch(self) -> BatchPlan | None:
        word = self.word.batch
        if word is None:
            return None
        single = self.operations.get(word.operation)
        if single is None:
            raise DeclarationError(
                f"{self.field}.batch.operation",
                f"{word.operation!r} is not declared as a single call. It is needed for what a batch cannot settle.",
            )
        rules = self._rules(bool(word.document))
        return BatchPlan(word, single.steps[0], rules, self._names, f"{self.field}.batch", self._path)

    def _check(self) -> None:
        word = self.word
        if self.list is None and not self.operations and self.fetch is None:
            raise DeclarationError(
                self.field, "Nothing can be done with it: declare a list, a fetch or a write."
            )
        if self.not_final is not None and self.list is None:
            raise DeclarationError(f"{self.field}.not_final", "It adds to a list; declare the list as well.")
        if self.list is not None and self.list.partial and self.fetch is None:
            raise DeclarationError(
                f"{self.field}.fetch", "The list is partial, so each thing must be fetched. How?"
            )
        if self.lookup is not None and self.natural_key is None:
            raise DeclarationError(
                f"{self.field}.natural_key", "A look-up needs the field that holds the natural key."
            )
        keyed = {plan.key is not None for name, plan in self.operations.items() if name in OPERATIONS}
        if word.batch is not None and word.batch.key and True not in keyed:
            raise DeclarationError(f"{self.field}.batch.key", "The single call must declare its key too.")

    def abilities(self, webhook: bool) -> Abilities:
        writes = self.operations
        calls = [call for plan in writes.values() for call in plan.steps]
        lived = [call.key.lifetime for call in calls if call.key is not None]
        # One call that is not protected is enough: the engine would send it again and trust in its key.
        keyed = bool(lived) and all(call.key is not None or call.word.repeatable for call in calls)
        return Abilities(
            reads=self.list is not None,
            creates="create" in writes,
            updates="update" in writes,
            upserts="upsert" in writes,
            actions=tuple(action.name for action in self.actions),
            keys=keyed,
            key_lifetime=min(lived) if keyed else 0.0,
            lookup=self.lookup is not None,
            lookup_after=self.word.lookup.after if self.word.lookup is not None else 0.0,
            fetch=self.fetch is not None,
            fetch_calls=1 + len(self.fetch.details) if self.fetch is not None else 1,
            batch_size=self.word.batch.size if self.word.batch is not None else 0,
            batched=(self.word.batch.operation,) if self.word.batch is not None else (),
            steps={name: len(plan.steps) for name, plan in writes.items()},
            webhook=webhook,
            natural_key=self.word.natural_key,
            rereads_not_final=self.not_final is not None,
        )


class Plan:
    """Raises DeclarationError with the field and the reason."""

    def __init__(self, declaration: Declaration) -> None:
        self.word = declaration
        variables = frozenset(declaration.variables)
        taken = variables & {*SECRET_NAMES, "declaration", "settings"}
        if taken:
            raise DeclarationError(f"variables.{min(taken)}", "This name is taken; choose another.")
        names = Names(frozenset(("settings",)), variables)
        self._base_url = pieces_of(declaration.base_url, names, "base_url")
        check_path(self._base_url, "base_url")
        if "?" in declaration.base_url or "#" in declaration.base_url:
            raise DeclarationError(
                "base_url", "Paths are put behind it: no ? and no #. Use params in the calls."
            )
        for name in declaration.headers:
            check_header_name(name, "headers")
        self.headers = {
            name: text_template(value, names, f"headers.{name}")
            for name, value in declaration.headers.items()
        }
        self.identity = IdentityPlan(declaration.auth, names, "auth", declaration.graphql_path)
        self.oauth = OAuthPlan(declaration.oauth, names, SECRET_NAMES, "oauth") if declaration.oauth else None
        rules = Rules(_rules(declaration.errors, "errors"))
        if not declaration.resources:
            raise DeclarationError("resources", "Name at least one resource.")
        self.resources = {
            name: ResourcePlan(word, name, rules, names, declaration)
            for name, word in declaration.resources.items()
        }
        self.rules = rules
        self.webhook = (
            WebhookPlan(declaration.webhook, names, SECRET_NAMES, set(self.resources))
            if declaration.webhook
            else None
        )
        ordered = declaration.webhook.subscriptions if declaration.webhook else None
        self.subscriptions = (
            SubscriptionsPlan(ordered, rules, names, "webhook.subscriptions", declaration.graphql_path)
            if ordered is not None
            else None
        )
        self.test_endpoint: EndpointPlan | None = None
        self.test_expects = None
        if declaration.test is not None:
            self.test_endpoint = EndpointPlan(
                declaration.test, names, "test", read_only=True, graphql_path=declaration.graphql_path
            )
            if declaration.test.expect:
                self.test_expects = condition(declaration.test.expect, "test.expect")
        self.limit = _limit(declaration)
        self.timeout = _timeout(declaration)
        self.longest_write = declaration.timeouts.total * declaration.timeouts.calls
        heard = self.webhook.resources if self.webhook is not None else set()
        self.abilities = {name: plan.abilities(name in heard) for name, plan in self.resources.items()}

    def base_url(self, settings: Mapping[str, Any]) -> str:
        """The address with its variables. Raises DeclarationError where one of them would lead to another host."""
        written = []
        for piece in self._base_url:
            text = piece if isinstance(piece, str) else as_text(look({"settings": settings}, piece))
            if isinstance(piece, tuple) and len(self._base_url) > 1 and not _PART_OF_ADDRESS.fullmatch(text):
                raise DeclarationError(
                    piece[-1], "It stands in the address: letters, digits, dots and hyphens only."
                )
            written.append(text)
        return "".join(written)

    def variables(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings with every declared variable filled in. Raises DeclarationError for one that is missing."""
        filled = dict(settings)
        for name, word in self.word.variables.items():
            if filled.get(name) in (None, ""):
                if word.default is None and word.required:
                    raise DeclarationError(name, f"{word.label or name} is not filled in.")
                filled[name] = word.default
        return filled


def _rules(words: list[ErrorRule], field: str) -> list[RulePlan]:
    return [RulePlan(rule, f"{field}[{place}]") for place, rule in enumerate(words)]


def _limit(declaration: Declaration) -> Limit:
    word = declaration.limits
    for name in ("requests_per_second", "concurrent", "per_day", "points_per_second", "points", "cost"):
        if getattr(word, name) < 0:
            raise DeclarationError(f"limits.{name}", "It cannot be less than 0; 0 means no limit.")
    if word.burst < 1:
        raise DeclarationError("limits.burst", "At least 1 call must be allowed at a time.")
    if bool(word.points) != bool(word.points_per_second):
        raise DeclarationError(
            "limits.points",
            "points (how many at most) and points_per_second (how fast they come) go together.",
        )
    if word.points and word.cost > word.points:
        raise DeclarationError("limits.cost", "One call would cost more points than there ever are.")
    return Limit(
        calls_per_second=word.requests_per_second,
        burst=word.burst,
        concurrent_calls=word.concurrent,
        calls_per_day=word.per_day,
        points_per_second=word.points_per_second,
        points=word.points,
        cost=word.cost,
    )


def _timeout(declaration: Declaration) -> tuple[float, float, float]:
    word = declaration.timeouts
    for name, value in (("connect", word.connect), ("read", word.read), ("total", word.total)):
        if not 0 < value <= LONGEST_CALL:
            raise DeclarationError(
                f"timeouts.{name}", f"It must be above 0 and at most {LONGEST_CALL:g} seconds."
            )
    if word.calls < 1 or word.calls * word.total > LONGEST_CALL:
        raise DeclarationError(
            "timeouts.calls",
            f"It must be at least 1, and {word.calls} times the total of {word.total:g} seconds is more than the "
            f"{LONGEST_CALL:g} seconds that a write may take: lower timeouts.total.",
        )
    return (word.connect, word.read, word.total)

"""A connector that does what a declaration says. Platforms that need more override one small method."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, TypeVar

from integrations.connectors.base import (
    Abilities,
    Action,
    Answer,
    Call,
    Item,
    Limit,
    Page,
    SettingField,
    SignatureRefused,
    Subscription,
    Token,
    Told,
    WebhookEvent,
    WriteContext,
)
from integrations.connectors.consent import Consent, access_of
from integrations.connectors.declaration import plan_of
from integrations.connectors.details import Turn, at_once
from integrations.connectors.failures import Rules
from integrations.connectors.plan import Plan, ResourcePlan
from integrations.connectors.reading import ListPlan
from integrations.connectors.subscribing import SubscriptionsPlan
from integrations.connectors.times import utc_now
from integrations.connectors.trying import TriedConnector, lacks_right
from integrations.connectors.words import NoAuth
from integrations.connectors.writing import natural_key_of, request_of
from integrations.exceptions import DeclarationError, Failure, TokenExpired
from integrations.http.auth import Auth, Session
from integrations.http.client import HttpClient, Request, Response
from integrations.http.guard import Guard
from integrations.http.notices import Notice

Result = TypeVar("Result")
# Seconds after a login in which a session cannot have expired.
JUST_NOW = 60.0


class DeclaredConnector(TriedConnector):
    """Raises DeclarationError when it is built from settings that make no sense; opens no socket before a call."""

    declaration: ClassVar[Mapping[str, Any]] = {}
    # A platform that wraps what is said has a client of its own.
    http_client: ClassVar[type[HttpClient]] = HttpClient

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.environment = environment
        self.plan = self.plan_for(settings)
        self.settings = self.plan.variables(settings)
        self.secrets = dict(secrets)
        self.timeout_seconds = self.plan.longest_write
        self.auth, self.consent = self._identity()
        self.base_url = self.plan.base_url(self.settings)
        self._guard = guard
        self._logged_in = ("", 0.0)
        self._refused: dict[tuple[str, str], str] = {}
        self._turn: Turn = at_once
        self._kept: Mapping[str, Any] = {}
        self.client = self._client(self.base_url, self.auth)
        if token is not None:
            self.use_token(token)

    @classmethod
    def plan_for(cls, settings: Mapping[str, Any]) -> Plan:
        """The compiled declaration. Built-in connectors have one for all their connections."""
        return _built_in_plan(cls)

    @classmethod
    def limit_for(cls, settings: Mapping[str, Any]) -> Limit:
        return cls.plan_for(settings).limit

    @classmethod
    def page_for(cls, settings: Mapping[str, Any], resource: str, external_id: str) -> str:
        try:
            plan = cls.plan_for(settings)
            filled = plan.variables(settings)
        except DeclarationError:
            return ""
        declared = plan.resources.get(resource)
        page = declared.page if declared is not None else None
        return page(filled, external_id) if page is not None else ""

    def be_called(self, name: str) -> None:
        self.client.name = name

    def _identity(self) -> tuple[Auth, Consent | None]:
        """By the secrets that are entered; where those of `auth` are missing, or there is no other way, by consent."""
        scope = {**self.secrets, "settings": self.settings}
        consent = Consent.of(self.plan.oauth, scope, lambda url: self._client(url, None))
        if consent is not None and isinstance(self.plan.word.auth, NoAuth):
            return consent.session(), consent
        try:
            return self.plan.identity.auth(self.settings, self.secrets), None
        except DeclarationError:
            if consent is None:
                raise
            return consent.session(), consent

    def _client(self, base_url: str, auth: Any) -> HttpClient:
        headers = {name: text({"settings": self.settings}) for name, text in self.plan.headers.items()}
        try:
            return self.http_client(
                base_url,
                auth,
                timeout=self.plan.timeout,
                guard=self._guard,
                max_bytes=self.plan.word.max_megabytes * 1024 * 1024,
                headers={name: value for name, value in headers.items() if value},
                name=self.plan.word.label,
                request_id_header=self.plan.word.request_id_header,
            )
        except ValueError as error:
            raise DeclarationError("base_url", str(error)) from error

    # What it can do.

    def resources(self) -> dict[str, Abilities]:
        return self.plan.abilities

    def required_fields(self, resource: str, operation: str) -> tuple[str, ...]:
        plan = self._resource(resource)
        if operation not in plan.operations:
            return ()
        own = plan.operations[operation].steps[0].word.required
        of_all = plan.word.required if operation in ("create", "upsert") else []
        return tuple(dict.fromkeys([*of_all, *own]))

    def actions(self, resource: str) -> tuple[Action, ...]:
        return self._resource(resource).actions

    def limit(self) -> Limit:
        return self.plan.limit

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        listing = self._listing(resource, not_final)
        page = self._in_session(
            ("read", resource),
            lambda: listing.read(self.client, self.settings, since, position, utc_now(), self._turn),
        )
        if not not_final:
            return page
        # What is not final is a part of the whole: what is missing there is not gone.
        # And its time of change is not believed, or it would not be read again: each row is worth fetching.
        items = tuple(replace(item, version="") if item.partial else item for item in page.items)
        return Page(items, page.next_position, complete=False, notices=(), total=page.total)

    def pace(self, turn: Turn) -> None:
        self._turn = turn

    def fetch(self, resource: str, external_id: str) -> Item | None:
        plan = self._resource(resource).fetch
        if plan is None:
            raise _cannot(self.label, f"{resource} cannot be fetched one by one")
        return self._in_session(
            ("fetch", resource), lambda: plan.get(self.client, self.settings, external_id=external_id)
        )

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        plan = self._resource(resource).lookup
        if plan is None:
            raise _cannot(self.label, f"{resource} cannot be looked up")
        return self._in_session(
            ("lookup", resource), lambda: plan.get(self.client, self.settings, natural_key=natural_key)
        )

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        plan = self._resource(resource)
        operation = plan.operations.get(context.operation)
        if operation is None:
            raise _cannot(self.label, f"{resource} have no {context.operation!r}")
        natural_key = natural_key_of(plan.natural_key, context)
        filled = replace(context, settings=self.settings)
        return operation.step(step).prepare(resource, filled, step, key, natural_key)

    def send(self, call: Call) -> Answer:
        operation = self._resource(call.resource).operations.get(call.operation)
        if operation is None or call.step >= len(operation.steps):
            raise _cannot(self.label, f"{call.resource} have no {call.operation!r} any more")
        return self._in_session(
            (f"{call.operation} {call.step}", call.resource),
            lambda: operation.step(call.step).send(self.client, call),
        )

    def refusal(self, call: Call, status: int, body: Any) -> Failure | None:
        operation = self._resource(call.resource).operations.get(call.operation)
        if operation is None:
            return None
        step = operation.step(call.step)
        answer = Response(status, {}, b"", body, request_of(call), self.base_url)
        try:
            step.rules.judge(self.client, answer)
        except Failure as failure:
            return failure
        return None

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        plan = self._resource(calls[0].resource).batch
        if plan is None:
            raise _cannot(self.label, f"{calls[0].resource} have no batch call")
        return self._in_session(
            ("batch", calls[0].resource), lambda: plan.send(self.client, calls, self.settings)
        )

    # Webhooks.

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        if self.plan.webhook is None:
            raise SignatureRefused(f"{self.label} is not expected to send webhooks.")
        return self.plan.webhook.verify(headers, raw, self.secrets, url)

    def webhook_topics(self) -> tuple[str, ...]:
        return tuple(self.plan.subscriptions.word.topics) if self.plan.subscriptions is not None else ()

    def subscriptions(self) -> list[Subscription]:
        plan = self._subscriptions_plan()
        return self._in_session(
            ("list", "webhooks"), lambda: plan.all(self.client, self.settings, self._turn)
        )

    def subscribe(self, address: str, topics: Sequence[str], secret: str) -> str:
        plan = self._subscriptions_plan()
        return self._in_session(
            ("create", "webhooks"),
            lambda: plan.subscribe(self.client, self.settings, address, topics, secret, self._turn),
        )

    def unsubscribe(self, subscription_id: str) -> bool:
        plan = self._subscriptions_plan()
        return self._in_session(
            ("delete", "webhooks"),
            lambda: plan.unsubscribe(self.client, self.settings, subscription_id, self._turn),
        )

    def _subscriptions_plan(self) -> SubscriptionsPlan:
        if self.plan.subscriptions is None:
            raise _cannot(self.label, "webhooks cannot be ordered by calls; set them up there")
        return self.plan.subscriptions

    def told(self) -> Told | None:
        return self.client.heard.asked()

    def announced(self) -> Notice | None:
        return self.client.notices.asked()

    # Sessions.

    def needs_login(self) -> bool:
        return isinstance(self.auth, Session) and self.auth.is_missing()

    def check_consent(self, told: Mapping[str, str]) -> None:
        """Of what came back with the browser: raises SignatureRefused where the platform did not send it."""

    def login(self) -> Token:
        if self.consent is not None:
            token = self.consent.refresh(self._kept)
            self._logged_in = (access_of(token), time.monotonic())
            return token
        login = self.plan.identity.login
        if login is None:
            raise _cannot(self.label, "it has no login")
        scope = {**self.secrets, "settings": self.settings}
        client = self._client(login.client_base(scope, self.base_url), None)
        client.hide(str(value) for value in self.secrets.values() if value)
        try:
            token = login.run(client, scope)
        finally:
            client.close()
        self._logged_in = (str(token.value), time.monotonic())
        return token

    def use_token(self, token: Token) -> None:
        if isinstance(self.auth, Session):
            self._kept = token.value if isinstance(token.value, dict) else {}
            self.client.hide(str(value) for value in self._kept.values() if value)
            self.auth.use(access_of(token), token.expires_at)

    def _in_session(self, what: tuple[str, str], call: Callable[[], Result]) -> Result:
        """Many platforms say the same for an expired session and for a missing right. Where the same is refused with an
        earlier token and with the one that a login has just given, it is the latter: to log in again would not help."""
        token = self.auth.token() if isinstance(self.auth, Session) else ""
        try:
            result = self._with_consent(call)
        except TokenExpired as expired:
            earlier = self._refused.get(what, token)
            self._refused[what] = token
            if earlier == token or not self._has_just_given(token):
                raise
            raise lacks_right(expired) from expired
        self._refused.pop(what, None)
        return result

    def _with_consent(self, call: Callable[[], Result]) -> Result:
        """Where a person gave the access there are no credentials to correct: what is not taken is renewed, and where
        that is refused the person is asked again."""
        try:
            return call()
        except TokenExpired:
            raise
        except Failure as refused:
            if self.consent is None or refused.code != "unauthorized":
                raise
            raise TokenExpired(
                f"{self.client.name} does not take the access any more. Logging in again.",
                status=refused.status,
                request_id=refused.request_id,
                evidence=refused.evidence,
            ) from refused

    def _has_just_given(self, token: str) -> bool:
        given, when = self._logged_in
        return bool(token) and token == given and time.monotonic() - when < JUST_NOW

    def ask(self, request: Request) -> Any:
        """One more call's answer, for a connector that overrides a step. Raises Failure as every call does."""
        response = self.client.send(request)
        is_graphql = isinstance(request.body, Mapping) and "query" in request.body
        Rules(self.plan.rules.rules, graphql=is_graphql).judge(self.client, response)
        return response.json

    def close(self) -> None:
        self.client.close()

    def _resource(self, name: str) -> ResourcePlan:
        plan = self.plan.resources.get(name)
        if plan is None:
            raise _cannot(self.label, f"it has no {name!r}")
        return plan

    def _listing(self, resource: str, not_final: bool) -> ListPlan:
        plan = self._resource(resource)
        listing = plan.not_final if not_final else plan.list
        if listing is None:
            raise _cannot(
                self.label, f"{resource} cannot be listed{' by what is not final' if not_final else ''}"
            )
        return listing


BASE_URL = SettingField(
    "base_url", "Address", kind="url", help_text="Where the API is, for example https://shop.example.com/api."
)


@lru_cache(maxsize=64)
def _built_in_plan(connector: type[DeclaredConnector]) -> Plan:
    return plan_of(connector.declaration)


def _cannot(label: str, what: str) -> Failure:
    return Failure.config(
        "not_possible", f"{label}: {what}. Choose another resource or operation in the job."
    )

"""One connection's access that a person gave on a page of the platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from integrations.connectors.base import Token
from integrations.connectors.oauth import ACCESS, OAuthPlan, Question
from integrations.http.auth import Session
from integrations.http.client import HttpClient


class Consent:
    """`client_for` makes a client for an address, without any identity of its own."""

    def __init__(
        self, plan: OAuthPlan, scope: dict[str, Any], client_for: Callable[[str], HttpClient]
    ) -> None:
        self.plan = plan
        self.scope = scope
        self.client_for = client_for

    @classmethod
    def of(
        cls, plan: OAuthPlan | None, scope: dict[str, Any], client_for: Callable[[str], HttpClient]
    ) -> Consent | None:
        """None where the platform knows none, or client id and secret are not entered."""
        return cls(plan, scope, client_for) if plan is not None and plan.is_set_up(scope) else None

    @property
    def keep_alive_seconds(self) -> float:
        """After which an access that nobody used is renewed; 0: never."""
        return self.plan.word.keep_alive

    def session(self) -> Session:
        hidden = tuple(str(value) for name, value in self.scope.items() if name != "settings" and value)
        return Session(self.plan.word.header, self.plan.word.prefix, "", hidden)

    def page(self, question: Question) -> str:
        """Where the person's browser is to be sent."""
        return self.plan.page(self.scope, question)

    def exchange(self, code: str, question: Question) -> Token:
        """What the person's yes is worth. Raises Failure."""
        return self._asking(lambda client: self.plan.exchange(client, self.scope, code, question))

    def refresh(self, kept: Mapping[str, Any]) -> Token:
        """The next token. Raises Failure "access_ended" where a person has to say yes again."""
        return self._asking(lambda client: self.plan.refresh(client, self.scope, kept))

    def _asking(self, ask: Callable[[HttpClient], Token]) -> Token:
        client = self.client_for(self.plan.token_url(self.scope))
        try:
            return ask(client)
        finally:
            client.close()


def access_of(token: Token) -> str:
    """What is sent with each call."""
    return str(token.value[ACCESS] if isinstance(token.value, dict) else token.value)

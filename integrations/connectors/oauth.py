"""OAuth 2.0 by consent (RFC 6749 4.1) with PKCE (RFC 7636): the page that asks the person, and the calls for tokens.

What is kept of a consent is one value: the access token, and the refresh token that gets the next one. Where a platform
gives a new refresh token each time, the one before is worth nothing from then on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from oauthlib.oauth2 import WebApplicationClient

from integrations.connectors.base import Token
from integrations.connectors.failures import said
from integrations.connectors.templates import Names, Scope, check_header_name, text_template
from integrations.connectors.times import utc_now
from integrations.connectors.words import OAuth
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.client import HttpClient, Request, Response
from integrations.http.statuses import Meaning

ACCESS, REFRESH = "access_token", "refresh_token"
_ENDED = Meaning(
    Kind.CONFIG,
    "access_ended",
    "{host} has ended the access that was given to Crossdock: it was taken back, or not used for too long.{said} "
    "Open the connection and press Reconnect.",
    connection_wide=True,
)
_NOT_TAKEN = Meaning(
    Kind.CONFIG,
    "not_given",
    "{host} was not connected: it did not take its own answer back.{said} Press Connect or Reconnect once more, and "
    "say yes within a few minutes.",
)
_REFUSED = Meaning(
    Kind.CONFIG,
    "unauthorized",
    "{host} gives no token.{said} Check client id and client secret of the connection, then press Reconnect.",
    connection_wide=True,
)


@dataclass(frozen=True)
class Question:
    """What is sent to the platform with a person's browser, and what must be known when they come back."""

    state: str
    verifier: str
    redirect_uri: str


class OAuthPlan:
    def __init__(self, word: OAuth, names: Names, secret_names: tuple[str, ...], field: str) -> None:
        inner = Names(frozenset((*secret_names, "settings")), names.variables)
        check_header_name(word.header, f"{field}.header")
        self.word = word
        self.field = field
        written = ("authorize_url", "token_url", "client_id", "client_secret", "scope")
        self._texts = {name: text_template(getattr(word, name), inner, f"{field}.{name}") for name in written}
        self._authorize, self._extra = (
            {name: text_template(text, inner, f"{field}.{part}.{name}") for name, text in texts.items()}
            for part, texts in (("authorize", word.authorize), ("extra", word.extra))
        )

    def is_set_up(self, scope: Scope) -> bool:
        return bool(self._texts["client_id"](scope) and self._texts["client_secret"](scope))

    def page(self, scope: Scope, question: Question) -> str:
        """The address of the platform's page that asks the person."""
        parameters = {
            "response_type": "code",
            "client_id": self._texts["client_id"](scope),
            "redirect_uri": question.redirect_uri,
            "scope": self._texts["scope"](scope),
            "state": question.state,
            **{name: text(scope) for name, text in self._authorize.items()},
        }
        if self.word.pkce:
            client = WebApplicationClient("")
            parameters["code_challenge"] = client.create_code_challenge(question.verifier, "S256")
            parameters["code_challenge_method"] = "S256"
        url = self._url("authorize_url", scope)
        kept = {name: value for name, value in parameters.items() if value}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(kept)}"

    def token_url(self, scope: Scope) -> str:
        return self._url("token_url", scope)

    def exchange(self, client: HttpClient, scope: Scope, code: str, question: Question) -> Token:
        """The token for the code with which the person came back. Raises Failure; a code is good for one try."""
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": question.redirect_uri}
        if self.word.pkce:
            body["code_verifier"] = question.verifier
        return self._asked(client, scope, body, {})

    def refresh(self, client: HttpClient, scope: Scope, kept: Mapping[str, Any]) -> Token:
        """Raises Failure "access_ended" where a person has to say yes again."""
        if not kept.get(REFRESH):
            raise Failure.config(
                "access_ended",
                f"The access that {client.name} gave has ended, and it gave nothing to renew it with. Open the "
                "connection and press Reconnect.",
                connection_wide=True,
            )
        return self._asked(client, scope, {"grant_type": REFRESH, REFRESH: str(kept[REFRESH])}, kept)

    def _asked(
        self, client: HttpClient, scope: Scope, body: dict[str, str], kept: Mapping[str, Any]
    ) -> Token:
        request = Request(
            "POST", "", body={**body, **{name: text(scope) for name, text in self._extra.items()}}
        )
        request.encoding = "form"
        request.headers["Accept"] = "application/json"
        user, password = self._texts["client_id"](scope), self._texts["client_secret"](scope)
        if self.word.credentials_in == "header":
            coded = base64.b64encode(f"{user}:{password}".encode()).decode()
            request.headers["Authorization"] = f"Basic {coded}"
        else:
            request.body |= {"client_id": user, "client_secret": password}
        client.hide(value for value in (user, password, *body.values(), *map(str, kept.values())) if value)
        return self._token(client, client.send(request), kept)

    def _token(self, client: HttpClient, response: Response, kept: Mapping[str, Any]) -> Token:
        if response.status >= 500 or response.status in (408, 429):
            client.check(response, said(response.json))
        body = response.json if isinstance(response.json, dict) else {}
        access = body.get(ACCESS)
        if response.status >= 300 or "error" in body or not isinstance(access, str) or not access:
            renewing = _ENDED if kept else _NOT_TAKEN
            meaning = renewing if body.get("error") == "invalid_grant" else _REFUSED
            raise client.failure(
                response, meaning, str(body.get("error_description") or body.get("error") or "")
            )
        value = {ACCESS: access, REFRESH: body.get(REFRESH) or kept.get(REFRESH) or ""}
        return Token(value, _in(body.get("expires_in")), _in(body.get("refresh_token_expires_in")))

    def _url(self, name: str, scope: Scope) -> str:
        url = self._texts[name](scope)
        if not urlsplit(url).hostname or urlsplit(url).scheme not in ("https", "http"):
            raise DeclarationError(f"{self.field}.{name}", f"{url!r} is not an https:// address.")
        return url


def new_question(redirect_uri: str) -> Question:
    client = WebApplicationClient("")
    return Question(client.create_code_verifier(43), client.create_code_verifier(64), redirect_uri)


def _in(seconds: Any) -> datetime | None:
    try:
        return utc_now() + timedelta(seconds=float(seconds)) if seconds else None
    except (TypeError, ValueError, OverflowError):
        return None

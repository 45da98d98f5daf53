"""Who we are, as declared: from words and secrets to an Auth, and the call that logs in."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from integrations.connectors.base import Token
from integrations.connectors.endpoints import EndpointPlan
from integrations.connectors.failures import said
from integrations.connectors.templates import (
    MISSING,
    Names,
    Scope,
    check_header_name,
    condition,
    expression,
    text_template,
)
from integrations.connectors.times import parse, utc_now
from integrations.connectors.words import (
    AuthWord,
    BasicAuth,
    BearerAuth,
    Endpoint,
    HeadersAuth,
    KeyAuth,
    LoginAuth,
    NoAuth,
    OAuth1Auth,
    OAuthClientAuth,
)
from integrations.exceptions import DeclarationError, Kind
from integrations.http.auth import Auth, Fixed, OAuth1, Session, api_key, basic, bearer, nobody
from integrations.http.client import HttpClient, Response
from integrations.http.statuses import Meaning

_UTC = ZoneInfo("UTC")
_LOGIN_REFUSED = Meaning(
    Kind.CONFIG,
    "unauthorized",
    "{host} does not let us log in.{said} Check the user name, password or keys of the connection.",
    connection_wide=True,
)

# Which secrets a connection that is described by a declaration may have.
SECRET_NAMES = ("token", "username", "password", "client_id", "client_secret", "api_key", "webhook_secret")


class IdentityPlan:
    """Compiled from the words; `auth` then fills in one connection's secrets."""

    def __init__(self, word: AuthWord, names: Names, field: str, graphql_path: str) -> None:
        self.word = word
        self.field = field
        inner = Names(frozenset((*SECRET_NAMES, "settings")), names.variables)
        self.texts = {
            name: text_template(text, inner, f"{field}.{name}") for name, text in _templates(word).items()
        }
        for name in _header_names(word):
            check_header_name(name, field)
        self.login: LoginPlan | None = None
        if isinstance(word, KeyAuth) and bool(word.header) == bool(word.query):
            raise DeclarationError(field, "Where does the key go? Name either header or query.")
        if isinstance(word, LoginAuth | OAuthClientAuth):
            self.login = LoginPlan(word, inner, field, graphql_path)

    def auth(self, settings: Mapping[str, Any], secrets: Mapping[str, Any]) -> Auth:
        """Raises DeclarationError for a secret that is needed and not entered."""
        written = self._written({**secrets, "settings": settings})
        word = self.word
        match word:
            case BearerAuth():
                return bearer(written["token"], word.header, word.prefix)
            case BasicAuth():
                return basic(written["username"], written["password"])
            case KeyAuth():
                return api_key(written["value"], header=word.header, query=word.query)
            case HeadersAuth():
                return Fixed(written)
            case OAuth1Auth():
                return OAuth1(
                    written["client_key"],
                    written["client_secret"],
                    token=written.get("token", ""),
                    token_secret=written.get("token_secret", ""),
                    method=word.method,
                    realm=written.get("realm", ""),
                    in_query=word.placed_in == "query",
                )
            case LoginAuth():
                return Session(word.header, word.prefix, word.query, _texts(secrets))
            case OAuthClientAuth():
                return Session("Authorization", "Bearer ", "", _texts(secrets))
            case NoAuth():
                return nobody()

    def _written(self, scope: Scope) -> dict[str, str]:
        written = {}
        for name, text in self.texts.items():
            written[name] = text(scope)
            if not written[name]:
                wanted = _templates(self.word)[name].strip("{}")
                raise DeclarationError(
                    wanted, f"{wanted!r} is not entered. The connection needs it to say who we are."
                )
        return written


def _templates(word: AuthWord) -> dict[str, str]:
    """What must be filled in before the first call."""
    match word:
        case BearerAuth():
            return {"token": word.token}
        case BasicAuth():
            return {"username": word.username, "password": word.password}
        case KeyAuth():
            return {"value": word.value}
        case HeadersAuth():
            return dict(word.headers)
        case OAuth1Auth():
            texts = {
                "client_key": word.client_key,
                "client_secret": word.client_secret,
                "token": word.token,
                "token_secret": word.token_secret,
                "realm": word.realm,
            }
            return {name: text for name, text in texts.items() if text}
        case OAuthClientAuth():
            return {"client_id": word.client_id, "client_secret": word.client_secret}
        case _:
            return {}


def _header_names(word: AuthWord) -> list[str]:
    if isinstance(word, HeadersAuth):
        return list(word.headers)
    name = word.header if isinstance(word, BearerAuth | KeyAuth | LoginAuth) else ""
    return [name] if name else []


def _texts(secrets: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in secrets.values() if value)


class LoginPlan:
    """The call that gives a token, and how long that lasts."""

    def __init__(
        self, word: LoginAuth | OAuthClientAuth, names: Names, field: str, graphql_path: str
    ) -> None:
        self.field = field
        self.word = word if isinstance(word, LoginAuth) else _login_of(word)
        self.token_url = self.basic = None
        if isinstance(word, OAuthClientAuth):
            self.token_url = text_template(word.token_url, names, f"{field}.token_url")
            if word.credentials_in == "header":
                user, password = word.client_id, word.client_secret
                self.basic = (text_template(user, names, field), text_template(password, names, field))
        call = Endpoint(
            method=self.word.method,
            path=self.word.path,
            params=self.word.params,
            headers=self.word.headers,
            body=self.word.body,
            encoding=self.word.encoding,
            document=self.word.document,
            variables=self.word.variables,
        )
        self.endpoint = EndpointPlan(call, names, field, read_only=True, graphql_path=graphql_path)
        if bool(self.word.token) == bool(self.word.token_header):
            raise DeclarationError(
                f"{field}.token", "Where does the token stand? Name either token or token_header."
            )
        self.token = expression(self.word.token, f"{field}.token") if self.word.token else None
        self.expires_in = (
            expression(self.word.expires_in, f"{field}.expires_in") if self.word.expires_in else None
        )
        self.expires_at = (
            expression(self.word.expires_at, f"{field}.expires_at") if self.word.expires_at else None
        )
        self.refused = condition(self.word.refused, f"{field}.refused") if self.word.refused else None

    def run(self, client: HttpClient, scope: Scope) -> Token:
        """Raises Failure; a refused login concerns the whole connection."""
        request = self.endpoint.request(scope)
        if self.token_url is not None:
            request.path = ""
        if self.basic is not None:
            pair = f"{self.basic[0](scope)}:{self.basic[1](scope)}"
            request.headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        response = client.send(request)
        if response.status >= 500 or response.status in (408, 429):
            client.check(response, said(response.json))
        token = self._token(response)
        if response.status >= 300 or not token or (self.refused is not None and self.refused(response.json)):
            raise client.failure(response, _LOGIN_REFUSED, said(response.json))
        return Token(value=token, expires_at=self._expiry(response.json))

    def client_base(self, scope: Scope, base_url: str) -> str:
        """Where the login is: OAuth's token address may be at another host."""
        if self.token_url is None:
            return base_url
        url = self.token_url(scope)
        if not urlsplit(url).hostname:
            raise DeclarationError(f"{self.field}.token_url", f"{url!r} is not an https:// address.")
        return url

    def _token(self, response: Response) -> str:
        if self.word.token_header:
            return response.headers.get(self.word.token_header.lower(), "")
        found = self.token(response.json) if self.token is not None else MISSING
        return found if isinstance(found, str) else ""

    def _expiry(self, body: Any) -> datetime | None:
        if self.expires_at is not None:
            found = self.expires_at(body)
            return parse(found, "unix" if isinstance(found, int | float) else "iso", _UTC)
        seconds = self.expires_in(body) if self.expires_in is not None else self.word.lifetime
        try:
            return utc_now() + timedelta(seconds=float(seconds)) if seconds else None
        except (TypeError, ValueError, OverflowError):
            return None


def _login_of(word: OAuthClientAuth) -> LoginAuth:
    """OAuth's client credentials are a login with given words."""
    body: dict[str, Any] = {"grant_type": "client_credentials", **word.extra}
    if word.scope:
        body["scope"] = word.scope
    if word.credentials_in == "body":
        body |= {"client_id": word.client_id, "client_secret": word.client_secret}
    return LoginAuth(
        path="/",
        body=body,
        encoding="form",
        token="access_token",  # noqa: S106  # where the token stands in the answer
        expires_in="expires_in",
    )

"""Who we are. Templates here may also hold {secrets}."""

from __future__ import annotations

from typing import Literal

from integrations.connectors.words.basics import Expression, Seconds, Template, Word


class NoAuth(Word, tag="none", tag_field="kind"):
    pass


class BearerAuth(Word, tag="bearer", tag_field="kind"):
    token: str = "{token}"  # noqa: S105  # a placeholder
    header: str = "Authorization"
    prefix: str = "Bearer "


class BasicAuth(Word, tag="basic", tag_field="kind"):
    username: str = "{username}"
    password: str = "{password}"  # noqa: S105  # a placeholder


class KeyAuth(Word, tag="api_key", tag_field="kind"):
    """Exactly one of `header` and `query`."""

    value: str = "{token}"
    header: str = ""
    query: str = ""


class HeadersAuth(Word, tag="headers", tag_field="kind"):
    headers: dict[str, str]


class OAuth1Auth(Word, tag="oauth1", tag_field="kind"):
    """OAuth 1.0a: each call is signed. Without `token` it is "one-legged". `placed_in`: where the signature goes."""

    client_key: str = "{client_id}"
    client_secret: str = "{client_secret}"  # noqa: S105  # a placeholder
    token: str = ""
    token_secret: str = ""
    method: Literal["HMAC-SHA256", "HMAC-SHA1"] = "HMAC-SHA256"
    realm: str = ""
    placed_in: Literal["header", "query"] = "header"


class LoginAuth(Word, tag="login", tag_field="kind"):
    """A call that gives a token. `token` is an expression over its answer, or `token_header` names a header.

    `expires_in` (seconds) and `expires_at` are expressions over the answer; `lifetime` in seconds where it says
    nothing. `refused` is an expression that is true where a login was refused with HTTP 200.
    """

    path: str = ""
    method: str = "POST"
    body: Template = None
    document: str = ""
    variables: dict[str, Template] = {}
    params: dict[str, Template] = {}
    headers: dict[str, str] = {}
    encoding: Literal["json", "form"] = "json"
    token: Expression = ""
    token_header: str = ""
    expires_in: Expression = ""
    expires_at: Expression = ""
    lifetime: Seconds = 0.0
    refused: Expression = ""
    header: str = "Authorization"
    prefix: str = "Bearer "
    query: str = ""


class OAuthClientAuth(Word, tag="oauth_client", tag_field="kind"):
    """OAuth 2.0 client credentials. `token_url` may be of another host than the API."""

    token_url: str
    client_id: str = "{client_id}"
    client_secret: str = "{client_secret}"  # noqa: S105  # a placeholder
    scope: str = ""
    credentials_in: Literal["body", "header"] = "body"
    extra: dict[str, str] = {}


class OAuth(Word):
    """OAuth 2.0 by consent: a person says yes on the platform's own page, once. Used where no other secret is entered.

    `authorize_url` and `token_url` may be of other hosts than the API. `authorize` are further parameters of the page
    that asks the person, `extra` of the calls for tokens. `pkce`: RFC 7636 with S256. On many platforms an access that
    is not used ends, so after `keep_alive` seconds it is renewed without need (0: never).
    """

    authorize_url: str
    token_url: str
    client_id: str = "{client_id}"
    client_secret: str = "{client_secret}"  # noqa: S105  # a placeholder
    scope: str = ""
    pkce: bool = True
    credentials_in: Literal["body", "header"] = "body"
    authorize: dict[str, str] = {}
    extra: dict[str, str] = {}
    header: str = "Authorization"
    prefix: str = "Bearer "
    keep_alive: Seconds = 7 * 86_400.0


AuthWord = NoAuth | BearerAuth | BasicAuth | KeyAuth | HeadersAuth | OAuth1Auth | LoginAuth | OAuthClientAuth

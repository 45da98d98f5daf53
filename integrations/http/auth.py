"""How a call says who sends it. An Auth adds headers and query parameters to a request, or signs it; it opens no
socket."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from oauthlib import oauth1

from integrations.exceptions import TokenExpired

# A token that ends within this time is fetched anew before it is used.
SPARE_TIME = timedelta(seconds=30)


class Auth(Protocol):
    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        """Adds what identifies us. Raises TokenExpired where a session token is needed and there is none."""

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> str:
        """The address that is called. It comes last, with all that is sent, and may add to the headers too."""

    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in evidence or a log."""


class _Unsigned:
    """What says the same, whatever is sent."""

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> str:
        return url


class Fixed(_Unsigned):
    """The same headers and query parameters with every call."""

    def __init__(
        self, headers: Mapping[str, str] | None = None, params: Mapping[str, str] | None = None
    ) -> None:
        self._headers = dict(headers or {})
        self._params = list((params or {}).items())

    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        headers.update(self._headers)
        params.extend(self._params)

    def secrets(self) -> tuple[str, ...]:
        return (*self._headers.values(), *(value for _, value in self._params))


def nobody() -> Fixed:
    return Fixed()


def bearer(token: str, header: str = "Authorization", prefix: str = "Bearer ") -> Auth:
    return _Carried(Fixed({header: prefix + token}), (token,))


def basic(username: str, password: str) -> Auth:
    coded = base64.b64encode(f"{username}:{password}".encode()).decode()
    return _Carried(Fixed({"Authorization": f"Basic {coded}"}), (password, coded))


def api_key(value: str, *, header: str = "", query: str = "") -> Auth:
    """In a header, or in the query where the vendor knows no better."""
    return _Carried(Fixed({header: value} if header else {}, {query: value} if query else {}), (value,))


class _Carried(_Unsigned):
    """Fixed headers and parameters, with the secret parts named."""

    def __init__(self, fixed: Fixed, secrets: tuple[str, ...]) -> None:
        self.apply = fixed.apply
        self._secrets = secrets

    def secrets(self) -> tuple[str, ...]:
        return self._secrets


class Session(_Unsigned):
    """A token that a login call gave. It may be renewed at any moment while other threads send.

    `more_secrets` are what the login itself needs: they are in no other call, but in the evidence of a failed login.
    """

    def __init__(self, header: str, prefix: str, query: str = "", more_secrets: tuple[str, ...] = ()) -> None:
        self._header = header
        self._prefix = prefix
        self._query = query
        self._more_secrets = more_secrets
        self._current: tuple[str, datetime | None] | None = None

    def use(self, token: str, expires_at: datetime | None) -> None:
        self._current = (token, expires_at)

    def token(self) -> str:
        return self._current[0] if self._current is not None else ""

    def is_missing(self, now: datetime | None = None) -> bool:
        """Whether there is no token, or one that is about to end."""
        current = self._current
        if current is None:
            return True
        expires_at = current[1]
        return expires_at is not None and expires_at - SPARE_TIME <= (now or datetime.now(UTC))

    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        current = self._current
        if current is None:
            raise TokenExpired("There is no session yet; logging in.")
        if self._query:
            params.append((self._query, current[0]))
        else:
            headers[self._header] = self._prefix + current[0]

    def secrets(self) -> tuple[str, ...]:
        current = self._current
        return (*self._more_secrets, current[0]) if current else self._more_secrets


class OAuth1:
    """OAuth 1.0a: each call is signed, and the secrets stay here. Without a token it is "one-legged".

    https://datatracker.ietf.org/doc/html/rfc5849 and, for `method` HMAC-SHA256, the same with another hash.
    """

    def __init__(
        self,
        client_key: str,
        client_secret: str,
        *,
        token: str = "",
        token_secret: str = "",
        method: str = oauth1.SIGNATURE_HMAC_SHA256,
        realm: str = "",
        in_query: bool = False,
    ) -> None:
        self._secrets = tuple(secret for secret in (client_secret, token_secret, token) if secret)
        self._client = oauth1.Client(
            client_key,
            client_secret=client_secret,
            resource_owner_key=token or None,
            resource_owner_secret=token_secret or None,
            signature_method=method,
            signature_type=oauth1.SIGNATURE_TYPE_QUERY if in_query else oauth1.SIGNATURE_TYPE_AUTH_HEADER,
            realm=realm or None,
        )

    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        """Nothing: what is sent must be known first."""

    def sign(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> str:
        # Of bodies only forms are signed.
        kind = headers.get("Content-Type", "")
        form = body.decode() if body and kind == "application/x-www-form-urlencoded" else None
        shown = {"Content-Type": kind} if form else {}
        written = _written_out(url)
        signed, added, _ = self._client.sign(written, method, form, shown)  # type: ignore[arg-type]  # any method
        if "Authorization" in added:
            headers["Authorization"] = added["Authorization"]
        return str(signed)

    def secrets(self) -> tuple[str, ...]:
        return self._secrets


def _written_out(url: str) -> str:
    """A next page's address may hold signs that stand for themselves: a signature is over their quoted forms."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(parse_qsl(parts.query, keep_blank_values=True))))

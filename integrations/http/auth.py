"""How a call says who sends it. An Auth adds headers and query parameters to a request; it opens no socket."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

from integrations.exceptions import TokenExpired

# A token that ends within this time is fetched anew before it is used.
SPARE_TIME = timedelta(seconds=30)


class Auth(Protocol):
    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        """Adds what identifies us. Raises TokenExpired where a session token is needed and there is none."""

    def secrets(self) -> tuple[str, ...]:
        """What must never be seen in evidence or a log."""


class Fixed:
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


class _Carried:
    """Fixed headers and parameters, with the secret parts named."""

    def __init__(self, fixed: Fixed, secrets: tuple[str, ...]) -> None:
        self.apply = fixed.apply
        self._secrets = secrets

    def secrets(self) -> tuple[str, ...]:
        return self._secrets


class Session:
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

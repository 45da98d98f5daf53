"""Who may come in: one bearer token per system, or a session token from a login call that expires.

POST /{system}/token {"client_id": system, "client_secret": the system's token}
→ {"access_token", "token_type": "bearer", "expires_in"}; an expired one is answered 401 `token_expired`.
"""

import hmac
import secrets

from integrations.sandbox.clock import Clock
from integrations.sandbox.refusals import Refusal
from integrations.sandbox.store import Document, Store

SESSIONS = "sessions"
LIFETIME = 3600


class Access:
    def __init__(self, store: Store, clock: Clock, tokens: dict[str, str]) -> None:
        self.store = store
        self.clock = clock
        self.tokens = tokens

    def check(self, system: str, headers: dict[str, str]) -> None:
        """Raises Refusal 401 `unauthorized` or `token_expired`."""
        token = _bearer(headers)
        if hmac.compare_digest(token.encode(), self.tokens[system].encode()):
            return
        session = self.store.get(SESSIONS, token) if token else None
        if session is None or session["system"] != system:
            raise Refusal(401, "unauthorized", "The access token is missing or not valid here.")
        if session["expires_at"] <= self.clock.now():
            raise Refusal(401, "token_expired", "The access token has expired.")
        if "grant" in session and not session.get("used"):
            with self.store.transaction():
                self.store.put(SESSIONS, token, {**session, "used": True})

    def login(self, system: str, body: Document) -> Document:
        secret = str(body.get("client_secret", ""))
        if body.get("client_id") != system or not hmac.compare_digest(
            secret.encode(), self.tokens[system].encode()
        ):
            raise Refusal(401, "invalid_client", "The client id or secret is wrong.")
        token = f"ses_{secrets.token_urlsafe(24)}"
        lifetime = (self.store.get("settings", system) or {}).get("session_lifetime", LIFETIME)
        with self.store.transaction():
            expires = self.clock.now() + int(lifetime * 1000)
            self.store.put(SESSIONS, token, {"system": system, "expires_at": expires})
        return {"access_token": token, "token_type": "bearer", "expires_in": lifetime}

    def expire(self, headers: dict[str, str]) -> None:
        """Ends the session that asks, if it is one: from now on its token has expired."""
        token = _bearer(headers)
        with self.store.transaction():
            session = self.store.get(SESSIONS, token)
            if session is not None:
                self.store.put(SESSIONS, token, {**session, "expires_at": 0})


def _bearer(headers: dict[str, str]) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""

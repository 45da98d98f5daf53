"""OAuth 2.0 by consent, as strict as the strictest vendors: PKCE (S256) is a must, codes and refresh tokens are good
once, and the use of an old one ends the whole access (RFC 6749, RFC 7636, RFC 9700 4.14).

GET  /{system}/authorize?response_type=code&client_id=&redirect_uri=&state=&code_challenge=&code_challenge_method=S256
     a page that asks; &answer=yes or &answer=no goes back to redirect_uri with code or error=access_denied, and state
POST /{system}/token, a form: grant_type=authorization_code with code, redirect_uri, code_verifier; or
     grant_type=refresh_token with refresh_token; each with client_id and client_secret in the form or as Basic
     → {"access_token", "refresh_token", "token_type", "expires_in"}, or 400 {"error": "invalid_grant"}
POST /control/{system}/revoke        takes every access to this system back
GET  /control/{system}/consents      {"given", "renewed", "burnt", "unheard"}: burnt were ended because an old token was
     used; unheard are those of them whose newest token nobody ever used, since the answer that brought it was lost
"""

import base64
import hashlib
import hmac
import html
import secrets
from urllib.parse import parse_qsl, urlencode

from integrations.sandbox.access import LIFETIME, SESSIONS
from integrations.sandbox.clock import Clock
from integrations.sandbox.refusals import Refusal
from integrations.sandbox.store import Document, Store
from integrations.sandbox.wire import Request, Response

CODES, GRANTS, COUNTS = "codes", "grants", "consent_counts"
CODE_LIFETIME = 600
PAGE = """<!doctype html><meta charset="utf-8"><title>{system}</title>
<h1>Crossdock asks for access to {system}</h1>
<p><a id="yes" href="{yes}">Yes, give access</a></p><p><a id="no" href="{no}">No</a></p>"""


class Consents:
    def __init__(self, store: Store, clock: Clock, tokens: dict[str, str]) -> None:
        self.store = store
        self.clock = clock
        self.tokens = tokens

    def ask(self, system: str, request: Request) -> Response:
        """The page, or with an answer the way back. Raises Refusal for what a vendor would show as an error page."""
        asked = request.query
        redirect = asked.get("redirect_uri", "")
        if asked.get("client_id") != system or not redirect.startswith(("http://", "https://")):
            raise Refusal(400, "invalid_client", "The client id or the redirect address is not known here.")
        if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
            raise Refusal(400, "invalid_request", "Ask for response_type=code with an S256 code_challenge.")
        answer = asked.get("answer")
        if answer is None:
            here = f"/{system}/authorize?"
            links = {one: html.escape(here + urlencode({**asked, "answer": one})) for one in ("yes", "no")}
            page = PAGE.format(system=html.escape(system), **links).encode()
            return Response(200, raw=page, headers={"Content-Type": "text/html; charset=utf-8"})
        told = {"error": "access_denied"} if answer != "yes" else {"code": self._code(system, asked)}
        back = {**told, "state": asked.get("state", "")}
        return Response(
            302, {}, {"Location": f"{redirect}{'&' if '?' in redirect else '?'}{urlencode(back)}"}
        )

    def _code(self, system: str, asked: dict[str, str]) -> str:
        code = secrets.token_urlsafe(24)
        with self.store.transaction():
            kept = {
                "system": system,
                "redirect_uri": asked["redirect_uri"],
                "challenge": asked["code_challenge"],
            }
            ends = self.clock.now() + CODE_LIFETIME * 1000
            self.store.put(CODES, code, {**kept, "expires_at": ends, "grant": ""})
        return code

    def token(self, system: str, request: Request) -> Response:
        form = dict(parse_qsl(request.body.decode()))
        self._check_client(system, request, form)
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._exchange(system, form)
        if kind == "refresh_token":
            return self._refresh(system, form)
        return _refused("unsupported_grant_type")

    def _check_client(self, system: str, request: Request, form: Document) -> None:
        client, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
        told, _, coded = request.headers.get("authorization", "").partition(" ")
        if told.lower() == "basic":
            client, _, secret = base64.b64decode(coded).decode().partition(":")
        known = self.tokens[system].encode()
        if client != system or not hmac.compare_digest(secret.encode(), known):
            raise Refusal(401, "invalid_client", "The client id or secret is wrong.")

    def _exchange(self, system: str, form: Document) -> Response:
        with self.store.transaction():
            code = str(form.get("code", ""))
            kept = self.store.get(CODES, code)
            verifier = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
            challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
            if kept is None or kept["system"] != system or kept["expires_at"] <= self.clock.now():
                return _refused("invalid_grant")
            if kept["grant"]:
                self._burn(system, kept["grant"])
                return _refused("invalid_grant")
            if kept["challenge"] != challenge or kept["redirect_uri"] != form.get("redirect_uri"):
                return _refused("invalid_grant")
            grant = secrets.token_hex(8)
            self.store.put(CODES, code, {**kept, "grant": grant})
            self._count(system, "given")
            return self._given(system, grant)

    def _refresh(self, system: str, form: Document) -> Response:
        with self.store.transaction():
            name, _, number = str(form.get("refresh_token", "")).partition(".")
            grant = self.store.get(GRANTS, name)
            if grant is None or grant["system"] != system or grant["ended"]:
                return _refused("invalid_grant")
            if number != grant["refresh"]:
                self._burn(system, name)
                return _refused("invalid_grant")
            self._count(system, "renewed")
            return self._given(system, name)

    def _given(self, system: str, grant: str) -> Response:
        settings = self.store.get("settings", system) or {}
        lifetime = settings.get("session_lifetime", LIFETIME)
        access, refresh = f"acc_{secrets.token_urlsafe(24)}", secrets.token_urlsafe(24)
        ends = self.clock.now() + int(lifetime * 1000)
        self.store.put(SESSIONS, access, {"system": system, "expires_at": ends, "grant": grant})
        self.store.put(
            GRANTS,
            grant,
            {"id": grant, "system": system, "refresh": refresh, "access": access, "ended": False},
        )
        told: Document = {
            "access_token": access,
            "refresh_token": f"{grant}.{refresh}",
            "token_type": "bearer",
        }
        if "consent_lifetime" in settings:
            told["refresh_token_expires_in"] = settings["consent_lifetime"]
        return Response(200, {**told, "expires_in": lifetime})

    def _burn(self, system: str, name: str) -> None:
        self._count(system, "burnt")
        grant = self.store.get(GRANTS, name) or {}
        if not (self.store.get(SESSIONS, grant.get("access", "")) or {}).get("used"):
            self._count(system, "unheard")
        self._end(name)

    def _end(self, name: str) -> None:
        grant = self.store.get(GRANTS, name)
        if grant is not None:
            self.store.put(GRANTS, name, {**grant, "ended": True})
            session = self.store.get(SESSIONS, grant["access"])
            if session is not None:
                self.store.put(SESSIONS, grant["access"], {**session, "expires_at": 0})

    def revoke(self, system: str) -> Document:
        with self.store.transaction():
            for grant in self.store.all(GRANTS):
                if grant["system"] == system:
                    self._end(grant["id"])
        return self.counts(system)

    def counts(self, system: str) -> Document:
        return {"given": 0, "renewed": 0, "burnt": 0, "unheard": 0, **(self.store.get(COUNTS, system) or {})}

    def _count(self, system: str, what: str) -> None:
        counts = self.counts(system)
        self.store.put(COUNTS, system, {**counts, what: counts[what] + 1})


def _refused(error: str) -> Response:
    return Response(400, {"error": error})

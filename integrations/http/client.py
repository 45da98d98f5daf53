"""The only place that calls the network: guard, time limits, size limits, redaction and the kinds of failure are here.

Only connecting is tried again. Whether a request may be repeated is for those to decide who know what it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse as RawResponse
from urllib3 import Retry, Timeout
from urllib3.exceptions import HTTPError

from integrations.exceptions import Failure, Kind, TokenExpired
from integrations.http.auth import Auth, nobody
from integrations.http.guard import SCHEMES, Guard, installed_guard
from integrations.http.messages import Request, Response, TooLarge, check_headers, encode, parse_json, unpack
from integrations.http.notices import Noticing
from integrations.http.quota import Hearing, wait_told
from integrations.http.redact import Redactor
from integrations.http.silence import no_answer, not_json
from integrations.http.sockets import pool_classes
from integrations.http.statuses import Meaning, meaning_of

__all__ = ["HttpClient", "Request", "Response"]

USER_AGENT = "Crossdock/1 (integration portal)"
DEFAULT_TIMEOUT = (5.0, 20.0, 25.0)
MAX_BYTES = 20 * 1024 * 1024
# Sockets that are kept open; no more are opened than calls are made at the same time.
POOL_SIZE = 256
_REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-trace-id",
    "cf-ray",
)


class _Adapter(HTTPAdapter):
    """Hands out the raw response: cookies and histories are not kept here."""

    def __init__(self, guard: Guard, limits: tuple[float, float, float], pool_size: int) -> None:
        self._pool_classes = pool_classes(guard, limits)
        self._pool: Any = None
        super().__init__(
            pool_connections=2, pool_maxsize=pool_size, max_retries=Retry(0, read=False), pool_block=False
        )

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *args: Any, **more: Any
    ) -> Any:
        """The pool of the one host that this client calls; finding it anew costs as much as encoding a call."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(request, *args, **more)
        return self._pool

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        return request.path_url

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> Any:
        return resp


class HttpClient:
    """All calls to one base URL. Thread-safe; close it to give its sockets back.

    `timeout` is (connect, read, total) in seconds. `name` is how the platform is called in sentences.
    Raises Failure for everything that keeps an answer from being there; a status is no failure by itself:
    `check` makes one of it.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth | None = None,
        *,
        timeout: tuple[float, float, float] = DEFAULT_TIMEOUT,
        guard: Guard | None = None,
        max_bytes: int = MAX_BYTES,
        pool_size: int = POOL_SIZE,
        statuses: Mapping[int, Meaning] | None = None,
        headers: Mapping[str, str] | None = None,
        name: str = "",
        request_id_header: str = "",
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise ValueError(f"{base_url!r} is not an http:// or https:// address.")
        if parts.username or parts.password:
            raise ValueError("Credentials do not belong into the address; enter them as secrets.")
        self.auth = auth or nobody()
        self.host = parts.netloc
        self.name = name or parts.netloc
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._base = base_url.rstrip("/")
        self._max_bytes = max_bytes
        self._statuses = statuses
        self._headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        self._headers.update(headers or {})
        self._timeout: Any = Timeout(connect=timeout[0], read=timeout[1])
        # No Session: it would heed the environment's proxies, which lead past the guard, and keep cookies.
        self._adapter = _Adapter(guard or installed_guard(), timeout, pool_size)
        self._verify: bool | str = True
        self._hidden: tuple[str, ...] = ()
        self._request_ids = (request_id_header.lower(), *_REQUEST_IDS) if request_id_header else _REQUEST_IDS
        self._redactor: tuple[tuple[str, ...], Redactor] | None = None
        self.heard = Hearing()
        self.notices = Noticing()

    def close(self) -> None:
        self._adapter.close()

    def hide(self, secrets: Iterable[str]) -> None:
        """Further secrets that calls of this client may hold, as a login does."""
        self._hidden = tuple(secrets)

    def send(self, request: Request) -> Response:
        headers = dict(self._headers)
        if request.headers:
            headers.update(request.headers)
        params = list(request.params)
        self.auth.apply(headers, params)
        check_headers(headers, request.headers)
        url = self._url(request.path, params)
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.body = encode(request, headers)
        prepared.url = self.auth.sign(request.method, url, headers, prepared.body)
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        try:
            raw: Any = self._adapter.send(prepared, stream=True, timeout=self._timeout, verify=self._verify)
            status, answer_headers, content = self._read(raw)
        except (requests.RequestException, HTTPError, OSError) as error:
            shown = self.evidence(request, url)
            raise no_answer(self.name, error, shown, writes=request.writes) from error
        request_id = next((answer_headers[name] for name in self._request_ids if name in answer_headers), "")
        answer = Response(status, answer_headers, content, None, request, url, request_id[:120])
        answer.json = self._parse(answer)
        self.heard.note(answer_headers, answer.json)
        self.notices.note(answer_headers)
        return answer

    def check(self, response: Response, said: str = "", **more: Any) -> None:
        """Raises the Failure that the status stands for; a success passes."""
        if response.status < 300:
            return
        meaning = meaning_of(response.status, self._statuses)
        raise self.failure(response, meaning, said, **more)

    def failure(
        self, response: Response, meaning: Meaning, said: str = "", sentence: str = "", **more: Any
    ) -> Failure:
        """A Failure of this meaning with the call as its evidence.

        `said` is what the platform said about it, quoted in the meaning's sentence; `sentence` goes instead of that.
        """
        said = self.redactor().text(said.strip())[:300]
        spoken = f" It says: “{said.rstrip('.')}”." if said else ""
        own = meaning.sentence.format(host=self.name, status=response.status, said=spoken)
        sentence = self.redactor().text(sentence)[:500] or own
        values: dict[str, Any] = {
            "status": response.status,
            "request_id": response.request_id,
            "evidence": self.evidence(response.request, response.url, response),
            "in_doubt": meaning.in_doubt_on_write and response.request.writes,
            "connection_wide": meaning.connection_wide,
            **more,
        }
        if meaning.kind == Kind.TRANSIENT and "retry_after" not in values:
            values["retry_after"] = wait_told(response.headers, response.json)
        if meaning.code == "token_expired":
            values.pop("retry_after", None)
            return TokenExpired(sentence, **values)
        return Failure(meaning.kind, meaning.code, sentence, **values)

    def evidence(self, request: Request, url: str, response: Response | None = None) -> dict[str, Any]:
        """The call as an integrator needs to see it, without secrets and personal data."""
        redactor = self.redactor()
        shown: dict[str, Any] = {
            "request": {
                "method": request.method,
                "url": redactor.url(url),
                "headers": redactor.headers(request.headers),
                "body": redactor.value(request.body if not isinstance(request.body, bytes) else "[bytes]"),
            }
        }
        if response is not None:
            body = (
                response.json if response.json is not None else response.raw[:2000].decode("utf-8", "replace")
            )
            shown["response"] = {
                "status": response.status,
                "headers": redactor.headers(response.headers),
                "body": redactor.value(body),
            }
        return shown

    def without_identity(self, position: dict[str, Any]) -> dict[str, Any]:
        """A read's position, to be stored: many platforms repeat in the next page's address what it was asked with,
        and so the key too. It is added again when the page is asked for."""
        url = position.get("url")
        if not isinstance(url, str):
            return position
        ours: list[tuple[str, str]] = []
        self.auth.apply({}, ours)
        ours += parse_qsl(urlsplit(self.auth.sign("GET", self._base, {}, None)).query)
        address, _, query = url.partition("?")
        names = {name for name, _ in ours}
        kept = [pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) not in names]
        return {**position, "url": f"{address}?{'&'.join(kept)}" if query else address}

    def redactor(self) -> Redactor:
        secrets = self.auth.secrets() + self._hidden
        known = self._redactor
        if known is None or known[0] != secrets:
            known = self._redactor = (secrets, Redactor(secrets))
        return known[1]

    def _url(self, path: str, params: list[tuple[str, str]]) -> str:
        """Raises Failure for another host: our credentials would go there."""
        if path.startswith(("http://", "https://", "//")):
            parts = urlsplit(urljoin(self._origin, path))
            url = urlunsplit(("", "", parts.path, parts.query, ""))
            url = f"{self._origin}{url if url.startswith('/') else '/' + url}"
            if not _is_same_host(parts, urlsplit(self._origin)):
                raise Failure.config(
                    "foreign_address",
                    f"{self.name} sends us on to another host ({parts.netloc.rpartition('@')[2]}). Crossdock does not "
                    "follow, because the credentials would go there. Check the base URL of the connection.",
                    connection_wide=True,
                )
        elif path.startswith("/") or not path:
            url = self._base + path
        else:
            url = f"{self._base}/{path}"
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params)
        return url

    def _read(self, raw: RawResponse) -> tuple[int, dict[str, str], bytes]:
        try:
            headers = {name.lower(): value for name, value in raw.headers.items()}
            content = self._body(raw, headers.get("content-encoding", "").lower())
        except BaseException:
            raw.close()
            raise
        raw.release_conn()
        return raw.status, headers, content

    def _body(self, raw: RawResponse, encoding: str) -> bytes:
        parts: list[bytes] = []
        room = self._max_bytes + 1
        while room > 0:
            part = raw.read(room, decode_content=False)
            if not part:
                break
            parts.append(part)
            room -= len(part)
            if raw.length_remaining == 0:
                break
        content = parts[0] if len(parts) == 1 else b"".join(parts)
        if encoding and encoding != "identity":
            content = unpack(content, encoding, self._max_bytes)
        if len(content) > self._max_bytes:
            raise TooLarge(self._max_bytes)
        return content

    def _parse(self, response: Response) -> Any:
        if not response.raw or not response.request.is_json:
            return None
        try:
            return parse_json(response.raw, response.headers.get("content-type", ""))
        except ValueError as error:
            if response.status >= 300:
                return None
            shown = self.evidence(response.request, response.url, response)
            raise not_json(self.name, response, shown) from error


_PORTS = {"http": 80, "https": 443}


def _is_same_host(there: SplitResult, ours: SplitResult) -> bool:
    """The same name and port. A server behind another one that does the encryption often writes http:// where it is
    called by https://: that is the same host as well, and it is called as we know it."""
    try:
        port, own = there.port or _PORTS.get(there.scheme), ours.port or _PORTS.get(ours.scheme)
    except ValueError:
        return False
    same_port = port == own or (there.port is None and ours.port is None)
    return (
        (there.hostname or "").lower() == (ours.hostname or "").lower() and same_port and not there.username
    )

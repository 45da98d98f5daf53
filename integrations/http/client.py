"""The only place that calls the network: guard, time limits, size limits, redaction and the kinds of failure are here.

Only connecting is tried again. Whether a request may be repeated is for those to decide who know what it does.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse as RawResponse
from urllib3 import Retry, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NameResolutionError

from integrations.exceptions import Failure, Kind, TokenExpired
from integrations.http.auth import Auth, nobody
from integrations.http.guard import SCHEMES, Guard, installed_guard
from integrations.http.redact import Redactor
from integrations.http.sockets import HostRefused, TlsRefused, pool_classes
from integrations.http.statuses import Meaning, meaning_of, retry_after

USER_AGENT = "Crossdock/1 (integration portal)"
DEFAULT_TIMEOUT = (5.0, 20.0, 25.0)
MAX_BYTES = 20 * 1024 * 1024
POOL_SIZE = 16
_REQUEST_IDS = (
    "x-request-id",
    "request-id",
    "x-correlation-id",
    "x-amzn-requestid",
    "x-trace-id",
    "cf-ray",
)


@dataclass(slots=True)
class Request:
    """`path` goes behind the base URL; a whole URL must be of the same host. `body` is a JSON value, a mapping of
    form fields, or bytes. `writes`: without an answer nobody knows whether it had its effect."""

    method: str
    path: str
    params: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    encoding: str = "json"
    writes: bool = False


@dataclass(slots=True)
class Response:
    """An answer, whatever its status. `json` is None where the body is empty. Header names are small letters."""

    status: int
    headers: dict[str, str]
    raw: bytes
    json: Any
    request: Request
    url: str
    request_id: str = ""


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
        self._session = requests.Session()
        self._session.trust_env = False
        self._adapter = _Adapter(guard or installed_guard(), timeout, pool_size)
        self._verify: bool | str = True
        self._hidden: tuple[str, ...] = ()
        self._request_ids = (request_id_header.lower(), *_REQUEST_IDS) if request_id_header else _REQUEST_IDS
        self._redactor: tuple[tuple[str, ...], Redactor] | None = None

    def close(self) -> None:
        self._adapter.close()
        self._session.close()

    def hide(self, secrets: Iterable[str]) -> None:
        """Further secrets that calls of this client may hold, as a login does."""
        self._hidden = tuple(secrets)

    def send(self, request: Request) -> Response:
        headers = dict(self._headers)
        if request.headers:
            headers.update(request.headers)
        params = list(request.params)
        self.auth.apply(headers, params)
        url = self._url(request.path, params)
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = url
        prepared.body = _encode(request, headers)
        prepared.headers = requests.structures.CaseInsensitiveDict(headers)
        try:
            raw: Any = self._adapter.send(prepared, stream=True, timeout=self._timeout, verify=self._verify)
            status, answer_headers, content = self._read(raw)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._no_answer(request, url, error) from error
        request_id = next((answer_headers[name] for name in self._request_ids if name in answer_headers), "")
        answer = Response(status, answer_headers, content, None, request, url, request_id[:120])
        answer.json = self._parse(answer)
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
            values["retry_after"] = retry_after(response.headers.get("retry-after"))
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

    def redactor(self) -> Redactor:
        secrets = self.auth.secrets() + self._hidden
        known = self._redactor
        if known is None or known[0] != secrets:
            known = self._redactor = (secrets, Redactor(secrets))
        return known[1]

    def _url(self, path: str, params: list[tuple[str, str]]) -> str:
        """Raises Failure for another host: our credentials would go there."""
        if path.startswith(("http://", "https://", "//")):
            url = urljoin(self._origin, path)
            if not url.startswith(self._origin + "/") and url != self._origin:
                raise Failure.config(
                    "foreign_address",
                    f"{self.name} sends us on to another host ({urlsplit(url).netloc}). Crossdock does not follow, "
                    "because the credentials would go there. Check the base URL of the connection.",
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
            content = _unpack(content, encoding, self._max_bytes)
        if len(content) > self._max_bytes:
            raise _TooLarge
        return content

    def _parse(self, response: Response) -> Any:
        if not response.raw:
            return None
        try:
            return orjson.loads(response.raw)
        except orjson.JSONDecodeError as error:
            if response.status >= 300:
                return None
            raise self._not_json(response) from error

    def _not_json(self, response: Response) -> Failure:
        request = response.request
        more: dict[str, Any] = {
            "status": response.status,
            "request_id": response.request_id,
            "evidence": self.evidence(request, response.url, response),
        }
        if request.writes:
            return Failure.transient(
                "lost_answer", f"{self.name} answered something that cannot be read.", in_doubt=True, **more
            )
        if "html" in response.headers.get("content-type", ""):
            return Failure.config(
                "not_json",
                f"{self.name} answered with a web page instead of data. Check the address of the connection.",
                **more,
            )
        return Failure.transient(
            "malformed_answer",
            f"{self.name} answered something that cannot be read. It is tried again.",
            **more,
        )

    def _no_answer(self, request: Request, url: str, error: Exception) -> Failure:
        """What kept the answer away, and whether the request can have had its effect."""
        cause = _cause(error)
        evidence = self.evidence(request, url) | {"cause": type(cause).__name__}
        if isinstance(cause, HostRefused):
            return Failure.config(
                "host_not_allowed",
                str(cause.args[-1]).partition(": ")[2],
                evidence=evidence,
                connection_wide=True,
            )
        if isinstance(cause, TlsRefused):
            return Failure.config(
                "certificate",
                f"No safe connection to {self.name} could be made: its certificate is not valid for this name, or "
                "not trusted. Check the address, or have the certificate renewed.",
                evidence=evidence,
                connection_wide=True,
            )
        if isinstance(cause, ConnectTimeoutError | NameResolutionError):
            return Failure.transient(
                "host_down",
                f"{self.name} cannot be reached ({_how(cause)}). It is tried again.",
                evidence=evidence,
                connection_wide=True,
            )
        if isinstance(cause, _TooLarge):
            return self._too_large(request, evidence)
        if request.writes:
            return Failure.transient(
                "lost_answer", f"The answer of {self.name} never came.", evidence=evidence, in_doubt=True
            )
        return Failure.transient(
            "no_answer", f"The answer of {self.name} did not come. It is tried again.", evidence=evidence
        )

    def _too_large(self, request: Request, evidence: dict[str, Any]) -> Failure:
        sentence = (
            f"The answer of {self.name} is larger than {self._max_bytes // 1024 // 1024} MB. "
            "Ask for smaller pages in the connection's declaration."
        )
        if request.writes:
            return Failure.transient("lost_answer", sentence, evidence=evidence, in_doubt=True)
        return Failure.config("answer_too_large", sentence, evidence=evidence)


class _TooLarge(OSError):
    """More than may be read."""


def _encode(request: Request, headers: dict[str, str]) -> bytes | None:
    body = request.body
    if body is None:
        if request.writes:
            headers["Content-Length"] = "0"
        return None
    if isinstance(body, bytes):
        content = body
    elif request.encoding == "form":
        content = urlencode(_form_fields(body)).encode()
        headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
    else:
        content = orjson.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    headers["Content-Length"] = str(len(content))
    return content


def _form_fields(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    """{"a": {"b": [1, 2]}} is a[b][0]=1 and a[b][1]=2, as most vendors with forms read it."""
    if isinstance(value, Mapping):
        parts = [(f"{prefix}[{name}]" if prefix else str(name), part) for name, part in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(f"{prefix}[{place}]", part) for place, part in enumerate(value)]
    else:
        return [] if value is None else [(prefix, form_text(value))]
    return [pair for name, part in parts for pair in _form_fields(part, name)]


def form_text(value: Any) -> str:
    """A value as text in a query or form: booleans in small letters, as JSON writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _unpack(content: bytes, encoding: str, most: int) -> bytes:
    """At most `most` bytes: a small body that unpacks to gigabytes must not."""
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise HTTPError(f"unknown content encoding {encoding}")
    unpacker = zlib.decompressobj(wbits=47 if encoding != "deflate" else zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(content, most + 1)
        unpacked += unpacker.flush() if len(unpacked) <= most else b""
    except zlib.error as error:
        raise HTTPError("the body cannot be unpacked") from error
    if len(unpacked) > most or unpacker.unconsumed_tail:
        raise _TooLarge
    if content and not unpacker.eof:
        raise HTTPError("the packed body was cut off")
    return unpacked


def _cause(error: BaseException) -> BaseException:
    """The innermost error that says why: requests and urllib3 wrap each other's."""
    while True:
        if isinstance(error, MaxRetryError) and error.reason is not None:
            error = error.reason
        elif (
            isinstance(error, requests.RequestException)
            and error.args
            and isinstance(error.args[0], Exception)
        ):
            error = error.args[0]
        else:
            return error


def _how(cause: BaseException) -> str:
    if isinstance(cause, NameResolutionError):
        return "its name is not known"
    text = str(cause)
    return "it refuses the connection" if "refused" in text.lower() else "it does not answer"

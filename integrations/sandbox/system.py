"""What every simulated system has in common: its tables, settings, idempotency keys, lists and webhooks."""

import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from integrations.sandbox.books import Books
from integrations.sandbox.clock import Clock, asked_moment, to_moment
from integrations.sandbox.keys import LIFETIME, Keys, print_of
from integrations.sandbox.refusals import Refusal
from integrations.sandbox.store import Document, Index, Key, Store
from integrations.sandbox.webhooks import Webhooks
from integrations.sandbox.wire import Request, Response

PAGE = 50
LARGEST_PAGE = 250


@dataclass(frozen=True)
class Core:
    store: Store
    clock: Clock
    books: Books
    webhooks: Webhooks


@dataclass(frozen=True)
class Done:
    """What an action did: the answer, and how the books tell it (`effect` "" when nothing happened)."""

    payload: Document
    effect: str
    identity: str
    reference: str = ""
    status: int = 201
    detail: Document = field(default_factory=dict)


class System(ABC):
    """One vendor under its path prefix. Settings live in the store, so that they outlast a restart."""

    defaults: Document = {}

    def __init__(self, name: str, core: Core) -> None:
        self.name = name
        self.store = core.store
        self.clock = core.clock
        self.books = core.books
        self.webhooks = core.webhooks
        self.keys = Keys(core.store, core.clock, name)

    @abstractmethod
    def respond(self, request: Request) -> Response:
        """The answer to an authorised request; `request.segments` no longer holds the prefix. Raises Refusal."""

    def settings(self) -> Document:
        return {"key_lifetime": LIFETIME, **self.defaults, **(self.store.get("settings", self.name) or {})}

    def honours_keys(self) -> bool:
        return True

    def table(self, part: str) -> str:
        return f"{self.name}.{part}"

    def record(self, done: Done, key: str = "", replay: bool = False) -> None:
        self.books.record(
            self.name,
            done.effect,
            done.identity,
            reference=done.reference,
            key=key,
            replay=replay,
            detail=done.detail,
        )

    def once(self, request: Request, action: Callable[[Document], Done]) -> Response:
        """Runs `action` on the body under the request's Idempotency-Key, or answers again what it answered then."""
        key, purpose = request.headers.get("idempotency-key", ""), f"{request.method} {request.path}"
        return self.once_with(key, purpose, request.json(), action)

    def once_with(
        self, key: str, purpose: str, body: Document, action: Callable[[Document], Done]
    ) -> Response:
        key = key if self.honours_keys() else ""
        print_ = print_of(purpose, body)
        with self.store.transaction():
            known = self.keys.known(key, print_, self.settings()["key_lifetime"]) if key else None
            if known is not None:
                again = Done(known["payload"], known["effect"], known["id"], known["reference"])
                self.record(again, key, replay=True)
                return Response(200, {**again.payload, "replayed": True})
            done = action(body)
            if done.effect:
                self.record(done, key)
            if key:
                kept = {"payload": done.payload, "effect": done.effect, "id": done.identity}
                self.keys.remember(key, print_, {**kept, "reference": done.reference})
        return Response(done.status, done.payload)

    def found(self, part: str, identity: str, what: str) -> Document:
        document = self.store.get(self.table(part), identity)
        if document is None:
            raise Refusal(404, "not_found", f"There is no {what} {identity}.")
        return document

    def by_cursor(self, request: Request, part: str, index: Index) -> tuple[list[str], Response]:
        """A page of an index on (moment,), oldest first: `updated_since`, `limit`, `cursor`; Link header."""
        limit = asked_number(request.query, "limit", PAGE, 1, LARGEST_PAGE)
        with self.store.lock:
            start = _start(request.query, index)
            ids = index.ids(start, start + limit)
            more = start + limit < len(index.entries)
            cursor = _cursor(index.keys[ids[-1]], ids[-1]) if more else None
            rows = [self.store.raw(self.table(part), identity) for identity in ids]
        response = Response(200, {"next_cursor": cursor}, rows_name=part, rows=rows)
        if cursor is not None:
            host = request.headers.get("host", "127.0.0.1")
            target = f"http://{host}{request.path}?limit={limit}&cursor={cursor}"
            response.headers["Link"] = f'<{target}>; rel="next"'
        return ids, response

    def by_page(self, request: Request, part: str, index: Index, only: list[str] | None = None) -> Response:
        """A numbered page of an index on (moment,), or of the ids `only`: `page`, `per_page`, with the total."""
        page = asked_number(request.query, "page", 1, 1, 1_000_000)
        size = asked_number(request.query, "per_page", PAGE, 1, LARGEST_PAGE)
        since = asked_moment(request.query, "updated_since")
        with self.store.lock:
            first = 0 if since is None else index.at_or_after((since,))
            ids = index.ids(first) if only is None else only
            shown = ids[(page - 1) * size : page * size]
            rows = [self.store.raw(self.table(part), identity) for identity in shown]
        payload = {"page": page, "per_page": size, "total": len(ids)}
        return Response(200, payload, rows_name=part, rows=rows)


def by_updated_at(document: Document) -> Key:
    return (to_moment(document["updated_at"]),)


def asked_number(query: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    """A whole number in a query parameter. Raises Refusal 400 when it is none or out of bounds."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise Refusal(400, "invalid_parameter", f"{name} must be between {least} and {most}.", name)
    return int(text)


def _cursor(key: Key, identity: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([key[0], identity]).encode()).decode().rstrip("=")


def _start(query: dict[str, str], index: Index) -> int:
    cursor = query.get("cursor")
    if cursor:
        try:
            moment, identity = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except ValueError as error:
            raise Refusal(400, "invalid_cursor", "The cursor is not one of ours.", "cursor") from error
        return index.behind((moment,), identity)
    since = asked_moment(query, "updated_since")
    return 0 if since is None else index.at_or_after((since,))

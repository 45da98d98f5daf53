"""What every connector can be asked; the plain values that go in and out are those of `values`.

A connector is built from plain data and touches no database. `send`, `fetch`, `lookup` and `read` may be called
from many threads at once. One that is local reads and writes the portal's own database, and is called on the main
thread of a task alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from integrations.connectors.facts import Facts
from integrations.connectors.values import (
    Abilities,
    Action,
    Answer,
    Call,
    Item,
    Limit,
    Page,
    SettingField,
    Subscription,
    TestReport,
    Token,
    WebhookEvent,
    WriteContext,
)
from integrations.exceptions import Failure, SignatureRefused, TokenExpired
from integrations.http.guard import Guard
from integrations.http.notices import Notice
from integrations.http.quota import Told

if TYPE_CHECKING:
    from integrations.connectors.consent import Consent

__all__ = [
    "Abilities",
    "Action",
    "Answer",
    "Call",
    "Connector",
    "Failure",
    "Item",
    "Limit",
    "Page",
    "SettingField",
    "SignatureRefused",
    "Subscription",
    "TestReport",
    "Token",
    "TokenExpired",
    "Told",
    "WebhookEvent",
    "WriteContext",
]


class Connector(ABC):
    """One account on one platform. Every method that calls the platform raises Failure."""

    platform: ClassVar[str]
    label: ClassVar[str]
    settings_fields: ClassVar[tuple[SettingField, ...]] = ()
    facts: ClassVar[Facts]
    timeout_seconds: float = 30.0
    # Whether it is this portal itself: its calls leave for nowhere, and are made where the database may be touched.
    is_local: ClassVar[bool] = False
    # Where access is given by a person on a page of the platform (OAuth), and not by secrets alone.
    consent: Consent | None = None

    def __init__(  # noqa: B027  # it says how all are built; each builds itself
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Every connector of the registry is built like this. `guard` None: the one of this installation.

        Raises DeclarationError for settings that make no sense; opens no socket.
        """

    @classmethod
    def limit_for(cls, settings: Mapping[str, Any]) -> Limit:
        """How fast it may be called, which no secret is needed for. Raises DeclarationError."""
        return Limit()

    @classmethod
    def page_for(cls, settings: Mapping[str, Any], resource: str, external_id: str) -> str:
        """The address at which a person sees this thing there, "" where it is not known. Calls nobody."""
        return ""

    def be_called(self, name: str) -> None:  # noqa: B027  # not every connector speaks of it
        """How its sentences call the platform from now on."""

    @abstractmethod
    def resources(self) -> dict[str, Abilities]: ...

    @abstractmethod
    def required_fields(self, resource: str, operation: str) -> tuple[str, ...]:
        """Dotted paths in the mapped body without which the platform refuses the operation."""

    @abstractmethod
    def actions(self, resource: str) -> tuple[Action, ...]: ...

    @abstractmethod
    def limit(self) -> Limit: ...

    @abstractmethod
    def test(self) -> TestReport: ...

    @abstractmethod
    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        """One page: of what changed after `since` (None: of everything), or of what is not final.

        `position` is the `next_position` of the page before, None for the first page.
        """

    @abstractmethod
    def fetch(self, resource: str, external_id: str) -> Item | None:
        """The thing as it is now; None when the platform does not have it (any more)."""

    @abstractmethod
    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        """Pure: the same context gives the same call. Raises Failure (data, with the field) for what is missing."""

    @abstractmethod
    def send(self, call: Call) -> Answer: ...

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """One result per call, in order. Raises Failure only when the call as a whole failed."""
        raise NotImplementedError(f"{self.platform} has no batch calls")

    def refusal(self, call: Call, status: int, body: Any) -> Failure | None:
        """What it would make of such an answer to this write; None where a write is never answered so (a file takes
        all). Calls nobody."""
        return None

    @abstractmethod
    def lookup(self, resource: str, natural_key: str) -> Item | None: ...

    @abstractmethod
    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """The events in it. `url` is the address that was called, as its sender knows it. Raises SignatureRefused."""

    def webhook_topics(self) -> tuple[str, ...]:
        """What is ordered where webhooks can be ordered by calls; () where a person sets them up there."""
        return ()

    def subscriptions(self) -> list[Subscription]:
        """All that the platform has for this account, whoever made them."""
        raise NotImplementedError(f"{self.platform} has no calls for webhooks")

    def subscribe(self, address: str, topics: Sequence[str], secret: str) -> str:
        """Orders webhooks. Returns the secret that signs them: the one given, or the platform's own."""
        raise NotImplementedError(f"{self.platform} has no calls for webhooks")

    def unsubscribe(self, subscription_id: str) -> bool:
        """False where the platform has no call for it."""
        return False

    def pace(self, turn: Callable[[], None]) -> None:  # noqa: B027  # most reads are one call per page
        """`turn` is called on the reader's thread before each further call of a read; it may wait or raise."""

    def told(self) -> Told | None:
        """What the platform's answers said of its limits since this was last asked."""
        return None

    def announced(self) -> Notice | None:
        """What the platform's answers announced of the end of what was called."""
        return None

    def needs_login(self) -> bool:
        """Whether a token must be fetched before anything is sent."""
        return False

    def login(self) -> Token:
        raise NotImplementedError(f"{self.platform} needs no login")

    def use_token(self, token: Token) -> None:  # noqa: B027  # most platforms need no session
        """From now on, for all threads, calls carry this token."""

    def close(self) -> None:  # noqa: B027  # not every connector holds sockets
        """Gives back sockets. The connector is not used afterwards."""

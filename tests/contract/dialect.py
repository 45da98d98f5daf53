"""How one vendor speaks, as data: what every connector is held to is tried with it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from integrations.connectors import registry
from integrations.connectors.base import Connector, Token
from integrations.exceptions import Kind
from tests.conftest import REFERENCE
from tests.contract.vendor import Contract, Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

SPECS = REFERENCE / "specs"
SAMPLES = REFERENCE / "samples"


@dataclass(frozen=True)
class Reading:
    """A list of at least two pages. `page` gives the page that was asked for; `since` narrows the read."""

    resource: str
    path: str
    page: Callable[[Asked], Says]
    ids: tuple[str, ...]
    since: datetime | None = None
    not_final: bool = False


@dataclass(frozen=True)
class Writing:
    """One write with all its calls. `answers` by "METHOD /path". `external_id`: how the destination calls it then.

    `given` is its id over there before, "" where it is made anew. `asks_a_person`: nothing settles a lost answer.
    """

    resource: str
    operation: str
    body: dict[str, Any]
    answers: Mapping[str, Says | Callable[[Asked], Says]]
    external_id: str
    given: str = ""
    ids: dict[str, Any] = field(default_factory=dict)
    asks_a_person: bool = False


@dataclass(frozen=True)
class Refusal:
    """What the vendor says when it does not do as it was asked, and what is to be understood by it."""

    name: str
    says: Says
    kind: Kind
    code: str
    retry_after: float | None = None


@dataclass(frozen=True)
class Hook:
    """A webhook as the vendor sends it, at the moment `at`. `events`: (topic, resource, external id) of each.

    `signed_by` names the headers without which it is refused. `signs_body` False: the vendor proves who it is, and not
    what it sent. `is_timed`: an hour later the same is refused.
    """

    name: str
    headers: dict[str, str]
    raw: bytes
    secret: str
    at: datetime
    events: tuple[tuple[str, str, str], ...]
    signed_by: tuple[str, ...]
    signs_body: bool = True
    is_timed: bool = False
    url: str = ""


@dataclass(frozen=True)
class Dialect:
    """`base` is the part of the address behind the host. `contract` is built when it is needed: it reads a large file.

    `session` answers logins, where one must come first; None for what is no login.
    """

    platform: str
    secrets: dict[str, str]
    readings: tuple[Reading, ...]
    refusals: tuple[Refusal, ...]
    writings: tuple[Writing, ...] = ()
    hooks: tuple[Hook, ...] = ()
    contract: Callable[[], Contract] | None = None
    base: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    session: Callable[[Asked], Says | None] | None = None
    # What a person's yes is worth, where nothing else lets in.
    consent: dict[str, str] | None = None

    def vendor(self) -> Vendor:
        return Vendor(self.contract() if self.contract else None, self.session)

    def connector(self, vendor: Vendor) -> Connector:
        """A new one each time: nothing is remembered but what the tables would keep."""
        kind = registry.get(self.platform)
        settings = {"base_url": vendor.base + self.base, **self.settings}
        token = Token(self.consent) if self.consent is not None else None
        made = kind(settings, self.secrets, token=token, guard=LOOPBACK)
        if made.needs_login():
            made.use_token(made.login())
        return made


def by_parameter(name: str, pages: Mapping[str | None, Says]) -> Callable[[Asked], Says]:
    """The page by what the query says of `name`; None for a call without it."""
    return lambda asked: pages[asked.params.get(name)]


def by_variable(path: str, pages: Mapping[Any, Says]) -> Callable[[Asked], Says]:
    """GraphQL: the page by what the variables say at a dotted path; None where they do not say it."""

    def page(asked: Asked) -> Says:
        value = asked.json["variables"]
        for part in path.split("."):
            value = (value or {}).get(part)
        return pages[value]

    return page


def dialects() -> dict[str, Dialect]:
    """Of every platform in `dialects/`, one file each with a DIALECT."""
    folder = Path(__file__).parent / "dialects"
    names = sorted(file.stem for file in folder.glob("*.py") if file.stem != "__init__")
    return {name: importlib.import_module(f"tests.contract.dialects.{name}").DIALECT for name in names}

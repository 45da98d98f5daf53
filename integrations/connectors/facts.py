"""What a person wants to know of a platform before connecting it: the catalogue shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Group(StrEnum):
    """What a store uses a platform for."""

    SHOP = "Shops"
    SHIPPING = "Shipping and warehouses"
    PAYMENTS = "Payments"
    CRM = "Customers (CRM)"
    HELP_DESK = "Help desks"
    MARKETING = "Marketing"
    ERP = "ERP and accounting"
    DATA = "Databases, files and BI"
    ANY = "Anything else"


class Verified(StrEnum):
    """Against what a connector is tested, the strongest."""

    REAL = "a running server of the vendor's own software"
    CONTRACT = "the vendor's own API description"
    UNVERIFIED = "unverified: there is no description by the vendor to test against"


@dataclass(frozen=True)
class NativeIntegration:
    """An integration that a vendor of one of the two systems offers itself.

    `with_platform` is a platform of the registry, or the name of a system outside of it. `carries` are kinds of our
    Records: order, shipment, stock_level, … `suffices_when` is a sentence: for whom it is enough, and when to come
    back. `source` is the vendor's page that shows it, and `checked` the day on which it was read; "" and None where it
    is told from general knowledge. Raises ValueError for an address that is not https, and for one of the two alone.
    """

    with_platform: str
    carries: tuple[str, ...]
    suffices_when: str
    source: str = ""
    checked: date | None = None

    def __post_init__(self) -> None:
        if self.source and not self.source.startswith("https://"):
            raise ValueError(f"The page on {self.with_platform} is not an https address: {self.source}")
        if bool(self.source) != (self.checked is not None):
            raise ValueError(f"The page on {self.with_platform} needs an address and the day it was read.")

    @property
    def caveat(self) -> str:
        """What its reader must know, "" where a page of the vendor was read."""
        return "" if self.source else "From general knowledge: look at the vendor's page before you decide."


@dataclass(frozen=True)
class ApiVersion:
    """The version of the vendor's API that the connector speaks unless a setting names another.

    `ends` is the last day that the vendor has announced, None where none was. `setting` is the connection's setting
    that names another version, "" where there is none. `months` is for how long the vendor keeps each version whose
    name begins with its year and month (2026-07): so the end of another one can be worked out; 0 where no such rule is
    known. `source` is the vendor's page.
    """

    name: str
    ends: date | None = None
    setting: str = ""
    months: int = 0
    source: str = ""


@dataclass(frozen=True)
class Facts:
    """`documentation` is the vendor's page. `credentials` are steps in order, each a sentence that says where to click.

    `verified_against` names the document or server with its version, as the end of "Tested against …"; for what is
    unverified it is a sentence that says what it was made from. `limits` says
    how fast the vendor may be called. `traps` are what surprises people, `lacks` what the vendor or we cannot do;
    `webhooks` says how its webhooks are set up, "" where it sends none. `native_integrations` are what the vendor
    offers itself, and when that is enough; `api_version` is None where the vendor has no versions, or names none.
    """

    group: Group
    documentation: str
    credentials: tuple[str, ...]
    verified: Verified
    verified_against: str
    limits: str
    traps: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    webhooks: str = ""
    native_integrations: tuple[NativeIntegration, ...] = ()
    api_version: ApiVersion | None = None

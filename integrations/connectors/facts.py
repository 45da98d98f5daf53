"""What a person wants to know of a platform before connecting it: the catalogue shows it."""

from __future__ import annotations

from dataclasses import dataclass
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
class Facts:
    """`documentation` is the vendor's page. `credentials` are steps in order, each a sentence that says where to click.

    `verified_against` names the document or server with its version, as the end of "Tested against …"; for what is
    unverified it is a sentence that says what it was made from. `limits` says
    how fast the vendor may be called. `traps` are what surprises people, `lacks` what the vendor or we cannot do;
    `webhooks` says how its webhooks are set up, "" where it sends none.
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

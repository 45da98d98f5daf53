"""How encrypted and purged data is found: keyed hashes of normalised numbers, e-mails, phones and SKUs."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from django.conf import settings

from .people import bare_phone, same_email, same_phone
from .records import Address, Customer, Order, Record, Shipment, StockLevel, told

LENGTH = 32
# Of the lines of one record so many goods are found by their SKU.
MOST_LINES = 200
# The goods on a record's lines. A kind of their own: orders of one SKU do not belong together, as its stock rows do.
LINE_SKU = "line_sku"
# What belongs to an order, by the id that its own source gives the order. The order itself is found by "id".
OF_ORDER = "of_order"
# Of all kinds that have no names of their own below: what they are found by, and the field that tells it.
OTHERS = (
    ("email", "email"),
    ("order_number", "order_number"),
    ("sku", "sku"),
    ("id", "id"),
    (OF_ORDER, "order_id"),
)


@lru_cache(maxsize=2)
def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"crossdock search keys", hashlib.sha256).digest()


def keyed_hash(kind: str, value: str, region: str = "") -> str:
    """128 bits in hex: the same for the same normalised value; without the key it says nothing.

    `region`: the country in which a phone number without + is dialled.
    """
    return _hash(kind, normalise(kind, value, region))


def keyed_hashes(kind: str, value: str, region: str = "") -> list[str]:
    """Under which digests the value may stand: as it is normalised now, and as it was before libraries did it."""
    return list(dict.fromkeys([keyed_hash(kind, value, region), _hash(kind, _as_before(kind, value))]))


def _hash(kind: str, normalised: str) -> str:
    text = f"{kind}\x1f{normalised}".encode()
    return hmac.digest(digest_key(), text, "sha256").hex()[:LENGTH]


def digest_key() -> bytes:
    """Of the oldest keys: what is stored cannot be hashed anew, and still counts when new ones stand before them."""
    return _key(settings.SALT_KEY[-1] + [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1])


def normalise(kind: str, value: str, region: str = "") -> str:
    if kind == "email":
        return same_email(value)
    if kind == "phone":
        return same_phone(value, region)
    return _as_before(kind, value)


def _as_before(kind: str, value: str) -> str:
    """The form of all digests that were stored before e-mails and phones were read by libraries."""
    text = value.strip().casefold()
    if kind == "order_number":
        return text.lstrip("#").strip()
    if kind == "phone":
        return bare_phone(text)
    return text


def person_keys(customer: Customer) -> list[tuple[str, str]]:
    """("email" or "phone", digest) by which this person is known in any system, the better one first."""
    address = told(customer.address)
    region = (told(address.country) or "") if isinstance(address, Address) else ""
    found = [("email", told(customer.email)), ("phone", told(customer.phone))]
    return [(kind, keyed_hash(kind, value, region)) for kind, value in found if value and value.strip()]


def search_keys(record: Record) -> list[tuple[str, str]]:
    """(kind, digest) of everything by which a person may look for this record."""
    found: list[tuple[str, str | None]] = []
    match record:
        case Order():
            customer = told(record.customer)
            email = told(record.email) or (told(customer.email) if isinstance(customer, Customer) else None)
            found = [("order_number", told(record.number)), ("email", email), ("id", told(record.id))]
        case Shipment():
            found = [
                ("order_number", told(record.order_number)),
                ("tracking_number", told(record.tracking_number)),
                (OF_ORDER, told(record.order_id)),
            ]
        case StockLevel():
            found = [("sku", told(record.sku))]
        case Customer():
            identity = told(record.id)
            return person_keys(record) + ([("id", keyed_hash("id", identity))] if identity else [])
        case _:
            found = [(name, told(getattr(record, field, None))) for name, field in OTHERS]
    return [(kind, keyed_hash(kind, value)) for kind, value in found if value]


def line_keys(record: Record) -> list[tuple[str, str]]:
    """(`LINE_SKU`, digest) of the goods on its lines."""
    lines = told(getattr(record, "lines", None)) or []
    skus = dict.fromkeys(told(getattr(line, "sku", None)) for line in lines[:MOST_LINES])
    return [(LINE_SKU, keyed_hash(LINE_SKU, sku)) for sku in skus if sku]

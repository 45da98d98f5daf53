"""How encrypted and purged data is found: keyed hashes of normalised numbers, e-mails and SKUs."""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import lru_cache

from django.conf import settings

from .records import Customer, Order, Record, Shipment, StockLevel, told

LENGTH = 32


@lru_cache(maxsize=2)
def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"crossdock search keys", hashlib.sha256).digest()


def keyed_hash(kind: str, value: str) -> str:
    """128 bits in hex: the same for the same normalised value; without the key it says nothing."""
    text = f"{kind}\x1f{normalise(kind, value)}".encode()
    # The oldest keys: what is stored cannot be hashed anew, and is still to be found when new ones stand before them.
    oldest = settings.SALT_KEY[-1] + [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS][-1]
    return hmac.digest(_key(oldest), text, "sha256").hex()[:LENGTH]


def normalise(kind: str, value: str) -> str:
    text = value.strip().casefold()
    if kind == "order_number":
        return text.lstrip("#").strip()
    if kind == "phone":
        return re.sub(r"[^\d+]", "", text)
    return text


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
            ]
        case StockLevel():
            found = [("sku", told(record.sku))]
        case _:
            found = [
                (name, told(getattr(record, field, None)))
                for name, field in (("email", "email"), ("order_number", "order_number"), ("id", "id"))
            ]
    return [(kind, keyed_hash(kind, value)) for kind, value in found if value]

"""What travels inside a Batch."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import orjson

from mappings.fields import Sealed, encrypt_json
from mappings.shapes import convert


class Parcel(msgspec.Struct, omit_defaults=True):
    """One source payload on its way.

    `read_at` and `received_at` are seconds since 1970: when the read that showed the payload began, and when
    our door accepted it. `serial` counts the accepted versions of its Delivery: a parcel with a lower serial
    than its Delivery is superseded. `origin`, `problem` and `nameless` are the Item's.

    With a `thing` it is no row of the source: the stock of `sku` (at `place`, where the channel has places of its own),
    which that Thing carries, is to be counted anew over all its rows, because of what happened at `occurred_at`.
    With `recount` that was no change at the owner, but a unit sold or given back, and it goes at once. With `again` it
    happened in the destination itself, which has changed its own figure: what was written last is written again.
    `untimed`: nothing happened at all, the job's settings were changed; no delay is measured.

    `put_in_record` and `put_in_body`: values that a fallback puts into fields that failed. They are good while the
    parcel is in hand: whoever takes up its batch anew finds the same failure, and the same fallback.
    """

    external_id: str
    serial: int = 1
    version: str = ""
    payload: Any = None
    digest: str = ""
    read_at: float = 0.0
    received_at: float = 0.0
    deleted: bool = False
    partial: bool = False
    recount: bool = False
    forced: bool = False
    origin: str = ""
    problem: str = ""
    nameless: bool = False
    thing: int = 0
    again: bool = False
    sku: str = ""
    place: str = ""
    occurred_at: float = 0.0
    untimed: bool = False
    put_in_record: dict[str, Any] = {}
    put_in_body: dict[str, Any] = {}

    @property
    def counted(self) -> bool:
        return self.thing != 0

    @property
    def whole_payload(self) -> Any:
        """None where only the id came in, and nobody has fetched the object yet."""
        return None if self.partial else self.payload


def to_plain(parcels: list[Parcel]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(parcel) for parcel in parcels]


def from_plain(rows: list[dict[str, Any]]) -> list[Parcel]:
    return [convert(row, Parcel) for row in rows]


def digest_of(payload: Any) -> str:
    """128 bits over the payload with its keys sorted: the same content gives the same digest."""
    return hashlib.blake2b(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def seal(parcels: list[Parcel], batch_size: int) -> list[tuple[int, Sealed]]:
    """In batches of at most so many, each with its count: encrypted here, since that has no place in a transaction."""
    slices = [parcels[start : start + batch_size] for start in range(0, len(parcels), batch_size)]
    return [(len(part), Sealed(encrypt_json(to_plain(part), compress=True))) for part in slices]

"""The warehouse's shelves: one row per SKU and location, and what of it is allotted to whom.

An item of an order says in `allocated` how many units it has; `elsewhere` says how many of these lie in another
location than the main one.
"""

from collections.abc import Iterator

from integrations.sandbox.clock import Clock, to_text
from integrations.sandbox.refusals import Refusal, not_found
from integrations.sandbox.store import Document, Store
from integrations.sandbox.webhooks import Webhooks

MAIN = "MAIN"


class Shelves:
    def __init__(self, system: str, table: str, store: Store, clock: Clock, webhooks: Webhooks) -> None:
        self.system = system
        self.table = table
        self.store = store
        self.clock = clock
        self.webhooks = webhooks
        self.by_sku = store.index(table, lambda row: (row["sku"],))

    def has(self, sku: str) -> bool:
        return bool(self.by_sku.equal((sku,)))

    def count(self, sku: str, on_hand: int, location: str = MAIN) -> Document:
        """Counts a shelf anew; a new SKU, or one in a new location, is stocked from now on."""
        name = _name(sku, location)
        row = self.store.get(self.table, name) or {
            "id": f"{location}:{sku}",
            "sku": sku,
            "location": location,
            "allocated": 0,
        }
        return self._put({**row, "on_hand": on_hand})

    def clear_away(self, sku: str, location: str) -> None:
        """The location keeps this SKU no more. Raises Refusal 409 while units there are allotted."""
        row = self.store.get(self.table, _name(sku, location))
        if row is None:
            raise not_found(f"stock of {sku} in {location}")
        if row["allocated"]:
            raise Refusal(409, "still_allotted", f"Units of {sku} in {location} are allotted.", "location")
        self.store.remove(self.table, _name(sku, location))

    def allot(self, item: Document) -> int:
        """Gives the item what is free, from the main location first; how many units it got."""
        got = 0
        for row in self._rows(item["sku"]):
            units = max(0, min(item["backordered"], row["on_hand"] - row["allocated"]))
            if units:
                item["allocated"] += units
                item["backordered"] -= units
                self._note(item, row["location"], units)
                self._put({**row, "allocated": row["allocated"] + units})
                got += units
        return got

    def release(self, item: Document) -> None:
        for location, units in self._taken_from(item, item["allocated"]):
            row = self.row(item["sku"], location)
            self._put({**row, "allocated": row["allocated"] - units})
        item |= {"allocated": 0, "backordered": 0}

    def ship(self, item: Document, units: int) -> None:
        """These units, which the item had, leave the house."""
        for location, number in self._taken_from(item, units):
            row = self.row(item["sku"], location)
            self._put({**row, "on_hand": row["on_hand"] - number, "allocated": row["allocated"] - number})

    def take_back(self, sku: str, units: int) -> None:
        """What a customer sent back lies in the main location."""
        row = self._rows(sku)[0]
        self._put({**row, "on_hand": row["on_hand"] + units})

    def _taken_from(self, item: Document, units: int) -> Iterator[tuple[str, int]]:
        """Where so many of the item's units lie: those elsewhere go first."""
        for location in sorted(item.get("elsewhere", {})):
            number = min(units, item["elsewhere"][location])
            units -= number
            self._note(item, location, -number)
            yield location, number
        if units:
            yield MAIN, units

    def _note(self, item: Document, location: str, units: int) -> None:
        if location == MAIN:
            return
        elsewhere = {**item.get("elsewhere", {})}
        elsewhere[location] = elsewhere.get(location, 0) + units
        item.pop("elsewhere", None)
        if left := {name: number for name, number in elsewhere.items() if number}:
            item["elsewhere"] = left

    def _rows(self, sku: str) -> list[Document]:
        rows = [row for name in self.by_sku.equal((sku,)) if (row := self.store.get(self.table, name))]
        if not rows:
            raise not_found(f"stock of {sku}")
        return sorted(rows, key=lambda row: (row["location"] != MAIN, row["location"]))

    def row(self, sku: str, location: str) -> Document:
        row = self.store.get(self.table, _name(sku, location))
        if row is None:
            raise not_found(f"stock of {sku} in {location}")
        return row

    def _put(self, row: Document) -> Document:
        row |= {"updated_at": to_text(self.clock.now())}
        self.store.put(self.table, _name(row["sku"], row["location"]), row)
        self.webhooks.announce(self.system, "stock/updated", row)
        return row


def _name(sku: str, location: str) -> str:
    return sku if location == MAIN else f"{location}:{sku}"

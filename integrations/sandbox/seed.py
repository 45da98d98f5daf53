"""The demo's data: a plain table of orders, made into what the shop and the warehouse hold; and what happens later.

demo/catalog.json     what is sold, and how much each system says there is
demo/orders.jsonl     one order a line, as plain literals: who, where, what, when
demo/acts.json        what staff, customers and warehouse people do later, by act
demo/expected.jsonl   how each order must end on each side. Read by check.py only: nothing here looks at it.

An order's time is a literal, or `minutes_before` the moment of sowing, so that a fresh demo has fresh orders.
"""

import json
from pathlib import Path
from typing import Any

from integrations.sandbox.clock import to_moment, to_text
from integrations.sandbox.refusals import Refusal, not_found
from integrations.sandbox.shop import Shop
from integrations.sandbox.store import Document
from integrations.sandbox.world import World

FOLDER = Path(__file__).parent / "demo"
STATE = "demo"
ACTS = "acts"


def sow(world: World, name: str) -> bool:
    """Fills an empty world with the seed `name` ("demo"); False when it was sown before. Raises Refusal 404."""
    if name != "demo":
        raise not_found(f"seed {name}")
    with world.store.transaction():
        if world.store.get(STATE, "seed") is not None:
            return False
        now = world.clock.now() // 60_000 * 60_000
        world.store.put(STATE, "seed", {"name": name, "seeded_at": to_text(now)})
        _stock(world, read_json("catalog.json"), to_text(now - 24 * 3_600_000))
        for row in read_lines("orders.jsonl"):
            _place(world.shops["shop"], row, now)
    return True


def play(world: World, act: str) -> Document:
    """Does what the act says, each event once however often it is asked.

    {"done": events done now, "before": done at an earlier call, "refused": [{event, why}]}; a refused one is
    tried again at the next call (a parcel cannot leave before its order has come).
    """
    acts = read_json("acts.json")
    if act not in acts:
        raise not_found(f"act {act}")
    done, before, refused = 0, 0, []
    for place, event in enumerate(acts[act]):
        if world.store.get(ACTS, f"{act}:{place}") is not None:
            before += 1
            continue
        try:
            with world.store.transaction():
                _happen(world, event)
                world.store.put(ACTS, f"{act}:{place}", {"act": act})
            done += 1
        except Refusal as refusal:
            refused.append({"event": event, "why": str(refusal)})
    with world.store.transaction():
        state = world.store.get(STATE, "acts") or {"played": []}
        world.store.put(STATE, "acts", {"played": sorted({*state["played"], act})})
    return {"act": act, "done": done, "before": before, "refused": refused}


def state(world: World) -> Document:
    """{"seed": name or null, "seeded_at", "acts": [names of those played]}."""
    kept = world.store.get(STATE, "seed") or {"name": None, "seeded_at": None}
    acts = world.store.get(STATE, "acts") or {"played": []}
    return {"seed": kept["name"], "seeded_at": kept["seeded_at"], "acts": acts["played"]}


def read_json(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def read_lines(name: str) -> list[Document]:
    return [json.loads(line) for line in (FOLDER / name).read_text("utf-8").splitlines()]


def _stock(world: World, catalog: list[Document], at: str) -> None:
    """What the channels offer at first is stale on purpose: the first stock sync has something to mend."""
    for product in catalog:
        shown = {name: product[name] for name in ("sku", "title", "price", "currency")}
        for name, shop in world.shops.items():
            if product.get(name) is not None:
                shop.add_product(shown, product[name], at)
        if product["warehouse"] is not None:
            world.warehouse.set_stock(product["sku"], product["warehouse"])


def _place(shop: Shop, row: Document, now: int) -> None:
    moment = now - row["minutes_before"] * 60_000 if "minutes_before" in row else to_moment(row["placed_at"])
    address = {name: row.get(name) for name in ("name", "line1", "line2", "city", "region")}
    address |= {name: row.get(name) for name in ("postal_code", "country", "phone")}
    guest = row.get("guest", False)
    asked = {
        "number": row["number"],
        "placed_at": to_text(moment, row["offset"]),
        "currency": row["currency"],
        "payment_status": row["payment_status"],
        "shipping": row["shipping"],
        "discount": row["discount"],
        "customer": None
        if guest
        else {"id": f"cus_{row['number']}", "name": row["name"], "email": row["email"]},
        "email": row["email"],
        "shipping_address": address,
        "lines": [{"sku": sku, "quantity": units, "price": price} for sku, units, price in row["lines"]],
        # A web shop sells what it shows: the seed's shortages came about before our time.
        "backorder": True,
    }
    shop.place(asked)
    for event in row.get("then", []):
        _change(shop, row["number"], event)


def _happen(world: World, event: Document) -> None:
    match event["do"]:
        case "ship":
            world.warehouse.ship(
                event["number"], {key: event[key] for key in event if key not in ("do", "number")}
            )
        case "stock":
            world.warehouse.set_stock(event["sku"], event["on_hand"])
        case _:
            _change(world.shops[event.get("shop", "shop")], event["number"], event)


def _change(shop: Shop, number: str, event: Document) -> None:
    match event["do"]:
        case "cancel":
            shop.cancel(number, event)
        case "edit":
            shop.edit(number, event)
        case "refund":
            shop.refund(number, event)
        case "pay":
            shop.pay(number)
        case "touch":
            shop.touch(number)
        case "list_twice":
            shop.list_twice(number)
        case other:
            raise ValueError(f"the demo does not know how to {other}")

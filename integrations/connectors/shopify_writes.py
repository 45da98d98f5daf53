"""How writes to Shopify are completed just before they are sent: with the ids that Shopify knows a thing by."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.connectors.base import Call
from integrations.exceptions import Failure

# Of these, parts may still be shipped: https://shopify.dev/docs/api/admin-graphql/2026-07/enums/FulfillmentOrderStatus
SHIPPABLE = ("OPEN", "IN_PROGRESS")
NOT_MADE = ("CANCELLED", "ERROR", "FAILURE")
MONEY_CAME = ("SALE", "CAPTURE")
# A search shows at most so many: https://shopify.dev/docs/api/usage/limits
MOST_FOUND = 250


def tail(identity: Any) -> str:
    """The number at the end of gid://shopify/Order/1, or the number itself."""
    return str(identity or "").rpartition("/")[2]


def completed(call: Call, variables: dict[str, Any], external_id: str = "") -> Call:
    body = {**call.body, "variables": variables}
    return Call.from_json({**call.to_json(), "body": body, "external_id": external_id or call.external_id})


# Stock.


@dataclass(frozen=True)
class Level:
    """Where one SKU's stock is: the item, the location, and how their level is called."""

    item: str
    location: str
    external_id: str


def search_of(skus: Iterable[str]) -> dict[str, Any]:
    """Variables that find the items of these SKUs: https://shopify.dev/docs/api/usage/search-syntax"""
    names = list(dict.fromkeys(skus))
    return {
        "query": " OR ".join(f"sku:{json.dumps(name, ensure_ascii=False)}" for name in names),
        "first": min(MOST_FOUND, 2 * len(names) + 8),
    }


def level_of(found: Mapping[str, Any], sku: str, location: str) -> Level:
    """Raises Failure where it is none or several. `location` "": the store's main one."""
    items = [item for item in found["inventoryItems"]["nodes"] if item["sku"] == sku]
    if len(items) != 1:
        what = "has no variant" if not items else "has several variants"
        raise Failure.data(
            "unknown_sku",
            f"Shopify {what} with the SKU {sku}. Correct the SKU in the shop or leave it out in the job's filter.",
            field="sku",
        )
    wanted = tail(location) or tail((found.get("location") or {}).get("id"))
    for level in items[0]["inventoryLevels"]["nodes"]:
        if tail(level["location"]["id"]) == wanted:
            return Level(items[0]["id"], level["location"]["id"], tail(level["id"]))
    raise Failure.data(
        "not_stocked_there",
        f"{sku} is not stocked at the location {wanted or 'that is meant'} in Shopify. Tick the location at the "
        "product's inventory there, then retry.",
        field="sku",
    )


def quantities(wanted: Sequence[Mapping[str, Any]], levels: Sequence[Level], key: str) -> dict[str, Any]:
    """Variables that set levels. What each is expected to be must be named, even where nothing is:
    https://shopify.dev/docs/apps/build/orders-fulfillment/inventory-management-apps/manage-quantities-states#compare-and-swap
    """
    rows = [
        {
            "inventoryItemId": level.item,
            "locationId": level.location,
            "quantity": one["available"],
            "changeFromQuantity": one.get("change_from"),
        }
        for one, level in zip(wanted, levels, strict=True)
    ]
    return {"input": {"name": "available", "reason": "correction", "quantities": rows}, "key": key}


def key_of_all(calls: Iterable[Call]) -> str:
    """One key for a mutation that does several writes: the same for the same writes."""
    return uuid.uuid5(uuid.NAMESPACE_URL, ",".join(call.key for call in calls)).hex


def refused_rows(answer: Any) -> set[int]:
    """Which of the levels that were sent the userErrors are about."""
    told = answer["data"]["inventorySetQuantities"]["userErrors"]
    numbers = {part for error in told for part in error.get("field") or [] if str(part).isdigit()}
    return {int(number) for number in numbers}


# Refunds.


def with_payment(refund: Mapping[str, Any], order: Mapping[str, Any] | None) -> dict[str, Any]:
    """The refund with the payment that it gives back: the one that is named, or the only one there is."""
    made = dict(refund["transactions"][0])
    named = tail(made.get("parentId"))
    fitting = [
        one
        for one in (order or {}).get("transactions") or []
        if one["kind"] in MONEY_CAME and one["status"] == "SUCCESS" and named in ("", tail(one["id"]))
    ]
    if len(fitting) != 1:
        what = "no payment" if not fitting else f"{len(fitting)} payments"
        raise Failure.data(
            "which_payment",
            f"The order has {what} in Shopify that could be given back. Name the one that is meant as payment_id "
            "in the mapping, or refund it in Shopify.",
            field="payment_id",
        )
    made |= {"parentId": fitting[0]["id"], "gateway": fitting[0]["gateway"]}
    return {**refund, "transactions": [made]}


# Fulfilments.


def fulfilment(order: Mapping[str, Any], asked: Mapping[str, Any], preferred: str) -> dict[str, Any]:
    """The input that ships these lines from one location. Raises Failure where no location can."""
    at: dict[str, list[Mapping[str, Any]]] = {}
    for one in order["fulfillmentOrders"]:
        if one["status"] in SHIPPABLE:
            at.setdefault(tail((one["assignedLocation"]["location"] or {}).get("id")), []).append(one)
    for place in sorted(at, key=lambda location: location != preferred):
        taken = _taken(at[place], asked["lines"])
        if taken is not None:
            return {
                "lineItemsByFulfillmentOrder": taken,
                "trackingInfo": asked["tracking"],
                "notifyCustomer": bool(asked.get("notify")),
            }
    raise Failure.data(
        "cannot_fulfil",
        f"Order {order['name']} has not that much left to ship at one location in Shopify. See there what was shipped "
        "or cancelled, and whether it is on hold.",
        field="lines",
    )


def _taken(
    places: Sequence[Mapping[str, Any]], wanted: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]] | None:
    """What each fulfilment order gives; None where together they have not enough."""
    given: dict[str, dict[str, int]] = {}
    for line in wanted:
        missing = int(line["quantity"])
        for place in places:
            for part in place["lineItems"]["nodes"]:
                if tail(part["lineItem"]["id"]) != tail(line["line_id"]):
                    continue
                ours = given.setdefault(place["id"], {})
                units = min(missing, part["remainingQuantity"] - ours.get(part["id"], 0))
                if units > 0:
                    ours[part["id"]] = ours.get(part["id"], 0) + units
                    missing -= units
        if missing:
            return None
    return [
        {
            "fulfillmentOrderId": place,
            "fulfillmentOrderLineItems": [{"id": part, "quantity": units} for part, units in parts.items()],
        }
        for place, parts in given.items()
        if parts
    ]


# What was made before.


def made_before(resource: str, order: Mapping[str, Any], ours: str) -> dict[str, Any] | None:
    """The refund that holds our reference, or the fulfilment with our tracking number."""
    found: list[dict[str, Any]] = order.get(resource) or []
    if resource == "refunds":
        return next((one for one in found if (one["note"] or "").endswith(f"({ours})")), None)
    return next(
        (
            one
            for one in found
            if one["status"] not in NOT_MADE and ours in [info["number"] for info in one["trackingInfo"]]
        ),
        None,
    )

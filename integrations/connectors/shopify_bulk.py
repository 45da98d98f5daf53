"""All orders or variants of a large store: https://shopify.dev/docs/api/usage/bulk-operations/queries

Shopify writes them into a file, a JSON object a line, at a signed address on another host. A read starts that, looks
now and then whether it is done, and takes the file in parts. Where a read stands is the operation's id and how far the
file was read: the address would open all of it to whoever sees it, so it is asked for anew with each part and kept
nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from integrations.connectors import shopify_documents as ask
from integrations.connectors.base import Page
from integrations.connectors.rows import RecordPlan
from integrations.exceptions import Failure, Kind
from integrations.http.client import HttpClient, Request, Response

# Fewer are there sooner page by page than an export begins.
MANY = 2_000
# Bytes at a time, some hundred things: no step takes longer than a worker has.
PART = 512 * 1024
LOOK_AGAIN, TRY_AGAIN = 10.0, 60.0
Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
# A client of the file's host that carries nothing of ours.
Connect = Callable[[str], HttpClient]

UNDER_WAY = "Shopify is writing the export of {name} ({count} so far). It is looked for again in a moment."
BUSY = "Shopify is at work on as many exports as it does at once. This one is asked for again in a minute."
NO_EXPORT = "Shopify could not export {name} ({why}). They are read page by page, which takes longer."


@dataclass(frozen=True)
class Export:
    """`document` has no variables. `parts`: by the type in its id, where what comes below a thing belongs in it."""

    name: str
    count: str
    document: str
    parts: Mapping[str, str] = field(default_factory=dict)


def _below(connection: str, fields: str) -> str:
    return f"{connection} {{ edges {{ node {{ {fields} }} }} }}"


def _all(connection: str, fields: str) -> str:
    return f"{{ {_below(connection, fields)} }}"


EXPORTS = {
    "orders": Export(
        "orders",
        "{ many: ordersCount(limit: 10000) { count } }",
        _all(
            "orders",
            f"{ask.ORDER_FIELDS} {_below('fulfillmentOrders', ask.PROMISE)} {_below('lineItems', ask.LINE)}",
        ),
        {"FulfillmentOrder": "fulfillmentOrders", "LineItem": "lineItems"},
    ),
    "variants": Export(
        "variants",
        "{ many: productsCount(limit: 10000) { count } }",
        _all("productVariants", ask.VARIANT),
    ),
}


class Exporting:
    def __init__(self, export: Export, record: RecordPlan, ask: Ask, connect: Connect) -> None:
        self.export = export
        self.record = record
        self._ask = ask
        self._connect = connect

    def is_worth_it(self) -> bool:
        return int(self._ask(self.export.count, {})["many"]["count"]) >= MANY

    def start(self) -> Page:
        try:
            begun = self._ask(ask.RUN_EXPORT, {"query": self.export.document})["bulkOperationRunQuery"]
        except Failure as failure:
            if failure.code in ("limit_reached", "operation_in_progress"):
                raise Failure.transient("not_ready", BUSY, retry_after=TRY_AGAIN) from failure
            if failure.kind != Kind.DATA:
                raise
            return self._page_by_page(failure.code)
        return Page((), {"bulk": begun["bulkOperation"]["id"], "at": 0})

    def read(self, position: Mapping[str, Any]) -> Page:
        """Raises Failure (not_ready) while Shopify writes; the position stays where it is."""
        found = self._ask(ask.EXPORT, {"id": position["bulk"]})["bulkOperation"]
        status = found["status"] if found is not None else "EXPIRED"
        if status in ("CREATED", "RUNNING", "CANCELING"):
            sentence = UNDER_WAY.format(name=self.export.name, count=found["rootObjectCount"])
            raise Failure.transient("not_ready", sentence, retry_after=LOOK_AGAIN)
        if status != "COMPLETED":
            return self._page_by_page(str((found or {}).get("errorCode") or status))
        if not found["url"]:
            return Page((), None, complete=True, total=0)
        return self._part(found["url"], position, int(found["rootObjectCount"]))

    def _page_by_page(self, why: str) -> Page:
        notice = NO_EXPORT.format(name=self.export.name, why=why.lower().replace("_", " "))
        return Page((), {}, notices=(notice,))

    def _part(self, url: str, position: Mapping[str, Any], total: int) -> Page:
        begin, size = int(position["at"]), PART
        client = self._connect(url)
        try:
            while True:
                content, is_last = _taken(client, url, begin, size)
                groups, used = grouped(content, is_last=is_last)
                if groups or is_last:
                    break
                # One thing is larger than the part.
                size *= 2
        finally:
            client.close()
        items = tuple(self.record.item(self._whole(group)) for group in groups)
        following = None if is_last else {**position, "at": begin + used}
        return Page(items, following, complete=is_last, total=total)

    def _whole(self, group: list[dict[str, Any]]) -> dict[str, Any]:
        """A thing with what came below it, as a list shows it."""
        whole, *below = group
        for name in self.export.parts.values():
            whole[name] = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": []}
        for part in below:
            parent = part.pop("__parentId")
            place = self.export.parts.get(part["id"].split("/")[3])
            if place is None or parent != whole["id"]:
                raise Failure.config(
                    "unfit_export",
                    f"Shopify's export of {self.export.name} is not in the order that is expected: {part['id']} stands "
                    "below something else. Tell whoever maintains Crossdock.",
                )
            whole[place]["nodes"].append(part)
        return whole


def grouped(content: bytes, *, is_last: bool) -> tuple[list[list[dict[str, Any]]], int]:
    """Things, each with what comes below it, and how many bytes they took.

    But for the last part of a file, the last line may be cut and the last thing may go on: both wait for the next part.
    """
    groups: list[list[dict[str, Any]]] = []
    at = begin_of_last = 0
    while at < len(content):
        end = content.find(b"\n", at)
        if end < 0 and not is_last:
            break
        row = content[at : end if end >= 0 else len(content)]
        if row.strip():
            told = orjson.loads(row)
            if "__parentId" in told and groups:
                groups[-1].append(told)
            else:
                groups.append([told])
                begin_of_last = at
        at = end + 1 if end >= 0 else len(content)
    if is_last:
        return groups, len(content)
    return groups[:-1], begin_of_last


def _taken(client: HttpClient, url: str, begin: int, size: int) -> tuple[bytes, bool]:
    """Some bytes of the file, and whether they are its last."""
    parts = urlsplit(url)
    headers = {"Range": f"bytes={begin}-{begin + size - 1}", "Accept-Encoding": "identity", "Accept": "*/*"}
    client.hide(value for _, value in parse_qsl(parts.query))
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    response = client.send(Request("GET", path, headers=headers, is_json=False))
    if response.status == 416:
        return b"", True
    if response.status == 206:
        whole = response.headers.get("content-range", "").rpartition("/")[2]
        return response.raw, whole.isdigit() and begin + len(response.raw) >= int(whole)
    if response.status == 200:
        # The host heeds no ranges and gave all.
        return response.raw[begin : begin + size], begin + size >= len(response.raw)
    raise _unreadable(response)


def _unreadable(response: Response) -> Failure:
    return Failure.transient(
        "export_out_of_reach",
        f"Shopify's export could not be read (HTTP {response.status}). It is tried again.",
        status=response.status,
        retry_after=TRY_AGAIN,
    )

"""The check from outside: `python -m integrations.sandbox.check --sandbox URL [--portal URL] [--json]`.

Reads the sandbox's books over HTTP and, where it is told of one, the portal's partner API; compares both with the
ends that the seed expects, record by record and field by field. Exit 0 when all agrees, 1 when not.
The tokens come from SANDBOX_TOKEN_CONTROL and PORTAL_API_KEY.
"""

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from integrations.sandbox import seed
from integrations.sandbox.comparing import (
    Difference,
    at_stage,
    compare_faults,
    compare_orders,
    compare_stock,
    compare_webhooks,
)
from integrations.sandbox.comparing_portal import compare_portal
from integrations.sandbox.store import Document

LEAST_DELIVERED = 470
TIMEOUT = 60


@dataclass(frozen=True)
class Report:
    """`summary` counts what was compared: orders by end, misbehaviours by how often, stock rows, requests."""

    differences: list[Difference]
    summary: dict[str, Any]

    @property
    def ok(self) -> bool:
        return not self.differences

    def as_dict(self) -> Document:
        told = [difference.as_dict() for difference in self.differences]
        return {"ok": self.ok, "summary": self.summary, "differences": told}


def check(
    sandbox_url: str,
    control_token: str,
    portal_url: str | None = None,
    api_key: str | None = None,
    orders_job: str | None = None,
    stock: bool = True,
) -> Report:
    """Compares everything; the acts that were played decide which ends are expected.

    `orders_job` is the key of the job whose records are the shop's orders (without it, all records are looked
    through); `stock=False` leaves the stock out, for a portal that does not carry it. Raises OSError when
    a side cannot be reached, ValueError when the sandbox holds no demo.
    """
    books = _get(f"{sandbox_url}/control/books", control_token)
    if books["demo"]["seed"] is None:
        raise ValueError("The sandbox holds no demo: start it with --seed demo.")
    acts = books["demo"]["acts"]
    expected = [at_stage(row, acts) for row in seed.read_lines("expected.jsonl")]
    shelves = [at_stage(row, acts) for row in seed.read_lines("expected_stock.jsonl")] if stock else []
    differences = [
        *compare_orders(expected, books),
        *compare_stock(shelves, books),
        *compare_faults(books["faults"]),
        *compare_webhooks(books["webhooks"]),
    ]
    delivered = len({order["reference"] for order in books["systems"]["warehouse"].get("orders", [])})
    if delivered < LEAST_DELIVERED:
        differences.append(
            Difference("The demo", "orders delivered", f"at least {LEAST_DELIVERED}", delivered)
        )
    if portal_url is not None:
        records = _all(portal_url, "records", api_key or "", {"job": orders_job} if orders_job else {})
        errors = _all(portal_url, "errors", api_key or "", {"state": "open"})
        differences += compare_portal(expected, books, records, errors)
    return Report(differences, _summary(books, expected, shelves, delivered))


def _summary(
    books: Document, expected: list[Document], shelves: list[Document], delivered: int
) -> dict[str, Any]:
    return {
        "orders": len(expected),
        "expected": dict(Counter(row["end"] for row in expected)),
        "delivered": delivered,
        "stock": len(shelves),
        "acts": books["demo"]["acts"],
        "misbehaviours": {rule["id"]: rule["fired"] for rule in books["faults"]},
        "webhooks": books["webhooks"],
        "replays": sum(entry["replay"] for entry in books["effects"]),
        "requests": books["requests"],
    }


def _all(portal_url: str, path: str, key: str, query: dict[str, str]) -> list[Document]:
    address: str | None = f"{portal_url}/api/v1/{path}?{urlencode({**query, 'page_size': 500})}"
    found: list[Document] = []
    while address is not None:
        page = _get(address, key)
        found += page["results"]
        address = page["next"]
    return found


def _get(address: str, token: str) -> Document:
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"Not an address: {address}")
    request = Request(address, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
    with urlopen(request, timeout=TIMEOUT) as answer:
        body: Document = json.load(answer)
    return body


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox.check", description=__doc__)
    parser.add_argument("--sandbox", required=True, help="the sandbox's base address")
    parser.add_argument("--portal", help="the portal's base address")
    parser.add_argument("--orders-job", help="the key of the job that carries orders to the warehouse")
    parser.add_argument("--no-stock", action="store_true", help="leave the stock out")
    parser.add_argument("--json", action="store_true", help="print the whole report as JSON")
    options = parser.parse_args()
    report = check(
        options.sandbox,
        os.environ["SANDBOX_TOKEN_CONTROL"],
        options.portal,
        os.environ.get("PORTAL_API_KEY"),
        options.orders_job,
        not options.no_stock,
    )
    if options.json:
        print(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        for difference in report.differences:
            print(difference)
        print(json.dumps(report.summary, ensure_ascii=False))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main())

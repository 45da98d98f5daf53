"""What the portal is compared with: a script of requests and 16 threads, which keeps nothing of what it did.

`python -m tests.benchmarks.script` reads SHOP_URL, WAREHOUSE_URL and TOKEN.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import local
from typing import Any

import requests

SHOP, WAREHOUSE = os.environ["SHOP_URL"], os.environ["WAREHOUSE_URL"]
THREADS = int(os.environ.get("BENCH_CALLS", "16"))
_own = local()


def session() -> requests.Session:
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.headers["Authorization"] = f"Bearer {os.environ['TOKEN']}"
    found: requests.Session = _own.session
    return found


def cents(amount: str) -> int:
    return int(Decimal(amount) * 100)


def translated(order: dict[str, Any]) -> dict[str, Any]:
    address = order["shipping_address"]
    return {
        "external_id": order["id"],
        "reference": order["name"],
        "placed_at": order["created_at"],
        "recipient": address["name"],
        "email": order["email"].lower(),
        "phone": address["phone"] or "",
        "address1": address["address1"],
        "address2": address["address2"] or "",
        "city": address["city"],
        "region": address["province_code"],
        "postal_code": address["zip"],
        "country": address["country_code"],
        "currency": order["currency"],
        "total_minor": cents(order["total_price"]),
        "lines": [
            {"sku": line["sku"], "quantity": line["quantity"], "unit_minor": cents(line["price"])}
            for line in order["line_items"]
        ],
    }


def send(order: dict[str, Any]) -> None:
    body, headers = translated(order), {"Idempotency-Key": order["id"]}
    while True:
        answer = session().post(f"{WAREHOUSE}/shipments-orders", json=body, headers=headers, timeout=30)
        if answer.status_code < 400:
            return
        time.sleep(float(answer.headers.get("Retry-After", 0.2)))


def main() -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        asked: dict[str, Any] = {"next_cursor": "0"}
        while cursor := asked["next_cursor"]:
            page = {"limit": "250", "cursor": cursor}
            asked = session().get(f"{SHOP}/orders", params=page, timeout=30).json()
            sent = [pool.submit(send, order) for order in asked["orders"]]
    for one in sent:
        one.result()


if __name__ == "__main__":
    main()

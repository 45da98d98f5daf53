"""A real Vendure, as its own staff and customers use it: apart from the connector, so that it can testify."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import REFERENCE

FOLDER = REFERENCE / "real" / "vendure"
ADDRESS = "http://127.0.0.1:3101/admin-api"
ADMINISTRATOR = {"username": "superadmin", "password": "superadmin"}
FINAL = ("Cancelled", "Delivered", "Shipped", "PartiallyShipped", "PartiallyDelivered")


@dataclass
class Shop:
    token: str = ""

    @classmethod
    def start(cls) -> Shop:
        """Starts it, which takes a minute or two the first time, and logs in."""
        subprocess.run(["bash", str(FOLDER / "start.sh")], check=True, timeout=280, capture_output=True)
        shop = cls()
        shop.ask('mutation { login(username: "superadmin", password: "superadmin") { __typename } }')
        return shop

    def integrator(self) -> dict[str, str]:
        """An account for the portal alone: who logs out in Vendure ends all sessions of the account."""
        account = {"username": "integration@example.com", "password": "integration"}
        found = self.ask("{ administrators(options: { take: 100 }) { items { emailAddress } } }")
        if account["username"] in [person["emailAddress"] for person in found["administrators"]["items"]]:
            return account
        document = """mutation($email: String!, $password: String!) { createAdministrator(input: {
            emailAddress: $email, firstName: "Portal", lastName: "Account", password: $password, roleIds: ["1"]
        }) { id } }"""
        self.ask(document, email=account["username"], password=account["password"])
        return account

    def place(self, orders: int) -> None:
        subprocess.run(
            [sys.executable, str(FOLDER / "seed.py"), str(orders)],
            check=True,
            timeout=200,
            capture_output=True,
        )

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        parts = urlsplit(ADDRESS)
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            body = json.dumps({"query": document, "variables": variables})
            connection.request("POST", parts.path, body, headers)
            answer = connection.getresponse()
            self.token = answer.getheader("vendure-auth-token") or self.token
            said = json.loads(answer.read())
        finally:
            connection.close()
        assert not said.get("errors"), said
        data: dict[str, Any] = said["data"]
        return data

    def orders(self) -> list[dict[str, Any]]:
        """All that were placed, the newest first."""
        found: list[dict[str, Any]] = []
        document = """query($skip: Int!) { orders(options: {
            take: 100, skip: $skip, sort: { id: DESC }, filter: { active: { eq: false } }
        }) { totalItems items { id code state currencyCode totalWithTax lines { id quantity productVariant { sku } }
            payments { id amount refunds { total } }
            fulfillments { id state trackingCode lines { orderLineId quantity } }
        } } }"""
        while True:
            page = self.ask(document, skip=len(found))["orders"]
            found += page["items"]
            if len(found) >= page["totalItems"] or not page["items"]:
                return found

    def order(self, code: str) -> dict[str, Any]:
        return next(order for order in self.orders() if order["code"] == code)

    def open_orders(self, count: int) -> list[dict[str, Any]]:
        """Paid ones of which nothing was shipped or refunded; more are placed when there are too few."""
        for _ in range(2):
            found = [order for order in self.orders() if _is_untouched(order)]
            if len(found) >= count:
                return found[:count]
            self.place(count)
        raise AssertionError("The shop takes no orders.")

    def cancel(self, order: dict[str, Any]) -> None:
        document = """mutation($id: ID!) { cancelOrder(input: { orderId: $id, reason: "changed mind" }) {
            __typename ... on ErrorResult { message } } }"""
        assert self.ask(document, id=order["id"])["cancelOrder"]["__typename"] == "Order"

    def refund(self, order: dict[str, Any], amount: int) -> None:
        document = """mutation($payment: ID!, $amount: Money!) { refundOrder(input: {
            amount: $amount, paymentId: $payment, reason: "damaged", lines: [], shipping: 0, adjustment: 0
        }) { __typename ... on ErrorResult { message } } }"""
        found = self.ask(document, payment=order["payments"][0]["id"], amount=amount)["refundOrder"]
        assert found["__typename"] == "Refund", found

    def sellable(self, sku: str) -> int:
        document = """query($sku: String!) { productVariants(options: { filter: { sku: { eq: $sku } } }) {
            items { stockLevels { stockOnHand stockAllocated } } } }"""
        levels = self.ask(document, sku=sku)["productVariants"]["items"][0]["stockLevels"]
        return int(sum(level["stockOnHand"] - level["stockAllocated"] for level in levels))

    def skus(self) -> list[str]:
        found = self.ask("{ productVariants(options: { take: 100 }) { items { sku } } }")["productVariants"][
            "items"
        ]
        return sorted(variant["sku"] for variant in found)


def _is_untouched(order: dict[str, Any]) -> bool:
    refunded = any(payment["refunds"] for payment in order["payments"])
    return order["state"] == "PaymentSettled" and not order["fulfillments"] and not refunded

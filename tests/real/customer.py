"""A customer of the real Vendure, who orders as a guest and pays: what its own staff cannot do for us."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.real.shop import ADDRESS

SHOP_API = "/shop-api"
RESULT = "{ __typename ... on ErrorResult { message } }"


@dataclass
class Customer:
    token: str = ""

    def buy(self, variant: str, quantity: int, email: str, address: dict[str, str]) -> str:
        """Orders one line and pays it; gives the order's code."""
        self.ask(
            f"mutation($v: ID!, $q: Int!) {{ addItemToOrder(productVariantId: $v, quantity: $q) {RESULT} }}",
            v=variant,
            q=quantity,
        )
        self.ask(
            f"mutation($i: CreateCustomerInput!) {{ setCustomerForOrder(input: $i) {RESULT} }}",
            i={"emailAddress": email, "firstName": "Test", "lastName": "Buyer"},
        )
        self.ask(
            f"mutation($i: CreateAddressInput!) {{ setOrderShippingAddress(input: $i) {RESULT} }}", i=address
        )
        method = self.ask("{ eligibleShippingMethods { id } }")["eligibleShippingMethods"][0]["id"]
        self.ask(
            f"mutation($m: [ID!]!) {{ setOrderShippingMethod(shippingMethodId: $m) {RESULT} }}", m=[method]
        )
        self.ask(
            'mutation { transitionOrderToState(state: "ArrangingPayment") '
            "{ __typename ... on OrderStateTransitionError { message } } }"
        )
        paid = self.ask(
            'mutation { addPaymentToOrder(input: { method: "dummy", metadata: {} }) '
            "{ __typename ... on Order { code state } ... on ErrorResult { message } } }"
        )["addPaymentToOrder"]
        assert paid.get("state") == "PaymentSettled", paid
        return str(paid["code"])

    def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        connection = http.client.HTTPConnection(urlsplit(ADDRESS).netloc, timeout=30)
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(
                "POST", SHOP_API, json.dumps({"query": document, "variables": variables}), headers
            )
            answer = connection.getresponse()
            self.token = answer.getheader("vendure-auth-token") or self.token
            said = json.loads(answer.read())
        finally:
            connection.close()
        assert not said.get("errors"), said
        data: dict[str, Any] = said["data"]
        return data

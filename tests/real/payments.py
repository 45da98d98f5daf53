"""A stateful payment provider that speaks as Stripe does, as its own staff use it: it testifies for itself."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.conftest import REFERENCE

FOLDER = REFERENCE / "real" / "localstripe"
ADDRESS = "http://127.0.0.1:8713"
KEY = "sk_test_12345"
LONGEST_START = 300


class Payments:
    @classmethod
    def start(cls) -> Payments:
        """With twelve payments of three customers, of which four were declined."""
        subprocess.run(
            ["bash", str(FOLDER / "start.sh")], check=True, timeout=LONGEST_START, capture_output=True
        )
        payments = cls()
        if not payments.ask("GET", "/v1/charges")["data"]:
            seed = [sys.executable, str(FOLDER / "seed.py"), ADDRESS]
            subprocess.run(seed, check=True, timeout=60, capture_output=True)
        return payments

    def ask(self, method: str, path: str, form: dict[str, Any] | None = None, as_json: bool = False) -> Any:
        connection = http.client.HTTPConnection(urlsplit(ADDRESS).netloc, timeout=30)
        kind = "application/json" if as_json else "application/x-www-form-urlencoded"
        content = None if form is None else json.dumps(form) if as_json else urlencode(form)
        try:
            headers = {"Authorization": f"Bearer {KEY}", "Content-Type": kind}
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            raw = answer.read()
        finally:
            connection.close()
        assert answer.status < 300, raw
        return json.loads(raw) if raw.strip() else None

    def charges(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("GET", "/v1/charges?limit=100")["data"]
        return found

    def pay(self, amount: int) -> dict[str, Any]:
        """A new payment with a good card; the charge."""
        customer = self.ask("POST", "/v1/customers", {"name": "Ada", "email": "ada@example.com"})
        card = {
            "card[number]": "4242424242424242",
            "card[exp_month]": 12,
            "card[exp_year]": 2031,
            "card[cvc]": 123,
        }
        method = self.ask("POST", "/v1/payment_methods", {"type": "card", **card})
        self.ask("POST", f"/v1/payment_methods/{method['id']}/attach", {"customer": customer["id"]})
        intent = {"amount": amount, "currency": "eur", "customer": customer["id"], "confirm": "true"}
        order = {"metadata[order_number]": f"SO-{amount}"}
        self.ask("POST", "/v1/payment_intents", {**intent, **order, "payment_method": method["id"]})
        return next(charge for charge in self.charges() if charge["amount"] == amount)

    def tell(self, address: str, secret: str) -> None:
        """From now on events are sent there. Forgotten at its next start."""
        self.ask("POST", "/_config/webhooks/portal", {"url": address, "secret": secret}, as_json=True)

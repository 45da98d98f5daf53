"""Fees, disputes and payouts at three providers, and what happens there without the shop."""

from __future__ import annotations

from .running import SandboxProcess

LINE = {"sku": "MUG", "quantity": 1, "price": "20.00"}


def test_an_order_is_charged_by_the_provider_that_it_names(sandbox: SandboxProcess) -> None:
    for provider in ("payments", "payments2", "payments3"):
        sandbox.control(
            "POST", "/shop/orders", {"lines": [LINE], "provider": provider, "email": "a@example.com"}
        )
    sandbox.control("POST", "/shop/orders", {"lines": [LINE], "charged": False})
    kept = {
        name: [
            (row["order_number"], row["amount"], row["fee"], row["net"])
            for row in sandbox.ask("GET", f"/{name}/payments").body["data"]
        ]
        for name in ("payments", "payments2", "payments3")
    }
    assert kept == {
        "payments": [("1001", 2000, 55, 1945)],
        "payments2": [("1002", 2000, 93, 1907)],
        "payments3": [("1003", 2000, 40, 1960)],
    }


def test_a_refund_may_be_made_on_one_side_alone(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/shop/orders", {"lines": [LINE]})
    sandbox.control("POST", "/shop/orders/1001/refund", {"amount": "5.00", "at_provider": False})
    assert sandbox.ask("GET", "/payments/refunds").body["data"] == []
    (told,) = sandbox.ask("GET", "/shop/refunds").body["refunds"]
    assert (told["order_number"], told["amount"]) == ("1001", "5.00")
    made = sandbox.control("POST", "/payments/refunds", {"payment_id": "1001", "amount": 300})
    assert [row["id"] for row in sandbox.ask("GET", "/payments/refunds").body["data"]] == [made["id"]]
    assert len(sandbox.ask("GET", "/shop/refunds").body["refunds"]) == 1


def test_a_payout_is_made_of_what_was_not_sent_yet(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/shop/orders", {"lines": [LINE]})
    sandbox.control("POST", "/shop/orders", {"lines": [LINE]})
    sandbox.control("POST", "/shop/orders/1002/refund", {"amount": "5.00"})
    first = sandbox.control("POST", "/payments/payouts", {"currency": "eur"})
    assert first["amount"] == 2 * 1945 - 500
    assert [part["net"] for part in first["parts"]] == [1945, 1945, -500]
    sandbox.control(
        "POST", "/payments/payments", {"amount": 1000, "currency": "EUR", "email": "b@example.com"}
    )
    wrong = sandbox.control("POST", "/payments/payouts", {"currency": "eur", "off": -7})
    assert (wrong["amount"], len(wrong["parts"])) == (1000 - 40 - 7, 1)
    assert [row["id"] for row in sandbox.ask("GET", "/payments/payouts").body["data"]] == [
        wrong["id"],
        first["id"],
    ]


def test_a_payment_is_changed_and_disputed_there(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/shop/orders", {"lines": [LINE]})
    changed = sandbox.control("POST", "/payments/payments/1001", {"fee": 300, "order_number": None})
    assert (changed["fee"], changed["net"], changed["order_number"]) == (300, 1700, None)
    asked = {"payment_id": changed["id"], "due_by": 1_790_000_000}
    sandbox.control("POST", "/payments/disputes", asked)
    (dispute,) = sandbox.ask("GET", "/payments/disputes").body["data"]
    assert (dispute["payment_id"], dispute["amount"], dispute["status"]) == (
        changed["id"],
        2000,
        "needs_response",
    )

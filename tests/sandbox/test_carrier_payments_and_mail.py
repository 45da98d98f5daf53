from typing import Any

from .running import SandboxProcess

TO = {"name": "Ada", "line1": "Weg 1", "city": "Bonn", "postal_code": "53111", "country": "DE"}


def label(**changes: Any) -> dict[str, Any]:
    return {
        "reference": "1001",
        "service": "standard",
        "to": TO,
        "parcels": [{"weight_grams": 500}],
        **changes,
    }


def test_a_label_is_bought_once_per_key_and_followed(sandbox: SandboxProcess) -> None:
    first = sandbox.ask("POST", "/carrier/labels", label(), Idempotency_Key="k")
    again = sandbox.ask("POST", "/carrier/labels", label(), Idempotency_Key="k")
    assert (first.status, first.body["amount"], again.body["replayed"]) == (201, "6.40", True)
    listed = sandbox.ask("GET", "/carrier/labels?reference=1001").body
    assert [kept["id"] for kept in listed["labels"]] == [first.body["id"]]
    assert (
        sandbox.ask("GET", f"/carrier/tracking/{first.body['tracking_number']}").body["state"]
        == "pre_transit"
    )


def test_a_label_is_voided_until_the_parcel_moves(sandbox: SandboxProcess) -> None:
    bought = sandbox.ask("POST", "/carrier/labels", label()).body
    assert sandbox.ask("POST", f"/carrier/labels/{bought['id']}/void", {}).body["state"] == "voided"
    other = sandbox.ask("POST", "/carrier/labels", label()).body
    sandbox.control("POST", f"/carrier/tracking/{other['tracking_number']}", {"state": "in_transit"})
    assert sandbox.ask("POST", f"/carrier/labels/{other['id']}/void", {}).codes == [("in_transit", "")]


def test_rates_and_address_checks_name_what_is_missing(sandbox: SandboxProcess) -> None:
    rates = sandbox.ask("POST", "/carrier/rates", label()).body["rates"]
    assert [(rate["service"], rate["amount"]) for rate in rates] == [
        ("economy", "4.40"),
        ("standard", "6.40"),
        ("express", "15.40"),
    ]
    answer = sandbox.ask("POST", "/carrier/rates", {"to": {**TO, "postal_code": ""}})
    assert (answer.status, answer.codes) == (422, [("required", "to.postal_code"), ("required", "parcels")])
    checked = sandbox.ask("POST", "/carrier/addresses/check", {**TO, "city": None}).body
    assert checked["valid"] is False
    assert checked["messages"][0]["field"] == "city"


def test_each_order_has_its_payment_in_the_smallest_unit(sandbox: SandboxProcess) -> None:
    line = {"sku": "MUG", "quantity": 1}
    sandbox.control("POST", "/shop/orders", {"lines": [{**line, "price": "12.50"}]})
    sandbox.control("POST", "/shop/orders", {"lines": [{**line, "price": "1250"}], "currency": "JPY"})
    failed = {"lines": [{**line, "price": "4.125"}], "currency": "KWD", "payment_status": "failed"}
    sandbox.control("POST", "/shop/orders", failed)
    page = sandbox.ask("GET", "/payments/payments?limit=2").body
    assert [(p["order_number"], p["amount"], p["currency"], p["status"]) for p in page["data"]] == [
        ("1003", 4125, "kwd", "failed"),
        ("1002", 1250, "jpy", "succeeded"),
    ]
    last = page["data"][-1]["id"]
    rest = sandbox.ask("GET", f"/payments/payments?starting_after={last}").body
    assert [(p["order_number"], p["amount"]) for p in rest["data"]] == [("1001", 1250)]
    assert (page["has_more"], rest["has_more"]) == (True, False)


def test_refunds_are_counted_on_the_payment(sandbox: SandboxProcess) -> None:
    sandbox.control("POST", "/shop/orders", {"lines": [{"sku": "MUG", "quantity": 2}]})
    sandbox.control("POST", "/shop/orders/1001/refund", {"amount": "5.00"})
    refund = sandbox.ask("GET", "/payments/refunds").body["data"][0]
    payment = sandbox.ask("GET", f"/payments/payments/{refund['payment_id']}").body
    assert (refund["amount"], payment["amount"], payment["refunded_amount"]) == (500, 2500, 500)


def test_a_mail_event_is_taken_once_and_never_without_consent(sandbox: SandboxProcess) -> None:
    event = {"email": "ada@example.com", "event": "Placed Order", "unique_id": "1001"}
    first = sandbox.ask("POST", "/mail/events", event, Idempotency_Key="k")
    sandbox.ask("POST", "/mail/events", event, Idempotency_Key="k")
    assert first.status == 202
    assert sandbox.ask("GET", "/mail/events?email=ada@example.com").body["total"] == 1
    assert sandbox.ask("PUT", "/mail/profiles/ada@example.com", {"consent": False}).status == 201
    answer = sandbox.ask("POST", "/mail/events", event)
    assert (answer.status, answer.codes) == (403, [("consent_missing", "email")])

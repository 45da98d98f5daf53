import pytest

from .running import SandboxProcess

PLACES = [("crm", "contacts"), ("desk", "users")]


@pytest.mark.parametrize(("system", "part"), PLACES)
def test_a_second_person_with_the_same_address_is_taken(
    sandbox: SandboxProcess, system: str, part: str
) -> None:
    for email in ("ada@example.com", "ADA@example.com "):
        assert sandbox.ask("POST", f"/{system}/{part}", {"name": "Ada", "email": email}).status == 201
    found = sandbox.ask("GET", f"/{system}/{part}/search?email=Ada@Example.com").body[part]
    assert [one["email"] for one in found] == ["ada@example.com", "ADA@example.com "]


@pytest.mark.parametrize(("system", "part"), PLACES)
def test_a_key_protects_against_a_second_person(sandbox: SandboxProcess, system: str, part: str) -> None:
    body = {"name": "Ada", "email": "ada@example.com"}
    first = sandbox.ask("POST", f"/{system}/{part}", body, Idempotency_Key="k").body
    again = sandbox.ask("POST", f"/{system}/{part}", body, Idempotency_Key="k").body
    assert again == {**first, "replayed": True}
    sandbox.control("PUT", f"/{system}/settings", {"idempotency": "lookup"})
    sandbox.ask("POST", f"/{system}/{part}", body, Idempotency_Key="k")
    assert sandbox.ask("GET", f"/{system}/{part}").body["total"] == 2


def test_a_phone_is_found_by_its_digits(sandbox: SandboxProcess) -> None:
    sandbox.ask("POST", "/crm/contacts", {"name": "Ada", "phone": "+49 221 000-0"})
    found = sandbox.ask("GET", "/crm/contacts/search?phone=%2B492210000").body["contacts"]
    assert [one["name"] for one in found] == ["Ada"]


def test_a_search_may_lag(sandbox: SandboxProcess) -> None:
    sandbox.control("PUT", "/crm/settings", {"search_lag": 60})
    sandbox.ask("POST", "/crm/contacts", {"email": "ada@example.com"})
    assert sandbox.ask("GET", "/crm/contacts/search?email=ada@example.com").body == {"contacts": []}


def test_what_is_not_named_stays(sandbox: SandboxProcess) -> None:
    made = sandbox.ask("POST", "/crm/contacts", {"email": "ada@example.com", "phone": "1"}).body
    changed = sandbox.ask("PATCH", f"/crm/contacts/{made['id']}", {"company": "Engines"}).body
    assert (changed["email"], changed["phone"], changed["company"]) == ("ada@example.com", "1", "Engines")
    since = sandbox.ask("GET", f"/crm/contacts?updated_since={changed['updated_at']}").body
    assert (since["total"], since["contacts"][0]["company"]) == (1, "Engines")


def test_staff_write_and_remove(sandbox: SandboxProcess) -> None:
    made = sandbox.control("POST", "/crm/contacts", {"name": "Ada"})
    sandbox.control("POST", f"/crm/contacts/{made['id']}", {"phone": "1"})
    sandbox.control("DELETE", f"/crm/contacts/{made['id']}")
    assert sandbox.ask("GET", f"/crm/contacts/{made['id']}").status == 404
    assert [effect for effect, _, _ in sandbox.effects("crm")] == [
        "contact.created",
        "contact.changed",
        "contact.removed",
    ]


def test_a_person_without_anything_to_know_them_by_is_refused(sandbox: SandboxProcess) -> None:
    assert sandbox.ask("POST", "/crm/contacts", {"company": "Engines"}).codes == [("required", "email")]
    wrong = {"email": "ada", "consents": [{"channel": "smoke", "given": True}]}
    codes = sandbox.ask("POST", "/crm/contacts", wrong).codes
    assert codes == [("invalid", "email"), ("invalid", "consents.0.channel")]


def test_whoever_writes_becomes_a_user_once(sandbox: SandboxProcess) -> None:
    for subject in ("Where is it?", "Still waiting"):
        body = {"subject": subject, "email": "ada@example.com", "order_number": "#1001"}
        assert sandbox.ask("POST", "/desk/tickets", body).status == 201
    assert sandbox.ask("GET", "/desk/users").body["total"] == 1
    assert sandbox.ask("GET", "/desk/tickets?order_number=1001").body["total"] == 2


def test_a_closed_ticket_stays_closed(sandbox: SandboxProcess) -> None:
    ticket = sandbox.control("POST", "/desk/tickets", {"subject": "Late", "email": "ada@example.com"})
    sandbox.control("POST", f"/desk/tickets/{ticket['id']}", {"status": "closed"})
    answer = sandbox.ask("PATCH", f"/desk/tickets/{ticket['id']}", {"status": "open"})
    assert (answer.status, answer.codes) == (409, [("closed", "status")])


def test_customers_are_listed_by_change_with_what_they_consented_to(sandbox: SandboxProcess) -> None:
    first = sandbox.control("POST", "/shop/customers", {"email": "ada@example.com", "phone": "1"})
    second = sandbox.control("POST", "/shop/customers", {"email": "bo@example.com"})
    sandbox.control("POST", f"/shop/customers/{first['id']}/consent", {"given": True, "source": "checkout"})
    sandbox.control("POST", f"/shop/customers/{first['id']}/consent", {"given": False})
    page = sandbox.ask("GET", "/shop/customers?limit=1").body
    assert [one["id"] for one in page["customers"]] == [second["id"]]
    rest = sandbox.ask("GET", f"/shop/customers?cursor={page['next_cursor']}").body["customers"]
    assert [(one["accepts_marketing"], [c["given"] for c in one["consents"]]) for one in rest] == [
        (False, [False])
    ]
    assert sandbox.ask("GET", "/shop2/customers").body["customers"] == []


def test_an_erased_customer_is_told_without_a_trace(sandbox: SandboxProcess) -> None:
    made = sandbox.control("POST", "/shop/customers", {"email": "ada@example.com", "name": "Ada"})
    sandbox.control("POST", f"/shop/customers/{made['id']}/erase")
    left = sandbox.ask("GET", f"/shop/customers/{made['id']}").raw.decode()
    assert "Ada" not in left
    assert "erased_at" in left

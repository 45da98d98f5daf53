"""JSON-RPC: one address, the key in the body, and every error with HTTP 200, which is told apart all the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.connectors import registry
from integrations.connectors.base import Connector, WriteContext
from integrations.exceptions import DeclarationError, Failure, Kind
from tests.contract.dialects.odoo import CUSTOMER, KEY, MOMENT, beside, order, partner
from tests.contract.vendor import Vendor
from tests.integrations.answering import LOOPBACK, Asked, Says

SECRETS = {"token": KEY, "username": "crossdock-robot"}
SETTINGS = {"version": "15", "database": "acme"}


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = Vendor(None)
    yield made
    made.close()


def connect(vendor: Vendor, **settings: Any) -> Connector:
    kind = registry.get("odoo")
    return kind({"base_url": vendor.base, **SETTINGS, **settings}, SECRETS, guard=LOOPBACK)


@pytest.fixture
def odoo(vendor: Vendor) -> Iterator[Connector]:
    made = connect(vendor)
    yield made
    made.close()


def result(value: Any) -> Says:
    return Says({"jsonrpc": "2.0", "id": 1, "result": value})


def error(name: str, message: str, code: int = 200) -> Says:
    """https://github.com/odoo/odoo/blob/18.0/odoo/http.py: what serialize_exception makes of an exception."""
    data = {"name": name, "message": message, "arguments": [message], "debug": "Traceback (most recent …)"}
    told = {"code": code, "message": "Odoo Server Error", "data": data}
    return Says({"jsonrpc": "2.0", "id": 1, "error": told})


def server(answer: Callable[[str, str, list[Any], dict[str, Any]], Says]) -> Callable[[Asked], Says]:
    """Lets in who has the key, and answers the calls of methods."""

    def serve(asked: Asked) -> Says:
        params = asked.json["params"]
        if (params["service"], params["method"]) == ("common", "authenticate"):
            return result(2 if params["args"] == ["acme", "crossdock-robot", KEY, {}] else False)
        assert (params["service"], params["method"]) == ("object", "execute_kw")
        database, user, key, model, method, first, named = params["args"]
        assert (database, user, key) == ("acme", 2, KEY)
        return answer(model, method, first, named)

    return serve


def test_a_read_is_dressed_for_it_and_its_parts_too(vendor: Vendor, odoo: Connector) -> None:
    def answer(model: str, method: str, first: list[Any], named: dict[str, Any]) -> Says:
        assert (method, first) == ("search_read", [])
        if model == "sale.order":
            assert named["order"] == "write_date, id"
            assert named["domain"] == [
                ["state", "not in", ["draft", "sent"]],
                ["write_date", ">=", "2000-01-01 00:00:00"],
            ]
            return result([order(1)])
        said = beside(Asked("POST", f"/json/2/{model}/{method}", {}, {}, json.dumps(named).encode()))
        assert said is not None
        return result(said.body)

    vendor.on("/jsonrpc", server(answer))
    (item,) = odoo.read("orders", since=None, position=None).items
    assert (item.external_id, item.payload["lines"][0]["product"]["default_code"]) == ("1", "MUG-001")
    logins = [one for one in vendor.asked if one.json["params"]["service"] == "common"]
    assert len(logins) == 1


def test_writes_name_what_they_are_on_by_position(vendor: Vendor, odoo: Connector) -> None:
    told: list[tuple[str, list[Any], dict[str, Any]]] = []

    def answer(model: str, method: str, first: list[Any], named: dict[str, Any]) -> Says:
        told.append((method, first, named))
        return result(
            [{"id": 233, "code": "US"}] if method == "search_read" else [51] if method == "create" else True
        )

    vendor.on("/jsonrpc", server(answer))
    made = odoo.send(odoo.prepare("customers", WriteContext("create", CUSTOMER), 0, "k"))
    odoo.send(odoo.prepare("customers", WriteContext("update", CUSTOMER, "51"), 0, "k"))
    assert made.external_id == "51"
    values = {"street": "Street 1", "country_id": 233, "name": "Test Buyer", "email": "buyer@example.com"}
    assert told[1] == ("create", [[values]], {})
    assert told[3] == ("write", [[51]], {"vals": values})


def test_a_method_that_gives_nothing_leaves_the_result_out(vendor: Vendor, odoo: Connector) -> None:
    def answer(model: str, method: str, first: list[Any], named: dict[str, Any]) -> Says:
        if method == "search_read":
            return result([{"id": 77, "name": "S00077", "state": "sale", "amount_total": 1.0}])
        assert (first, named) == ([[77]], {"context": {"disable_cancel_warning": True}})
        return Says({"jsonrpc": "2.0", "id": 1})

    vendor.on("/jsonrpc", server(answer))
    call = odoo.prepare("orders", WriteContext("cancel", {}, "77"), 0, "k")
    assert odoo.send(call).external_id == "77"


@pytest.mark.parametrize(
    ("says", "kind", "code", "wide"),
    [
        (error("odoo.exceptions.AccessDenied", "Access Denied"), Kind.CONFIG, "unauthorized", True),
        (error("odoo.exceptions.AccessError", "You are not allowed to"), Kind.CONFIG, "forbidden", False),
        (error("odoo.exceptions.UserError", "It cannot be done"), Kind.DATA, "refused", False),
        (error("odoo.exceptions.ValidationError", "It is not valid"), Kind.DATA, "refused", False),
        (error("odoo.exceptions.RedirectWarning", "Set up taxes"), Kind.DATA, "refused", False),
        (error("odoo.exceptions.MissingError", "It was deleted"), Kind.DATA, "not_found", False),
        (error("builtins.ValueError", "Invalid field"), Kind.CONFIG, "call_refused", False),
        (error("builtins.KeyError", "sale.order"), Kind.CONFIG, "call_refused", False),
        (
            error("psycopg2.errors.SerializationFailure", "could not serialize"),
            Kind.TRANSIENT,
            "in_use",
            False,
        ),
        (error("psycopg2.errors.LockNotAvailable", "could not lock"), Kind.TRANSIENT, "in_use", False),
        (error("werkzeug.exceptions.NotFound", "404: Not Found", 404), Kind.CONFIG, "no_such_call", False),
        (Says(raw=b"<html>Bad Gateway</html>", status=502), Kind.TRANSIENT, "server_error", False),
        (Says(raw=b"<html>Slow down</html>", status=429), Kind.TRANSIENT, "rate_limited", False),
    ],
)
def test_what_is_wrong_is_told_apart(
    vendor: Vendor, odoo: Connector, says: Says, kind: Kind, code: str, wide: bool
) -> None:
    vendor.on("/jsonrpc", server(lambda *_: says))
    call = odoo.prepare("customers", WriteContext("update", {"name": "Test Buyer"}, "51"), 0, "k")
    for do in (lambda: odoo.read("orders", since=None, position=None), lambda: odoo.send(call)):
        with pytest.raises(Failure) as caught:
            do()
        failure = caught.value
        assert (failure.kind, failure.code, failure.connection_wide) == (kind, code, wide)
    # What Odoo itself refused it has undone; of a gateway's word nobody knows what became of it.
    assert failure.in_doubt == (says.status == 502)


def test_who_is_not_let_in_is_told_so(vendor: Vendor) -> None:
    vendor.on("/jsonrpc", server(lambda *_: result([])))
    connector = connect(vendor, database="another")
    with pytest.raises(Failure, match="does not let us log in") as caught:
        connector.read("orders", since=None, position=None)
    assert (caught.value.kind, caught.value.code, caught.value.connection_wide) == (
        Kind.CONFIG,
        "unauthorized",
        True,
    )
    connector.close()


def test_a_database_that_is_not_there_is_told_so(vendor: Vendor, odoo: Connector) -> None:
    vendor.on("/jsonrpc", error("psycopg2.OperationalError", 'database "acme" does not exist'))
    with pytest.raises(Failure, match="does not exist") as caught:
        odoo.read("orders", since=None, position=None)
    assert caught.value.code == "unauthorized"


def test_an_odoo_without_json_rpc_is_told_so(vendor: Vendor, odoo: Connector) -> None:
    with pytest.raises(Failure, match="version of Odoo") as caught:
        odoo.read("orders", since=None, position=None)
    assert caught.value.code == "no_such_call"


@pytest.mark.parametrize("silent_at", ["authenticate", "write"])
def test_a_lost_answer_is_in_doubt_where_something_was_written(
    vendor: Vendor, odoo: Connector, silent_at: str
) -> None:
    def serve(asked: Asked) -> Says:
        params = asked.json["params"]
        method = params["args"][4] if params["method"] == "execute_kw" else params["method"]
        return Says(silent=True) if method == silent_at else result(2)

    vendor.on("/jsonrpc", serve)
    call = odoo.prepare("customers", WriteContext("update", {"name": "Test Buyer"}, "51"), 0, "k")
    with pytest.raises(Failure) as caught:
        odoo.send(call)
    assert caught.value.in_doubt == (silent_at == "write")
    told = json.dumps([caught.value.sentence, caught.value.evidence])
    assert KEY not in told
    assert SECRETS["username"] not in told


def test_what_is_kept_of_an_error_holds_no_key_and_no_traceback(vendor: Vendor, odoo: Connector) -> None:
    vendor.on("/jsonrpc", server(lambda *_: error("odoo.exceptions.UserError", f"Who is {KEY}?")))
    with pytest.raises(Failure) as caught:
        odoo.read("orders", since=None, position=None)
    told = json.dumps([caught.value.sentence, caught.value.evidence])
    assert KEY not in told
    assert "Traceback" not in told
    # It is shown as it was meant, and not as it was dressed.
    assert caught.value.evidence["request"]["body"]["order"] == "write_date, id"


@pytest.mark.parametrize("missing", ["database", "username"])
def test_older_versions_need_a_database_and_a_login(missing: str) -> None:
    settings = {"base_url": "https://203.0.113.5", **SETTINGS}
    secrets = {name: value for name, value in SECRETS.items() if name != missing}
    kind = registry.get("odoo")
    with pytest.raises(DeclarationError) as caught:
        kind({name: value for name, value in settings.items() if name != missing}, secrets)
    assert caught.value.field == missing


@pytest.mark.parametrize(
    ("version", "leaf"), [("15", ["type", "=", "product"]), ("18", ["is_storable", "=", True])]
)
def test_what_is_stored_is_called_by_its_name_of_the_version(
    vendor: Vendor, version: str, leaf: list[Any]
) -> None:
    asked: list[Any] = []

    def answer(model: str, method: str, first: list[Any], named: dict[str, Any]) -> Says:
        asked.append(named["domain"])
        return result([])

    vendor.on("/jsonrpc", server(answer))
    connector = connect(vendor, version=version)
    connector.read("stock", since=None, position=None)
    connector.close()
    assert asked == [[leaf]]


def test_the_button_that_tests_the_connection_counts_orders(vendor: Vendor, odoo: Connector) -> None:
    vendor.on("/jsonrpc", server(lambda model, method, *_: result(7 if method == "search_count" else None)))
    assert odoo.test().ok


def test_a_person_is_fetched(vendor: Vendor, odoo: Connector) -> None:
    def answer(model: str, method: str, first: list[Any], named: dict[str, Any]) -> Says:
        rows = {"res.partner": [partner(51, MOMENT)], "res.country": [{"id": 233, "code": "US"}]}
        return result(rows.get(model, []))

    vendor.on("/jsonrpc", server(answer))
    found = odoo.fetch("customers", "51")
    assert found is not None
    assert found.payload["country_code"] == "US"

import json
from pathlib import Path

import pytest

from .running import SandboxProcess


@pytest.mark.parametrize(
    "path",
    [
        "/shop/orders",
        "/shop2/orders",
        "/warehouse/orders",
        "/carrier/labels",
        "/payments/payments",
        "/mail/events",
        "/crm/contacts",
        "/desk/tickets",
    ],
)
def test_another_systems_token_is_refused(sandbox: SandboxProcess, path: str) -> None:
    answer = sandbox.ask("GET", path, token=sandbox.tokens["control"])
    assert (answer.status, answer.codes) == (401, [("unauthorized", "")])
    assert sandbox.ask("GET", path).status == 200


def test_the_books_need_the_control_token(sandbox: SandboxProcess) -> None:
    assert sandbox.ask("GET", "/control/books", token=sandbox.tokens["shop"]).status == 401
    assert sandbox.ask("GET", "/control/books", token="").status == 401


def test_a_session_token_works_until_it_expires(sandbox: SandboxProcess) -> None:
    login = {"client_id": "warehouse", "client_secret": sandbox.tokens["warehouse"]}
    token = sandbox.ask("POST", "/warehouse/token", login).body["access_token"]
    assert sandbox.ask("GET", "/warehouse/stock", token=token).status == 200
    assert sandbox.ask("GET", "/shop/stock", token=token).codes == [("unauthorized", "")]
    sandbox.control("PUT", "/warehouse/settings", {"session_lifetime": 0})
    short = sandbox.ask("POST", "/warehouse/token", login).body["access_token"]
    assert sandbox.ask("GET", "/warehouse/stock", token=short).codes == [("token_expired", "")]


def test_a_wrong_secret_gets_no_session(sandbox: SandboxProcess) -> None:
    answer = sandbox.ask("POST", "/shop/token", {"client_id": "shop", "client_secret": "guess"})
    assert (answer.status, answer.codes) == (401, [("invalid_client", "")])


def test_tokens_and_port_are_kept_for_the_next_start(state: Path) -> None:
    process = SandboxProcess(state).start()
    tokens, port = process.tokens, process.port
    assert process.stop() == 0
    again = process.start()
    try:
        assert (again.tokens, again.port) == (tokens, port)
        kept = process.state / "access.json"
        assert kept.stat().st_mode & 0o077 == 0
        assert json.loads(kept.read_text())["tokens"] == tokens
    finally:
        again.kill()

"""Codes and refresh tokens are good once; whoever uses an old one loses the access."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from .running import Answer, SandboxProcess

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
BACK = "https://portal.example.com/back"


def asked(sandbox: SandboxProcess, answer: str = "yes", **changes: str) -> Answer:
    query = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": BACK,
        "state": "s-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        "answer": answer,
        **changes,
    }
    return sandbox.ask("GET", "/shop/authorize?" + urlencode(query))


def told(answer: Answer) -> dict[str, str]:
    assert answer.status == 302
    assert answer.headers["location"].startswith(BACK + "?")
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


def token(sandbox: SandboxProcess, **form: str) -> Answer:
    whole = {"client_id": "shop", "client_secret": sandbox.tokens["shop"], **form}
    return sandbox.ask("POST", "/shop/token", urlencode(whole).encode())


def exchanged(sandbox: SandboxProcess, code: str, **changes: str) -> Answer:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return token(sandbox, **{**form, **changes})


def refreshed(sandbox: SandboxProcess, refresh_token: str) -> Answer:
    return token(sandbox, grant_type="refresh_token", refresh_token=refresh_token)


def is_let_in(sandbox: SandboxProcess, given: dict[str, Any]) -> bool:
    return sandbox.ask("GET", "/shop/orders", token=given["access_token"]).status == 200


def test_a_yes_is_worth_an_access_that_is_renewed(sandbox: SandboxProcess) -> None:
    came = told(asked(sandbox))
    assert came["state"] == "s-1"
    first = exchanged(sandbox, came["code"]).body
    assert is_let_in(sandbox, first)
    second = refreshed(sandbox, first["refresh_token"]).body
    assert is_let_in(sandbox, second)
    assert second["refresh_token"] != first["refresh_token"]
    assert sandbox.control("GET", "/shop/consents") == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}


def test_the_page_offers_both_answers(sandbox: SandboxProcess) -> None:
    page = asked(sandbox, answer="", state='"><b>')
    assert page.status == 302
    shown = sandbox.ask(
        "GET",
        "/shop/authorize?"
        + urlencode(
            {
                "response_type": "code",
                "client_id": "shop",
                "redirect_uri": BACK,
                "state": '"><b>',
                "code_challenge": CHALLENGE,
                "code_challenge_method": "S256",
            }
        ),
    )
    assert shown.headers["content-type"].startswith("text/html")
    assert b'id="yes"' in shown.raw
    assert b"<b>" not in shown.raw


def test_a_no_is_told(sandbox: SandboxProcess) -> None:
    assert told(asked(sandbox, answer="no")) == {"error": "access_denied", "state": "s-1"}


def test_an_old_refresh_token_ends_the_whole_access(sandbox: SandboxProcess) -> None:
    first = exchanged(sandbox, told(asked(sandbox))["code"]).body
    second = refreshed(sandbox, first["refresh_token"]).body
    assert is_let_in(sandbox, second)
    assert refreshed(sandbox, first["refresh_token"]).body == {"error": "invalid_grant"}
    assert not is_let_in(sandbox, second)
    assert refreshed(sandbox, second["refresh_token"]).status == 400
    counts = sandbox.control("GET", "/shop/consents")
    assert (counts["burnt"], counts["unheard"]) == (1, 0)


def test_it_is_told_where_nobody_heard_of_the_newest_token(sandbox: SandboxProcess) -> None:
    first = exchanged(sandbox, told(asked(sandbox))["code"]).body
    assert is_let_in(sandbox, first)
    refreshed(sandbox, first["refresh_token"])
    assert refreshed(sandbox, first["refresh_token"]).body == {"error": "invalid_grant"}
    counts = sandbox.control("GET", "/shop/consents")
    assert (counts["burnt"], counts["unheard"]) == (1, 1)


def test_a_code_is_good_once(sandbox: SandboxProcess) -> None:
    code = told(asked(sandbox))["code"]
    given = exchanged(sandbox, code).body
    assert exchanged(sandbox, code).body == {"error": "invalid_grant"}
    assert not is_let_in(sandbox, given)


@pytest.mark.parametrize("change", [{"code_verifier": "w" * 64}, {"redirect_uri": BACK + "/"}])
def test_a_code_is_worth_nothing_to_another(sandbox: SandboxProcess, change: dict[str, str]) -> None:
    assert exchanged(sandbox, told(asked(sandbox))["code"], **change).body == {"error": "invalid_grant"}


def test_what_is_taken_back_is_over(sandbox: SandboxProcess) -> None:
    given = exchanged(sandbox, told(asked(sandbox))["code"]).body
    sandbox.control("POST", "/shop/revoke")
    assert not is_let_in(sandbox, given)
    assert refreshed(sandbox, given["refresh_token"]).body == {"error": "invalid_grant"}


@pytest.mark.parametrize("change", [{"client_id": "nobody"}, {"redirect_uri": "javascript:alert(1)"}])
def test_a_stranger_is_not_sent_anywhere(sandbox: SandboxProcess, change: dict[str, str]) -> None:
    assert asked(sandbox, **change).status == 400

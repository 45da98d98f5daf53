from __future__ import annotations

import pytest

from integrations.configuration.environment import MissingVariables, escape, fill, only_reference, placeholder

ENVIRONMENT = {"TOKEN": "t-1", "HOST": "shop.example.com"}


def test_references_are_replaced_wherever_they_stand() -> None:
    value = {"token": "${TOKEN}", "address": "https://${HOST}/api", "more": ["${TOKEN}", 5]}

    assert fill(value, (), ENVIRONMENT) == {
        "token": "t-1",
        "address": "https://shop.example.com/api",
        "more": ["t-1", 5],
    }


def test_all_missing_variables_are_named_with_their_place() -> None:
    with pytest.raises(MissingVariables) as caught:
        fill({"a": "${GONE}", "b": ["${LOST}"]}, ("connections",), ENVIRONMENT)

    assert caught.value.missing == [(("connections", "a"), "GONE"), (("connections", "b", 0), "LOST")]


@pytest.mark.parametrize(
    "text", ["${TOKEN}", "$${TOKEN}", "$$${TOKEN}", "a${X}b$${Y}", "${record.id}", "$", "{TOKEN}"]
)
def test_what_was_escaped_comes_back_unchanged(text: str) -> None:
    assert fill(escape({"value": [text]}), (), ENVIRONMENT) == {"value": [text]}


def test_a_template_of_a_vendor_is_no_reference() -> None:
    assert fill("{{ order.id }} ${record.id} $id", (), {}) == "{{ order.id }} ${record.id} $id"


def test_only_a_whole_value_is_a_lone_reference() -> None:
    assert only_reference("${TOKEN}") == "TOKEN"
    assert only_reference("Bearer ${TOKEN}") is None
    assert only_reference("$${TOKEN}") is None
    assert only_reference(5) is None


def test_a_placeholder_is_a_name_that_every_shell_takes() -> None:
    assert placeholder("connections", "main-shop", "access_token") == "${MAIN_SHOP_ACCESS_TOKEN}"
    assert placeholder("connections", "3pl", "api-key") == "${_3PL_API_KEY}"

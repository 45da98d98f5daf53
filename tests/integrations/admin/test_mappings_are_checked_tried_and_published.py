from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.connectors.base import Item
from integrations.exceptions import Failure
from mappings.models import Direction, FieldRule, Mapping, ValueMap, ValueMapEntry
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url, messages_of
from tests.integrations.mapping_rows import sent

pytestmark = pytest.mark.django_db

PERSON = "customer@example.com"


@pytest.fixture
def mapping(db: None) -> Mapping:
    made = factories.mapping(name="Shop order")
    rule(made, "number", "name", required=True)
    rule(made, "email", "contact.mail")
    return made


def rule(of: Mapping, target: str, source: str, **values: Any) -> FieldRule:
    return FieldRule.objects.create(
        mapping=of, target=target, source=source, position=of.rules.count(), **values
    )


def row_errors(response: Any, place: int) -> dict[str, list[str]]:
    formset = response.context["inline_admin_formsets"][0].formset
    return {name: [str(error) for error in errors] for name, errors in formset.forms[place].errors.items()}


GOOD = [
    {"target": "number", "source": "name", "required": "on"},
    {"target": "email", "source": "contact.mail"},
]


def test_saving_publishes_a_new_version(admin_client: Client, boss: Any, mapping: Mapping) -> None:
    mapping.publish()
    changed = [*GOOD, {"target": "currency", "source": "currency", "transform": "upper"}]
    response = admin_client.post(change_url(mapping), sent(mapping, changed))
    assert response.status_code == 302
    mapping.refresh_from_db()
    assert mapping.current_number == 2
    newest = mapping.versions.get(number=2)
    assert newest.published_by == boss
    assert [entry["target"] for entry in newest.snapshot["rules"]] == ["number", "email", "currency"]
    assert "Version 2 is in use from now on." in messages_of(admin_client)[0]


def test_saving_without_a_change_makes_no_version(admin_client: Client, mapping: Mapping) -> None:
    mapping.publish()
    admin_client.post(change_url(mapping), sent(mapping, GOOD))
    mapping.refresh_from_db()
    assert mapping.current_number == 1


def test_an_unknown_field_is_told_at_its_row(admin_client: Client, mapping: Mapping) -> None:
    wrong = [GOOD[0], {"target": "emial", "source": "contact.mail"}]
    response = admin_client.post(change_url(mapping), sent(mapping, wrong))
    assert row_errors(response, 0) == {}
    assert row_errors(response, 1) == {"target": ["order has no field “emial”."]}
    mapping.refresh_from_db()
    assert mapping.current_number == 0


def test_a_broken_expression_is_told_at_its_row(admin_client: Client, mapping: Mapping) -> None:
    response = admin_client.post(
        change_url(mapping), sent(mapping, [GOOD[0], {"target": "email", "source": "contact.["}])
    )
    assert list(row_errors(response, 1)) == ["source"]


def test_a_field_named_twice_is_told_at_the_second_row(admin_client: Client, mapping: Mapping) -> None:
    response = admin_client.post(
        change_url(mapping), sent(mapping, [GOOD[0], {"target": "number", "source": "id"}])
    )
    assert row_errors(response, 1) == {"target": ["“number” has a rule already."]}


def test_a_deleted_row_is_not_checked(admin_client: Client, mapping: Mapping) -> None:
    deleted = [GOOD[0], {"target": "number", "source": "name", "DELETE": "on"}]
    assert admin_client.post(change_url(mapping), sent(mapping, deleted)).status_code == 302
    assert [entry.target for entry in mapping.rules.all()] == ["number"]


def test_arguments_that_are_not_an_object_are_refused(admin_client: Client, mapping: Mapping) -> None:
    wrong = [GOOD[0], {"target": "email", "source": "mail", "transform": "upper", "arguments": "[1]"}]
    response = admin_client.post(change_url(mapping), sent(mapping, wrong))
    assert list(row_errors(response, 1)) == ["arguments"]


@pytest.mark.parametrize(
    ("written", "stored"), [("DE", "DE"), ('"5"', "5"), ("5", 5), ("true", True), ("", None)]
)
def test_a_default_is_a_word_or_json(
    admin_client: Client, mapping: Mapping, written: str, stored: Any
) -> None:
    changed = [GOOD[0], {"target": "email", "source": "m", "default": written, "on_missing": "default"}]
    admin_client.post(change_url(mapping), sent(mapping, changed))
    assert mapping.rules.get(target="email").default == stored
    # What the page shows then is taken for the same again.
    formset = admin_client.get(change_url(mapping)).context["inline_admin_formsets"][0].formset
    shown = formset.forms[1]["default"].value()
    admin_client.post(change_url(mapping), sent(mapping, [GOOD[0], {**changed[1], "default": shown}]))
    assert mapping.rules.get(target="email").default == stored


def test_new_words_of_a_value_map_are_used_at_once(admin_client: Client, mapping: Mapping) -> None:
    words = ValueMap.objects.create(key="states", name="States")
    entry = ValueMapEntry.objects.create(value_map=words, source="PAID", target="paid")
    rule(mapping, "payment_status", "state", value_map=words.key)
    mapping.publish()
    data = {
        "name": "States",
        "key": "states",
        "entries-TOTAL_FORMS": 2,
        "entries-INITIAL_FORMS": 1,
        "entries-0-id": entry.pk,
        "entries-0-value_map": words.pk,
        "entries-0-source": "PAID",
        "entries-0-target": "paid",
        "entries-1-value_map": words.pk,
        "entries-1-source": "OPEN",
        "entries-1-target": "pending",
    }
    assert admin_client.post(change_url(words), data).status_code == 302
    snapshot = mapping.versions.get(number=2).snapshot
    assert snapshot["value_maps"] == {"states": {"PAID": "paid", "OPEN": "pending"}}


def shown(response: Any) -> dict[str, Any]:
    context: dict[str, Any] = response.context_data
    return context


# --- the preview ------------------------------------------------------------------------------------------------


def preview_url(of: Mapping) -> str:
    return reverse("admin:mappings_mapping_preview", args=[of.pk])


def test_a_pasted_payload_is_shown_beside_its_result_and_problems(
    admin_client: Client, mapping: Mapping
) -> None:
    payload = json.dumps({"contact": {"mail": PERSON}})
    response = admin_client.post(preview_url(mapping), {"payload": payload})
    tried = shown(response)["tried"]
    assert json.loads(tried.result) == {"email": PERSON}
    assert [(told.field, told.source) for told in tried.problems] == [("number", "name")]
    assert "it has no number" in tried.problems[0].sentence
    assert PERSON in response.content.decode()


def test_a_payload_in_the_address_is_not_used(admin_client: Client, mapping: Mapping) -> None:
    response = admin_client.get(preview_url(mapping), {"payload": json.dumps({"contact": {"mail": PERSON}})})
    assert response.status_code == 302
    assert response.headers["Location"] == change_url(mapping)


def test_sampled_payloads_are_tried_and_looked_at_one_after_the_other(
    admin_client: Client, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = factories.connection()
    asked = []

    def sampled(connection: Any, resource: str, count: int) -> list[Item]:
        asked.append((connection.pk, resource))
        return [Item("1", {"name": "1042"}), Item("2", {"name": "1043"})]

    monkeypatch.setattr("integrations.admin.studio_form.sample", sampled)
    sent_first = {"sample": "1", "connection": shop.pk, "place": 0, "payload": ""}
    first = shown(admin_client.post(preview_url(mapping), sent_first))
    assert json.loads(first["tried"].result) == {"number": "1042"}
    taken = {"connection": shop.pk, "payload": first["form"]["payload"].value(), "place": 1}
    second = shown(admin_client.post(preview_url(mapping), taken))
    assert json.loads(second["tried"].result) == {"number": "1043"}
    assert asked == [(shop.pk, "orders")], "what was taken stays on the page"


def test_a_system_that_does_not_answer_is_told_at_the_form(
    admin_client: Client, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise Failure.transient("host_down", "The shop does not answer. Try again later.")

    monkeypatch.setattr("integrations.admin.studio_form.sample", down)
    shop = factories.connection()
    response = admin_client.post(preview_url(mapping), {"sample": "1", "connection": shop.pk})
    assert shown(response)["form"].errors["connection"] == ["The shop does not answer. Try again later."]


def test_a_writing_mapping_is_tried_through_the_one_that_reads(
    admin_client: Client, mapping: Mapping
) -> None:
    writer = factories.mapping(direction=Direction.WRITE, platform="rest")
    rule(writer, "reference", "number")
    payload = json.dumps({"name": "1042"})
    response = admin_client.post(preview_url(writer), {"payload": payload, "reader": mapping.pk})
    assert json.loads(shown(response)["tried"].result) == {"reference": "1042"}


def test_what_is_not_json_is_refused_with_its_place(admin_client: Client, mapping: Mapping) -> None:
    response = admin_client.post(preview_url(mapping), {"payload": "{'name': 1}"})
    assert "This is not JSON: line 1, column 2" in response.content.decode()


def test_what_is_nested_too_deeply_is_refused(admin_client: Client, mapping: Mapping) -> None:
    payload = '{"name": ' + "[" * 3000 + "]" * 3000 + "}"
    response = admin_client.post(preview_url(mapping), {"payload": payload})
    assert response.status_code == 200
    assert "This is nested too deeply" in response.content.decode()


def test_the_preview_needs_its_own_right(mapping: Mapping) -> None:
    client = signed_in(factories.user("mappings.view_mapping", "mappings.change_mapping"))
    assert client.get(preview_url(mapping)).status_code == 403
    assert "Take records" not in client.get(change_url(mapping)).content.decode()

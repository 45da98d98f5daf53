from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from mappings.models import Direction, FieldOwner, FieldRule, Mapping, ValueMap
from mappings.targets import target_fields
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url
from tests.integrations.mapping_rows import sent

pytestmark = pytest.mark.django_db

PERSON = "customer@example.com"


@pytest.fixture
def mapping(db: None) -> Mapping:
    made = factories.mapping(name="Shop order")
    rule(made, "number", "name", required=True)
    made.publish()
    return made


def rule(of: Mapping, target: str, source: str, **values: Any) -> FieldRule:
    return FieldRule.objects.create(
        mapping=of, target=target, source=source, position=of.rules.count(), **values
    )


def answer(
    client: Client, of: Mapping, rules: list[dict[str, Any]] | None, *payloads: Any, **more: Any
) -> Any:
    """What the studio answers to a form with these rules and payloads."""
    form = sent(of, rules) if rules is not None else {}
    url = reverse("admin:mappings_mapping_preview", args=[of.pk])
    response = client.post(url, {**form, "payload": json.dumps(list(payloads)) if payloads else "", **more})
    assert response.status_code == 200
    return response


def shown(response: Any) -> Any:
    return response.context_data


def tried(response: Any) -> Any:
    return response.context_data["tried"]


def test_what_is_typed_is_tried_and_nothing_is_saved(admin_client: Client, mapping: Mapping) -> None:
    typed = [{"target": "number", "source": "id"}, {"target": "email", "source": "contact.mail"}]
    found = tried(answer(admin_client, mapping, typed, {"id": 5, "contact": {"mail": PERSON}}))
    assert json.loads(found.result) == {"number": "5", "email": PERSON}
    assert list(mapping.rules.values_list("target", "source")) == [("number", "name")]
    assert mapping.versions.count() == 1


def test_a_problem_stands_at_its_rule_and_the_others_are_tried(
    admin_client: Client, mapping: Mapping
) -> None:
    typed = [
        {"target": "number", "source": "name"},
        {"target": "emial", "source": "contact.mail"},
        {"target": "currency", "source": "contact.["},
        {"target": "total", "source": "total", "required": "on"},
    ]
    found = tried(answer(admin_client, mapping, typed, {"name": "1042"}))
    said = {one.prefix: one.sentences for one in found.rules}
    assert said["rules-0"] == []
    assert said["rules-1"] == ["order has no field “emial”."]
    assert "is not a path or a JMESPath expression" in said["rules-2"][0]
    assert "it has no total" in said["rules-3"][0]
    assert json.loads(found.result) == {"number": "1042"}


def test_over_all_records_it_is_told_how_often_a_field_is_filled(
    admin_client: Client, mapping: Mapping
) -> None:
    found = tried(answer(admin_client, mapping, None, {"name": "1"}, {"name": None}, {"name": "3"}))
    assert [(one.filled, one.value) for one in found.rules] == [(2, "“1”")]
    assert (found.good, found.tried) == (2, 3)
    (problem,) = found.problems
    assert problem.sentence.startswith("1 of 3 records: it has no number. The destination requires one.")


def test_a_removed_rule_is_not_tried(admin_client: Client, mapping: Mapping) -> None:
    typed = [{"target": "number", "source": "name", "DELETE": "on"}, {"target": "email", "source": "mail"}]
    found = tried(answer(admin_client, mapping, typed, {"name": "1", "mail": PERSON}))
    assert json.loads(found.result) == {"email": PERSON}


def test_an_empty_new_row_is_no_rule(admin_client: Client, mapping: Mapping) -> None:
    typed = [{"target": "number", "source": "name"}, {"target": "", "source": ""}]
    assert len(tried(answer(admin_client, mapping, typed, {"name": "1"})).rules) == 1
    assert admin_client.post(change_url(mapping), sent(mapping, typed)).status_code == 302
    assert mapping.rules.count() == 1


def test_who_may_not_change_rules_tries_those_that_are_saved(mapping: Mapping) -> None:
    client = signed_in(factories.user("mappings.view_mapping", "mappings.preview_mapping"))
    typed = [{"target": "number", "source": "secret"}]
    found = tried(answer(client, mapping, typed, {"name": "saved", "secret": "typed"}))
    assert json.loads(found.result) == {"number": "saved"}


@pytest.mark.parametrize(
    "source",
    [
        f"root.lines[?{' && '.join(['n != `1`'] * 38)}]",
        "|".join([f"[{','.join('@' * 30)}]"] * 7),
        "[" * 400,
        "a" * 501,
    ],
)
def test_a_hostile_expression_is_answered_soon_and_in_a_sentence(
    admin_client: Client, mapping: Mapping, source: str
) -> None:
    typed = [
        {"target": "number", "source": "name"},
        {"target": "lines[]", "source": "lines"},
        {"target": "lines[].sku", "source": source},
    ]
    payload = {"name": "1042", "lines": [{"n": 2}] * 20_000}
    answer(admin_client, mapping, typed, {"name": "1"})
    # Its own processor time: what else the machine does meanwhile is not its fault.
    began = process_time()
    found = tried(answer(admin_client, mapping, typed, payload, payload))
    took = process_time() - began
    assert took < 3, f"it took {took:.1f} s"
    assert any(one.sentences for one in found.rules if one.target == "lines[].sku")
    assert json.loads(found.result)["number"] == "1042"


# --- what is not mapped -----------------------------------------------------------------------------------------


DEMANDING = {
    "base_url": "https://warehouse.example.com",
    "resources": {
        "orders": {
            "required": ["reference", "ship_to.postcode"],
            "id": "id",
            "create": {"method": "POST", "path": "orders", "id": "id"},
        }
    },
}


def unmapped(response: Any) -> list[tuple[str, str]]:
    return [(field.path, field.sentence) for field in response.context_data["unmapped"]]


def test_fields_that_the_destination_requires_and_no_rule_fills_stand_out(
    admin_client: Client, mapping: Mapping
) -> None:
    warehouse = factories.connection(
        name="The warehouse", platform="rest", settings={"declaration": DEMANDING}
    )
    writer = factories.mapping(name="Warehouse order", direction=Direction.WRITE, platform="rest")
    rule(writer, "ship_to.postcode", "shipping_address.postal_code")
    writer.publish()
    factories.job(destination=warehouse, read_mapping=mapping, write_mapping=writer)
    assert unmapped(answer(admin_client, writer, None, reader=mapping.pk)) == [
        ("reference", "The warehouse requires it. No rule fills it.")
    ]
    # The mapping that reads is told what its Record must hold for that.
    assert unmapped(answer(admin_client, mapping, None)) == [
        (
            "shipping_address.postal_code",
            "The warehouse requires the postal code of the shipping address. No rule fills it.",
        )
    ]
    typed = [
        {"target": "number", "source": "name"},
        {"target": "shipping_address.postal_code", "source": "zip"},
    ]
    assert unmapped(answer(admin_client, mapping, typed)) == []


def test_the_fields_that_may_be_filled_are_offered(admin_client: Client, mapping: Mapping) -> None:
    page = admin_client.get(change_url(mapping)).content.decode()
    assert '<option value="shipping_address.postal_code">text</option>' in page
    writer = factories.mapping(direction=Direction.WRITE, platform="sandbox_warehouse")
    offered = shown(admin_client.get(change_url(writer)))["targets"]
    assert {"reference"} <= {field.path for field in offered}


def test_who_owns_a_field_is_told_at_its_rule(admin_client: Client, mapping: Mapping) -> None:
    shop = factories.connection(name="The shop")
    FieldOwner.objects.create(kind="order", field="number", owner=shop.key)
    rules = answer(admin_client, mapping, None, {"name": "1"}).context_data["rules"]
    assert [one.owner for one in rules] == ["The shop"]


# --- the left pane ----------------------------------------------------------------------------------------------


def test_the_profile_hides_what_is_personal(admin_client: Client, mapping: Mapping) -> None:
    payloads = [
        {"name": "1", "contact": {"mail": PERSON}, "state": state} for state in ("OPEN", "PAID", "PAID")
    ]
    response = answer(admin_client, mapping, None, *payloads, left="1")
    fields = {field.path: field for field in response.context_data["profile"]}
    assert fields["state"].examples == (("“PAID”", 2), ("“OPEN”", 1))
    assert PERSON not in str(fields)
    assert fields["contact.mail"].looks_like == "e-mail"


def test_the_left_pane_is_drawn_anew_only_where_it_changed(admin_client: Client, mapping: Mapping) -> None:
    assert "panel-record" in answer(admin_client, mapping, None, {"name": "1"}, left="1").content.decode()
    assert "panel-record" not in answer(admin_client, mapping, None, {"name": "1"}).content.decode()


def test_a_writing_mapping_is_written_by_the_fields_of_our_record(
    admin_client: Client, mapping: Mapping
) -> None:
    writer = factories.mapping(direction=Direction.WRITE, platform="rest")
    rule(writer, "reference", "number")
    response = answer(admin_client, writer, None, {"name": "1042"}, reader=mapping.pk, left="1")
    assert [line.path for line in response.context_data["outline"].lines] == ["number"]
    assert [field.path for field in response.context_data["profile"]] == ["number"]


def test_words_that_a_value_map_does_not_know_are_collected(admin_client: Client, mapping: Mapping) -> None:
    words = ValueMap.objects.create(key="states", name="States")
    words.entries.create(source="PAID", target="paid")
    rule(mapping, "payment_status", "state", value_map="states")
    payloads = [{"name": "1", "state": state} for state in ("chargeback", "PAID", "chargeback", "void")]
    found = tried(answer(admin_client, mapping, None, *payloads))
    assert [(word.name, word.word, word.count) for word in found.unknown] == [
        ("States", "chargeback", 2),
        ("States", "void", 1),
    ]


def test_many_rules_are_tried_with_few_questions(
    admin_client: Client, mapping: Mapping, django_assert_max_num_queries: Any
) -> None:
    """Each rule that is stored is looked up once, as Django does; nothing else grows with them."""
    fields = [
        field.path for field in target_fields("order") if "." not in field.path and "[]" not in field.path
    ]
    FieldRule.objects.bulk_create(
        [
            FieldRule(mapping=mapping, target=path, source=path, position=9)
            for path in fields
            if path != "number"
        ]
    )
    typed = [{"target": row.target, "source": row.source} for row in mapping.rules.all()]
    with django_assert_max_num_queries(30 + len(typed)):
        answer(admin_client, mapping, typed, {"name": "1"})

"""Publishing what makes an edge case go wrong needs a reason; all else is published as before."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.admin.mapping_form import SAVED_WHILE_TRIED
from integrations.demo import stage
from integrations.models import SyncJob, Wanted
from integrations.sync import own_cases
from integrations.sync.case_trial import Tried
from integrations.sync.edge_orders import ORDINARY, order
from integrations.sync.own_cases import make_case
from mappings.models import Mapping
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url, messages_of
from tests.integrations.mapping_rows import sent
from tests.integrations.sync.test_edge_cases_go_through_a_jobs_mapping import ENVIRONMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def mapping(db: None) -> Mapping:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related("read_mapping").get(key="orders-to-warehouse").read_mapping


def publish(client: Client, mapping: Mapping, **changed: str) -> list[str]:
    """As the studio sends its rules, with these in place of the source of a target; gives what the portal says."""
    names = ("source", "transform", "value_map", "on_missing", "note")
    rules: list[dict[str, Any]] = []
    for rule in mapping.rules.all():
        row = {name: getattr(rule, name) for name in names} | {"target": rule.target}
        row["arguments"] = "{}"
        if rule.required:
            row["required"] = "on"
        rules.append(row | ({"source": changed[rule.target]} if rule.target in changed else {}))
    assert client.post(change_url(mapping), sent(mapping, rules)).status_code == 302
    return messages_of(client)


def card_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_try_suite", args=[mapping.pk])


def text_of(client: Client, mapping: Mapping) -> str:
    answer = client.get(card_url(mapping))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def number_of(mapping: Mapping) -> int:
    return Mapping.objects.get(pk=mapping.pk).current_number


def test_what_breaks_a_case_is_not_published_without_a_reason(admin_client: Client, mapping: Mapping) -> None:
    (told,) = publish(admin_client, mapping, status="'open'")
    assert "“Cancellation” would go wrong" in told
    assert number_of(mapping) == 1
    assert mapping.rules.get(target="status").source == "'open'", "the draft is kept"
    text = text_of(admin_client, mapping)
    assert "Orders to the warehouse: 8 of 9 as they should be" in text
    assert "right by version 1" in text
    admin_client.post(card_url(mapping), {"reason": " "})
    assert number_of(mapping) == 1
    admin_client.post(card_url(mapping), {"reason": "Cancellations go by telephone."})
    assert number_of(mapping) == 2
    note = mapping.versions.get(number=2).note
    assert note == "Cancellations go by telephone. (score card: Cancellation)"


def test_a_draft_that_was_saved_since_its_card_was_looked_at_is_not_published_by_it(
    admin_client: Client, mapping: Mapping
) -> None:
    publish(admin_client, mapping, status="'open'")
    seen = re.findall(r'name="seen" value="(\w+)"', admin_client.get(card_url(mapping)).content.decode())
    mapping.rules.filter(target="number").update(source="id")
    told = {"reason": "Cancellations go by telephone.", "seen": seen[-1]}
    admin_client.post(card_url(mapping), told)
    assert (number_of(mapping), messages_of(admin_client)[-1]) == (1, SAVED_WHILE_TRIED)


def test_what_somebody_else_saves_while_a_draft_is_tried_is_not_published_with_it(
    admin_client: Client, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: Any) -> bool:
        mapping.rules.filter(target="number").update(source="id")
        return False

    monkeypatch.setattr("integrations.admin.mappings.is_held_back", meanwhile)
    assert publish(admin_client, mapping, email="'ann@mail.example.com'")[-1] == SAVED_WHILE_TRIED
    assert number_of(mapping) == 1


def test_what_breaks_no_case_is_published_at_once(admin_client: Client, mapping: Mapping) -> None:
    told = publish(admin_client, mapping, note="number")
    assert told == ["Version 2 is in use from now on."]
    assert "9 of 9 as they should be" in text_of(admin_client, mapping)


def test_a_case_that_is_added_while_a_draft_is_tried_breaks_no_card(
    admin_client: Client, mapping: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that only the second reading saw is left out, and all others are told as they are."""
    read = own_cases.try_own
    added = Tried("Added meanwhile", "Made.", "Made.", True, own=7)
    renamed = Tried("Renamed", "Made.", "Made.", True, own=8)
    readings = iter(([replace(renamed, title="Before")], [added, renamed]))
    monkeypatch.setattr(
        "integrations.sync.suite.try_own", lambda job, rules: [*next(readings, ()), *read(job, rules)]
    )
    text = text_of(admin_client, mapping)
    assert "Orders to the warehouse: 10 of 10 as they should be" in text
    assert "Added meanwhile" not in text
    assert "Renamed" in text


def test_a_case_of_ones_own_holds_a_draft_back_too(admin_client: Client, mapping: Mapping) -> None:
    job = SyncJob.objects.get(key="orders-to-warehouse")
    error = factories.error(factories.delivery(job), payload=order(ORDINARY) | {"note": "Ring twice."})
    make_case(error, "With a note", Wanted.MADE, None)
    assert "10 of 10 as they should be" in text_of(admin_client, mapping)
    (told,) = publish(admin_client, mapping, status="'cancelled'")
    assert "“With a note”" in told
    assert number_of(mapping) == 1


def test_who_may_only_look_sees_the_card_and_publishes_nothing(mapping: Mapping) -> None:
    mapping.rules.filter(target="status").update(source="'open'")
    client = signed_in(factories.user("mappings.view_mapping"))
    assert "Publish with this reason" not in text_of(client, mapping)
    assert client.post(card_url(mapping), {"reason": "Because."}).status_code == 403
    assert number_of(mapping) == 1
    assert signed_in(factories.user()).get(card_url(mapping)).status_code == 403


def test_a_mapping_that_the_cases_are_not_about_says_so(admin_client: Client) -> None:
    assert "No job uses this mapping" in text_of(admin_client, factories.mapping(platform="sandbox_shop"))
    assert "records of its own systems" in text_of(admin_client, factories.mapping(kind="customer"))


def test_a_mapping_of_another_kind_has_its_card_too(admin_client: Client, mapping: Mapping) -> None:
    writes = SyncJob.objects.get(key="stock-to-shop").write_mapping
    assert "7 of 7 as they should be" in text_of(admin_client, writes)
    (told,) = publish(admin_client, writes, available="`7`")
    assert "“Nothing left”" in told
    assert number_of(writes) == 1
    text = text_of(admin_client, writes)
    assert "Change the rule that fills “available”." in text

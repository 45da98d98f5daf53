"""“Edit the record and retry” for whoever does not program: a form, then what changes and comes of it, then sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from integrations.models import Batch, Connection, Decision, ErrorRecord, Judgement, SyncJob
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.filled_forms import controls_of, form_of
from tests.integrations.admin.pages import change_url, messages_of
from tests.integrations.admin.record_editing import (
    PAYLOAD,
    controls_in,
    edit_url,
    failed,
    failing,
    job,
    kind,
    post,
    queued,
    save,
    sent_on,
    text_of,
    value,
)
from tests.integrations.mapping_rows import writer

__all__ = ["failed", "job", "writer"]
pytestmark = pytest.mark.django_db


# --- the form ---------------------------------------------------------------------------------------------------------


def test_the_field_at_fault_comes_first_focused_with_the_sentence_beside_it(
    admin_client: Client, failed: ErrorRecord
) -> None:
    page = admin_client.get(edit_url(failed))
    controls = controls_of(page)
    named = [name for name in controls.values if name.startswith("value:")]
    assert named[0] == value("zip")
    assert [name for name, found in controls.attributes.items() if "autofocus" in found] == [value("zip")]
    assert controls.attributes[value("zip")]["aria-describedby"] == "blamed-why"
    assert f'<p id="blamed-why" class="portal-bad">{failed.sentence}</p>' in page.content.decode()
    assert len(named) == len(set(named)), "a place stands there twice"


def test_the_lines_at_fault_are_found_through_both_mappings(admin_client: Client, job: SyncJob) -> None:
    error = failing(job, {**PAYLOAD, "lines": [{"sku": "MUG"}, {"qty": 2}]}, field="lines[].sku")
    named = [name for name in form_of(admin_client.get(edit_url(error))) if name.startswith("value:")]
    assert named[:2] == [value("lines", 1, "sku"), value("lines", 0, "sku")]


def test_what_is_changed_is_shown_old_and_new_and_sent_only_after_that(
    admin_client: Client, boss: User, failed: ErrorRecord, bells: Bells
) -> None:
    checked = save(admin_client, failed, **{value("zip"): "01067"})
    page = text_of(checked)
    assert "nothing (null)" in page
    assert "“01067”" in page
    assert "It is made in The warehouse." in page
    assert not Batch.objects.exists()

    response = sent_on(admin_client, failed, checked)

    assert response.headers["Location"] == change_url(failed)
    assert queued() == [{**PAYLOAD, "zip": "01067"}]
    assert list(Judgement.objects.values_list("decision", "by")) == [(Decision.EDIT, boss.pk)]


def test_a_page_that_was_not_touched_changes_nothing(admin_client: Client, failed: ErrorRecord) -> None:
    """Not even how the lines of a text end, which a browser writes in its own way."""
    assert "You changed nothing yet." in text_of(save(admin_client, failed))


@pytest.mark.parametrize(
    ("filled", "becomes"),
    [
        ({value("phone"): "0049309999"}, {"phone": "0049309999"}),
        ({value("total"): "13.75"}, {"total": 13.75}),
        ({value("units"): "4"}, {"units": 4}),
        ({kind("units"): "text"}, {"units": "3"}),
        ({value("paid"): "no"}, {"paid": False}),
        ({kind("paid"): "null"}, {"paid": None}),
        ({kind("phone"): "absent"}, {"phone": ...}),
        ({kind("zip"): "absent"}, {"zip": ...}),
        ({kind("zip"): "text"}, {"zip": ""}),
        ({value("phone"): ""}, {"phone": ""}),
        ({value("note"): "first line\r\nlast 🎈"}, {"note": "first line\nlast 🎈"}),
        ({value("customer", "name"): "👩‍🚀 "}, {"customer": {"name": "👩‍🚀 ", "tags": []}}),
    ],
)
def test_types_are_kept(
    admin_client: Client, failed: ErrorRecord, bells: Bells, filled: dict[str, str], becomes: dict[str, Any]
) -> None:
    sent_on(admin_client, failed, save(admin_client, failed, **filled))
    expected = {name: part for name, part in (PAYLOAD | becomes).items() if part is not ...}
    assert json.dumps(queued()[0], sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_what_is_no_number_is_told_beside_its_field_and_what_was_typed_stays(
    admin_client: Client, failed: ErrorRecord
) -> None:
    page = save(admin_client, failed, **{value("total"): "12,50", value("zip"): "10115"})
    controls = controls_of(page)
    assert "Write a number, with a point: 12.50." in text_of(page)
    assert (controls.values[value("total")], controls.values[value("zip")]) == ("12,50", "10115")
    assert controls.attributes[value("total")]["aria-invalid"] == "true"
    assert "autofocus" in controls.attributes[value("total")]
    assert not Batch.objects.exists()


def test_what_the_mapping_still_finds_wrong_is_said_before_it_is_sent(
    admin_client: Client, failed: ErrorRecord
) -> None:
    page = text_of(save(admin_client, failed, **{value("name"): "#1043"}))
    assert "the shipping address has no postal code. The warehouse requires one." in page
    assert "Send it all the same" in page


# --- what is hidden ---------------------------------------------------------------------------------------------------


def test_a_secret_is_not_shown_and_stays_as_it_is(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    begun = admin_client.get(edit_url(failed))
    assert "s3cr3t-value" not in begun.content.decode()
    sent_on(admin_client, failed, save(admin_client, failed, **{value("zip"): "10115"}))
    assert queued()[0]["access_token"] == "s3cr3t-value"


def test_a_secret_may_be_replaced(admin_client: Client, failed: ErrorRecord, bells: Bells) -> None:
    checked = save(admin_client, failed, **{value("access_token"): "another"})
    assert "another hidden value" in text_of(checked)
    # By way of the form once more: the filled field is not shown, and stays filled.
    again = post(admin_client, failed, controls_in(checked), "change")
    sent_on(admin_client, failed, post(admin_client, failed, form_of(again)))
    assert queued()[0]["access_token"] == "another"


@pytest.mark.parametrize("mask", ["[email]", "[personal]", "[hidden]", "[phone]"])
def test_a_mask_is_no_value(admin_client: Client, failed: ErrorRecord, mask: str) -> None:
    assert f"{mask} stands for what is hidden." in text_of(
        save(admin_client, failed, **{value("phone"): mask})
    )


def test_what_is_hidden_in_the_json_stays_as_it_is(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    begun = form_of(admin_client.get(edit_url(failed)))
    written = json.loads(begun["payload"])
    assert written["access_token"] == "[hidden]"
    begun["payload"] = json.dumps(written | {"zip": "10115", "added": {"deep": [1]}})
    sent_on(admin_client, failed, post(admin_client, failed, begun))
    assert queued() == [{**PAYLOAD, "zip": "10115", "added": {"deep": [1]}}]


def test_hidden_values_of_a_list_that_became_shorter_are_asked_for(
    admin_client: Client, job: SyncJob
) -> None:
    error = failing(job, {"id": "A-1", "cards": [{"token": "one-one"}, {"token": "two-two"}]})
    begun = form_of(admin_client.get(edit_url(error)))
    begun["payload"] = json.dumps({"id": "A-1", "cards": [{"token": "[hidden]"}]})
    assert "it is not known any more which is whose" in text_of(post(admin_client, error, begun))


def test_fields_and_json_may_be_changed_together(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    begun = form_of(admin_client.get(edit_url(failed))) | {value("zip"): "10115"}
    begun["payload"] = json.dumps(json.loads(begun["payload"]) | {"name": "#1043"})
    sent_on(admin_client, failed, post(admin_client, failed, begun))
    assert (queued()[0]["zip"], queued()[0]["name"]) == ("10115", "#1043")


# --- large, deep and empty -------------------------------------------------------------------------------------------


def test_two_thousand_fields_are_searched_and_leafed_through_and_no_change_is_lost(
    admin_client: Client, job: SyncJob, bells: Bells
) -> None:
    payload = {"id": "A-1", "zip": None} | {f"field_{number}": f"value {number}" for number in range(2_000)}
    error = failing(job, payload)
    begun = admin_client.get(edit_url(error))
    filled = form_of(begun)
    assert len(filled) < 1_000, "more than a form may have"
    assert len(begun.content) < 600_000
    page = post(admin_client, error, filled | {value("zip"): "10115", "find": "field 1999"}, "find")
    assert "1 of 2,002 fields are found." in text_of(page)
    page = post(admin_client, error, form_of(page) | {value("field_1999"): "mended"}, "page:1900")
    sent_on(admin_client, error, post(admin_client, error, form_of(page)))
    assert queued() == [payload | {"zip": "10115", "field_1999": "mended"}]


def test_enter_in_the_search_searches(admin_client: Client, failed: ErrorRecord) -> None:
    begun = form_of(admin_client.get(edit_url(failed)))
    page = admin_client.post(edit_url(failed), {**begun, "find": "sku"})
    assert "2 of 16 fields are found." in text_of(page)


def test_a_hidden_value_is_not_found_by_what_it_is(admin_client: Client, failed: ErrorRecord) -> None:
    begun = form_of(admin_client.get(edit_url(failed)))
    assert "0 of 16 fields are found." in text_of(
        post(admin_client, failed, begun | {"find": "s3cr3t"}, "find")
    )


def test_thirty_levels_are_edited(admin_client: Client, job: SyncJob, bells: Bells) -> None:
    deep: Any = {"end": 1}
    for level in range(29):
        deep = {f"level_{level}": deep}
    error = failing(job, {"id": "A-1", "zip": "1", **deep})
    path = [f"level_{level}" for level in reversed(range(29))]
    sent_on(admin_client, error, save(admin_client, error, **{value(*path, "end"): "2"}))
    found = queued()[0]
    for name in path:
        found = found[name]
    assert found == {"end": 2}


def test_an_empty_record_is_filled(admin_client: Client, job: SyncJob, bells: Bells) -> None:
    error = failing(job, {})
    page = admin_client.get(edit_url(error))
    assert [name for name in form_of(page) if name.startswith("value:")] == [value("zip")]
    sent_on(admin_client, error, post(admin_client, error, form_of(page) | {value("zip"): "10115"}))
    assert queued() == [{"zip": "10115"}]


def test_what_came_from_no_page_of_ours_is_no_crash(admin_client: Client, failed: ErrorRecord) -> None:
    odd = {
        "edits": '[{"p": 1}]',
        "was:nonsense": "text::x",
        'was:["a"]': "",
        "seen": "x:9999999999999999999999",
        "do": "page:99999999",
    }
    assert admin_client.post(edit_url(failed), odd).status_code == 200
    assert admin_client.post(edit_url(failed), {"do": "send"}).status_code == 200
    assert not Batch.objects.exists()
    assert messages_of(admin_client) == []


def test_the_connection_of_the_destination_is_not_called(
    admin_client: Client, failed: ErrorRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes of it is worked out here: the page asks nobody."""

    def called(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("integrations.http.client.HttpClient.send", called)
    assert Connection.objects.exists()
    assert "It is made in The warehouse." in text_of(save(admin_client, failed, **{value("zip"): "10115"}))

"""What somebody else set on a job or a connection is not set back by a page that was opened before."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet
from django.test import Client

from integrations.models import Connection, SyncJob
from tests import factories
from tests.integrations.admin.pages import change_url
from tests.integrations.admin.test_a_job_that_cannot_work_is_not_saved import job as stock_job

pytestmark = pytest.mark.django_db

job = stock_job
SETTINGS = {"base_url": "https://shop.example.com/api"}


@pytest.fixture
def shop(db: None) -> Connection:
    return factories.connection(settings=SETTINGS, secrets={"token": "x"})


def opened(client: Client, row: Model) -> dict[str, Any]:
    """The page as a browser would send it back, untouched."""
    return sent_again(client.get(change_url(row)))


def sent_again(page: Any) -> dict[str, Any]:
    form = page.context["adminform"].form
    shown = {name: form.fields[name].prepare_value(form[name].value()) for name in form.fields}
    kept = {name: value for name, value in shown.items() if value is not None and value is not False}
    management = {"runs-TOTAL_FORMS": 0, "runs-INITIAL_FORMS": 0}
    assert f'name="opened_with" value="{form.opened_with}"' in unescape(page.content.decode())
    return kept | management | {"opened_with": form.opened_with}


def saved(client: Client, row: Model, posted: dict[str, Any]) -> list[str]:
    """What is told of it."""
    response = client.post(change_url(row), posted, follow=True)
    assert response.redirect_chain, response.context["adminform"].form.errors
    row.refresh_from_db()
    return [str(message) for message in response.context["messages"]]


def refused(client: Client, row: Model, posted: dict[str, Any]) -> Any:
    response = client.post(change_url(row), posted)
    assert response.status_code == 200, "it was saved"
    return response


def theirs(row: Model, **values: Any) -> None:
    type(row)._default_manager.filter(pk=row.pk).update(**values)


def test_a_page_that_nobody_else_touched_is_saved_without_a_word_of_others(
    admin_client: Client, job: SyncJob, shop: Connection
) -> None:
    for row in (job, shop):
        told = saved(admin_client, row, opened(admin_client, row) | {"name": "Autumn 🍂"})
        assert not [sentence for sentence in told if "Somebody else" in sentence]
        assert str(row) == "Autumn 🍂"


def test_a_share_that_was_widened_meanwhile_stays(admin_client: Client, job: SyncJob) -> None:
    theirs(job, rollout_percent=10)
    mine = opened(admin_client, job)
    theirs(job, rollout_percent=100)
    told = saved(admin_client, job, mine | {"name": "Another name"})
    assert (job.name, job.rollout_percent) == ("Another name", 100)
    sentence = (
        "Somebody else changed “Share of records (%)” while you had this page open. You did not touch it"
    )
    assert any(sentence in one and "“100”" in one for one in told), told
    log = LogEntry.objects.latest("pk").get_change_message()
    assert "Name" in log
    assert "Share" not in log, "what others changed is not said to be this person's"


def test_lists_mappings_and_switches_that_others_changed_stay_too(admin_client: Client, job: SyncJob) -> None:
    mine = opened(admin_client, job)
    other = factories.mapping(kind="stock_level", resource="stock")
    theirs(
        job, stock_locations=["Berlin", "Köln"], read_mapping=other, accepts_pushes=False, every_seconds=60
    )
    saved(admin_client, job, mine | {"name": "Another name"})
    assert (job.stock_locations, job.read_mapping_id) == (["Berlin", "Köln"], other.pk)
    assert (job.accepts_pushes, job.every_seconds) == (False, 60)


def test_a_field_that_was_not_on_the_page_is_not_emptied(admin_client: Client, job: SyncJob) -> None:
    mine = opened(admin_client, job)
    assert "announce_within_minutes" not in mine
    theirs(job, announce_within_minutes=15)
    saved(admin_client, job, mine | {"name": "Another name"})
    assert (job.name, job.announce_within_minutes) == ("Another name", 15)


def test_a_field_that_both_changed_is_refused_until_it_was_seen(admin_client: Client, job: SyncJob) -> None:
    mine = opened(admin_client, job) | {"rollout_percent": 25, "name": "Mine"}
    theirs(job, rollout_percent=50, batch_size=100)
    page = refused(admin_client, job, mine)
    text = unescape(page.content.decode())
    assert "Somebody else changed this since you opened the page: Share of records (%)." in text
    assert "it is “50” now" in text
    job.refresh_from_db()
    assert (job.rollout_percent, job.name == "Mine") == (50, False), "nothing was saved"

    again = sent_again(page)
    assert (again["rollout_percent"], again["name"]) == ("25", "Mine"), "what was typed is still there"
    saved(admin_client, job, again)
    assert (job.rollout_percent, job.name) == (25, "Mine")
    assert job.batch_size == 100, "what only the other changed stays at the second press too"


def test_who_types_what_the_other_typed_is_not_refused(admin_client: Client, job: SyncJob) -> None:
    mine = opened(admin_client, job) | {"stock_buffer": 7}
    theirs(job, stock_buffer=7)
    saved(admin_client, job, mine)
    assert job.stock_buffer == 7


def test_who_is_a_moment_faster_is_heeded(
    admin_client: Client, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = opened(admin_client, job) | {"name": "Another name"}
    first_comes(monkeypatch, lambda: theirs(job, rollout_percent=40))
    saved(admin_client, job, mine)
    assert (job.name, job.rollout_percent) == ("Another name", 40)


def first_comes(monkeypatch: pytest.MonkeyPatch, other: Callable[[], object]) -> None:
    """Whoever asks for the job's row waits until that is done."""
    waits = QuerySet.select_for_update

    def after(rows: Any, *args: Any, **options: Any) -> Any:
        if rows.model is SyncJob:
            monkeypatch.undo()
            other()
        return waits(rows, *args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", after)


def test_a_connection_that_was_switched_off_or_moved_meanwhile_stays_so(
    admin_client: Client, shop: Connection
) -> None:
    mine = opened(admin_client, shop)
    moved = {"base_url": "https://new.example.com/api"}
    theirs(shop, enabled=False, settings=moved)
    saved(admin_client, shop, mine | {"name": "Another name"})
    assert (shop.name, shop.enabled, shop.settings) == ("Another name", False, moved)
    assert shop.secret_values() == {"token": "x"}


def test_a_setting_that_both_changed_is_refused(admin_client: Client, shop: Connection) -> None:
    mine = opened(admin_client, shop)
    theirs(shop, name="Theirs")
    page = refused(admin_client, shop, mine | {"name": "Mine"})
    assert "it is “Theirs” now" in page.content.decode()
    saved(admin_client, shop, sent_again(page))
    assert shop.name == "Mine"


def test_stamps_hold_nothing_of_a_secret(admin_client: Client, shop: Connection) -> None:
    with_it = opened(admin_client, shop)["opened_with"]
    shop.enter_secrets({"token": "another"})
    shop.save()
    assert opened(admin_client, shop)["opened_with"] == with_it


def test_a_refusal_stands_above_the_form_with_no_run_before_it(admin_client: Client, job: SyncJob) -> None:
    factories.run(job, accepted=1, delivered=1)
    mine = opened(admin_client, job)
    assert 'id="run-progress"' in admin_client.get(change_url(job)).content.decode()
    theirs(job, stock_buffer=7)
    page = refused(admin_client, job, mine | {"stock_buffer": 8}).content.decode()
    assert 'id="run-progress"' not in page

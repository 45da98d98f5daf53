"""Two people edit one record, or its source goes on: nobody's change is lost unseen."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from integrations.models import Batch, Delivery, ErrorRecord, Judgement, State
from integrations.sync import retry
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.filled_forms import form_of
from tests.integrations.admin.record_editing import (
    PAYLOAD,
    edit_url,
    failed,
    job,
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


def test_the_second_of_two_people_does_not_overwrite_what_the_first_sent(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    checked = save(admin_client, failed, **{value("zip"): "10115"})
    first = save(admin_client, failed, **{value("zip"): "99999"})
    sent_on(admin_client, failed, first)
    page = sent_on(admin_client, failed, checked)
    assert page.status_code == 200
    assert Batch.objects.count() == 1
    assert Judgement.objects.count() == 1


def test_two_that_send_at_the_same_moment_are_one(failed: ErrorRecord, bells: Bells) -> None:
    """The state of the record does not tell them apart any more, but what was seen does."""
    person = factories.user()
    retry.retry_with_payload(failed, {**PAYLOAD, "zip": "1"}, person, seen=0)
    Delivery.objects.update(state=State.FAILED)
    late = ErrorRecord.objects.select_related("delivery").get(pk=failed.pk)
    with pytest.raises(retry.NotPossible, match="Somebody else has just sent"):
        retry.retry_with_payload(late, {**PAYLOAD, "zip": "2"}, person, seen=0)
    assert [row["zip"] for row in queued()] == ["1"]


def test_a_record_that_changed_meanwhile_keeps_its_change_and_takes_mine(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    checked = save(admin_client, failed, **{value("zip"): "10115"})
    newer = {**PAYLOAD, "name": "#1042 B"}
    renew(failed, newer)

    asked = sent_on(admin_client, failed, checked)

    assert "The record changed since you began." in text_of(asked)
    assert not Batch.objects.exists(), "what nobody has seen was sent"
    sent_on(admin_client, failed, asked)
    assert queued() == [{**newer, "zip": "10115"}]


def test_one_field_that_both_changed_is_asked_about(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    checked = save(admin_client, failed, **{value("zip"): "10115"})
    renew(failed, {**PAYLOAD, "zip": "20095"})
    asked = sent_on(admin_client, failed, checked)
    assert "This changed meanwhile: it is “20095” now, and you wrote “10115”." in text_of(asked)
    sent_on(admin_client, failed, post(admin_client, failed, form_of(asked)))
    assert queued()[0]["zip"] == "10115"


def test_an_untouched_field_does_not_bring_back_what_the_source_replaced(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    begun = form_of(admin_client.get(edit_url(failed)))
    renew(failed, {**PAYLOAD, "name": "#1042 B"})
    asked = post(admin_client, failed, begun | {value("zip"): "10115"})
    sent_on(admin_client, failed, asked)
    assert queued()[0]["name"] == "#1042 B"


def test_an_entry_that_is_gone_takes_its_change_with_it(
    admin_client: Client, failed: ErrorRecord, bells: Bells
) -> None:
    begun = form_of(admin_client.get(edit_url(failed)))
    renew(failed, {**PAYLOAD, "lines": [{"sku": "MUG", "qty": 1}]})
    asked = post(admin_client, failed, begun | {value("lines", 1, "sku"): "BOWL", value("zip"): "10115"})
    assert "“Lines › 2 › sku” is not in the record any more." in text_of(asked)


def renew(error: ErrorRecord, payload: dict[str, Any]) -> None:
    row = ErrorRecord.objects.get(pk=error.pk)
    row.payload = payload
    row.save(update_fields=["payload"])

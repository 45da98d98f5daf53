from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import InboundEvent, InboundState
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, act_on_many, change_url, messages_of

pytestmark = pytest.mark.django_db


def processed(**values: Any) -> InboundEvent:
    return factories.inbound_event(
        factories.connection(),
        state=InboundState.PROCESSED,
        processed_at=timezone.now(),
        attempts=3,
        body=b'{"mail": "customer@example.com"}',
        **values,
    )


def test_a_replayed_webhook_is_processed_anew(
    admin_client: Client, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    event = processed()
    with django_capture_on_commit_callbacks(execute=True):
        act(admin_client, event, "replay_one")
    event.refresh_from_db()
    assert (event.state, event.attempts, event.processed_at) == (InboundState.RECEIVED, 0, None)
    assert bells.heard == [("inbox", event.connection_id)]


def test_one_that_waits_already_is_left_alone(admin_client: Client) -> None:
    event = factories.inbound_event(factories.connection(), attempts=2)
    act(admin_client, event, "replay_one")
    event.refresh_from_db()
    assert event.attempts == 2
    assert messages_of(admin_client) == ["It waits for its first processing already."]


def test_many_are_replayed_with_one_bell_per_system(
    admin_client: Client, bells: Bells, django_capture_on_commit_callbacks: Any
) -> None:
    one, other = processed(), processed()
    second = factories.inbound_event(one.connection, state=InboundState.FAILED)
    with django_capture_on_commit_callbacks(execute=True):
        act_on_many(admin_client, [one, other, second], "replay_many")
    assert InboundEvent.objects.filter(state=InboundState.RECEIVED).count() == 3
    assert sorted(bells.heard) == sorted([("inbox", one.connection_id), ("inbox", other.connection_id)])
    assert messages_of(admin_client) == ["3 webhooks are being processed again."]


def test_the_body_is_shown_only_to_those_who_may_replay() -> None:
    event = processed()
    reader = signed_in(factories.user("integrations.view_inboundevent"))
    replayer = signed_in(factories.user("integrations.view_inboundevent", "integrations.replay_inboundevent"))
    assert "customer@example.com" not in reader.get(change_url(event)).content.decode()
    assert "customer@example.com" in replayer.get(change_url(event)).content.decode()

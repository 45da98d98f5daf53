from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from integrations.models import SyncJob
from integrations.sync import launch
from monitoring.alerts import telling, watching
from monitoring.alerts.conditions import Finding
from monitoring.models import (
    AlertChannel,
    AlertEvent,
    AlertKind,
    AlertMessage,
    AlertRule,
    ChannelKind,
    MessageState,
)
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import act, change_url
from tests.integrations.answering import Platform, Says
from tests.monitoring.alerting import KEY, MINUTE, SECRET, email, fail, look, rule, webhook
from tests.monitoring.conftest import NOW
from tests.monitoring.letterbox import Letterbox

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def near_by(settings: Settings) -> None:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    settings.PORTAL_ADDRESS = "https://portal.example.com"
    settings.DEFAULT_FROM_EMAIL = "crossdock@example.com"


@pytest.fixture
def hook() -> Iterator[Platform]:
    platform = Platform()
    platform.on("/alerts", Says({}, 200))
    yield platform
    platform.close()


# --- how it is told -------------------------------------------------------------------------------------------------


def test_one_firing_is_told_once_and_its_end_once(job: SyncJob, letterbox: Letterbox, hook: Platform) -> None:
    rule(email(), webhook(hook), webhook(hook, ChannelKind.SLACK), job=job)
    fail(job)

    for minutes in range(4):
        look(NOW + minutes * MINUTE)
        fail(job, NOW + minutes * MINUTE)
    assert (len(letterbox.mails), len(hook.asked)) == (1, 2)
    for minutes in range(70, 74):
        look(NOW + minutes * MINUTE)

    assert (len(letterbox.mails), len(hook.asked)) == (2, 4)
    assert "Subject: [Crossdock] Alert: Orders fail" in letterbox.mails[0]
    assert "To: duty@example.com" in letterbox.mails[0]
    assert "https://portal.example.com/admin/integrations/outcome/?" in letterbox.mails[0].replace("=\n", "")
    assert "Subject: [Crossdock] Over: Orders fail" in letterbox.mails[1]
    assert {message.state for message in AlertMessage.objects.all()} == {MessageState.SENT}


def test_a_webhook_is_signed_as_standard_webhooks_has_it(job: SyncJob, hook: Platform) -> None:
    rule(webhook(hook), job=job)
    fail(job)
    look(NOW)

    (asked,) = hook.asked
    signed = f"{asked.headers['webhook-id']}.{asked.headers['webhook-timestamp']}.".encode() + asked.raw
    wanted = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert asked.headers["webhook-signature"] == f"v1,{wanted}"
    assert asked.json["type"] == "alert.fired"
    assert asked.json["data"]["rule"] == "Orders fail"


def test_slack_gets_a_text_with_a_link(job: SyncJob, hook: Platform) -> None:
    rule(webhook(hook, ChannelKind.SLACK), job=job)
    fail(job)
    look(NOW)

    assert "webhook-signature" not in hook.asked[0].headers
    assert hook.asked[0].json["text"].startswith("*Alert: Orders fail*\n")
    assert "|See the rows>" in hook.asked[0].json["text"]


def test_within_the_cool_down_it_is_not_told_anew(job: SyncJob, hook: Platform) -> None:
    rule(webhook(hook), job=job, cool_down_minutes=30, tells_recovery=False)
    fail(job)
    look(NOW)
    look(NOW + 55 * MINUTE)
    fail(job, NOW + 60 * MINUTE)
    look(NOW + 61 * MINUTE)
    assert len(hook.asked) == 1
    fail(job, NOW + 90 * MINUTE)
    look(NOW + 91 * MINUTE)
    assert len(hook.asked) == 2


def test_what_is_switched_off_is_not_looked_at(job: SyncJob, hook: Platform) -> None:
    rule(webhook(hook), job=job, enabled=False)
    fail(job)
    look(NOW)
    assert hook.asked == []


def test_a_webhook_that_failed_is_tried_again_with_the_same_id(job: SyncJob, hook: Platform) -> None:
    hook.on("/alerts", [Says({}, 503), Says({}, 200)])
    rule(webhook(hook), job=job)
    fail(job)
    look(NOW)
    assert AlertMessage.objects.get().state == MessageState.DUE
    look(NOW + 2 * MINUTE)

    assert [asked.headers["webhook-id"] for asked in hook.asked] == [hook.asked[0].headers["webhook-id"]] * 2
    assert AlertMessage.objects.get().state == MessageState.SENT


def test_a_mail_whose_answer_is_lost_is_not_sent_twice(job: SyncJob, letterbox: Letterbox) -> None:
    letterbox.drops = True
    rule(email(), job=job)
    fail(job)
    for minutes in range(10):
        look(NOW + minutes * MINUTE)

    assert len(letterbox.mails) == 1
    assert AlertMessage.objects.get().state == MessageState.UNKNOWN


def test_a_mail_server_that_is_away_is_tried_again(
    job: SyncJob, settings: Settings, letterbox: Letterbox
) -> None:
    settings.EMAIL_PORT = 1
    rule(email(), job=job)
    fail(job)
    look(NOW)
    assert AlertMessage.objects.get().sentence == "The mail server does not answer."
    settings.EMAIL_PORT = letterbox.port
    look(NOW + 2 * MINUTE)

    assert len(letterbox.mails) == 1


def test_a_slack_message_whose_answer_is_lost_is_not_sent_twice(job: SyncJob, hook: Platform) -> None:
    hook.on("/alerts", Says(silent=True))
    rule(webhook(hook, ChannelKind.SLACK), job=job)
    fail(job)
    for minutes in range(10):
        look(NOW + minutes * MINUTE)

    assert len(hook.asked) == 1
    assert AlertMessage.objects.get().state == MessageState.UNKNOWN


def test_who_was_claimed_by_a_dead_process_is_not_written_to_again(job: SyncJob, hook: Platform) -> None:
    rule(webhook(hook), job=job)
    fail(job)
    watching.watch(NOW)
    AlertMessage.objects.update(state=MessageState.SENDING)
    look(NOW + 6 * MINUTE)

    assert hook.asked == []
    assert AlertMessage.objects.get().state == MessageState.UNKNOWN


def test_mail_passes_the_guard(job: SyncJob, settings: Settings, letterbox: Letterbox) -> None:
    settings.PRIVATE_NETWORKS = []
    rule(email(), job=job)
    fail(job)
    look(NOW)

    assert letterbox.mails == []
    assert "not a public address" in AlertMessage.objects.get().sentence


def test_a_webhook_passes_the_guard(job: SyncJob, settings: Settings, hook: Platform) -> None:
    settings.PRIVATE_NETWORKS = []
    rule(webhook(hook), job=job)
    fail(job)
    look(NOW)

    assert hook.asked == []
    assert "not a public address" in AlertMessage.objects.get().sentence


def test_one_rule_that_breaks_keeps_no_other_from_being_told(
    job: SyncJob, hook: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = rule(webhook(hook), name="Broken", kind=AlertKind.BACKLOG)
    rule(webhook(hook, ChannelKind.SLACK), job=job)
    fail(job)
    AlertRule.objects.filter(pk=broken.pk).update(kind="unheard of")
    look(NOW)
    assert len(hook.asked) == 1


# --- in the admin, and at a launch ----------------------------------------------------------------------------------


@pytest.fixture
def boss(db: None) -> User:
    return factories.administrator()


def test_a_channel_keeps_its_secrets_and_shows_them_never(boss: User, hook: Platform) -> None:
    client = signed_in(boss)
    filled = {
        "name": "Pager",
        "kind": "webhook",
        "recipients": "",
        "new_address": f"{hook.base}/alerts?key=k3y0fth3hook",
        "new_signing_secret": SECRET,
        "enabled": "on",
    }
    assert client.post(reverse("admin:monitoring_alertchannel_add"), filled).status_code == 302
    channel = AlertChannel.objects.get()
    page = client.get(change_url(channel)).content.decode()
    assert "k3y0fth3hook" not in page
    assert SECRET not in page
    client.post(
        change_url(channel), {**filled, "name": "Pager 2", "new_address": "", "new_signing_secret": ""}
    )
    channel.refresh_from_db()
    assert (channel.name, channel.address) == ("Pager 2", f"{hook.base}/alerts?key=k3y0fth3hook")
    assert channel.signing_secret == SECRET


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "email", "recipients": ""}, "at least one e-mail address"),
        ({"kind": "email", "recipients": "nobody"}, "“nobody” is no e-mail address."),
        ({"kind": "slack"}, "Enter where the message is sent to."),
        ({"kind": "slack", "new_address": "hooks"}, "Enter a whole address"),
        ({"kind": "webhook", "new_address": "https://hooks.example.com"}, "Enter whsec_"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(boss: User, values: dict[str, str], said: str) -> None:
    answer = signed_in(boss).post(reverse("admin:monitoring_alertchannel_add"), {"name": "C", **values})
    assert said in answer.content.decode()
    assert not AlertChannel.objects.exists()


def test_the_test_button_sends_and_says_what_is_wrong(boss: User, hook: Platform) -> None:
    client: Client = signed_in(boss)
    channel = webhook(hook)
    act(client, channel, "send_test")
    assert json.loads(hook.asked[0].raw)["type"] == "alert.test"
    hook.on("/alerts", Says({}, 401))
    act(client, channel, "send_test")
    said = [str(message) for message in client.get(reverse("admin:index")).context["messages"]]
    assert said[0] == "The test was sent. See whether it has arrived."
    assert said[1].startswith("It was not sent.")


def test_nobody_sends_a_test_without_the_right(hook: Platform) -> None:
    client = signed_in(factories.user("monitoring.view_alertchannel", "monitoring.change_alertchannel"))
    assert act(client, webhook(hook), "send_test").status_code == 403
    assert hook.asked == []


def test_the_list_of_alerts_tells_who_was_told(boss: User, job: SyncJob, hook: Platform) -> None:
    rule(webhook(hook), job=job)
    fail(job)
    look(NOW)
    page = signed_in(boss).get(reverse("admin:monitoring_alertevent_changelist")).content.decode()
    assert "webhook: told" in page
    assert "1 failures in 1 h" in page


def test_a_launch_asks_for_an_alert_that_tells_somebody(hook: Platform) -> None:
    workflow = factories.workflow(problem="P", owner="O")
    nothing = "No alert watches it. Make one that tells somebody when it fails."
    nobody = "The alert “Orders fail” tells nobody. Choose who is told."

    def said(sentence: str = nothing) -> bool:
        return sentence in [lacking.sentence for lacking in launch.missing(workflow)]

    assert said()
    silent = rule(workflow=workflow)
    assert said(nobody)
    assert not said()
    silent.channels.set([webhook(hook)])
    assert not said(nobody)
    AlertRule.objects.update(enabled=False)
    assert said()
    rule(*AlertChannel.objects.all(), name="Everything")
    assert not said()


def test_two_who_send_at_once_send_it_once(
    job: SyncJob, hook: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second host comes upon the message while the first one's call is on its way."""
    rule(webhook(hook), job=job)
    fail(job)
    watching.watch(NOW)
    tell = telling.tell

    def meanwhile(channel: AlertChannel, told: telling.Told) -> None:
        for message in AlertMessage.objects.all():
            telling._send(message.pk, NOW)
        tell(channel, told)

    monkeypatch.setattr(telling, "tell", meanwhile)
    telling.send_due(NOW)

    assert len(hook.asked) == 1


def test_two_who_look_at_once_open_one_event(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = rule(job=job)
    fail(job)
    watching.watch(NOW)
    (event,) = AlertEvent.objects.all()

    # The second found no open event when it looked, and comes to open one.
    watching._fire(watched, Finding(event.sentence, event.rows), NOW)

    assert AlertEvent.objects.count() == 1

"""Alerts and their channels in configuration files. Secrets never stand in one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from integrations.configuration.apply import apply
from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.state import load
from integrations.models import Connection, SyncJob, Workflow
from integrations.sync.launch import missing
from monitoring.alerts import watching
from monitoring.models import AlertChannel, AlertEvent, AlertMessage, AlertRule
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.monitoring.alerting import SECRET, fail
from tests.monitoring.conftest import NOW

pytestmark = pytest.mark.django_db

HOOK = "https://hooks.example.com/services/T0/B0/a-secret-path"
ENVIRONMENT = {"DUTY_HOOK": HOOK, "DUTY_SECRET": SECRET}
FILE = """
alert_channels:
  duty-mail:
    name: On duty
    kind: email
    recipients: [duty@example.com, second@example.com]
  duty-hook:
    kind: webhook
    secrets: {address: "${DUTY_HOOK}", signing_secret: "${DUTY_SECRET}"}
alerts:
  orders-fail:
    name: Orders fail
    workflow: orders
    kind: failures_above
    threshold: 2
    window_minutes: 30
    cool_down_minutes: 5
    tells_recovery: false
    channels: [duty-mail, duty-hook]
  everything:
    kind: success_rate_below
    threshold: 99.5
    channels: [duty-mail]
"""


@pytest.fixture
def workflow(db: None) -> Workflow:
    return factories.workflow(key="orders")


def applied(text: str, environment: dict[str, str] | None = None) -> None:
    apply(plan(text, ENVIRONMENT if environment is None else environment))


def test_a_file_makes_channels_and_rules(workflow: Workflow) -> None:
    applied(FILE)

    mail, hook = AlertChannel.objects.get(key="duty-mail"), AlertChannel.objects.get(key="duty-hook")
    assert (mail.name, mail.kind, mail.addresses()) == (
        "On duty",
        "email",
        ["duty@example.com", "second@example.com"],
    )
    assert (hook.name, hook.address, hook.signing_secret) == ("Duty hook", HOOK, SECRET)
    rule = AlertRule.objects.get(key="orders-fail")
    assert (rule.name, rule.workflow, rule.job, rule.kind) == (
        "Orders fail",
        workflow,
        None,
        "failures_above",
    )
    assert rule.threshold == 2
    assert (rule.window_minutes, rule.cool_down_minutes) == (30, 5)
    assert (rule.tells_recovery, rule.enabled) == (False, True)
    assert {channel.key for channel in rule.channels.all()} == {"duty-mail", "duty-hook"}


def test_what_was_applied_fires_and_tells(workflow: Workflow) -> None:
    job = factories.job(workflow=workflow)
    applied(FILE)
    for _ in range(3):
        fail(job)

    watching.watch(NOW)

    event = AlertEvent.objects.get(rule__key="orders-fail")
    assert {message.channel.key for message in AlertMessage.objects.filter(event=event)} == {
        "duty-mail",
        "duty-hook",
    }


def test_an_export_has_no_secret_and_becomes_the_same_again(workflow: Workflow) -> None:
    applied(FILE)
    before = load()

    text = as_yaml(before)

    assert HOOK not in text
    assert "a-secret-path" not in text
    assert SECRET not in text
    assert "@example.com" not in text
    assert "recipients: ${ALERT_CHANNELS_DUTY_MAIL_RECIPIENTS}" in text
    assert "address: ${ALERT_CHANNELS_DUTY_HOOK_ADDRESS}" in text
    assert plan(text, {}).changes == []
    AlertRule.objects.all().delete()
    AlertChannel.objects.all().delete()
    with pytest.raises(BadConfiguration, match="ALERT_CHANNELS_DUTY_HOOK_ADDRESS is not set"):
        plan(text, {})
    with pytest.raises(
        BadConfiguration,
        match=r"duty-mail.recipients: .* ALERT_CHANNELS_DUTY_MAIL_RECIPIENTS is not set. Set it, or write",
    ):
        plan(text, {})
    applied(
        text,
        {
            "ALERT_CHANNELS_DUTY_HOOK_ADDRESS": HOOK,
            "ALERT_CHANNELS_DUTY_HOOK_SIGNING_SECRET": SECRET,
            "ALERT_CHANNELS_DUTY_MAIL_RECIPIENTS": "duty@example.com, second@example.com",
        },
    )
    assert load() == before


def test_recipients_whose_variable_is_not_set_stay_and_are_told_as_kept(workflow: Workflow) -> None:
    applied(FILE)
    text = as_yaml(load())

    planned = plan(text, {})
    apply(planned)

    assert "duty-mail.recipients" in planned.kept
    mail = AlertChannel.objects.get(key="duty-mail")
    assert mail.addresses() == ["duty@example.com", "second@example.com"]


def test_another_variable_that_is_not_set_keeps_no_recipients(workflow: Workflow) -> None:
    applied(FILE)

    with pytest.raises(BadConfiguration, match="DUTY_PEOPLE is not set"):
        plan("alert_channels: {duty-mail: {recipients: '${DUTY_PEOPLE}'}}", {})


@pytest.mark.parametrize("told", ["a@example.com,b@example.com", "a@example.com; b@example.com\n"])
def test_a_variable_holds_several_recipients(workflow: Workflow, told: str) -> None:
    applied("alert_channels: {duty: {kind: email, recipients: '${PEOPLE}'}}", {"PEOPLE": told})

    assert AlertChannel.objects.get().addresses() == ["a@example.com", "b@example.com"]


def test_who_is_told_is_never_printed(workflow: Workflow) -> None:
    new = plan(FILE, ENVIRONMENT)
    applied(FILE)
    changed = plan(FILE.replace("second@", "third@"), ENVIRONMENT)
    gone = plan(
        "alert_channels: {duty-mail: {kind: slack, recipients: [], secrets: {address: 'https://a.b'}}}", {}
    )

    assert "recipients: (personal data set)" in str(new.changes[0])
    assert [str(change) for change in changed.changes] == [
        "~ alert_channels.duty-mail\n    recipients: (personal data changed)"
    ]
    assert "recipients: (personal data taken out)" in str(gone.changes[0])
    for change in (*new.changes, *changed.changes, *gone.changes):
        assert "@" not in str(change) + str(change.to_json())
    assert "@" not in repr(changed.wanted)


def test_a_channel_that_mails_nobody_asks_for_no_variable(workflow: Workflow) -> None:
    applied(FILE)
    AlertChannel.objects.filter(key="duty-mail").delete()

    assert "RECIPIENTS" not in as_yaml(load())


def test_what_changes_is_told_without_its_secret(workflow: Workflow) -> None:
    applied(FILE)

    planned = plan(FILE, {**ENVIRONMENT, "DUTY_HOOK": "https://hooks.example.com/another"})

    assert [str(change) for change in planned.changes] == [
        "~ alert_channels.duty-hook\n    secrets.address: (secret changed)"
    ]
    apply(planned)
    hook = AlertChannel.objects.get(key="duty-hook")
    assert (hook.address, hook.signing_secret) == ("https://hooks.example.com/another", SECRET)


def test_what_is_not_told_stays(workflow: Workflow) -> None:
    applied(FILE)

    applied("alert_channels: {duty-hook: {name: Hook}}\nalerts: {orders-fail: {threshold: 7}}\n")

    hook, rule = AlertChannel.objects.get(key="duty-hook"), AlertRule.objects.get(key="orders-fail")
    assert (hook.name, hook.address, hook.signing_secret) == ("Hook", HOOK, SECRET)
    assert rule.threshold == 7
    assert (rule.workflow, rule.channels.count()) == (workflow, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("alert_channels: {a: {}}", "alert_channels.a.kind: Choose one of: email, webhook, slack."),
        (
            "alert_channels: {a: {kind: fax}}",
            "alert_channels.a.kind: .*Choose one of: email, webhook, slack.",
        ),
        ("alert_channels: {a: {kind: email}}", "alert_channels.a.recipients: Enter at least one e-mail"),
        ("alert_channels: {a: {kind: email, recipients: [me]}}", "“me” is no e-mail address."),
        ("alert_channels: {a: {kind: slack}}", "alert_channels.a.secrets.address: Enter where the message"),
        ("alert_channels: {a: {kind: slack, secrets: {address: hooks}}}", "Enter a whole address"),
        ("alert_channels: {a: {kind: slack, secrets: {token: x}}}", "Known are: address, signing_secret."),
        (
            "alert_channels: {a: {kind: webhook, secrets: {address: 'https://a.example', signing_secret: x}}}",
            "alert_channels.a.secrets.signing_secret: Enter whsec_",
        ),
        ("alerts: {a: {}}", "alerts.a.kind: Choose one of: success_rate_below, failures_above"),
        ("alerts: {a: {kind: failures_above}}", "alerts.a.threshold: Say how many records."),
        ("alerts: {a: {kind: success_rate_below, threshold: 101}}", "A rate is at most 100 percent."),
        ("alerts: {a: {kind: failures_above, threshold: -1}}", "alerts.a.threshold: .*greater than or equal"),
        ("alerts: {a: {kind: no_success_within, workflow: b}}", "There is no 'b' among the workflows."),
        ("alerts: {a: {kind: no_success_within, job: b}}", "There is no 'b' among the jobs."),
        (
            "alerts: {a: {kind: no_success_within, channels: [b]}}",
            "There is no 'b' among the alert channels.",
        ),
        ("alerts: {a: {kind: no_success_within, window_minutes: 0}}", "alerts.a.window_minutes"),
        ("alerts: {A B: {kind: no_success_within}}", "Use small letters, digits and hyphens"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        plan(text, {})
    assert re.search(said, str(refused.value)), str(refused.value)
    assert not AlertRule.objects.exists()


def test_a_rule_watches_a_workflow_or_a_job() -> None:
    job = factories.job(workflow=factories.workflow(key="orders"), key="orders-out")
    assert job.pk
    with pytest.raises(BadConfiguration, match="Choose a workflow or a job, not both"):
        plan("alerts: {a: {kind: no_success_within, workflow: orders, job: orders-out}}", {})


def test_secrets_of_another_key_are_entered_anew(workflow: Workflow, settings: Any) -> None:
    applied(FILE)
    settings.SALT_KEY = ["another salt"]

    applied(FILE)

    assert AlertChannel.objects.get(key="duty-hook").address == HOOK


# --- templates ------------------------------------------------------------------------------------------------------


STARTED = """
workflows:
  doorstep:
    template: order-to-doorstep
    with: {shop: shop, warehouse: depot, parcels: depot}
    mappings: {orders-to-warehouse.write: sandbox-warehouse-orders, parcels-to-shop.read: sandbox-warehouse-shipments}
"""


def start() -> Workflow:
    if not Connection.objects.exists():
        factories.connection(key="shop", settings={"base_url": "https://shop.example.com"})
        resources = {
            "orders": {"create": {"path": "/orders"}},
            "shipments": {"list": {"path": "/shipments", "records": "rows"}},
        }
        depot = {"declaration": {"base_url": "https://depot.example.com", "resources": resources}}
        factories.connection(key="depot", platform="rest", settings=depot)
    applied(STARTED)
    return Workflow.objects.get(key="doorstep")


def lacks_an_alert(workflow: Workflow) -> str:
    return " ".join(one.sentence for one in missing(workflow) if "alert" in one.sentence.lower())


def test_a_started_workflow_has_an_alert_that_lacks_but_a_channel() -> None:
    workflow = start()

    rule = AlertRule.objects.get()
    assert (rule.key, rule.workflow, rule.kind) == ("doorstep-failures", workflow, "failures_above")
    assert rule.threshold == 0
    assert lacks_an_alert(workflow) == "The alert “Doorstep failures” tells nobody. Choose who is told."
    rule.channels.add(AlertChannel.objects.create(name="Duty", kind="email", recipients="a@example.com"))
    assert lacks_an_alert(workflow) == ""


def test_where_one_channel_is_there_it_is_told() -> None:
    channel = AlertChannel.objects.create(name="Duty", kind="email", recipients="a@example.com")

    workflow = start()

    assert list(AlertRule.objects.get().channels.all()) == [channel]
    assert lacks_an_alert(workflow) == ""


def test_of_two_channels_none_is_guessed() -> None:
    for name in ("Duty", "Bosses"):
        AlertChannel.objects.create(name=name, kind="email", recipients="a@example.com")

    start()

    assert not AlertRule.objects.get().channels.exists()


def test_an_alert_that_a_person_changed_is_left_alone() -> None:
    start()
    AlertRule.objects.update(threshold=9)

    start()

    assert AlertRule.objects.get().threshold == 9
    assert SyncJob.objects.filter(workflow__key="doorstep").exists()


def test_a_first_channel_in_the_admin_is_chosen_for_what_tells_nobody() -> None:
    workflow = start()
    client, address = signed_in(factories.administrator()), reverse("admin:monitoring_alertchannel_add")
    offered = client.get(address).context["adminform"].form

    filled = {"name": "On duty", "kind": "email", "recipients": "duty@example.com", "enabled": "on"}
    client.post(address, {**filled, "rules": [rule.pk for rule in offered.initial["rules"]]})

    channel = AlertChannel.objects.get()
    assert channel.key == "on-duty"
    assert list(AlertRule.objects.get().channels.all()) == [channel]
    assert lacks_an_alert(workflow) == ""

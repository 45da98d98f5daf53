"""What a platform's own integration carries already is not carried a second time by a job, unless that is meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration
from integrations.connectors import registry
from integrations.models import Connection, SyncJob
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url, form_of

pytestmark = pytest.mark.django_db

FILE = """\
connections:
  shop:
    platform: shopify
    settings: {base_url: "https://example.myshopify.com"}
    secrets: {token: t-1, client_secret: t-2}
    native_integrations: %s
  mailing:
    platform: klaviyo
    secrets: {token: t-3}
mappings:
  orders-in: {preset: shopify-orders}
  orders-out: {preset: klaviyo-write-orders}
jobs:
  orders-to-mailing:
    source: shop
    source_resource: orders
    destination: mailing
    destination_resource: events
    read_mapping: orders-in
    write_mapping: orders-out
"""


def applied(text: str) -> Plan:
    made = plan(text, {})
    apply(made)
    return made


def refused(text: str) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        plan(text, {})
    return [str(problem) for problem in caught.value.problems]


def test_a_job_that_carries_the_same_is_refused_with_the_remedy() -> None:
    (told,) = refused(FILE % "[klaviyo]")
    assert (
        "jobs.orders-to-mailing.writes_beside: At 'shop' its own integration with Klaviyo is switched on"
        in told
    )
    assert "Switch one of them off, or say here why both are meant." in told
    assert not SyncJob.objects.exists()


def test_it_counts_at_either_end() -> None:
    text = (FILE % "[]").replace("platform: klaviyo", "platform: klaviyo\n    native_integrations: [shopify]")
    assert "At 'mailing' its own integration with Shopify is switched on" in refused(text)[0]


def test_a_reason_is_kept_and_lets_it_pass() -> None:
    made = applied(FILE % "[klaviyo]" + "    writes_beside: The app carries one brand, this job the other.\n")
    assert SyncJob.objects.get().writes_beside == "The app carries one brand, this job the other."
    assert made.notes == []


@pytest.mark.parametrize("active", ["[]", "[mailchimp]"])
def test_what_is_switched_off_or_goes_elsewhere_stands_in_nobodys_way(active: str) -> None:
    assert applied(FILE % active).notes == []


def test_what_the_integration_does_not_carry_may_be_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = registry.platforms()["shopify"].facts
    (pair,) = [native for native in facts.native_integrations if native.with_platform == "klaviyo"]
    only_people = replace(facts, native_integrations=(replace(pair, carries=("customer",)),))
    monkeypatch.setattr(registry.platforms()["shopify"], "facts", only_people)
    assert applied(FILE % "[klaviyo]").notes == []


def test_that_it_was_switched_on_later_is_taken_and_told() -> None:
    applied(FILE % "[]")
    made = applied("connections:\n  shop: {native_integrations: [klaviyo]}\n")
    assert [note for note in made.notes if "jobs.orders-to-mailing" in note and "Pause the job" in note]
    assert Connection.objects.get(key="shop").native_integrations == ["klaviyo"]


def test_an_integration_that_the_platform_does_not_have_is_refused() -> None:
    told = refused(FILE % "[klavyo]")
    assert any(
        "native_integrations[0]: It has no own integration with 'klavyo'. It has:" in one for one in told
    )


# In the admin.


@pytest.fixture
def operator() -> Client:
    return signed_in(factories.administrator())


def test_a_person_ticks_it_at_the_connection_and_is_told_of_the_jobs(operator: Client) -> None:
    applied(FILE % "[]")
    shop = Connection.objects.get(key="shop")
    answer = operator.post(
        change_url(shop), form_of(operator, shop, native_integrations=["klaviyo"]), follow=True
    )
    shop.refresh_from_db()
    assert shop.native_integrations == ["klaviyo"]
    assert "This job would write the same beside it." in answer.content.decode()


def test_the_jobs_form_asks_for_the_reason(operator: Client) -> None:
    applied(FILE % "[]")
    Connection.objects.filter(key="shop").update(native_integrations=["klaviyo"])
    job = SyncJob.objects.get()
    page = operator.post(change_url(job), form_of(operator, job, every_seconds=60)).content.decode()
    assert "Switch one of them off, or say here why both are meant." in page
    operator.post(change_url(job), form_of(operator, job, every_seconds=60, writes_beside="It is meant."))
    job.refresh_from_db()
    assert (job.every_seconds, job.writes_beside) == (60, "It is meant.")


def test_a_platform_without_integrations_of_its_own_shows_no_boxes(operator: Client) -> None:
    row = factories.connection(platform="sandbox_shop")
    assert "Beside our jobs" not in operator.get(change_url(row)).content.decode()
    assert operator.get(reverse("admin:integrations_connection_add")).status_code == 200

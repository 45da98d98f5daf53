"""The suite of edge cases on the demo's own job, whose mappings are right, and on mappings that are not."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.demo import stage
from integrations.models import SyncJob
from integrations.sync.draft_rules import rules_with
from integrations.sync.edge_cases import try_cases
from integrations.sync.rules import JobRules, rules_of

pytestmark = pytest.mark.django_db

ENVIRONMENT = {
    **{
        f"SANDBOX_URL_{name}": f"http://127.0.0.1:9/{name.lower()}" for name in ("SHOP", "SHOP2", "WAREHOUSE")
    },
    **{f"SANDBOX_TOKEN_{name}": "token" for name in ("SHOP", "SHOP2", "WAREHOUSE")},
    "SANDBOX_WEBHOOK_SECRET": "secret",
}


@pytest.fixture
def job(db: None) -> SyncJob:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        key="orders-to-warehouse"
    )


def found(job: SyncJob, rules: JobRules | None = None) -> dict[str, bool | None]:
    return {one.title: one.is_good for one in try_cases(job, rules or rules_of(job))}


def test_the_demos_mappings_pass_every_case(job: SyncJob) -> None:
    assert set(found(job).values()) == {True}
    assert len(found(job)) == 9


@pytest.mark.parametrize(
    ("target", "rule", "wrong"),
    [
        ("payment_status", {"source": "", "default": "paid"}, {"Failed payment"}),
        ("shipping_address.postal_code", {"default": "0000"}, {"Missing field: no postal code"}),
        ("status", {"source": "", "default": "open"}, {"Cancellation"}),
    ],
)
def test_a_rule_that_hides_a_case_is_seen(
    job: SyncJob, target: str, rule: dict[str, Any], wrong: set[str]
) -> None:
    job.read_mapping.rules.filter(target=target).update(value_map="", transform="", **rule)
    draft = rules_with(job, job.read_mapping, job.read_mapping.snapshot())
    assert {title for title, is_good in found(job, draft).items() if is_good is False} == wrong


def test_what_the_first_delivery_is_needed_for_is_not_judged_without_it(job: SyncJob) -> None:
    job.write_mapping.rules.filter(target="ship_to.city").update(source="nothing")
    draft = rules_with(job, job.write_mapping, job.write_mapping.snapshot())
    judged = found(job, draft)
    assert judged["An ordinary paid order"] is False
    assert judged["Duplicate"] is judged["Cancellation"] is judged["Refund"] is None


def test_of_another_source_only_what_is_written_is_tried(job: SyncJob) -> None:
    job.source.platform = "rest"
    job.read_mapping.rules.filter(target="payment_status").update(source="", default="paid")
    draft = rules_with(job, job.read_mapping, job.read_mapping.snapshot())
    assert set(found(job, draft).values()) == {True}, "its reading rules were not taken for the sandbox's"


def test_nothing_is_stored_by_the_cases(job: SyncJob) -> None:
    with CaptureQueriesContext(connection) as queries:
        try_cases(job, rules_of(job))
    assert [query["sql"] for query in queries if not query["sql"].lstrip("( ").startswith("SELECT")] == []

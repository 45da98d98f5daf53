"""What an audit finds written past a field's owner is a conflict: shown with both sides, settled and repaired once."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from integrations.models import Conflict, ConflictState, Side, SyncJob, SyncRun
from integrations.sync import conflicts, rerun
from mappings.models import Mapping
from monitoring.audits.foreground import run_to_end
from monitoring.audits.repair import Repaired, repair
from monitoring.models import Audit, AuditDifference, Cause
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.owners.conftest import two
from tests.integrations.owners.two_sides import TwoSides

__all__ = ["two"]

PERSON = {"name": "Ada", "email": "a@example.com", "phone": "1", "city": "Ghent"}
OWNED = {"phone": {"owner": "shop", "when_it_differs": "owner"}, "address.city": "shop"}
ONE_WAY, BOTH_WAYS = ("to-crm",), ("to-crm", "to-shop")


@pytest.fixture(autouse=True)
def _without_margins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here all happens within a second."""
    monkeypatch.setattr("monitoring.audits.causes.APART", timedelta(0))


def begin(two: TwoSides, owners: dict[str, Any], jobs: tuple[str, ...] = ONE_WAY, **audit: Any) -> Audit:
    two.configure(owners, jobs=jobs)
    two.shop.add(**PERSON)
    two.carry(*jobs)
    assert two.crm.values("1") == PERSON
    made: Audit = Audit.objects.create(key="people", name="People", job=two.job("to-crm"), **audit)
    return made


def compare(audit: Audit) -> list[tuple[str, str]]:
    run = run_to_end(audit, 20.0, lambda _: None)
    assert run.state == "finished", run.sentence
    rows = AuditDifference.objects.filter(state="open").order_by("field")
    return list(rows.values_list("field", "cause"))


def repaired(two: TwoSides) -> Repaired:
    done = repair(AuditDifference.objects.all(), None)
    carry_out(two)
    return done


def carry_out(two: TwoSides) -> None:
    for run in SyncRun.objects.filter(door="again", finished_at__isnull=True):
        while not rerun.read(run.pk, time.monotonic() + 5):
            pass
    two.deliver(*SyncJob.objects.values_list("key", flat=True))


def conflict() -> Conflict:
    return Conflict.objects.select_related("owner", "other").get()


@pytest.fixture(params=["as it shows it", "by a reading mapping"])
def reading(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "by a reading mapping")


def test_it_is_raised_with_both_sides_and_left_to_a_person(two: TwoSides, reading: bool) -> None:
    audit = begin(two, OWNED)
    if reading:
        audit.destination_mapping = Mapping.objects.get(key="read")
        audit.save()
    two.crm.edit("1", phone="2")

    assert compare(audit) == [("phone", Cause.WRITTEN_PAST)]

    found = conflict()
    assert (found.field, found.subject, found.owner.key, found.other.key) == (
        "phone",
        "Customer 1",
        "shop",
        "crm",
    )
    assert (found.other_value, found.rule, found.state) == ("2", "ask", ConflictState.OPEN)
    assert found.found_by == "the audit People"
    assert found.owner_since is not None
    assert found.other_since is not None
    assert found.owner_since < found.other_since
    assert conflicts.settle_by_rules() == 0
    assert len(two.crm.told) == 1


def test_what_nobody_owns_is_a_difference_and_no_conflict(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.crm.edit("1", name="Bea")

    assert compare(audit) == [("name", Cause.WRITTEN_PAST)]
    assert not Conflict.objects.exists()


def test_what_differs_for_another_cause_is_no_conflict(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.shop.edit("1", phone="3")

    assert [cause for _, cause in compare(audit)] != [Cause.WRITTEN_PAST]
    assert not Conflict.objects.exists()


def test_compared_again_it_is_one_conflict_with_the_newer_value(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.crm.edit("1", phone="2")
    compare(audit)
    two.crm.edit("1", phone="4", city="Bruges")
    compare(audit)
    compare(audit)

    assert set(Conflict.objects.values_list("field", flat=True)) == {"phone", "address.city"}
    assert Conflict.objects.get(field="phone").other_value == "4"


def test_settled_on_its_page_it_is_written_once_and_the_audit_writes_no_more(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.crm.edit("1", phone="2")
    compare(audit)

    assert conflicts.settle(conflict(), Side.OWNER) == ""
    two.deliver("to-crm")
    done = repaired(two)

    assert done.sentence() == "1 was delivered since the audit saw them differ: compare again to see it."
    assert two.crm.values("1") == PERSON
    assert [operation for operation, _ in two.crm.told] == ["create", "update"]
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, "owner")
    assert compare(audit) == []


@pytest.mark.parametrize("jobs", [ONE_WAY, BOTH_WAYS])
def test_repaired_by_the_audit_it_is_written_once_and_settled(two: TwoSides, jobs: tuple[str, ...]) -> None:
    audit = begin(two, OWNED, jobs)
    two.crm.edit("1", phone="2")
    compare(audit)

    done = repair(AuditDifference.objects.all(), None)
    assert done.records == 1
    assert (conflict().state, conflict().taken) == (ConflictState.SETTLING, Side.OWNER)
    assert conflicts.settle(conflict(), Side.OWNER) == "Somebody has decided it meanwhile."
    carry_out(two)

    assert two.crm.values("1") == PERSON
    assert [operation for operation, _ in two.crm.told] == ["create", "update"]
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, "owner")
    assert compare(audit) == []


def test_both_clicked_it_is_written_once(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.crm.edit("1", phone="2")
    compare(audit)

    assert conflicts.settle(conflict(), Side.OWNER) == ""
    repaired(two)

    assert two.crm.values("1") == PERSON
    assert [operation for operation, _ in two.crm.told] == ["create", "update"]
    assert conflict().state == ConflictState.SETTLED


def test_corrected_there_by_hand_the_next_comparison_closes_it(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.crm.edit("1", phone="2", name="Bea")
    compare(audit)
    two.crm.edit("1", phone="1")

    assert [field for field, _ in compare(audit)] == ["name"]
    assert (conflict().state, conflict().settled_how) == (ConflictState.SETTLED, "agreed")


def test_a_job_that_reads_it_afterwards_goes_by_the_rule_of_the_field(two: TwoSides) -> None:
    audit = begin(two, OWNED, BOTH_WAYS)
    two.crm.edit("1", phone="2")
    compare(audit)

    two.settle()

    assert two.crm.values("1") == PERSON
    assert [operation for operation, _ in two.crm.told] == ["create", "update"]
    assert (conflict().state, conflict().rule, conflict().settled_how) == ("settled", "owner", "owner")


def test_its_page_shows_both_sides_and_the_difference_leads_there(two: TwoSides) -> None:
    audit = begin(two, OWNED)
    two.crm.edit("1", phone="0470 55")
    compare(audit)
    client = signed_in(factories.administrator())
    address = reverse("admin:integrations_conflict_change", args=[conflict().pk])

    shown = client.get(address).content.decode()
    assert "0470 55" in shown
    assert "the audit People" in shown

    difference = AuditDifference.objects.get()
    there = reverse("admin:monitoring_auditdifference_change", args=[difference.pk])
    assert f'href="{address}"' in client.get(there).content.decode()
    others = signed_in(factories.user("monitoring.view_auditdifference")).get(there)
    assert others.status_code == 200
    assert address not in others.content.decode()

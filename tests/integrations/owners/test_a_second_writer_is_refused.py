"""Two jobs that would write one field that nobody owns are refused, unless it is said why both are meant; so is a
circle in which a field would go round. In files here, in the admin beside `test_people_see_and_decide`."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration
from integrations.models import SyncJob
from mappings.models import FieldOwner

pytestmark = pytest.mark.django_db

WHOLE = ("name", "email", "phone")
Words = dict[str, Any]


def mapping(direction: str, fields: tuple[str, ...]) -> Words:
    rules = [{"target": field, "source": field} for field in fields]
    return {
        "platform": "rest",
        "resource": "people",
        "kind": "customer",
        "direction": direction,
        "rules": [*rules, *([{"target": "id", "source": "id"}] if direction == "read" else [])],
    }


def people(*jobs: str, owners: Words | None = None, fields: tuple[str, ...] = WHOLE, **of_jobs: Words) -> str:
    """`ab` is a job from a to b; `of_jobs`: what else is told of it."""
    able = {
        "list": {"path": "/people", "records": "people"},
        "create": {"path": "/people"},
        "update": {"method": "PATCH", "path": "/people/{external_id}"},
    }
    told: Words = {
        "connections": {
            key: {
                "platform": "rest",
                "settings": {
                    "declaration": {"base_url": "https://example.com", "resources": {"people": able}}
                },
            }
            for key in sorted(set("".join(jobs)))
        },
        "mappings": {"in": mapping("read", WHOLE), "out": mapping("write", fields)},
        "jobs": {
            key: {
                "source": key[0],
                "source_resource": "people",
                "destination": key[1],
                "destination_resource": "people",
                "read_mapping": "in",
                "write_mapping": "out",
                **of_jobs.get(key, {}),
            }
            for key in jobs
        },
    }
    if owners is not None:
        told["owners"] = {"customer": owners}
    return yaml.safe_dump(told, sort_keys=False)


def applied(text: str) -> Plan:
    made = plan(text, {})
    apply(made)
    return made


def refused(text: str) -> list[tuple[str, str]]:
    with pytest.raises(BadConfiguration) as caught:
        plan(text, {})
    return [(problem.field, problem.reason) for problem in caught.value.problems]


# --- a second writer, and both ways -----------------------------------------------------------------------------


def test_a_second_writer_of_a_field_that_nobody_owns_is_refused_with_the_remedy() -> None:
    ((place, reason),) = refused(people("ac", "bc"))
    assert place == "jobs.bc.shares_fields"
    assert reason == (
        "jobs.bc and jobs.ac write into 'c' from two systems and both write email, name, phone: whichever wrote "
        "last would be right. Give each field an owner, for example owners: {customer: {email: b}}, or say at the "
        "job's shares_fields why both are meant."
    )


def test_it_is_refused_beside_a_job_that_is_there_and_whatever_its_filter() -> None:
    applied(people("ac"))
    assert [place for place, _ in refused(people("bc", bc={"filter": "email"}))] == ["jobs.bc.shares_fields"]
    assert list(SyncJob.objects.values_list("key", flat=True)) == ["ac"]


def test_both_ways_without_owners_is_refused() -> None:
    ((place, reason),) = refused(people("ab", "ba"))
    assert place == "jobs.ba.shares_fields"
    assert reason.startswith("jobs.ba and jobs.ab go both ways and both write email, name, phone:")


def test_only_the_fields_without_an_owner_are_named() -> None:
    ((_, reason),) = refused(people("ab", "ba", owners={"name": "a", "email": "b"}))
    assert "both write phone:" in reason


@pytest.mark.parametrize("owners", [{"*": "a"}, {"name": "a", "email": "b", "phone": "b"}])
def test_with_an_owner_for_each_field_nothing_is_said(owners: Words) -> None:
    assert applied(people("ab", "ba", owners=owners)).notes == []


def test_a_reason_is_kept_and_lets_it_pass() -> None:
    made = applied(people("ac", "bc", bc={"shares_fields": "Each has its own customers."}))
    assert made.notes == []
    assert SyncJob.objects.get(key="bc").shares_fields == "Each has its own customers."


def test_a_reason_given_for_another_pair_does_not_cover_a_new_job() -> None:
    applied(people("ac", "bc", bc={"shares_fields": "Each has its own customers."}))
    assert [place for place, _ in refused(people("dc"))] == ["jobs.dc.shares_fields"] * 2


def test_books_have_rows_of_each_source() -> None:
    told = yaml.safe_load(people("ac", "bc"))
    told["connections"]["c"] = {"platform": "books"}
    for job in told["jobs"].values():
        job["destination_resource"] = "customers"
    assert applied(yaml.safe_dump(told)).notes == []


def test_taking_an_owner_away_is_refused_and_the_owner_stays() -> None:
    applied(people("ab", "ba", owners={"*": "a"}))
    ((place, reason),) = refused("owners: {customer: {name: a, email: b}}")
    assert place == "owners.customer"
    assert "both write phone:" in reason
    assert FieldOwner.objects.get().field == "*"


def test_a_rule_that_makes_a_second_writer_is_refused_at_its_mapping() -> None:
    applied(people("ab", "ba", owners={"name": "a"}, fields=("name",)))
    changed = yaml.safe_dump({"mappings": {"out": mapping("write", ("name", "phone"))}})
    ((place, reason),) = refused(changed)
    assert place == "mappings.out"
    assert "both write phone:" in reason


def test_what_ran_before_is_told_and_can_be_mended_step_by_step() -> None:
    """Jobs of before this was refused go on; a change of one of them asks for the reason."""
    applied(people("ab", "ba", ba={"shares_fields": "For a day."}))
    SyncJob.objects.update(shares_fields="")
    again = applied(people("ab", "ba"))
    assert [note[:40] for note in again.notes] == ["Note: jobs.ab and jobs.ba go both ways a"]
    assert applied("owners: {customer: {name: a}}").notes != []
    assert [place for place, _ in refused("jobs: {ab: {every_seconds: 60}}")] == ["jobs.ab.shares_fields"]
    assert applied("owners: {customer: {'*': a}}").notes == []
    assert applied("jobs: {ab: {every_seconds: 60}}").notes == []


# --- circles ----------------------------------------------------------------------------------------------------


def test_a_circle_is_refused_with_its_jobs_and_what_would_go_round() -> None:
    found = refused(people("ab", "bc", "ca"))
    assert [place for place, _ in found] == ["jobs.ab", "jobs.bc", "jobs.ca"]
    assert found[0][1] == (
        "These jobs run in a circle: ab → bc → ca. A change of email, name, phone would go round for ever. Give each "
        "field that all of them carry one owner, or take one of them out."
    )


@pytest.mark.parametrize("owners", [{"*": "b"}, {"name": "a", "email": "b", "phone": "c"}])
def test_a_circle_in_which_each_field_has_one_owner_is_allowed(owners: Words) -> None:
    applied(people("ab", "bc", "ca", owners=owners))
    assert SyncJob.objects.count() == 3


def test_one_field_without_an_owner_closes_the_circle() -> None:
    found = refused(people("ab", "bc", "ca", owners={"name": "a", "email": "b"}))
    assert {reason.partition("A change of ")[2][:10] for _, reason in found} == {"phone woul"}


def test_a_reason_does_not_excuse_a_circle() -> None:
    assert len(refused(people("ab", "bc", "ca", ca={"shares_fields": "It is meant."}))) == 3


def test_taking_an_owner_away_that_kept_a_circle_harmless_is_refused() -> None:
    applied(people("ab", "bc", "ca", owners={"*": "b"}))
    found = refused("owners: {customer: {name: a}}")
    assert found[0][1].startswith("These jobs run in a circle: ab → bc → ca.")
    assert FieldOwner.objects.get().field == "*"


def test_a_circle_beside_two_jobs_that_go_both_ways_is_seen() -> None:
    meant = {"shares_fields": "Both sides keep people."}
    applied(people("ba", "bc", "ca", ca=meant))
    found = dict(refused(people("ab", ab=meant)))
    assert found["jobs.ab"].startswith("These jobs run in a circle: ab → bc → ca.")

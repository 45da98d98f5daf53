"""Jobs, runs, records and errors: the partner's own, and never a payload."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integrations.models import Delivery, JobState, Judgement, SyncJob
from integrations.sync import retry as retrying

from .calls import Api, problem_of
from .rows import add_error, add_ids, add_outcome, add_record, add_run

pytestmark = pytest.mark.django_db


def results(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_job_comes_with_how_many_records_are_in_it(api: Api, job: SyncJob) -> None:
    add_record(job, state="delivered")
    add_record(job, state="delivered")
    add_record(job, state="failed")

    (listed,) = results(api.get("/api/v1/jobs"))
    shown = api.get("/api/v1/jobs/orders").json()

    assert (shown["key"], shown["state"], shown["accepts_pushes"]) == ("orders", JobState.ACTIVE, True)
    assert shown == {**listed, "records_by_state": {"delivered": 2, "failed": 1}}


def test_a_record_comes_with_its_ids_and_its_state(api: Api, job: SyncJob) -> None:
    record = add_record(job, subject="Order #1042", state="delivered", mapping_version="3.5")
    add_ids(record, source="1042", destination=["w-1", "w-2"])

    (shown,) = results(api.get("/api/v1/records"))

    assert shown["id"] == record.pk
    assert shown["subject"] == "Order #1042"
    assert shown["external_ids"] == ["1042"]
    assert shown["destination_ids"] == ["w-1", "w-2"]
    assert (shown["state"], shown["mapping_version"]) == ("delivered", "3.5")


def test_a_record_of_its_own_comes_with_what_was_tried(api: Api, job: SyncJob) -> None:
    record = add_record(job, state="delivered")
    add_outcome(record, state="retrying", kind="transient", attempt=1)
    add_outcome(record, state="delivered", operation="create", attempt=2)

    shown = api.get(f"/api/v1/records/{record.pk}").json()

    assert [(row["attempt"], row["state"]) for row in shown["outcomes"]] == [
        (2, "delivered"),
        (1, "retrying"),
    ]


def test_records_are_found_by_state_and_job(api: Api, job: SyncJob, second_job: SyncJob) -> None:
    failed = add_record(job, state="failed")
    add_record(job, state="delivered")
    add_record(second_job, state="failed")

    found = results(api.get("/api/v1/records", state="failed", job="orders"))

    assert [row["id"] for row in found] == [failed.pk]


@pytest.mark.parametrize("external_id", ["1042", "w-1"])
def test_records_are_found_by_either_sides_id(api: Api, job: SyncJob, external_id: str) -> None:
    record = add_record(job)
    add_ids(record, source="1042", destination=["w-1"])
    add_ids(add_record(job), source="1043", destination=["w-2"])

    assert [row["id"] for row in results(api.get("/api/v1/records", external_id=external_id))] == [record.pk]


@pytest.mark.parametrize("number", ["1042", "#1042", " 1042 "])
def test_records_are_found_by_their_order_number(api: Api, job: SyncJob, number: str) -> None:
    record = add_record(job, number="1042")
    add_record(job, number="1043")

    assert [row["id"] for row in results(api.get("/api/v1/records", number=number))] == [record.pk]


def test_runs_come_newest_first_with_their_counts(api: Api, job: SyncJob) -> None:
    older = add_run(job, "pull", accepted=5, delivered=3, failed=1)
    newer = add_run(job, "partner")

    shown = results(api.get("/api/v1/runs"))

    assert [row["id"] for row in shown] == [newer.pk, older.pk]
    assert (shown[1]["settled"], shown[1]["left"]) == (4, 1)
    assert shown[1].items() <= api.get(f"/api/v1/runs/{older.pk}").json().items()


def test_runs_are_found_by_state_and_job(api: Api, job: SyncJob, second_job: SyncJob) -> None:
    add_run(job, "pull")
    mine = add_run(second_job, "pull", state="failed")

    assert [row["id"] for row in results(api.get("/api/v1/runs", job="stock"))] == [mine.pk]
    assert [row["id"] for row in results(api.get("/api/v1/runs", state="failed"))] == [mine.pk]


def test_an_error_says_what_and_never_shows_the_evidence(api: Api, job: SyncJob) -> None:
    error = add_error(
        add_record(job),
        sentence="Order #1042: the shipping address has no postal code.",
        field="shipping_address.postal_code",
        evidence={"response": "private words"},
        payload={"email": "customer@example.com"},
    )

    answer = api.get("/api/v1/errors")
    (shown,) = results(answer)

    assert shown["id"] == error.pk
    assert shown["sentence"] == "Order #1042: the shipping address has no postal code."
    assert shown["field"] == "shipping_address.postal_code"
    assert (shown["kind"], shown["code"], shown["place"]) == ("data", "missing", "validate")
    assert b"private words" not in answer.content
    assert b"customer@example.com" not in answer.content
    assert api.get(f"/api/v1/errors/{error.pk}").json() == shown


def test_errors_are_found_by_state_kind_and_job(api: Api, job: SyncJob, second_job: SyncJob) -> None:
    open_one = add_error(add_record(job))
    settled = add_error(add_record(job), settled_at=timezone.now(), settled_how="delivered")
    other = add_error(add_record(second_job), kind="bug")

    def ids(**query: str) -> list[int]:
        return [row["id"] for row in results(api.get("/api/v1/errors", **query))]

    assert ids(state="open") == [other.pk, open_one.pk]
    assert ids(state="settled") == [settled.pk]
    assert ids(kind="bug") == [other.pk]
    assert ids(job="orders", state="open") == [open_one.pk]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/jobs/orders",
        "/api/v1/runs/{run}",
        "/api/v1/records/{record}",
        "/api/v1/errors/{error}",
        "/api/v1/records?job=orders",
        "/api/v1/runs?job=orders",
        "/api/v1/errors?job=orders",
        "/api/v1/jobs/no-such-job",
        "/api/v1/runs/99999999999999999999",
        "/api/v1/nowhere",
        "/api/v1/",
    ],
)
def test_what_is_not_the_partners_is_not_there(api: Api, job: SyncJob, path: str) -> None:
    record = add_record(job)
    ids = {"run": add_run(job, "pull").pk, "record": record.pk, "error": add_error(record).pk}
    job.partners.clear()

    assert problem_of(api.get(path.format(**ids)), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    "path", ["jobs", "runs", "records", "errors", "records?external_id=1042", "records?number=1042"]
)
def test_lists_hold_nothing_of_other_partners(api: Api, job: SyncJob, path: str) -> None:
    record = add_record(job, number="1042")
    add_ids(record, source="1042", destination=["w-1"])
    add_error(record)
    add_run(job, "pull")
    job.partners.clear()

    assert results(api.get(f"/api/v1/{path}")) == []


def test_an_error_can_be_retried(api: Api, job: SyncJob) -> None:
    record = add_record(job, state="failed")
    add_ids(record, source="1042", destination=[])
    error = add_error(record, payload={"id": "1042"})

    answer = api.post(f"/api/v1/errors/{error.pk}/retry", {})

    assert (answer.status_code, answer.json()) == (202, {"queued": 1})
    assert Delivery.objects.get(pk=record.pk).state == "queued"


def test_a_retry_is_booked_under_the_partners_name(api: Api, job: SyncJob) -> None:
    record = add_record(job, state="failed")
    add_ids(record, source="1042", destination=[])
    error = add_error(record, payload={"id": "1042"})

    api.post(f"/api/v1/errors/{error.pk}/retry", {})

    booked = Judgement.objects.get(error=error)
    assert (booked.decision, booked.by) == ("retry", None)
    assert booked.text == "asked for by the partner A fulfilment house"


def test_a_settled_error_cannot_be_retried(api: Api, job: SyncJob) -> None:
    error = add_error(add_record(job), settled_at=timezone.now())

    assert problem_of(api.post(f"/api/v1/errors/{error.pk}/retry", {}), 409)["code"] == "error_settled"


def test_a_write_in_doubt_is_for_the_store_to_decide(api: Api, job: SyncJob) -> None:
    error = add_error(add_record(job), place="in_doubt")

    assert (
        problem_of(api.post(f"/api/v1/errors/{error.pk}/retry", {}), 409)["code"] == "error_needs_the_store"
    )


def test_a_partner_does_not_set_a_halted_job_going(
    api: Api, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    SyncJob.objects.filter(pk=job.pk).update(state=JobState.HALTED)
    error = add_error(None, job=job)
    monkeypatch.setattr(retrying, "retry", lambda *_: pytest.fail("must not be called"))

    assert (
        problem_of(api.post(f"/api/v1/errors/{error.pk}/retry", {}), 409)["code"] == "error_needs_the_store"
    )
    assert SyncJob.objects.get(pk=job.pk).state == JobState.HALTED


def test_anothers_error_cannot_be_retried(api: Api, job: SyncJob) -> None:
    error = add_error(add_record(job))
    job.partners.clear()

    assert problem_of(api.post(f"/api/v1/errors/{error.pk}/retry", {}), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("records?state=lost", "state"),
        ("records?sate=failed", "sate"),
        ("errors?state=closed", "state"),
        ("errors?kind=human", "kind"),
        ("runs?job=a/b", "job"),
        ("jobs?state=active", "state"),
        ("records?page_size=0", "page_size"),
        ("records?page_size=501", "page_size"),
        ("records?page_size=many", "page_size"),
        ("records?cursor=!!!", "cursor"),
        ("records?cursor=YmVmb3JlOmFiYw", "cursor"),
        ("records?cursor=" + "A" * 400, "cursor"),
    ],
)
def test_a_parameter_that_is_not_right_is_refused_by_name(api: Api, path: str, field: str) -> None:
    problem = problem_of(api.get(f"/api/v1/{path}"), 400)

    assert [error["field"] for error in problem["errors"]] == [field]


def test_pages_lead_through_all_rows_once_though_rows_are_added(api: Api, job: SyncJob) -> None:
    there = [add_record(job).pk for _ in range(7)]
    seen: list[int] = []
    address: str | None = "/api/v1/records?page_size=3"
    while address:
        page = api.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
        add_record(job)

    assert seen == sorted(there, reverse=True)


def test_a_page_keeps_the_filters_of_the_one_before(api: Api, job: SyncJob) -> None:
    failed = [add_record(job, state="failed").pk for _ in range(3)]
    add_record(job, state="delivered")

    page = api.get("/api/v1/records?page_size=2&state=failed").json()
    rest = api.get(page["next"]).json()

    assert [row["id"] for row in page["results"] + rest["results"]] == sorted(failed, reverse=True)
    assert rest["next"] is None


def test_a_page_costs_the_same_whatever_its_length(
    api: Api, job: SyncJob, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        add_ids(add_record(job), source=str(number), destination=[f"w-{number}"])
    api.get("/api/v1/records")

    # The key, the job ids, the records, their external ids.
    with django_assert_num_queries(4):
        assert len(results(api.get("/api/v1/records"))) == 5


def test_another_method_is_refused_as_a_problem(api: Api) -> None:
    assert problem_of(api.post("/api/v1/jobs", {}), 405)["code"] == "method_not_allowed"


def test_a_browsers_wish_for_a_page_gets_json(api: Api) -> None:
    answer = api.client.get(
        "/api/v1/jobs", headers={"Authorization": f"Bearer {api.key}", "Accept": "text/html"}
    )

    assert answer["Content-Type"] == "application/json"


def test_times_of_a_record_are_told(api: Api, job: SyncJob) -> None:
    now = timezone.now()
    add_record(job, accepted_at=now - timedelta(minutes=5), delivered_at=now, first_delivered_at=now)

    (shown,) = results(api.get("/api/v1/records"))

    assert shown["accepted_at"] < shown["delivered_at"]
    assert shown["first_delivered_at"] == shown["delivered_at"]


def test_a_run_of_its_own_tells_how_far_it_is(api: Api, job: SyncJob) -> None:
    run = add_run(job, "pull", read=10, accepted=8, delivered=4, read_through=True, finished_at=None)

    shown = api.get(f"/api/v1/runs/{run.pk}").json()

    assert (shown["settled"], shown["left"], shown["expected"], shown["share"]) == (4, 4, 8, 50)
    assert (shown["asked"], shown["expected_end_at"]) == (None, None)


def test_a_span_is_run_again(api: Api, job: SyncJob) -> None:
    answer = api.post("/api/v1/jobs/orders/again", {"begin": "2026-05-01", "end": "2026-05-03"})

    assert answer.status_code == 202
    assert answer.json()["asked"] == {
        "from": "2026-05-01T00:00:00+00:00",
        "until": "2026-05-04T00:00:00+00:00",
    }
    busy = api.post("/api/v1/jobs/orders/again", {"begin": "2026-05-01"})
    assert problem_of(busy, 409)["code"] == "cannot_run_again"


@pytest.mark.parametrize("body", [{}, {"ids": ["1"], "begin": "2026-05-01"}, {"begin": "1 May"}, {"ids": []}])
def test_a_choice_that_is_none_is_refused(api: Api, job: SyncJob, body: dict[str, Any]) -> None:
    assert api.post("/api/v1/jobs/orders/again", body).status_code == 400


def test_a_job_of_somebody_else_is_not_run_again(other_api: Api, job: SyncJob) -> None:
    assert other_api.post("/api/v1/jobs/orders/again", {"begin": "2026-05-01"}).status_code == 404

"""POST /jobs/{key}/records: what is answered with 202 is stored, and a repeat stores nothing twice."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Batch, Delivery, Door, JobState, Partner, PartnerRequest, SyncJob, SyncRun
from integrations.partner_api import parsing, push

from .calls import Api, problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("job")]

PATH = "/api/v1/jobs/orders/records"


def order(external_id: str, **more: Any) -> dict[str, Any]:
    payload = {"id": external_id, "number": external_id, "currency": "EUR"}
    return {"external_id": external_id, "version": "2026-11-23T06:45:00Z", "payload": payload} | more


def test_what_is_accepted_is_stored_and_can_be_followed(api: Api, job: SyncJob) -> None:
    answer = api.post(PATH, {"records": [order("1"), order("2")]}, "first")

    run = SyncRun.objects.get(job=job, door=Door.PARTNER)
    first, second = Delivery.objects.filter(job=job).order_by("pk").values_list("pk", flat=True)
    assert answer.status_code == 202
    assert answer.json() == {
        "run": run.pk,
        "accepted": 2,
        "known": 0,
        "records": [{"external_id": "1", "record": first}, {"external_id": "2", "record": second}],
    }
    assert [parcel["external_id"] for parcel in Batch.objects.get(job=job).payloads] == ["1", "2"]


def test_a_repeat_gets_the_same_answer_and_stores_nothing(api: Api, job: SyncJob) -> None:
    first = api.post(PATH, {"records": [order("1")]}, "first")
    second = api.post(PATH, {"records": [order("1")]}, "first")

    assert second.status_code == 202
    assert second.json() == first.json()
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Batch.objects.filter(job=job).count() == 1
    assert PartnerRequest.objects.count() == 1


def test_the_same_content_written_otherwise_is_a_repeat(api: Api) -> None:
    api.post(PATH, {"records": [order("1")]}, "first")
    turned = dict(reversed(list(order("1").items())))

    assert api.post(PATH, {"records": [turned]}, "first")["Idempotency-Replayed"] == "true"


def test_the_same_key_with_another_body_is_refused(api: Api, job: SyncJob) -> None:
    api.post(PATH, {"records": [order("1")]}, "first")

    answer = api.post(PATH, {"records": [order("2")]}, "first")

    assert problem_of(answer, 422)["code"] == "idempotency_key_reused"
    assert Delivery.objects.filter(job=job).count() == 1


def test_the_same_records_under_a_new_key_are_known(api: Api) -> None:
    first = api.post(PATH, {"records": [order("1")]}, "first").json()

    second = api.post(PATH, {"records": [order("1")]}, "second").json()

    assert (second["accepted"], second["known"]) == (0, 1)
    assert second["records"] == first["records"]


def test_two_partners_may_use_the_same_key(api: Api, other_api: Api, job: SyncJob) -> None:
    job.partners.add(Partner.objects.get(key="agency"))
    api.post(PATH, {"records": [order("1")]}, "first")

    answer = other_api.post(PATH, {"records": [order("2")]}, "first")

    assert answer.status_code == 202
    assert "Idempotency-Replayed" not in answer


def test_when_the_answer_cannot_be_kept_nothing_is_stored(
    api: Api, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(PartnerRequest.objects, "create", refuse)
    api.client.raise_request_exception = False

    assert problem_of(api.post(PATH, {"records": [order("1")]}, "first"), 500)["code"] == "fault"
    assert not Delivery.objects.filter(job=job).exists()
    assert not Batch.objects.filter(job=job).exists()


def test_of_two_at_once_the_second_gives_the_first_ones_answer(
    api: Api, job: SyncJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first commits just after the second has looked for an earlier answer."""
    looked: list[str] = []
    real = push._earlier_answer

    def look(*args: Any) -> Any:
        looked.append("look")
        if len(looked) == 1:
            found = real(*args)
            winner.append(api.post(PATH, {"records": [order("1")]}, "first"))
            return found
        return real(*args)

    winner: list[Any] = []
    monkeypatch.setattr(push, "_earlier_answer", look)

    loser = api.post(PATH, {"records": [order("1")]}, "first")

    assert loser.status_code == 202
    assert loser.json() == winner[0].json()
    assert loser["Idempotency-Replayed"] == "true"
    assert Batch.objects.filter(job=job).count() == 1


@pytest.mark.parametrize("state", [JobState.PAUSED, JobState.HALTED])
def test_a_job_that_stands_still_takes_records(api: Api, job: SyncJob, state: JobState) -> None:
    SyncJob.objects.filter(pk=job.pk).update(state=state)

    assert api.post(PATH, {"records": [order("1")]}, "first").status_code == 202
    assert Delivery.objects.filter(job=job, state="queued").count() == 1


def test_a_job_that_takes_no_pushes_says_so(api: Api, job: SyncJob) -> None:
    SyncJob.objects.filter(pk=job.pk).update(accepts_pushes=False)

    assert (
        problem_of(api.post(PATH, {"records": [order("1")]}, "first"), 409)["code"] == "job_takes_no_pushes"
    )


def test_a_repeat_gets_its_answer_though_the_job_takes_no_more(api: Api, job: SyncJob) -> None:
    first = api.post(PATH, {"records": [order("1")]}, "first")
    SyncJob.objects.filter(pk=job.pk).update(accepts_pushes=False)

    assert api.post(PATH, {"records": [order("1")]}, "first").json() == first.json()


def test_anothers_job_is_not_there(api: Api, job: SyncJob) -> None:
    job.partners.clear()

    assert problem_of(api.post(PATH, {"records": [order("1")]}, "first"), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "idempotency_key_missing"),
        (" ", "idempotency_key_missing"),
        ("x" * 121, "idempotency_key_invalid"),
    ],
)
def test_the_idempotency_key_is_needed(api: Api, key: str | None, code: str) -> None:
    assert problem_of(api.post(PATH, {"records": [order("1")]}, key), 400)["code"] == code


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "records"),
        ([], ""),
        ("text", ""),
        ({"records": []}, "records"),
        ({"records": [1]}, "records[0]"),
        ({"records": [order("")]}, "records[0].external_id"),
        ({"records": [order("1"), order("x" * 256)]}, "records[1].external_id"),
        ({"records": [order("a\x00b")]}, "records[0].external_id"),
        ({"records": [order("1", payload=[])]}, "records[0].payload"),
        ({"records": [order("1", payload={})]}, "records[0].payload"),
        ({"records": [order("1", version="yesterday")]}, "records[0].version"),
        ({"records": [order("1", version="2026-11-23T06:45:00")]}, "records[0].version"),
        ({"records": [order("1", version="2026-13-45T06:45:00Z")]}, "records[0].version"),
        ({"records": [order("1", version="9" * 21)]}, "records[0].version"),
        ({"records": [order(str(n)) for n in range(501)]}, "records"),
    ],
)
def test_a_bad_body_is_refused_by_field_and_stores_nothing(api: Api, body: Any, field: str) -> None:
    problem = problem_of(api.post(PATH, body, "first"), 400)

    assert problem["code"] == "invalid"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert not Delivery.objects.exists()
    assert not PartnerRequest.objects.exists()


def test_a_corrected_body_may_use_the_key_of_the_refused_one(api: Api) -> None:
    api.post(PATH, {"records": []}, "first")

    assert api.post(PATH, {"records": [order("1")]}, "first").status_code == 202


def test_what_is_no_json_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Idempotency-Key": "first"}

    answer = api.client.post(PATH, b'{"records": NaN', content_type="application/json", headers=headers)

    assert problem_of(answer, 400)["code"] == "parse_error"


@pytest.mark.parametrize("levels", [101, 260, 900])
def test_a_body_too_deep_to_be_stored_is_refused(api: Api, levels: int) -> None:
    deep: Any = 1
    for _ in range(levels):
        deep = {"a": deep}

    answer = api.post(PATH, {"records": [{"external_id": "1", "payload": deep}]}, "first")

    assert problem_of(answer, 400)["code"] == "body_too_deep"
    assert not Batch.objects.exists()


def test_a_body_as_deep_as_allowed_is_taken(api: Api) -> None:
    deep: Any = 1
    for _ in range(97):  # and the record, the list of records and the body itself
        deep = [deep]

    body = {"records": [{"external_id": "1", "payload": {"deep": deep[0]}}]}

    assert api.post(PATH, body, "first").status_code == 202


def pushed(api: Api, body: str) -> Any:
    headers = {"Authorization": f"Bearer {api.key}", "Idempotency-Key": "first"}
    return api.client.post(PATH, body, content_type="application/json", headers=headers)


@pytest.mark.parametrize(
    "number",
    [
        "12345678901234567890123",
        "-9223372036854775809",
        "0.12345678901234567891",
        "1234567890123456.78",
        "1e-99999999999999999999",
    ],
)
def test_a_number_that_would_be_rounded_is_refused(api: Api, number: str) -> None:
    for body in (
        '{"records": [{"external_id": "1", "payload": {"id": %}}]}'.replace("%", number),
        '{"records": [{"external_id": %, "payload": {"id": 1}}]}'.replace("%", number),
    ):
        assert number in problem_of(pushed(api, body), 400)["detail"]
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "number",
    ["18446744073709551615", "0.30000000000000004", '"12345678901234567890123"', "100.00000000000000000"],
)
def test_a_long_number_that_is_kept_exactly_is_taken(api: Api, number: str) -> None:
    body = '{"records": [{"external_id": "1", "payload": {"id": 1, "total": %}}]}'.replace("%", number)
    assert pushed(api, body).status_code == 202


def test_a_fraction_is_no_id(api: Api) -> None:
    answer = pushed(api, '{"records": [{"external_id": 1.5, "payload": {"id": 1}}]}')
    assert problem_of(answer, 400)["errors"][0]["field"] == "records[0].external_id"


@pytest.mark.parametrize("version", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_utc_does_not_have_is_refused(api: Api, version: str) -> None:
    answer = api.post(PATH, {"records": [order("1", version=version)]}, "first")
    assert problem_of(answer, 400)["errors"][0]["field"] == "records[0].version"


def test_another_kind_of_body_is_refused(api: Api) -> None:
    headers = {"Authorization": f"Bearer {api.key}", "Idempotency-Key": "first"}

    answer = api.client.post(PATH, b"<orders/>", content_type="application/xml", headers=headers)

    assert problem_of(answer, 415)["code"] == "unsupported_media_type"


def test_too_large_a_body_is_refused_by_its_announced_length(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "BODY_LIMIT", 50)

    assert problem_of(api.post(PATH, {"records": [order("1")]}, "first"), 413)["code"] == "body_too_large"


def test_never_more_than_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        read_bytes = 0

        def read(self, size: int) -> bytes:
            self.read_bytes += size
            return b"x" * size

    stream = Endless()
    monkeypatch.setattr(parsing, "BODY_LIMIT", 50)

    with pytest.raises(Exception, match="larger than"):
        parsing.CappedJson().parse(stream)  # type: ignore[arg-type]  # only read() is used

    assert stream.read_bytes == 51


def test_a_body_in_chunks_is_refused(api: Api) -> None:
    headers = {
        "Authorization": f"Bearer {api.key}",
        "Idempotency-Key": "first",
        "Transfer-Encoding": "chunked",
    }

    answer = api.client.post(PATH, b"{}", content_type="application/json", headers=headers)

    assert problem_of(answer, 411)["code"] == "length_required"


@pytest.mark.parametrize(
    ("version", "sortable"),
    [
        ("", ""),
        ("42", "00000000000000000042"),
        ("2026-11-23T06:45:00Z", "2026-11-23T06:45:00.000000Z"),
        ("2026-11-23T07:45:00.5+01:00", "2026-11-23T06:45:00.500000Z"),
        ("0042-11-23T06:45:00Z", "0042-11-23T06:45:00.000000Z"),
    ],
)
def test_versions_are_kept_so_that_they_sort_as_text(version: str, sortable: str) -> None:
    assert push.sortable_version(version) == sortable

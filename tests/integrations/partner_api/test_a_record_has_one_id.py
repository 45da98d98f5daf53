"""What is pushed under an id that is not its own would be a second record at the destination."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.models import Batch, Delivery, PartnerRequest, SyncJob

from .calls import Api, problem_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("job")]
PATH = "/api/v1/jobs/orders/records"


def pushed(external_id: Any, payload: dict[str, Any]) -> dict[str, Any]:
    return {"external_id": external_id, "version": "1", "payload": payload}


def test_a_record_under_another_id_than_its_own_is_refused_and_nothing_is_stored(
    api: Api, job: SyncJob
) -> None:
    right, wrong = pushed("1", {"id": "1"}), pushed("9010", {"id": 7300001043})

    told = problem_of(api.post(PATH, {"records": [right, wrong]}, "first"), 400)

    reason = "This says 9010, but the id in the payload is 7300001043. Send the payload's own id here."
    assert told["errors"] == [{"field": "records[1].external_id", "reason": reason}]
    assert told["code"] == "invalid"
    assert not Delivery.objects.filter(job=job).exists()
    assert not Batch.objects.filter(job=job).exists()
    assert not PartnerRequest.objects.exists()


def test_each_such_record_is_named(api: Api) -> None:
    records = [pushed("a", {"id": "1"}), pushed("2", {"id": "2"}), pushed("b", {"id": "3"})]
    told = problem_of(api.post(PATH, {"records": records}, "first"), 400)
    assert [error["field"] for error in told["errors"]] == [
        "records[0].external_id",
        "records[2].external_id",
    ]


def test_another_fault_of_the_payload_does_not_hide_it(api: Api) -> None:
    wrong = pushed("9010", {"id": "7300001043", "updated_at": "no time at all"})
    assert api.post(PATH, {"records": [wrong]}, "first").status_code == 400


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "71"},
        {"id": 71},
        {"id": "gid://shop/Order/71"},
        {"number": "1042"},
        {"id": None, "number": "1"},
    ],
)
def test_its_own_id_in_any_form_or_none_at_all_is_taken(api: Api, payload: dict[str, Any]) -> None:
    assert api.post(PATH, {"records": [pushed("71", payload)]}, "first").status_code == 202


def test_what_is_gone_needs_no_payload(api: Api) -> None:
    gone = {"external_id": "71", "version": "1", "deleted": True}
    assert api.post(PATH, {"records": [gone]}, "first").status_code == 202

"""What an operator said is done with a failure is done, once, and told; what may have arrived is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, ErrorRecord, Outcome, Settled, State, SyncJob, SyncRun
from integrations.sync import endings, shared_clock
from integrations.sync.accept import accept
from tests.integrations.answering import Asked, Says

from .between import JOB, Between, order

LISTED = {"list": {"path": "/orders"}, "updated_at": {"at": "changed"}}
SKIP = {"when": "refused", "then": "skip", "note": "Sold in the showroom."}


def configure(between: Between, *fallbacks: dict[str, Any], **words: Any) -> None:
    errors = [
        {"kind": "data", "status": 422, "code": "= code", "field": "= field", "sentence": "= message"},
    ]
    job = {"fallbacks": list(fallbacks), "every_seconds": 0, **words.pop("job", {})}
    between.configure(LISTED, {"errors": errors} | words.pop("writes", {}), job=job, **words)


def shop_has(between: Between, *orders: dict[str, Any]) -> None:
    between.shop.on("GET /orders", Says(list(orders)))


def refuse(between: Between, code: str = "unknown_sku", field: str = "items", unless: str = "") -> list[Any]:
    """The depot refuses each new order; `unless`: it has this reference."""
    asked_for: list[Any] = []

    def answer(asked: Asked) -> Says:
        asked_for.append(asked.json)
        if unless and asked.json["reference"] == unless:
            return between.depot.create(asked.json)
        return Says({"code": code, "field": field, "message": "It is not taken."}, 422)

    between.depot.platform.on("POST /orders", answer)
    return asked_for


def the_delivery() -> Delivery:
    return Delivery.objects.get(job__key=JOB)


def outcomes() -> list[tuple[str, str | None]]:
    return list(Outcome.objects.order_by("pk").values_list("state", "note"))


def test_a_refused_record_is_skipped_with_its_note_and_its_neighbours_go_on(between: Between) -> None:
    configure(between, SKIP)
    shop_has(between, order(1), order(2))
    refuse(between, unless="A2")
    run = between.carry()
    assert between.states() == {"Order #A1": "skipped", "Order #A2": "delivered"}
    assert (run.skipped, run.delivered, run.failed, run.left) == (1, 1, 0, 0)
    assert between.errors() == []
    (note,) = Outcome.objects.filter(state=State.SKIPPED).values_list("note", flat=True)
    assert note == "When The depot refuses the record, it is skipped: Sold in the showroom."
    assert Delivery.objects.get(state=State.SKIPPED).state_reason.startswith("Sold in the showroom. (")


def test_a_skipped_record_is_not_tried_again_and_a_newer_version_of_it_is(between: Between) -> None:
    configure(between, SKIP)
    shop_has(between, order(1))
    asked_for = refuse(between)
    between.carry()
    between.carry()
    assert len(asked_for) == 1, "the same version again is known"
    shop_has(between, order(1, "changed"))
    refuse(between, unless="A1")
    between.carry()
    assert between.states() == {"Order #A1": "delivered"}


def test_an_open_error_is_over_when_its_record_is_skipped(between: Between) -> None:
    configure(between)
    shop_has(between, order(1))
    refuse(between)
    between.carry()
    (error,) = between.errors()
    SyncJob.objects.update(fallbacks=[SKIP])
    shop_has(between, order(1, "changed"))
    between.carry()
    error.refresh_from_db()
    assert (error.settled_how, between.states()) == (Settled.SKIPPED, {"Order #A1": "skipped"})


def test_the_most_exact_fallback_is_asked_first(between: Between) -> None:
    """Listed last, and it holds the record: the wider one would skip it."""
    configure(between, SKIP, {"when": "refused", "code": "unknown_sku", "tries": 1})
    shop_has(between, order(1))
    asked_for = refuse(between)
    between.carry()
    assert (between.states(), len(asked_for)) == ({"Order #A1": "failed"}, 2), "tried again, then held"
    refuse(between, code="too_heavy")
    shop_has(between, order(1, "changed"))
    between.carry()
    assert between.states() == {"Order #A1": "skipped"}


def test_out_of_stock_is_a_refusal_of_its_own(between: Between) -> None:
    configure(between, {"when": "out_of_stock", "then": "skip", "note": "The shop tells the customer."})
    shop_has(between, order(1))
    refuse(between, code="too_heavy")
    between.carry()
    assert between.states() == {"Order #A1": "failed"}
    refuse(between, code="out_of_stock")
    shop_has(between, order(1, "changed"))
    between.carry()
    assert between.states() == {"Order #A1": "skipped"}


def test_a_temporary_failure_is_tried_as_often_as_the_fallback_says(
    between: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "SECOND_PAUSE", 0.01)
    configure(between, {"when": "temporary", "tries": 8, "then": "skip", "note": "They fetch it by hand."})
    shop_has(between, order(1))
    calls: list[Any] = []
    broken = {"kind": "transient", "status": 409, "code": "busy", "sentence": "It is busy."}
    configure(
        between,
        {"when": "temporary", "tries": 8, "then": "skip", "note": "They fetch it by hand."},
        writes={"errors": [broken]},
        job={"retry_limit": 2},
    )

    def busy(asked: Asked) -> Says:
        calls.append(asked.json)
        return Says({}, 409)

    between.depot.platform.on("POST /orders", busy)
    between.carry()
    assert (len(calls), between.states()) == (9, {"Order #A1": "skipped"}), "once, and eight times again"


def test_a_missing_value_is_put_in_and_told(between: Between) -> None:
    configure(between, {"when": "missing_field", "field": "reference", "then": "default", "value": "NONE"})
    shop_has(between, {**order(1), "number": None})
    run = between.carry()
    assert [told[1] for told in between.depot.told] == ["NONE"]
    assert run.delivered == 1
    assert outcomes() == [("delivered", "A fallback put in: reference: “NONE”.")]


def test_a_refused_field_is_sent_once_more_with_the_value_and_never_again(between: Between) -> None:
    configure(
        between,
        {"when": "refused", "field": "state", "then": "default", "value": "new"},
    )
    shop_has(between, order(1, "weird"))
    asked_for = refuse(between, code="bad_state", field="state")
    between.carry()
    assert [body["state"] for body in asked_for] == ["weird", "new"]
    (error,) = between.errors()
    assert "A fallback put in: state: “new”. It was not enough." in error.sentence
    assert between.states() == {"Order #A1": "failed"}


def test_a_refused_field_that_the_value_mends_is_delivered_and_told(between: Between) -> None:
    configure(between, {"when": "refused", "field": "state", "then": "default", "value": "new"})
    shop_has(between, order(1, "weird"))

    def picky(asked: Asked) -> Says:
        if asked.json["state"] != "new":
            return Says({"code": "bad_state", "field": "state", "message": "No."}, 422)
        return between.depot.create(asked.json)

    between.depot.platform.on("POST /orders", picky)
    between.carry()
    assert between.states() == {"Order #A1": "delivered"}
    assert outcomes()[-1] == ("delivered", "A fallback put in: state: “new”.")
    assert ErrorRecord.objects.count() == 0


def test_what_may_have_arrived_is_never_skipped(between: Between) -> None:
    """Its answer was lost: only a person may say what became of it, whatever the fallbacks say."""
    every = [
        {"when": "temporary", "then": "skip", "note": "x"},
        SKIP,
    ]
    configure(
        between,
        *every,
        writes={"natural_key": "", "lookup": None},
        depot={"timeouts": {"read": 0.3, "total": 1}},
    )
    shop_has(between, order(1))
    between.depot.platform.on("POST /orders", Says({}, 500))
    between.carry()
    (error,) = between.errors()
    assert (error.place, between.states()) == ("in_doubt", {"Order #A1": "failed"})


def test_a_cancellation_is_never_skipped(between: Between) -> None:
    configure(between, SKIP)
    cancel = {
        "path": "/orders/{external_id}/cancel",
        "when": "record.status == 'cancelled' && written.status != 'cancelled'",
    }
    configure(between, SKIP, writes={"actions": {"cancel": cancel}})
    shop_has(between, order(1))
    between.carry()
    between.depot.platform.on("POST /orders/1/cancel", Says({"code": "packed", "message": "Too late."}, 422))
    shop_has(between, order(1, "cancelled"))
    between.carry()
    assert between.states() == {"Order #A1": "failed"}


def test_a_job_without_fallbacks_asks_a_person(between: Between) -> None:
    configure(between)
    shop_has(between, order(1))
    refuse(between)
    run: SyncRun = between.carry()
    assert (run.failed, run.skipped, len(between.errors())) == (1, 0, 1)


def test_a_newer_version_that_came_meanwhile_is_not_skipped_with_the_older(between: Between) -> None:
    configure(between, SKIP)
    shop_has(between, order(1))
    job = SyncJob.objects.get(key=JOB)

    def meanwhile(asked: Asked) -> Says:
        newer = order(1, "changed")
        accept(job, Door.WEBHOOK, [Item(external_id="1", payload=newer)], read_at=shared_clock.now())
        between.depot.platform.on("POST /orders", lambda again: between.depot.create(again.json))
        return Says({"code": "no", "message": "No."}, 422)

    between.depot.platform.on("POST /orders", meanwhile)
    between.carry()
    assert [told[2] for told in between.depot.told] == ["changed"]
    assert the_delivery().state == State.DELIVERED

"""An order that one warehouse refuses is made in another, once, and all that comes of it later follows it there."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.state import load
from integrations.models import (
    Delivery,
    ErrorRecord,
    JobState,
    Outcome,
    State,
    SyncJob,
)
from integrations.sync import rerun, steer
from integrations.sync.selection import NotPossible, by_ids
from integrations.webhooks.process import _jobs_reading
from tests.integrations.answering import Asked, Says

from .between import JOB, Between, Depot, order
from .handing_over import (
    SECOND,
    THIRD,
    TO_SECOND,
    carry,
    configure,
    has_none,
    job,
    second,
    shop_has,
    states,
    third,
)

__all__ = ["second", "third"]


def test_what_is_out_of_stock_here_is_made_there_once_and_told(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    asked_for = has_none(between.depot)
    carry(between)
    carry(between)
    assert (len(asked_for), second.told) == (1, [("create", "A1", "open")])
    assert (states(JOB), states(SECOND)) == ([State.HANDED_OVER], [State.DELIVERED])
    assert not ErrorRecord.objects.exists()
    note = Outcome.objects.get(state=State.HANDED_OVER).note
    assert note == f"When The depot says out of stock, it is handed over to Job {SECOND}."
    things = set(Delivery.objects.values_list("thing_id", flat=True))
    assert len(things) == 1, "one order, two Deliveries"
    assert plan(as_yaml(load()), {}).changes == []


def test_later_versions_and_cancellations_follow_it_for_good(between: Between, second: Depot) -> None:
    """Also once the fallback is taken out, and this warehouse would take it again: it would be there twice."""
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    carry(between)
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))
    SyncJob.objects.filter(key=JOB).update(fallbacks=[])
    for state in ("changed", "cancelled"):
        shop_has(between, order(1, state))
        carry(between)
    assert between.depot.told == []
    assert [told[0::2] for told in second.told] == [
        ("create", "open"),
        ("update", "changed"),
        ("update", "cancelled"),
    ]
    assert states(JOB) == [State.HANDED_OVER]


def test_what_may_have_arrived_is_never_handed_over(between: Between, second: Depot) -> None:
    every = [TO_SECOND, {"when": "temporary", "then": "skip", "note": "x"}]
    every.append({"when": "refused", "then": "hand_over", "to": SECOND})
    configure(between, (SECOND, second, []), fallbacks=every, writes={"natural_key": "", "lookup": None})
    shop_has(between, order(1))
    between.depot.platform.on("POST /orders", Says({"code": "out_of_stock"}, 500))
    carry(between)
    (error,) = between.errors()
    assert (error.place, second.told, states(SECOND)) == ("in_doubt", [], [])


def test_a_lost_answer_that_turns_out_to_have_arrived_is_no_hand_over(
    between: Between, second: Depot
) -> None:
    """The first call was taken and its answer lost; it is found there, and its refused repeat is no reason."""
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))

    def lost(asked: Asked) -> Says:
        between.depot.create(asked.json)
        between.depot.platform.on("POST /orders", Says({"code": "out_of_stock", "message": "None."}, 422))
        return Says({}, 500)

    between.depot.platform.on("POST /orders", lost)
    carry(between)
    assert (len(between.depot.told), second.told) == (1, [])
    assert states(JOB) == [State.DELIVERED]


def test_a_refused_repeat_of_what_may_have_arrived_is_no_hand_over(between: Between, second: Depot) -> None:
    """Its first answer was lost. That the repeat is refused says nothing of the first: a person is asked."""
    create = {"path": "/orders", "key": {"header": "Idempotency-Key", "lifetime": 86400}}
    configure(between, (SECOND, second, []), writes={"create": create, "natural_key": "", "lookup": None})
    shop_has(between, order(1))

    def lost(asked: Asked) -> Says:
        between.depot.create(asked.json)
        between.depot.platform.on("POST /orders", Says({"code": "out_of_stock", "message": "None."}, 422))
        return Says({}, 500)

    between.depot.platform.on("POST /orders", lost)
    carry(between)
    assert (second.told, states(SECOND), states(JOB)) == ([], [], [State.FAILED])


def test_what_is_there_is_not_made_elsewhere_as_well(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    carry(between)
    refused = Says({"code": "out_of_stock", "message": "No more."}, 422)
    between.depot.platform.on("PUT /orders/1", refused)
    shop_has(between, order(1, "changed"))
    carry(between)
    assert (states(JOB), states(SECOND), second.told) == ([State.FAILED], [], [])


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"state": JobState.PAUSED}, "does not run at present"),
        ({"takes_handed_over": False}, "does not take over"),
        ({"key": "renamed"}, f"there is no job “{SECOND}” any more"),
    ],
)
def test_where_the_other_job_cannot_take_it_a_person_is_asked_and_told_why(
    between: Between, second: Depot, values: dict[str, Any], words: str
) -> None:
    configure(between, (SECOND, second, []))
    SyncJob.objects.filter(key=SECOND).update(**values)
    shop_has(between, order(1))
    has_none(between.depot)
    between.carry()
    (error,) = between.errors()
    assert words in error.sentence
    assert (states(JOB), second.told) == ([State.FAILED], [])


def test_what_was_handed_to_a_job_that_is_gone_is_not_made_here(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    carry(between)
    Delivery.objects.filter(job__key=SECOND).delete()
    SyncJob.objects.get(key=SECOND).delete()
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))
    shop_has(between, order(1, "changed"))
    between.carry()
    (error,) = between.errors()
    assert (error.code, between.depot.told) == ("job_gone", [])


def test_it_goes_on_to_a_third_and_never_in_a_circle(between: Between, second: Depot, third: Depot) -> None:
    further = [{**TO_SECOND, "to": THIRD}]
    configure(between, (THIRD, third, []), (SECOND, second, further))
    back = [{"when": "out_of_stock", "then": "hand_over", "to": SECOND}]
    shop_has(between, order(1))
    for depot in (between.depot, second, third):
        has_none(depot)
    SyncJob.objects.filter(key=THIRD).update(fallbacks=back)
    carry(between, SECOND, THIRD)
    (error,) = between.errors()
    assert (error.job and error.job.key, states(JOB), states(SECOND)) == (
        THIRD,
        [State.HANDED_OVER],
        [State.HANDED_OVER],
    )
    assert "it came from there" in error.sentence


def test_a_job_that_takes_what_is_handed_over_reads_nothing(between: Between, second: Depot) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    other = job(SECOND)
    assert steer.run_now(other) is None
    assert [row.key for row in _jobs_reading(other.source_id, "orders")] == [JOB]
    with pytest.raises(NotPossible, match="takes only what others hand over"):
        rerun.begin(other, by_ids(["1"]))
    carry(between)
    assert (between.states(), states(SECOND)) == ({"Order #A1": "delivered"}, [])

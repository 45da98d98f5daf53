"""Each rule of the decision, from facts alone."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.connectors.base import Abilities, Action
from integrations.models import State
from integrations.sync.decide import Facts, Verdict, decide

ALL = Abilities(reads=True, creates=True, updates=True, fetch=True)
CANCEL = Action(
    name="cancel", when="record.status == 'cancelled' && written.status != 'cancelled'", ends_it=True
)


def facts(**changed: Any) -> Facts:
    values: dict[str, Any] = {
        "exists": True,
        "version": "2",
        "read_at": 200.0,
        "content_hash": "new",
        "record": {"status": "open"},
        "written": {"status": "open"},
        "written_version": "1",
        "written_read_at": 100.0,
        "written_hash": "old",
    }
    return Facts(**(values | changed))


def test_what_the_destination_does_not_have_is_created() -> None:
    new = facts(exists=False, written_hash="", written_version="", written_read_at=0.0)
    assert decide(new, ALL, [CANCEL]) == Verdict(operations=("create",))


def test_what_changed_is_updated() -> None:
    assert decide(facts(), ALL, [CANCEL]) == Verdict(operations=("update",))


def test_the_same_content_is_unchanged_even_under_a_newer_version() -> None:
    assert decide(facts(content_hash="old"), ALL, [CANCEL]) == Verdict(state=State.UNCHANGED)


def test_an_older_version_is_superseded() -> None:
    verdict = decide(facts(version="0"), ALL, [])
    assert (verdict.state, verdict.operations) == (State.SUPERSEDED, ())


def test_a_read_that_began_earlier_never_overwrites_when_versions_are_missing() -> None:
    verdict = decide(facts(version="", read_at=99.0), ALL, [])
    assert (verdict.state, verdict.operations) == (State.UNCHANGED, ())


def test_the_same_version_with_another_content_and_no_later_read_is_fetched() -> None:
    assert decide(facts(version="1", read_at=100.0), ALL, []) == Verdict(fetch=True)


def test_the_same_version_with_another_content_from_a_later_read_is_newer() -> None:
    assert decide(facts(version="1", read_at=101.0), ALL, []) == Verdict(operations=("update",))


def test_what_was_fetched_under_the_lock_is_not_fetched_again() -> None:
    fetched = facts(version="1", read_at=100.0, same_object_fetched=True)
    assert decide(fetched, ALL, []) == Verdict(operations=("update",))


def test_a_cancellation_goes_alone() -> None:
    cancelled = facts(record={"status": "cancelled"})
    assert decide(cancelled, ALL, [CANCEL]) == Verdict(operations=("cancel",))


def test_a_cancellation_is_not_sent_a_second_time() -> None:
    again = facts(record={"status": "cancelled"}, written={"status": "cancelled"}, content_hash="old")
    assert decide(again, ALL, [CANCEL]) == Verdict(state=State.UNCHANGED)


def test_an_action_that_does_not_end_the_thing_follows_the_update() -> None:
    refund = Action(name="refund", when="record.refunded > written.refunded", ends_it=False)
    refunded = facts(record={"refunded": 2}, written={"refunded": 1})
    assert decide(refunded, ALL, [refund]) == Verdict(operations=("update", "refund"))


@pytest.mark.parametrize("written", [{}, {"status": "open"}])
def test_a_destination_that_cannot_change_what_it_has_is_left_as_it_is(written: dict[str, Any]) -> None:
    verdict = decide(facts(written=written), Abilities(creates=True), [])
    assert verdict.state == State.UNCHANGED
    assert verdict.reason != ""


def test_a_stock_row_counted_anew_is_sent_under_its_old_version() -> None:
    recount = facts(version="1", read_at=100.0, recount=True)
    assert decide(recount, ALL, []) == Verdict(operations=("update",))

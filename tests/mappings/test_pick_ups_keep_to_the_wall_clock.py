"""The next pick-up: by weekday, in the place's time, without its holidays, right when the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mappings.pick_up import PickUp, PickUpError, check_place, pick_up


def hours(
    text: str = "mon-fri 16:00, sat 12:00", zone: str = "Europe/Berlin", holidays_of: str = "DE-BE"
) -> PickUp:
    found = pick_up(text, zone, holidays_of)
    assert found is not None
    return found


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("placed", "promised"),
    [
        ("2026-03-25T09:00:00+01:00", "2026-03-25T16:00:00+01:00"),
        ("2026-03-25T16:00:00+01:00", "2026-03-25T16:00:00+01:00"),
        ("2026-03-25T16:00:01+01:00", "2026-03-26T16:00:00+01:00"),
        ("2026-03-27T18:00:00+01:00", "2026-03-28T12:00:00+01:00"),
        # The clocks go forward in the night to Sunday: it is 16:00 on the wall all the same.
        ("2026-03-28T13:00:00+01:00", "2026-03-30T16:00:00+02:00"),
        ("2026-10-24T13:00:00+02:00", "2026-10-26T16:00:00+01:00"),
        # Good Friday, Easter Monday: Saturday between them is a working day.
        ("2026-04-02T17:00:00+02:00", "2026-04-04T12:00:00+02:00"),
        ("2026-04-04T13:00:00+02:00", "2026-04-07T16:00:00+02:00"),
        # Over New Year's Day.
        ("2026-12-31T17:00:00+01:00", "2027-01-02T12:00:00+01:00"),
    ],
)
def test_the_next_pick_up_is_promised(placed: str, promised: str) -> None:
    assert hours().next_after(moment(placed)) == moment(promised)


@pytest.mark.parametrize(
    ("zone", "promised"),
    [
        ("America/Los_Angeles", "2026-03-25T16:00:00-07:00"),
        ("America/New_York", "2026-03-25T16:00:00-04:00"),
        ("Europe/London", "2026-03-25T16:00:00+00:00"),
        ("Asia/Kuwait", "2026-03-26T16:00:00+03:00"),
        ("Asia/Tokyo", "2026-03-26T16:00:00+09:00"),
    ],
)
def test_the_same_order_is_promised_another_hour_in_each_zone(zone: str, promised: str) -> None:
    placed = moment("2026-03-25T14:00:00+00:00")
    assert hours("mon-fri 16:00", zone, "").next_after(placed) == moment(promised)


def test_an_hour_that_the_clocks_leave_out_is_the_one_after_it() -> None:
    found = hours("sun 02:30", "Europe/Berlin", "").next_after(moment("2026-03-28T20:00:00+01:00"))
    assert found == moment("2026-03-29T03:30:00+02:00")


def test_an_hour_that_comes_twice_is_the_first_of_them() -> None:
    found = hours("sun 02:30", "Europe/Berlin", "").next_after(moment("2026-10-24T20:00:00+02:00"))
    assert found == moment("2026-10-25T02:30:00+02:00")


def test_a_week_may_begin_anywhere() -> None:
    found = hours("sat-tue 10:00", "Asia/Kuwait", "")
    assert sorted(found.hours) == [0, 1, 5, 6]


def test_no_hours_promise_nothing() -> None:
    assert pick_up("", "", "") is None


@pytest.mark.parametrize(
    ("zone", "holidays_of", "field"),
    [("", "XX-😀", "holidays"), ("", "DE-ZZ", "holidays"), ("Europe/Nowhere", "", "zone")],
)
def test_a_place_that_does_not_exist_is_refused_before_there_are_hours(
    zone: str, holidays_of: str, field: str
) -> None:
    with pytest.raises(PickUpError) as refused:
        check_place(zone, holidays_of)
    assert refused.value.field == field


def test_a_place_may_be_set_before_its_hours() -> None:
    check_place("Europe/Berlin", "DE-BY")
    check_place("", "")


@pytest.mark.parametrize(
    ("text", "zone", "holidays_of", "field"),
    [
        ("16:00", "Europe/Berlin", "", "hours"),
        ("mo 16:00", "Europe/Berlin", "", "hours"),
        ("xyz 16:00", "Europe/Berlin", "", "hours"),
        ("mon 25:00", "Europe/Berlin", "", "hours"),
        ("mon 16:00", "", "", "zone"),
        ("mon 16:00", "Europe/Nowhere", "", "zone"),
        ("mon 16:00", "../../etc", "", "zone"),
        ("mon 16:00", "Europe/Berlin", "ZZ", "holidays"),
        ("mon 16:00", "Europe/Berlin", "DE-ZZ", "holidays"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    text: str, zone: str, holidays_of: str, field: str
) -> None:
    with pytest.raises(PickUpError) as refused:
        pick_up(text, zone, holidays_of)
    assert refused.value.field == field

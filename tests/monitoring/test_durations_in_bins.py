from __future__ import annotations

import random

import pytest

from monitoring import histogram


def test_an_empty_histogram_has_no_percentile() -> None:
    assert histogram.percentile({}, 0.5) is None


@pytest.mark.parametrize("share", [0.01, 0.5, 0.95, 1.0])
def test_a_percentile_is_at_most_4_and_a_half_percent_off(share: float) -> None:
    dice = random.Random(7)
    durations = sorted(dice.lognormvariate(4, 2) for _ in range(5_001))
    exact = durations[max(-(-int(share * 1_000_000) * len(durations) // 1_000_000), 1) - 1]
    found = histogram.percentile(histogram.count(durations), share)
    assert found == pytest.approx(exact, rel=0.045)


def test_the_sum_of_two_hours_is_the_histogram_of_both() -> None:
    first, second = [1.0, 20.0, 300.0], [20.0, 4_000.0]
    total = histogram.add([histogram.count(first), histogram.count(second)])
    assert total == histogram.count(first + second)


def test_adding_changes_neither() -> None:
    one = histogram.count([1.0])
    histogram.add([one, one])
    assert one == histogram.count([1.0])


def test_no_time_and_negative_times_count_as_the_shortest() -> None:
    assert histogram.count([0.0, -5.0, 0.001]) == {histogram.bin_of(histogram.SHORTEST): 3}


def test_one_slow_order_in_twenty_is_the_p95_border() -> None:
    counted = histogram.count([10.0] * 19 + [1_000.0])
    assert histogram.percentile(counted, 0.95) == pytest.approx(10, rel=0.045)
    assert histogram.percentile(counted, 0.96) == pytest.approx(1_000, rel=0.045)

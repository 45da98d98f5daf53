"""Durations counted in bins that grow by 9 %, so that hours can be added up and percentiles read from the sum.

A histogram is {bin: count}. The bin is text, since it is kept as JSON. A percentile is read at the middle of its
bin: it is at most 4.5 % from the true value. Durations below 10 ms count as 10 ms.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

BINS_PER_DOUBLING = 8
SHORTEST = 0.01

Histogram = dict[str, int]


def bin_of(seconds: float) -> str:
    return str(math.floor(math.log2(max(seconds, SHORTEST)) * BINS_PER_DOUBLING))


def count(durations: Iterable[float]) -> Histogram:
    histogram: Histogram = {}
    for seconds in durations:
        place = bin_of(seconds)
        histogram[place] = histogram.get(place, 0) + 1
    return histogram


def add(histograms: Iterable[Mapping[str, int]]) -> Histogram:
    total: Histogram = {}
    for histogram in histograms:
        add_to(total, histogram)
    return total


def add_to(total: Histogram, more: Mapping[str, int]) -> None:
    for place, number in more.items():
        total[place] = total.get(place, 0) + number


def middle(place: str) -> float:
    """Seconds, in the middle of a bin."""
    return float(2 ** ((int(place) + 0.5) / BINS_PER_DOUBLING))


def percentile(histogram: Mapping[str, int], share: float) -> float | None:
    """Seconds below which `share` (0 to 1) of the durations lie; None when there are none."""
    total = sum(histogram.values())
    if not total:
        return None
    wanted = max(math.ceil(share * total), 1)
    seen = 0
    for place in sorted(histogram, key=int):
        seen += histogram[place]
        if seen >= wanted:
            return middle(place)
    raise AssertionError("a histogram's counts add up to its total")

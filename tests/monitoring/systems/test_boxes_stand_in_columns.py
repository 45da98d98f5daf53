from __future__ import annotations

import random

import pytest

from monitoring.systems.layout import columns


def stand(nodes: str, *edges: str) -> dict[str, tuple[int, int]]:
    places = columns(list(nodes), [(edge[0], edge[1]) for edge in edges])
    return {place.node: (place.column, place.row) for place in places}


def test_what_is_told_stands_to_the_right_of_what_tells() -> None:
    assert stand("abc", "ab", "bc") == {"a": (0, 0), "b": (1, 0), "c": (2, 0)}


def test_the_longest_way_counts() -> None:
    assert stand("abc", "ac", "ab", "bc")["c"] == (2, 0)


@pytest.mark.parametrize("edges", [("ab", "ba"), ("ab", "bc", "ca"), ("aa",), ()])
def test_circles_and_what_tells_nobody_have_a_place(edges: tuple[str, ...]) -> None:
    places = stand("abc", *edges)
    assert len(set(places.values())) == 3


def test_neighbours_stand_beside_one_another() -> None:
    """a–z and b–y would cross where both columns stood in the order of the alphabet."""
    places = stand("abyz", "az", "by")
    assert (places["a"][1] < places["b"][1]) == (places["z"][1] < places["y"][1])


def test_a_long_chain_ends_in_no_recursion() -> None:
    places = columns(list(range(3_000)), [(n, n + 1) for n in range(2_999)])
    assert places[-1].column == 2_999


def test_any_drawing_gives_each_box_a_place_of_its_own_and_the_same_one_again() -> None:
    dice = random.Random(7)  # no secret
    for _ in range(200):
        nodes = list(range(dice.randint(1, 12)))
        edges = [(dice.choice(nodes), dice.choice(nodes)) for _ in range(dice.randint(0, 25))]
        places = columns(nodes, edges)
        assert len({(place.column, place.row) for place in places}) == len(nodes)
        assert columns(nodes, edges) == places

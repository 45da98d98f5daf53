"""Where the boxes of a drawing stand: in columns, so that most arrows point to the right, and with few crossings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)

# Passes over the columns that bring neighbours nearer to each other. More change nothing that is seen.
PASSES = 4


@dataclass(frozen=True)
class Place(Generic[Node]):
    """`column` from the left and `row` from the top, both from 0."""

    node: Node
    column: int
    row: int


def columns(nodes: Sequence[Node], edges: Collection[tuple[Node, Node]]) -> list[Place[Node]]:
    """The same places for the same drawing, in the order of `nodes`. Circles are allowed."""
    forward = _without_circles(nodes, edges)
    level = _levels(nodes, forward)
    by_column: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        by_column[level[node]].append(node)
    _untangle(by_column, edges)
    row = {node: place for found in by_column.values() for place, node in enumerate(found)}
    return [Place(node, level[node], row[node]) for node in nodes]


def _without_circles(nodes: Sequence[Node], edges: Collection[tuple[Node, Node]]) -> dict[Node, list[Node]]:
    """Without the edges that lead back to where a walk came from, and without those that a node has to itself."""
    following: dict[Node, list[Node]] = defaultdict(list)
    for begin, end in edges:
        if begin != end and end not in following[begin]:
            following[begin].append(end)
    kept: dict[Node, list[Node]] = {node: [] for node in nodes}
    done: set[Node] = set()
    # Who sends more than it is sent comes first: what leads back to it is what is turned round.
    balance = _balance(edges)
    for start in sorted(nodes, key=lambda node: balance[node]):
        if start not in done:
            _walk(start, following, kept, done)
    return kept


def _balance(edges: Collection[tuple[Node, Node]]) -> Counter[Node]:
    """How many more edges lead to a node than away from it."""
    balance = Counter(end for _, end in edges)
    balance.subtract(begin for begin, _ in edges)
    return balance


def _walk(
    start: Node, following: dict[Node, list[Node]], kept: dict[Node, list[Node]], done: set[Node]
) -> None:
    """Depth first, by hand: a long chain must not end in the interpreter's own depth."""
    path: dict[Node, int] = {start: 0}
    while path:
        node = next(reversed(path))
        place = path[node]
        if place == len(following[node]):
            done.add(node)
            del path[node]
            continue
        path[node] += 1
        after = following[node][place]
        if after in path:
            continue
        kept[node].append(after)
        if after not in done:
            path[after] = 0


def _levels(nodes: Sequence[Node], forward: dict[Node, list[Node]]) -> dict[Node, int]:
    """By the longest way that leads there."""
    waiting = dict.fromkeys(nodes, 0)
    for ends in forward.values():
        for end in ends:
            waiting[end] += 1
    level = dict.fromkeys(nodes, 0)
    ready = [node for node in nodes if not waiting[node]]
    while ready:
        node = ready.pop()
        for end in forward[node]:
            level[end] = max(level[end], level[node] + 1)
            waiting[end] -= 1
            if not waiting[end]:
                ready.append(end)
    return level


def _untangle(by_column: dict[int, list[Node]], edges: Collection[tuple[Node, Node]]) -> None:
    near: dict[Node, list[Node]] = defaultdict(list)
    for begin, end in edges:
        near[begin].append(end)
        near[end].append(begin)
    height = {node: at for found in by_column.values() for node, at in _heights(found)}
    for _ in range(PASSES):
        for column in sorted(by_column):
            found = by_column[column]
            found.sort(key=lambda node: _mean([height[other] for other in near[node]], height[node]))
            height.update(_heights(found))


def _heights(found: Sequence[Node]) -> list[tuple[Node, float]]:
    return [(node, place / len(found)) for place, node in enumerate(found)]


def _mean(heights: Sequence[float], otherwise: float) -> float:
    return sum(heights) / len(heights) if heights else otherwise

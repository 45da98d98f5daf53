"""The map as a drawing: boxes and arrows with their places in pixels, for an SVG that a browser draws."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

from .layout import columns
from .map import Edge, System, SystemsMap

BOX_WIDTH, BOX_HEIGHT = 190, 64
BETWEEN_COLUMNS, BETWEEN_ROWS = 150, 40
MARGIN = 24
# The arrow of an hour with one record, and the thickest.
THINNEST, THICKEST = 1.5, 7.0
# A drawing of more systems than this is a knot: the table tells it better.
MOST_SYSTEMS = 40
LONGEST_NAME = 22


@dataclass(frozen=True)
class Box:
    system: System
    x: int
    y: int

    @property
    def name(self) -> str:
        whole = self.system.connection.name
        return whole if len(whole) <= LONGEST_NAME else f"{whole[: LONGEST_NAME - 1].rstrip()}…"


@dataclass(frozen=True)
class Arrow:
    edge: Edge
    path: str
    width: float
    label_x: int
    label_y: int


@dataclass(frozen=True)
class Drawing:
    boxes: list[Box]
    arrows: list[Arrow]
    width: int
    height: int


def draw(found: SystemsMap) -> Drawing | None:
    """None where there is nothing to draw, or too much."""
    connected = {end for edge in found.edges for end in (edge.source, edge.destination)}
    systems = [system for system in found.systems if system.connection.pk in connected]
    if not systems or len(systems) > MOST_SYSTEMS:
        return None
    places = columns(
        [system.connection.pk for system in systems],
        [(edge.source, edge.destination) for edge in found.edges],
    )
    rows = {column: sum(place.column == column for place in places) for column in {p.column for p in places}}
    most = max(rows.values())
    boxes: dict[int, Box] = {}
    for system, place in zip(systems, places, strict=True):
        # Shorter columns stand in the middle of the longest.
        down = place.row + (most - rows[place.column]) / 2
        boxes[system.connection.pk] = Box(
            system,
            MARGIN + place.column * (BOX_WIDTH + BETWEEN_COLUMNS),
            MARGIN + round(down * (BOX_HEIGHT + BETWEEN_ROWS)),
        )
    arrows = _arrows([edge for edge in found.edges if edge.source != edge.destination], boxes)
    return Drawing(
        list(boxes.values()),
        arrows,
        2 * MARGIN + len(rows) * BOX_WIDTH + (len(rows) - 1) * BETWEEN_COLUMNS,
        2 * MARGIN + most * BOX_HEIGHT + (most - 1) * BETWEEN_ROWS,
    )


def _arrows(edges: list[Edge], boxes: dict[int, Box]) -> list[Arrow]:
    """From side to side. On each side of a box the arrows stand below one another, in the order of where they lead."""
    sides: dict[tuple[int, bool], list[tuple[int, int, int]]] = defaultdict(list)
    for number, edge in enumerate(edges):
        begin, end = boxes[edge.source], boxes[edge.destination]
        sides[edge.source, begin.x <= end.x].append((end.y, number, 0))
        sides[edge.destination, end.x <= begin.x].append((begin.y, number, 1))
    height: dict[tuple[int, int], int] = {}
    for (box, _), ends in sides.items():
        for place, (_, number, which) in enumerate(sorted(ends), start=1):
            height[number, which] = boxes[box].y + round(BOX_HEIGHT * place / (len(ends) + 1))
    return [_arrow(edge, boxes, height[number, 0], height[number, 1]) for number, edge in enumerate(edges)]


def _arrow(edge: Edge, boxes: dict[int, Box], y1: int, y2: int) -> Arrow:
    begin, end = boxes[edge.source], boxes[edge.destination]
    if begin.x == end.x:
        # Within a column: a bow on its right side.
        x = begin.x + BOX_WIDTH
        bow = x + BETWEEN_COLUMNS // 2 - 20
        return Arrow(edge, f"M {x} {y1} C {bow} {y1}, {bow} {y2}, {x + 6} {y2}", _width(edge), x + 24, y1)
    right = begin.x < end.x
    x1 = begin.x + (BOX_WIDTH if right else 0)
    x2 = end.x + (-6 if right else BOX_WIDTH + 6)
    # It leaves and arrives level, and turns between the nearest columns: a long way does not lead through names.
    bend = BETWEEN_COLUMNS // 2 if right else -BETWEEN_COLUMNS // 2
    path = f"M {x1} {y1} C {x1 + bend} {y1}, {x2 - bend} {y2}, {x2} {y2}"
    return Arrow(edge, path, _width(edge), x1 + (26 if right else -26), y1)


def _width(edge: Edge) -> float:
    """By how much went there: ten times as much is a little thicker."""
    return round(min(THINNEST + math.log10(1 + edge.delivered), THICKEST), 1)

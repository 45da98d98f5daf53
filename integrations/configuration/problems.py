"""What is wrong with a file: where, which field, why. All of it is told at once, and nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass

# Where something stands in the document: ("jobs", "orders-to-warehouse", "filter").
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """`field` is the dotted place in the file, `reason` a sentence with the remedy."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        return f"line {self.line}: {where}{self.reason}"


class BadConfiguration(Exception):
    """The file was refused whole."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def dotted(place: Place) -> str:
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text

"""What share of the records agrees, and how sure that is where only a sample was compared. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

# 95 of 100 such intervals hold the true share.
Z = 1.959963984540054


@dataclass(frozen=True)
class Accuracy:
    """`compared` records, of which `agree` say the same on both sides; `in_flight` differ only until they arrive.

    `share` counts all of them, `settled_share` leaves out what is in flight. None where nothing was compared.
    """

    compared: int = 0
    agree: int = 0
    in_flight: int = 0

    @property
    def share(self) -> float | None:
        return self.agree / self.compared if self.compared else None

    @property
    def settled_share(self) -> float | None:
        settled = self.compared - self.in_flight
        return self.agree / settled if settled else None

    def interval(self, of_all: int | None = None) -> tuple[float, float] | None:
        """Between which shares the truth lies, for a sample of `of_all` records (None: it is not known)."""
        return wilson(self.agree, self.compared - self.in_flight, of_all)

    def __add__(self, other: Accuracy) -> Accuracy:
        return Accuracy(
            self.compared + other.compared, self.agree + other.agree, self.in_flight + other.in_flight
        )


def wilson(successes: int, trials: int, of_all: int | None = None) -> tuple[float, float] | None:
    """Wilson's score interval at 95 %. Honest where the share is near 1 and the sample small, as the usual one is not.

    A sample that is a large part of the whole says more of it: the finite-population correction narrows it, down to
    the very share where all were looked at.
    """
    if trials <= 0:
        return None
    share = successes / trials
    z = Z
    if of_all is not None and of_all > 1:
        if trials >= of_all:
            return share, share
        z *= sqrt((of_all - trials) / (of_all - 1))
    wide = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / wide
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / wide
    return max(0.0, middle - half), min(1.0, middle + half)

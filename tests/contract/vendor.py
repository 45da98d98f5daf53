"""A vendor that runs here: real HTTP on loopback, each message judged by the vendor's own document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from tests.integrations.answering import Asked, Platform, Says


class Contract(Protocol):
    def request_problems(self, asked: Asked) -> list[str]:
        """Why the vendor would not take this, a sentence each."""

    def answer_problems(self, asked: Asked, says: Says) -> list[str]:
        """Why the vendor would not answer so: an answer of ours that is no vendor's proves nothing."""


class Vendor(Platform):
    """`contract` None: the vendor publishes no document, and nothing is judged."""

    def __init__(
        self, contract: Contract | None, session: Callable[[Asked], Says | None] | None = None
    ) -> None:
        super().__init__()
        self.contract = contract
        self.session = session
        self.problems: list[str] = []

    def answer(self, asked: Asked) -> Says:
        says = (self.session(asked) if self.session else None) or super().answer(asked)
        if self.contract is not None:
            self.problems += self.contract.request_problems(asked)
            if says.raw is None and not says.silent:
                self.problems += self.contract.answer_problems(asked, says)
        return says

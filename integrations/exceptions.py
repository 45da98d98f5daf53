"""What can go wrong between two systems, in four kinds.

Failure            one call or one record could not be done; says what to do about it
├── TokenExpired   the session is over: log in once and repeat
NotConfigured      what an operator has set up makes no sense
└── DeclarationError   the same for the words of a declaration, with the field and the reason
SignatureRefused   a webhook that nobody who knows the secret has sent
"""

from __future__ import annotations

import traceback
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Who has to do something: we later, the operator at the connection, the operator at the record, we in the code."""

    TRANSIENT = "transient"
    CONFIG = "config"
    DATA = "data"
    BUG = "bug"


class Failure(Exception):
    """Why a call or a record failed.

    `sentence` is for the operator: what happened, to what, what to do. `evidence` is for the integrator, already
    redacted. `retry_after` is in seconds. `in_doubt`: the request may have had its effect. `connection_wide`: the
    same would happen to every call (bad credentials, host down), so it stops the job and not the record.
    """

    def __init__(
        self,
        kind: Kind,
        code: str,
        sentence: str,
        *,
        field: str = "",
        status: int | None = None,
        request_id: str = "",
        evidence: dict[str, Any] | None = None,
        retry_after: float | None = None,
        in_doubt: bool = False,
        connection_wide: bool = False,
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.code = code
        self.sentence = sentence
        self.field = field
        self.status = status
        self.request_id = request_id
        self.evidence = evidence or {}
        self.retry_after = retry_after
        self.in_doubt = in_doubt
        self.connection_wide = connection_wide

    @classmethod
    def transient(cls, code: str, sentence: str, retry_after: float | None = None, **more: Any) -> Failure:
        return Failure(Kind.TRANSIENT, code, sentence, retry_after=retry_after, **more)

    @classmethod
    def config(cls, code: str, sentence: str, **more: Any) -> Failure:
        return Failure(Kind.CONFIG, code, sentence, **more)

    @classmethod
    def data(cls, code: str, sentence: str, **more: Any) -> Failure:
        return Failure(Kind.DATA, code, sentence, **more)

    @classmethod
    def bug(cls, error: BaseException, **more: Any) -> Failure:
        """An exception that nobody foresaw. Its text is left out: it may hold what a record held."""
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
        return Failure(
            Kind.BUG,
            "unforeseen",
            f"Crossdock made a mistake here ({type(error).__name__}). It is not yours to mend; report it.",
            evidence={"exception": type(error).__name__, "at": where},
            **more,
        )


class TokenExpired(Failure):
    """The session token is missing or not valid any more. The call had no effect."""

    def __init__(self, sentence: str = "The session has expired; logging in again.", **more: Any) -> None:
        super().__init__(Kind.TRANSIENT, "token_expired", sentence, **more)


class NotConfigured(Exception):
    """What is set up makes no sense: `field` is where, `reason` why, in words for whoever set it up."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class DeclarationError(NotConfigured):
    """A declaration with a word that is unknown, missing or without sense."""


class SignatureRefused(Exception):
    """A webhook whose signature is missing or wrong, or whose time is too far from ours."""

"""Which answer is which kind of failure: a table as data, which a connector may amend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.exceptions import Kind


@dataclass(frozen=True)
class Meaning:
    """What a status says. `sentence` takes {host}, {status} and {said} (what the platform said, "" or a sentence)."""

    kind: Kind
    code: str
    sentence: str
    connection_wide: bool = False
    in_doubt_on_write: bool = False


_SERVER = Meaning(
    Kind.TRANSIENT, "server_error", "{host} has a problem of its own (HTTP {status}).{said} It is tried again.",
    in_doubt_on_write=True,
)  # fmt: skip
_REFUSED = Meaning(
    Kind.DATA,
    "refused",
    "{host} does not accept it.{said} Correct the value at its source or in the mapping, then retry.",
)
_GONE = "It was there before. Decide whether it is to be made anew there, or ignored."

STATUSES: dict[int, Meaning] = {
    400: _REFUSED,
    401: Meaning(
        Kind.CONFIG,
        "unauthorized",
        "{host} does not accept the credentials.{said} Enter valid ones at the connection.",
        connection_wide=True,
    ),
    402: Meaning(
        Kind.CONFIG, "payment_required", "{host} wants its subscription paid.{said}", connection_wide=True
    ),
    403: Meaning(
        Kind.CONFIG,
        "forbidden",
        "{host} does not allow this to our account.{said} Give it the permission there, then retry.",
    ),
    404: Meaning(Kind.DATA, "not_found", f"{{host}} does not have it (any more).{{said}} {_GONE}"),
    405: Meaning(
        Kind.CONFIG,
        "no_such_call",
        "{host} does not know this call.{said} Check the addresses of the connection.",
    ),
    408: Meaning(
        Kind.TRANSIENT, "timeout", "{host} did not wait for our request to end.{said} It is tried again."
    ),
    409: Meaning(
        Kind.DATA,
        "conflict",
        "{host} says that it does not fit what is there.{said} Look at both sides, then retry.",
    ),
    410: Meaning(Kind.DATA, "gone", f"{{host}} does not have it any more.{{said}} {_GONE}"),
    412: Meaning(
        Kind.DATA, "conflict", "{host} has changed it meanwhile.{said} Look at both sides, then retry."
    ),
    413: Meaning(Kind.DATA, "too_large", "{host} finds it too large.{said}"),
    415: Meaning(
        Kind.CONFIG,
        "wrong_encoding",
        "{host} does not take this encoding.{said} Check the connection's declaration.",
    ),
    422: _REFUSED,
    423: Meaning(Kind.TRANSIENT, "locked", "{host} has it locked at this moment.{said} It is tried again."),
    425: Meaning(Kind.TRANSIENT, "too_early", "{host} asks for a later try.{said}"),
    429: Meaning(
        Kind.TRANSIENT, "rate_limited", "{host} asks us to call less often.{said} It goes on by itself."
    ),
    500: _SERVER,
    501: Meaning(Kind.CONFIG, "no_such_call", "{host} does not know this call.{said}"),
    502: _SERVER,
    503: _SERVER,
    504: _SERVER,
}
_OTHER_CLIENT = _REFUSED
_REDIRECT = Meaning(
    Kind.CONFIG,
    "redirected",
    "{host} has moved: it answers with a redirect.{said} Put the new address into the connection.",
    connection_wide=True,
)


def meaning_of(status: int, amended: Mapping[int, Meaning] | None = None) -> Meaning:
    """What a status that is no success means. An unknown 5xx is the server's problem, an unknown 4xx the data's."""
    if amended and status in amended:
        return amended[status]
    known = STATUSES.get(status)
    if known is not None:
        return known
    if 300 <= status < 400:
        return _REDIRECT
    return _SERVER if status >= 500 else _OTHER_CLIENT

"""What kept an answer away, or from being read, and whether the request can have had its effect."""

from __future__ import annotations

from typing import Any

from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError

from integrations.exceptions import Failure
from integrations.http.messages import Response, TooLarge
from integrations.http.sockets import HostRefused, TlsRefused


def no_answer(name: str, error: Exception, evidence: dict[str, Any], *, writes: bool) -> Failure:
    """`name` is how the platform is called in sentences; `evidence` is the redacted request."""
    cause = _cause(error)
    evidence = {**evidence, "cause": type(cause).__name__}
    if isinstance(cause, HostRefused):
        sentence = str(cause.args[-1]).partition(": ")[2]
        return Failure.config("host_not_allowed", sentence, evidence=evidence, connection_wide=True)
    if isinstance(cause, TlsRefused):
        return Failure.config(
            "certificate",
            f"No safe connection to {name} could be made: its certificate is not valid for this name, or not "
            "trusted. Check the address, or have the certificate renewed.",
            evidence=evidence,
            connection_wide=True,
        )
    if isinstance(cause, ConnectTimeoutError | NameResolutionError):
        return Failure.transient(
            "host_down",
            f"{name} cannot be reached ({_how(cause)}). It is tried again.",
            evidence=evidence,
            connection_wide=True,
        )
    if isinstance(cause, TooLarge):
        return _too_large(name, cause, evidence, writes)
    if writes:
        sentence = f"The answer of {name} never came."
        return Failure.transient("lost_answer", sentence, evidence=evidence, in_doubt=True)
    sentence = f"The answer of {name} did not come. It is tried again."
    return Failure.transient("no_answer", sentence, evidence=evidence)


def not_json(name: str, response: Response, evidence: dict[str, Any]) -> Failure:
    """A good status with a body that is no JSON."""
    more: dict[str, Any] = {
        "status": response.status,
        "request_id": response.request_id,
        "evidence": evidence,
    }
    sentence = f"{name} answered something that cannot be read."
    if response.request.writes:
        return Failure.transient("lost_answer", sentence, in_doubt=True, **more)
    if "html" in response.headers.get("content-type", ""):
        sentence = f"{name} answered with a web page instead of data. Check the address of the connection."
        return Failure.config("not_json", sentence, **more)
    return Failure.transient("malformed_answer", f"{sentence} It is tried again.", **more)


def _too_large(name: str, cause: TooLarge, evidence: dict[str, Any], writes: bool) -> Failure:
    sentence = (
        f"The answer of {name} is larger than {cause.most // 1024 // 1024} MB. "
        "Ask for smaller pages in the connection's declaration."
    )
    if writes:
        return Failure.transient("lost_answer", sentence, evidence=evidence, in_doubt=True)
    return Failure.config("answer_too_large", sentence, evidence=evidence)


def _cause(error: BaseException) -> BaseException:
    """The innermost error that says why: requests (whose errors are OSErrors) and urllib3 wrap each other's."""
    while True:
        if isinstance(error, MaxRetryError) and error.reason is not None:
            error = error.reason
        elif isinstance(error, OSError) and error.args and isinstance(error.args[0], Exception):
            error = error.args[0]
        else:
            return error


def _how(cause: BaseException) -> str:
    if isinstance(cause, NameResolutionError):
        return "its name is not known"
    text = str(cause)
    return "it refuses the connection" if "refused" in text.lower() else "it does not answer"

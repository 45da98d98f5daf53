"""How every system says no: `{"errors": [{"code", "message", "field"?}]}` with a status."""

from typing import Any


class Refusal(Exception):
    """A request that a system answers with an error; raised anywhere below the dispatcher, nothing is changed."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        field: str = "",
        *,
        more: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.errors = more if more is not None else [problem(code, message, field)]

    def payload(self) -> dict[str, Any]:
        return {"errors": self.errors}


def problem(code: str, message: str, field: str = "") -> dict[str, str]:
    """One entry of an error answer; `field` is a dotted path into the request's body, or ""."""
    entry = {"code": code, "message": message}
    if field:
        entry["field"] = field
    return entry


def not_found(what: str) -> Refusal:
    return Refusal(404, "not_found", f"There is no {what}.")


def no_such_address() -> Refusal:
    return Refusal(404, "no_such_address", "No such address, or not with this method.")

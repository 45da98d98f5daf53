"""Odoo's two ways of being called, as one.

From Odoo 19 on there is JSON-2 (https://www.odoo.com/documentation/19.0/developer/reference/external_api.html): an
address for each method, named arguments, statuses. Before, there is JSON-RPC: one address, the key in the body, and
every error with HTTP 200. All else is written for the former; here its calls are dressed for the latter, and its
answers get the status that JSON-2 would have given them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from integrations.exceptions import Failure, Kind
from integrations.http.client import HttpClient, Request, Response
from integrations.http.statuses import Meaning

JSON2 = "/json/2/"
JSON_RPC = "/jsonrpc"
MISSING_RECORD = "odoo.exceptions.MissingError"
# https://github.com/odoo/odoo/blob/19.0/odoo/exceptions.py (http_status); of others it is 500.
STATUS_OF = {
    "odoo.exceptions.AccessDenied": 401,
    "odoo.exceptions.AccessError": 403,
    MISSING_RECORD: 404,
    "werkzeug.exceptions.NotFound": 404,
    "odoo.exceptions.UserError": 422,
    "odoo.exceptions.ValidationError": 422,
    "odoo.exceptions.RedirectWarning": 422,
    "odoo.exceptions.LockError": 409,
}
# What each error is told in: the traceback beside it is long and names what a record held.
TOLD_OF_ERRORS = ("name", "message", "arguments")

_NO_SUCH_CALL = Meaning(
    Kind.CONFIG,
    "no_such_call",
    "{host} does not know this call.{said} Check the address, the database and the version of Odoo at the connection, "
    "and that the apps Sales, Inventory and Invoicing are installed there.",
)
_NOT_LET_IN = Meaning(
    Kind.CONFIG,
    "unauthorized",
    "{host} does not let us log in.{said} Check the database, the user's login and the API key of the connection.",
    connection_wide=True,
)


@dataclass(frozen=True)
class Login:
    """Who we are in JSON-RPC."""

    database: str
    user: str
    key: str


class OdooClient(HttpClient):
    """`rpc` None: JSON-2 is spoken, and nothing is dressed."""

    rpc: Login | None = None
    _user_id: int | None = None

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._asking = Lock()

    def send(self, request: Request) -> Response:
        if self.rpc is None or not request.path.startswith(JSON2):
            response = super().send(request)
            if response.status >= 300 and isinstance(response.json, dict):
                response.json = _without_traceback(response.json)
        else:
            response = _undressed(super().send(self._dressed(self.rpc, request)), request)
        if response.status == 404 and _name_of(response) != MISSING_RECORD:
            # An address that is not there: taken for a thing that is not there, all would look as if it were gone.
            raise self.failure(response, _NO_SUCH_CALL, _message_of(response))
        return response

    def _dressed(self, rpc: Login, request: Request) -> Request:
        model, _, method = request.path.removeprefix(JSON2).partition("/")
        named = dict(request.body or {})
        # By position, since of a method's first argument each model has its own name.
        first = [named.pop(name) for name in ("ids", "vals_list") if name in named]
        called = [rpc.database, self._user(rpc), rpc.key, model, method, first, named]
        return replace(request, path=JSON_RPC, body=_envelope("object", "execute_kw", called))

    def _user(self, rpc: Login) -> int:
        """The number that a user's login stands for, asked for once."""
        with self._asking:
            if self._user_id is None:
                called = [rpc.database, rpc.user, rpc.key, {}]
                request = Request("POST", JSON_RPC, body=_envelope("common", "authenticate", called))
                response = _undressed(super().send(request), replace(request, body=None))
                if response.status == 404:
                    raise self.failure(response, _NO_SUCH_CALL)
                if response.status == 429 or (response.status >= 500 and not _name_of(response)):
                    self.check(response)
                if type(response.json) is not int:
                    raise self.failure(response, _NOT_LET_IN, _message_of(response))
                self._user_id = response.json
            return self._user_id


def _envelope(service: str, method: str, arguments: list[Any]) -> dict[str, Any]:
    params = {"service": service, "method": method, "args": arguments}
    return {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}


def _undressed(response: Response, request: Request) -> Response:
    """As the answer to the call before it was dressed, which holds no key and may be shown as evidence."""
    response.request = request
    body = response.json
    if response.status >= 300 or not isinstance(body, dict):
        return response
    error = body.get("error")
    if not isinstance(error, dict):
        # A method that gives nothing leaves the result out.
        response.json = body.get("result")
        return response
    told = error.get("data") if isinstance(error.get("data"), dict) else {}
    assert isinstance(told, dict)
    response.json = _without_traceback(
        {**told, "message": told.get("message") or error.get("message"), "name": told.get("name") or ""}
    )
    response.status = STATUS_OF.get(str(told.get("name")), 404 if error.get("code") == 404 else 500)
    return response


def _without_traceback(error: dict[str, Any]) -> dict[str, Any]:
    return {name: error[name] for name in TOLD_OF_ERRORS if name in error} if "name" in error else error


def _name_of(response: Response) -> str:
    return str(response.json.get("name") or "") if isinstance(response.json, dict) else ""


def _message_of(response: Response) -> str:
    return str(response.json.get("message") or "") if isinstance(response.json, dict) else ""


def asks_a_person(answer: Any) -> bool:
    """Whether a method did not do it, but answers with a window in which a person is to decide."""
    return isinstance(answer, dict) and bool(answer.get("res_model"))


def undecided(name: str, what: str, answer: dict[str, Any]) -> Failure:
    """`name` is how the platform is called."""
    return Failure.data(
        "asks_a_person",
        f"{name} opens a window instead of doing it ({answer.get('name') or answer['res_model']}). "
        f"Do it there for {what}.",
    )

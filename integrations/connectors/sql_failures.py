"""What a database refused, in our four kinds. Its own words are left out: they quote the values of rows."""

from __future__ import annotations

import re
import socket
import sqlite3
from typing import Any

import psycopg
import pymysql
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoPlaceInPool

from integrations.exceptions import Failure, Kind
from integrations.http.guard import Refused


class TooSlow(Exception):
    """The time for one call is over before its next statement began."""


class Changed(Exception):
    """A table is not any more what we took it for: another worker has widened it meanwhile."""


_CONFIG, _DATA, _TRANSIENT = Kind.CONFIG, Kind.DATA, Kind.TRANSIENT
# code → (kind, code, sentence, connection_wide). {name} is how the connection is called.
_Meaning = tuple[Kind, str, str, bool]

_LOST: _Meaning = (_TRANSIENT, "host_down", "The connection to {name} broke. It is tried again.", False)
_DOWN: _Meaning = (_TRANSIENT, "host_down", "{name} cannot be reached. It is tried again.", True)
_FULL_HOUSE: _Meaning = (
    _TRANSIENT, "too_many_connections", "{name} has too many connections already. It is tried again.", True,
)  # fmt: skip
_LOCKED: _Meaning = (
    _TRANSIENT, "locked", "{name}: other work holds these rows or this table. It is tried again.", False,
)  # fmt: skip
_SLOW: _Meaning = (_TRANSIENT, "too_slow", "{name} did not answer in time. It is tried again.", False)
_PASSWORD: _Meaning = (
    _CONFIG, "unauthorized",
    ("{name} does not let us in. Check the user and the password of the connection, and that this user may come "
    "from this machine."), True,
)  # fmt: skip
_DATABASE: _Meaning = (
    _CONFIG, "no_database", "{name} has no such database. Correct its name at the connection.", True,
)  # fmt: skip
_RIGHT: _Meaning = (
    _CONFIG, "forbidden",
    ("{name} does not allow this to our user. Grant it the right there (for tables that are made by themselves also "
    "to create and alter), then retry."), False,
)  # fmt: skip
_TABLE: _Meaning = (
    _CONFIG, "no_table",
    "{name} has no such schema, table or column. Correct the connection's tables, or create it there.", False,
)  # fmt: skip
_READ_ONLY: _Meaning = (
    _CONFIG, "read_only", "{name} takes no writes at present: it is read-only. Name the main server.", True,
)  # fmt: skip
_NO_ROOM: _Meaning = (_CONFIG, "no_room", "{name} has no room left. Make some there, then retry.", True)
_KEY: _Meaning = (
    _CONFIG, "no_unique_key",
    "{name}: the table has no unique key over the columns that are declared as its key. Add one there.", False,
)  # fmt: skip
_USED: _Meaning = (
    _CONFIG, "cannot_widen",
    ("{name}: a column must become wider, and a view, an index or a rule there depends on it. Drop that, retry, and "
    "make it anew."), False,
)  # fmt: skip
_ENCRYPTION: _Meaning = (
    _CONFIG, "certificate",
    ("No safe connection to {name} could be made: it offers no encryption, or its certificate is not valid for this "
    "name, or not trusted. Mend that there, or choose another encryption at the connection."), True,
)  # fmt: skip
_VALUE: _Meaning = (
    _DATA, "refused",
    "{name} does not accept a value{of}. Correct it at its source or in the mapping, then retry.", False,
)  # fmt: skip

# https://www.postgresql.org/docs/current/errcodes-appendix.html: whole codes, then classes.
POSTGRES: dict[str, _Meaning] = {
    "28": _PASSWORD, "3D": _DATABASE, "3F": _TABLE, "42501": _RIGHT, "42P01": _TABLE, "42703": _TABLE,
    "42P10": _KEY, "0A": _USED, "2BP01": _USED, "40": _LOCKED, "55P03": _LOCKED, "57014": _SLOW,
    "53300": _FULL_HOUSE, "53": _NO_ROOM, "57P": _LOST, "08": _LOST, "25P": _LOST, "25006": _READ_ONLY,
    "22": _VALUE, "23": _VALUE, "54": _VALUE,
}  # fmt: skip
# https://mariadb.com/kb/en/mariadb-error-codes/, https://dev.mysql.com/doc/mysql-errors/en/
MYSQL: dict[int, _Meaning] = {
    **dict.fromkeys((1045, 1698, 1251, 1862, 1820, 4151), _PASSWORD),
    **dict.fromkeys((1044, 1049), _DATABASE),
    **dict.fromkeys((1142, 1143, 1227, 1370, 1410), _RIGHT),
    **dict.fromkeys((1146, 1054, 1051), _TABLE),
    **dict.fromkeys((1213, 1205, 3572, 1020), _LOCKED),
    **dict.fromkeys((1969, 3024, 1028), _SLOW),
    **dict.fromkeys((1040, 1203, 1226), _FULL_HOUSE),
    **dict.fromkeys((2006, 2013, 2014, 2055, 1927, 1053, 1152, 1158, 1159, 1160, 1161, 1317, 0), _LOST),
    **dict.fromkeys((2002, 2003, 2005, 1130), _DOWN),
    **dict.fromkeys((1290, 1836, 1792), _READ_ONLY),
    **dict.fromkeys((1021, 1114), _NO_ROOM),
    **dict.fromkeys((2026, 3159), _ENCRYPTION),
    **dict.fromkeys(
        (1048, 1062, 1264, 1265, 1292, 1364, 1366, 1406, 1407, 1451, 1452, 3819, 4025, 1118, 3140),
        _VALUE,
    ),
}
# https://www.sqlite.org/rescode.html: the primary code.
SQLITE: dict[int, _Meaning] = {
    3: _RIGHT, 5: _LOCKED, 6: _LOCKED, 8: _READ_ONLY, 9: _SLOW, 10: _LOST, 13: _NO_ROOM, 14: _DATABASE,
    18: _VALUE, 19: _VALUE, 20: _VALUE, 23: _RIGHT, 26: _DATABASE,
}  # fmt: skip
# What libpq says before there is a session has no code.
_AT_THE_DOOR = (
    (
        (r"authentication failed|no pg_hba\.conf entry|role .* does not exist|authentication method|"
        r"not permitted to log in|no password supplied|fe_sendauth|require_auth"), _PASSWORD,
    ),
    (r"database .* does not exist", _DATABASE),
    (r"SSL|certificate|TLS", _ENCRYPTION),
    (r"too many (clients|connections)|remaining connection slots", _FULL_HOUSE),
    (
        (r"timeout|Connection refused|could not connect|starting up|shutting down|reset by peer|unreachable|"
        r"No route|recovery mode"), _DOWN,
    ),
)  # fmt: skip
# A statement that was made for the table as it was: text where a number was, a column that is not there yet.
_OUT_OF_DATE = ("42804", "42846", "42883")
_COLUMN = re.compile(r"column '([A-Za-z0-9_]{1,64})'", re.IGNORECASE)


def is_out_of_date(error: BaseException) -> bool:
    origin = getattr(error, "orig", None)
    return getattr(origin, "sqlstate", None) in _OUT_OF_DATE


def failure_of(name: str, error: BaseException, *, at_commit: bool = False) -> Failure:
    """`at_commit`: it came in place of the answer to a COMMIT; a connection that broke there leaves a doubt."""
    if isinstance(error, Failure):
        return error
    if isinstance(error, Refused):
        return Failure.config("host_not_allowed", str(error), connection_wide=True)
    if isinstance(error, socket.gaierror):
        return _unresolved(name, error)
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _of_database(name, error.orig, at_commit)
    if isinstance(error, TooSlow | NoPlaceInPool):
        return _made(name, _SLOW, {})
    if isinstance(error, OSError):
        return _made(name, _DOWN, {"cause": type(error).__name__})
    if isinstance(error, UnicodeError):
        return _made(name, _VALUE, {"cause": type(error).__name__})
    if isinstance(error, SQLAlchemyError | psycopg.Error | pymysql.MySQLError | sqlite3.Error):
        return _of_database(name, error, at_commit)
    return Failure.bug(error)


def _unresolved(name: str, error: socket.gaierror) -> Failure:
    if error.errno == socket.EAI_AGAIN:
        return _made(name, _DOWN, {"cause": "the name could not be looked up"})
    return Failure.config(
        "unknown_host",
        f"{name}: there is no host of this name. Correct it at the connection.",
        connection_wide=True,
    )


def _of_database(name: str, origin: BaseException, at_commit: bool) -> Failure:
    meaning, evidence = _meaning(origin)
    if meaning is None:
        return Failure.bug(origin, in_doubt=at_commit)
    failure = _made(name, meaning, evidence)
    # A deadlock or a broken rule at the end of a transaction is an answer: it was rolled back.
    failure.in_doubt = at_commit and meaning in (_LOST, _DOWN, _SLOW)
    if failure.in_doubt:
        failure.code = "lost_answer"
    return failure


def _meaning(origin: BaseException) -> tuple[_Meaning | None, dict[str, Any]]:
    if isinstance(origin, sqlite3.Error):
        return _of_sqlite(origin)
    if isinstance(origin, pymysql.MySQLError):
        number = origin.args[0] if origin.args and isinstance(origin.args[0], int) else 0
        column = _COLUMN.search(str(origin.args[-1])) if origin.args else None
        return MYSQL.get(number), _evidence(error=number, column=column[1] if column else None)
    if isinstance(origin, psycopg.Error):
        return _of_psycopg(origin)
    return None, {}


def _of_psycopg(origin: psycopg.Error) -> tuple[_Meaning | None, dict[str, Any]]:
    state = origin.sqlstate
    if state:
        found = POSTGRES.get(state) or POSTGRES.get(state[:3]) or POSTGRES.get(state[:2])
        told = origin.diag
        return found, _evidence(sqlstate=state, column=told.column_name, constraint=told.constraint_name)
    # Without a code: the session could not be opened, was lost, or the driver itself refused a value.
    if isinstance(origin, psycopg.DataError):
        return _VALUE, {}
    if not isinstance(origin, psycopg.OperationalError | psycopg.InterfaceError):
        return None, {}
    text = str(origin)
    return next(
        (meaning for said, meaning in _AT_THE_DOOR if re.search(said, text, re.IGNORECASE)), _LOST
    ), {}


def _of_sqlite(origin: sqlite3.Error) -> tuple[_Meaning | None, dict[str, Any]]:
    code = getattr(origin, "sqlite_errorcode", None)
    if code is None:
        return (_VALUE if isinstance(origin, sqlite3.DataError | sqlite3.IntegrityError) else None), {}
    evidence = _evidence(error=getattr(origin, "sqlite_errorname", code))
    text = str(origin)
    if code & 0xFF == sqlite3.SQLITE_ERROR:
        if re.search(r"no such (table|column)|has no column", text):
            return _TABLE, evidence
        if "ON CONFLICT clause does not match" in text:
            return _KEY, evidence
        if re.search(r"cannot drop column|error in (view|index|trigger)", text):
            return _USED, evidence
        return None, evidence
    return SQLITE.get(code & 0xFF), evidence


def _made(name: str, meaning: _Meaning, evidence: dict[str, Any]) -> Failure:
    kind, code, sentence, connection_wide = meaning
    column = evidence.get("column")
    of = f" of {column}" if column else ""
    return Failure(
        kind,
        code,
        sentence.format(name=name, of=of),
        field=column or "",
        evidence=evidence,
        connection_wide=connection_wide,
    )


def _evidence(**told: Any) -> dict[str, Any]:
    return {name: value for name, value in told.items() if value is not None}

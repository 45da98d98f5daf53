"""A database as a system among others: tables that we fill for BI, and tables or views of an in-house system.

Which of two writes of a row is newer is kept in the row itself (`crossdock_version`, `crossdock_read_at`), so an upsert
can be repeated by anybody at any time: it has the effect of once, and never goes back to an older version.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from integrations.connectors.base import (
    Abilities,
    Action,
    Answer,
    Call,
    Connector,
    Item,
    Limit,
    Page,
    SettingField,
    SignatureRefused,
    TestReport,
    Token,
    WebhookEvent,
    WriteContext,
)
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.sql_places import CALL, CONNECTIONS, SQLITE, Sessions, place_of
from integrations.connectors.sql_reading import TableReader
from integrations.connectors.sql_shape import Shapes, Wanted
from integrations.connectors.sql_words import Table, tables_of, zone_of
from integrations.connectors.sql_writing import BATCH, DELETE, UPSERT, TableWriter, prepared
from integrations.exceptions import Failure
from integrations.http.guard import Guard

FACTS = Facts(
    group=Group.DATA,
    documentation="https://docs.sqlalchemy.org/en/21/dialects/",
    credentials=(
        "Have a user of its own made in the database: CREATE USER crossdock, with a password.",
        (
            "Where tables shall be filled, grant it CREATE on the schema (MySQL: CREATE, ALTER, INDEX, SELECT, INSERT, "
            "UPDATE and DELETE on the database); it then owns the tables that it makes."
        ),
        "Where a table or view is read, grant it SELECT on that alone.",
        "Have whoever runs Crossdock name the database's address and port in PRIVATE_NETWORKS, as 10.1.0.7/32 5432.",
        "Enter address, user and password here, and declare the tables.",
    ),
    verified=Verified.REAL,
    verified_against="PostgreSQL 15, MariaDB 10.11 and SQLite 3.40 themselves. MySQL itself was not tried; of "
    "encryption only that a server without a trusted certificate is refused",
    limits="None by the database. Crossdock makes at most 4 calls at a time, and each statement has 8 seconds.",
    traps=(
        "The database's address must be named in PRIVATE_NETWORKS with its port, also where it is a public one.",
        (
            "A number or a time becomes a column of its kind where the mapping takes it from a field that has this "
            "kind; what an expression makes is text, until you add the transform decimal or time, or declare the type."
        ),
        (
            "A column that had to become wider is not made narrow again; what stood in it is then as the database "
            "itself writes it as text."
        ),
        (
            "MySQL and MariaDB keep times without a zone: they are UTC there. Their numbers have 28 digits before the "
            "point and 10 behind it."
        ),
        "SQLite keeps numbers of more than 15 digits as text, so that they stay exact.",
    ),
    lacks=(
        "SQL Server and Oracle are not supported.",
        "A connection through an SSH tunnel must be opened by whoever runs Crossdock.",
        "Rows that were deleted without a mark are noticed only by a complete read.",
    ),
)


class SqlConnector(Connector):
    platform = "sql"
    label = "SQL database (PostgreSQL, MySQL, MariaDB, SQLite)"
    settings_fields = (
        SettingField(
            "kind",
            "Kind of database",
            choices=(("postgresql", "PostgreSQL"), ("mysql", "MySQL or MariaDB"), ("sqlite", "SQLite file")),
        ),
        SettingField(
            "host", "Host", required=False, help_text="As db.example.com or 10.1.0.7. Not for SQLite."
        ),
        SettingField(
            "port",
            "Port",
            required=False,
            kind="integer",
            help_text="5432 for PostgreSQL, 3306 for MySQL if empty.",
        ),
        SettingField(
            "database",
            "Database",
            help_text="Its name; for SQLite a file in the folder that SQLITE_FOLDER of this installation names.",
        ),
        SettingField(
            "user", "User", required=False, help_text="One of its own, with no more rights than it needs."
        ),
        SettingField("password", "Password", required=False, secret=True),
        SettingField(
            "tls",
            "Encryption",
            required=False,
            default="verified",
            choices=(
                ("verified", "Encrypted, the certificate is verified"),
                ("encrypted", "Encrypted, whoever answers is believed"),
                ("off", "Not encrypted: only within a network that you trust"),
            ),
        ),
        SettingField(
            "schema", "Schema", required=False, help_text="Where tables are, if not in the user's own place."
        ),
        SettingField(
            "zone",
            "Time zone",
            required=False,
            default="UTC",
            help_text="Of times that are kept without one, as Europe/Berlin.",
        ),
        SettingField(
            "tables",
            "Tables",
            kind="yaml",
            help_text="What is read and written. The guide “Connect a database” has examples to start from.",
        ),
    )
    facts = FACTS
    timeout_seconds = CALL

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.place = place_of(settings, secrets)
        # Whoever changes it enters the password anew, as with every address.
        self.base_url = self.place.address
        self._tables = tables_of(settings)
        self._zone = zone_of(settings)
        makes_files = any(word.write is not None for word in self._tables.values())
        self._sessions = Sessions(self.place, guard, self.label, makes_files=makes_files)
        self._shapes = Shapes(self._sessions)

    def be_called(self, name: str) -> None:
        self._sessions.name = name

    def close(self) -> None:
        self._sessions.close()

    # What it can do.

    def resources(self) -> dict[str, Abilities]:
        return {name: _abilities(word) for name, word in self._tables.items()}

    def required_fields(self, resource: str, operation: str) -> tuple[str, ...]:
        return self._word(resource).keys if operation == UPSERT else ()

    def actions(self, resource: str) -> tuple[Action, ...]:
        """A row is taken out where its thing is removed in the source, if the job says so; never by itself."""
        return (Action(DELETE, "`false`"),) if self._word(resource).write is not None else ()

    def limit(self) -> Limit:
        return Limit(concurrent_calls=1 if self.place.kind == SQLITE else CONNECTIONS)

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        return self._reader(resource).page(since, position)

    def fetch(self, resource: str, external_id: str) -> Item | None:
        return self._reader(resource).fetch(external_id)

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        raise self._cannot(f"{resource} need not be looked up: a row is found by its key")

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        word = self._word(resource)
        if word.write is None or context.operation not in (UPSERT, DELETE):
            raise self._cannot(f"{resource} have no {context.operation!r}")
        return prepared(resource, word, context)

    def send(self, call: Call) -> Answer:
        return self._writer(call.resource).send(call)

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return self._writer(calls[0].resource).send_all(calls)

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        raise SignatureRefused(f"{self.label} sends no webhooks.")

    # Looking whether all is well.

    def test(self) -> TestReport:
        report = TestReport()
        step = f"Reaching {self.place.name}"
        try:
            with self._sessions.reading():
                report.add(step, True, "It let us in.")
            for resource, word in self._tables.items():
                step = f"Looking at {resource}"
                report.add(step, True, self._look_at(resource, word))
        except Failure as failure:
            report.add(step, False, failure.sentence)
        return report

    def _look_at(self, resource: str, word: Table) -> str:
        if word.read is not None:
            columns = self._reader(resource).is_there()
            page = self._reader(resource).page(None, None)
            return f"{columns} columns; {len(page.items)} rows on the first page."
        shape = self._shapes.there(Wanted(word.table, word.schema, word.keys))
        if shape is None:
            return "It is not there yet and is made with the first record."
        return f"It is there with {len(shape.columns)} columns; more are added as they are needed."

    def _word(self, resource: str) -> Table:
        word = self._tables.get(resource)
        if word is None:
            raise self._cannot(f"it has no {resource!r} among its tables")
        return word

    def _reader(self, resource: str) -> TableReader:
        word = self._word(resource)
        if word.read is None:
            raise self._cannot(f"{resource} are not declared for reading")
        return TableReader(resource, word, self._sessions, self._zone)

    def _writer(self, resource: str) -> TableWriter:
        word = self._word(resource)
        if word.write is None:
            raise self._cannot(f"{resource} are not declared for writing")
        return TableWriter(word, self._sessions, self._shapes)

    def _cannot(self, what: str) -> Failure:
        return Failure.config(
            "not_possible", f"{self._sessions.name}: {what}. Choose another resource or operation in the job."
        )


def _abilities(word: Table) -> Abilities:
    reads, writes = word.read is not None, word.write is not None
    return Abilities(
        reads=reads,
        fetch=reads,
        upserts=writes,
        actions=(DELETE,) if writes else (),
        batch_size=BATCH if writes else 0,
        batched=(UPSERT,) if writes else (),
        steps={UPSERT: 1, DELETE: 1} if writes else {},
        stands_alone=True,
    )

"""Files as a system among others: CSV and Parquet, read and written, in a folder of this machine.

`sftp.py` has the same for a server. Both are one connector; only the place where the files are differs.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
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
from integrations.connectors.files_csv import CsvFormat
from integrations.connectors.files_parquet import ParquetFormat
from integrations.connectors.files_places import LocalPlace, Place
from integrations.connectors.files_reading import FilesReader, Shelf
from integrations.connectors.files_records import Records
from integrations.connectors.files_rows import Format
from integrations.connectors.files_words import DAY, PARQUET, Files, check_folder, files_of
from integrations.connectors.files_writing import BATCH, UPSERT, FilesWriter, prepared
from integrations.connectors.sql_words import zone_of
from integrations.exceptions import Failure
from integrations.http.guard import Guard

# A write may be done again for ever; its Intent's call is kept for some days.
KEY_LIFETIME = 7 * 86_400.0
CALLS = 2

# The form shows it on one line.
EXAMPLE = '{orders: {key: order_number, read: {pattern: "orders-*.csv", lines: lines}}}'
FILES = SettingField(
    "files",
    "Files",
    kind="yaml",
    help_text="What is read and written, as YAML. Orders that are read: "
    f"{EXAMPLE}. More in the guide “Connect files” (docs/connect-files.md).",
)
ZONE = SettingField(
    "zone",
    "Time zone",
    required=False,
    default="UTC",
    help_text="Of times that are written without one, and of the days in files' names, as Europe/Berlin.",
)

TRAPS = (
    (
        "A file is taken when it has not changed for a while (settle), or when a marker lies beside it. Where the "
        "clock of the machine that writes is wrong, use the marker."
    ),
    (
        "Text that a spreadsheet would take for a formula gets a ' before it in a CSV file; a telephone number that "
        "begins with + as well."
    ),
    "An empty cell of a CSV file is null. Numbers stay as they are written until the mapping reads them.",
    (
        "A worker that dies between writing a file and noting it writes the same rows again only where the file is "
        "gone by then: whoever fetches files should leave each there for some minutes."
    ),
    "A file of a day is written anew with each batch; it may have 32 MB at most.",
)
LACKS = (
    "A row that is missing in a newer file is not taken for removed; a column can say so.",
    "A record that is removed in the source leaves no trace in files.",
    "Archives (zip, gz) and Excel's own files are not read.",
)
FACTS = Facts(
    group=Group.DATA,
    documentation="https://www.rfc-editor.org/rfc/rfc4180",
    credentials=(
        (
            "Have whoever runs Crossdock name one folder in FILES_ROOT: everything below it can be read and written "
            "here, and nothing else."
        ),
        "Where other machines write into it, have it mounted there, and the same on every host that works.",
        "Name the folder of these files below it here, and declare the files.",
    ),
    verified=Verified.REAL,
    verified_against="files on a disk of a Linux machine; a network drive was not tried",
    limits="None. Crossdock makes at most 2 calls at a time, and 1 where it writes files of a day.",
    traps=(
        *TRAPS,
        "Links are not followed: a linked folder is refused, and a linked file is not seen.",
    ),
    lacks=LACKS,
)


class FilesConnector(Connector):
    """What both places have in common."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._files = files_of(settings)
        self._zone = zone_of(settings)
        self._place = self._placed(settings, secrets, guard)
        # Whoever changes it enters the secrets anew, as with every address.
        self.base_url = self._place.address
        self._shelf = Shelf()
        self._turn: Callable[[], None] = lambda: None

    @abstractmethod
    def _placed(self, settings: Mapping[str, Any], secrets: Mapping[str, Any], guard: Guard | None) -> Place:
        """Raises DeclarationError; opens nothing."""

    def pace(self, turn: Callable[[], None]) -> None:
        self._turn = turn

    def close(self) -> None:
        self._shelf.close()
        self._place.close()

    # What it can do.

    def resources(self) -> dict[str, Abilities]:
        return {name: _abilities(word) for name, word in self._files.items()}

    def required_fields(self, resource: str, operation: str) -> tuple[str, ...]:
        return self._word(resource).keys if operation == UPSERT else ()

    def actions(self, resource: str) -> tuple[Action, ...]:
        self._word(resource)
        return ()

    def limit(self) -> Limit:
        by_day = any(word.write is not None and word.write.file == DAY for word in self._files.values())
        return Limit(concurrent_calls=1 if by_day else CALLS)

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        """Which files are new is known from the position; `since` would miss those that come with an old time."""
        return self._reader(resource).page(position)

    def fetch(self, resource: str, external_id: str) -> Item | None:
        raise self._cannot(f"{resource} cannot be asked for one by one: they are read file by file")

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        raise self._cannot(f"{resource} need not be looked up: a row is found by its key")

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        word = self._word(resource)
        if word.write is None or context.operation != UPSERT:
            raise self._cannot(f"{resource} have no {context.operation!r}")
        return prepared(resource, word, self._format(word), self._zone, context, key)

    def send(self, call: Call) -> Answer:
        result = self._writer(call.resource).send_all([call])[0]
        if isinstance(result, Failure):
            raise result
        return result

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return self._writer(calls[0].resource).send_all(calls)

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        raise SignatureRefused(f"{self.label} sends no webhooks.")

    # Looking whether all is well.

    def test(self) -> TestReport:
        report = TestReport()
        step = f"Reaching {self._place.name}"
        try:
            with self._place.folder(""):
                report.add(step, True, "It let us in.")
            for resource, word in self._files.items():
                step = f"Looking at {resource}"
                report.add(step, True, self._look_at(resource, word))
        except Failure as failure:
            report.add(step, False, failure.sentence)
        return report

    def _look_at(self, resource: str, word: Files) -> str:
        if word.read is not None:
            return self._reader(resource).look()
        assert word.write is not None
        with self._place.folder(word.write.folder, make=True) as folder:
            return f"The folder is there, with {len(folder.entries())} files."

    def _word(self, resource: str) -> Files:
        word = self._files.get(resource)
        if word is None:
            raise self._cannot(f"it has no {resource!r} among its files")
        return word

    def _format(self, word: Files) -> Format:
        return ParquetFormat(self._zone) if word.format == PARQUET else CsvFormat(word.csv)

    def _reader(self, resource: str) -> FilesReader:
        word = self._word(resource)
        if word.read is None:
            raise self._cannot(f"{resource} are not declared for reading")
        records = Records(resource, word, word.read, self._zone)
        return FilesReader(resource, records, self._format(word), self._place, self._shelf, self._turn)

    def _writer(self, resource: str) -> FilesWriter:
        word = self._word(resource)
        if word.write is None:
            raise self._cannot(f"{resource} are not declared for writing")
        return FilesWriter(resource, word, self._format(word), self._place)

    def _cannot(self, what: str) -> Failure:
        return Failure.config(
            "not_possible", f"{self._place.name}: {what}. Choose another resource or operation in the job."
        )


def _abilities(word: Files) -> Abilities:
    """A write has a key though nobody there knows it: by what the file holds it is known whether it was done."""
    writes = word.write is not None
    return Abilities(
        reads=word.read is not None,
        upserts=writes,
        keys=writes,
        key_lifetime=KEY_LIFETIME if writes else 0.0,
        batch_size=BATCH if writes else 0,
        batched=(UPSERT,) if writes else (),
        steps={UPSERT: 1} if writes else {},
        stands_alone=True,
    )


class FolderConnector(FilesConnector):
    platform = "folder"
    label = "Files in a folder (CSV, Parquet)"
    settings_fields = (
        SettingField(
            "folder",
            "Folder",
            required=False,
            help_text="Where these files are, below the folder that FILES_ROOT of this installation names.",
        ),
        ZONE,
        FILES,
    )
    facts = FACTS

    def _placed(
        self, settings: Mapping[str, Any], secrets: Mapping[str, Any], guard: Guard | None
    ) -> LocalPlace:
        path = str(settings.get("folder") or "")
        check_folder(path, "folder")
        return LocalPlace(path, self.label)

    def be_called(self, name: str) -> None:
        self._place.name = name

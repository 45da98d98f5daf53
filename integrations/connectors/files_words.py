"""Which files of a place are read and written, as an operator declares them."""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
import orjson

from integrations.connectors.sql_words import MOST_KEYS, Kind, check_there, refusal
from integrations.exceptions import DeclarationError
from mappings.shapes import convert

CSV, PARQUET = "csv", "parquet"
BATCH, DAY = "batch", "day"
REFUSED, LAST = "refused", "last"
# What spreadsheets run as a formula where a cell begins with it: https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
LONGEST_FOLDER = 400


class Csv(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`formulas`: text that a spreadsheet would take for a formula is written as it is."""

    delimiter: str = ","
    quote: str = '"'
    encoding: Literal["utf-8", "cp1252", "iso-8859-1", "iso-8859-15"] = "utf-8"
    decimal_comma: bool = False
    bom: bool = False
    formulas: bool = False


class Read(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`names`: of the columns, where a file has no header. `lines`: rows of one key belong together, and this is what
    the list of them is called. `optional`: numbers that may be empty in such a row. `settle` is in seconds."""

    pattern: str
    folder: str = ""
    columns: list[str] = []
    names: list[str] = []
    lines: str = ""
    numbers: list[str] = []
    optional: list[str] = []
    updated_at: str = ""
    deleted: str = ""
    repeated: Literal["refused", "last"] = "refused"
    settle: int = 60
    marker: str = ""
    done: str = ""
    size: int = 500


class Write(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`columns`: those of the file in their order, or what each is called there. `lines`: a list of which each part
    becomes a row of its own."""

    folder: str = ""
    name: str = ""
    file: Literal["batch", "day"] = "batch"
    columns: list[str] | dict[str, str] = []
    lines: str = ""
    types: dict[str, Kind] = {}

    @property
    def headings(self) -> dict[str, str]:
        """Column → what it is called in the file, for those that were named."""
        if isinstance(self.columns, dict):
            return {column: heading for heading, column in self.columns.items()}
        return {column: column for column in self.columns}


class Files(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    key: str | list[str]
    format: Literal["csv", "parquet"] = "csv"
    csv: Csv = msgspec.field(default_factory=Csv)
    read: Read | None = None
    write: Write | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @property
    def suffix(self) -> str:
        return f".{self.format}"

    def digest(self) -> str:
        """Another one where files would be read in another way."""
        told = msgspec.to_builtins((self.keys, self.format, self.csv, self.read))
        if self.read is not None and not self.read.optional:
            # What was read before there was this word is not read anew because of it.
            del told[3]["optional"]
        return hashlib.blake2b(orjson.dumps(told), digest_size=6).hexdigest()


def files_of(settings: Mapping[str, Any]) -> dict[str, Files]:
    """By the name of the resource. Raises DeclarationError."""
    told = settings.get("files")
    if not isinstance(told, Mapping) or not told:
        raise DeclarationError("files", "Name at least one kind of files; see the guide “Connect files”.")
    found = {str(name): _files(str(name), word) for name, word in told.items()}
    _check_apart(found)
    return found


def _files(name: str, told: Any) -> Files:
    field = f"files.{name}"
    try:
        word = convert(told, Files)
    except msgspec.ValidationError as error:
        raise refusal(field, str(error)) from error
    if word.read is None and word.write is None:
        raise DeclarationError(field, "Say what it is for: read, write or both.")
    if not 1 <= len(word.keys) <= MOST_KEYS or not all(word.keys):
        raise DeclarationError(f"{field}.key", f"Name one to {MOST_KEYS} columns by which a row is found.")
    for column in word.keys:
        check_there(column, f"{field}.key")
    _check_csv(word.csv, f"{field}.csv")
    if word.read is not None:
        _check_read(word.read, word, f"{field}.read")
    if word.write is not None:
        word.write = msgspec.structs.replace(word.write, name=word.write.name or name)
        _check_write(word.write, word, f"{field}.write")
    return word


def _check_csv(word: Csv, field: str) -> None:
    if word.delimiter == "tab":
        word.delimiter = "\t"
    if len(word.delimiter) != 1 or word.delimiter.isalnum() or word.delimiter in "\r\n ":
        raise DeclarationError(f"{field}.delimiter", 'It is one sign, as "," or ";", or the word tab.')
    if len(word.quote) != 1 or word.quote.isalnum() or word.quote == word.delimiter or word.quote in "\r\n ":
        raise DeclarationError(f"{field}.quote", "It is one sign, and not the delimiter.")
    if word.bom and codecs.lookup(word.encoding).name != "utf-8":
        raise DeclarationError(f"{field}.bom", "Only a file in UTF-8 has a byte order mark.")


def _check_read(word: Read, whole: Files, field: str) -> None:
    if not word.pattern or "/" in word.pattern or "\\" in word.pattern:
        raise DeclarationError(
            f"{field}.pattern",
            "Write a pattern for names of files, as orders-*.csv; the folder is a word apart.",
        )
    check_folder(word.folder, f"{field}.folder")
    check_folder(word.done, f"{field}.done")
    if word.done and word.done.strip("/") == word.folder.strip("/"):
        raise DeclarationError(f"{field}.done", "It must be another folder than the one that is read.")
    if not 1 <= word.size <= 5_000:
        raise DeclarationError(f"{field}.size", "A page holds 1 to 5000 records.")
    if not 0 <= word.settle <= 86_400:
        raise DeclarationError(f"{field}.settle", "These are 0 to 86400 seconds.")
    if "/" in word.marker or "*" in word.marker:
        raise DeclarationError(f"{field}.marker", "It is what is put behind the file's name, as .done.")
    if word.lines and word.repeated == LAST:
        raise DeclarationError(
            f"{field}.repeated", "Rows that belong together are not repeated: leave it out."
        )
    _check_columns(word, whole, field)


def _check_columns(word: Read, whole: Files, field: str) -> None:
    if len(set(word.names)) != len(word.names):
        raise DeclarationError(f"{field}.names", "Two columns have the same name.")
    if word.names and whole.format == PARQUET:
        raise DeclarationError(f"{field}.names", "A Parquet file has its own names.")
    if unknown := [column for column in word.optional if column not in word.numbers]:
        raise DeclarationError(
            f"{field}.optional", f"{unknown[0]} is not among the numbers. Name it there too."
        )
    for column in (word.updated_at, word.deleted, word.lines, *word.columns, *word.names, *word.numbers):
        if column:
            check_there(column, field)


def _check_write(word: Write, whole: Files, field: str) -> None:
    check_folder(word.folder, f"{field}.folder")
    if any(sign in word.name for sign in "/\\*?") or word.name.startswith(".") or not word.name.isprintable():
        raise DeclarationError(f"{field}.name", "It is the beginning of the files' names, as orders.")
    headings = word.headings
    if headings and (missing := [key for key in whole.keys if key not in headings]):
        raise DeclarationError(f"{field}.columns", f"The key {missing[0]} must be among them.")
    if len(set(headings.values())) != len(headings) or len(headings) != len(word.columns):
        raise DeclarationError(f"{field}.columns", "Two columns are the same.")
    for heading in headings.values():
        check_there(heading, f"{field}.columns")
        if not heading or heading.startswith(FORMULA):
            raise DeclarationError(
                f"{field}.columns", "A column's name cannot be empty or begin like a formula."
            )


def _check_apart(found: Mapping[str, Files]) -> None:
    """Two resources that write files of the same names would overwrite each other's."""
    met: dict[tuple[str, str, str], str] = {}
    for name, word in found.items():
        if word.write is None:
            continue
        place = (word.write.folder.strip("/"), word.write.name, word.format)
        if place in met:
            raise DeclarationError(
                f"files.{name}.write.name", f"{met[place]} are written under the same name. Choose another."
            )
        met[place] = name


def check_folder(path: str, field: str) -> None:
    """Of a folder below the connection's own. Raises DeclarationError."""
    problem = is_outside(path)
    if problem:
        raise DeclarationError(field, problem)


def is_outside(path: str) -> str:
    """Why a path does not stay below where it begins; "" where it does."""
    if len(path) > LONGEST_FOLDER or not path.isprintable() or "\\" in path:
        return "This is no path of a folder."
    if path.startswith("/") or any(part in ("..", ".") for part in parts_of(path)):
        return "Name a folder below the connection's own, without .. and without a / at its beginning."
    return ""


def parts_of(path: str) -> Sequence[str]:
    return [part for part in path.split("/") if part]

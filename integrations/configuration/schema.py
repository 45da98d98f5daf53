"""What may stand in a configuration file, section by section.

What is not told is left as it is (a new row gets the model's default). A list or a mapping that is told
replaces the whole: what is missing in it is taken out.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from mappings import shapes

from .problems import Place


class Entry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    name: str | UnsetType = UNSET

    def told(self) -> dict[str, Any]:
        """The fields that the file tells."""
        return {
            field: value for field in self.__struct_fields__ if (value := getattr(self, field)) is not UNSET
        }


class ConnectionEntry(Entry, kw_only=True):
    platform: str | UnsetType = UNSET
    environment: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    settings: dict[str, Any] | UnsetType = UNSET
    secrets: dict[str, Any] | UnsetType = UNSET
    webhooks: bool | UnsetType = UNSET
    native_integrations: list[str] | UnsetType = UNSET


class WorkflowEntry(Entry, kw_only=True):
    problem: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    period: str | UnsetType = UNSET
    minutes_per_record: float | UnsetType | None = UNSET
    # Of any kind inside, so that `targets` can name the measure that is wrong.
    baseline: dict[str, Any] | UnsetType = UNSET
    targets: dict[str, Any] | UnsetType = UNSET


class JobEntry(Entry, kw_only=True):
    workflow: str | UnsetType | None = UNSET
    kind: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    source_resource: str | UnsetType = UNSET
    destination: str | UnsetType = UNSET
    destination_resource: str | UnsetType = UNSET
    read_mapping: str | UnsetType = UNSET
    write_mapping: str | UnsetType = UNSET
    every_seconds: int | UnsetType = UNSET
    accepts_pushes: bool | UnsetType = UNSET
    filter: str | UnsetType = UNSET
    rollout_percent: int | UnsetType = UNSET
    halts_above_percent: int | UnsetType = UNSET
    removed: str | UnsetType = UNSET
    removed_at_most_percent: int | UnsetType = UNSET
    counts_units_in_flight: bool | UnsetType = UNSET
    waits_for_payment: bool | UnsetType = UNSET
    needs_consent: bool | UnsetType = UNSET
    checks_address: bool | UnsetType = UNSET
    pick_up_hours: str | UnsetType = UNSET
    pick_up_zone: str | UnsetType = UNSET
    pick_up_holidays: str | UnsetType = UNSET
    announce_within_minutes: int | UnsetType = UNSET
    read_overlap_seconds: int | UnsetType = UNSET
    stock_buffer: int | UnsetType = UNSET
    stock_buffer_percent: int | UnsetType = UNSET
    stock_locations: list[str] | UnsetType = UNSET
    explode_bundles: bool | UnsetType = UNSET
    concurrent_calls: int | UnsetType = UNSET
    batch_size: int | UnsetType = UNSET
    retry_limit: int | UnsetType = UNSET
    waiting_hours: int | UnsetType = UNSET
    takes_handed_over: bool | UnsetType = UNSET
    # Of any kind inside, so that `check_fallbacks` can name the one that is wrong.
    fallbacks: list[dict[str, Any]] | UnsetType = UNSET
    writes_beside: str | UnsetType = UNSET
    shares_fields: str | UnsetType = UNSET


class PartnerEntry(Entry, kw_only=True):
    enabled: bool | UnsetType = UNSET
    jobs: list[str] | UnsetType = UNSET
    calls_per_minute: int | UnsetType = UNSET


class ValueMapEntry(Entry, kw_only=True):
    # Of any kind here, so that `meaning` can name the word that is wrong.
    entries: dict[str, Any] | UnsetType = UNSET


class MappingEntry(Entry, kw_only=True):
    preset: str | UnsetType = UNSET
    direction: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET
    resource: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    rules: list[dict[str, Any]] | UnsetType = UNSET


class BundleEntry(Entry, kw_only=True):
    parts: dict[str, int] | UnsetType = UNSET


ENTRIES: dict[str, type[Entry]] = {
    "connections": ConnectionEntry,
    "value_maps": ValueMapEntry,
    "mappings": MappingEntry,
    "bundles": BundleEntry,
    "workflows": WorkflowEntry,
    "jobs": JobEntry,
    "partners": PartnerEntry,
}

_AT = re.compile(r" - at `\$?(.*)`$", re.S)
_UNKNOWN = re.compile(r"unknown field `(.*)`", re.S)
_STEP = re.compile(r"\[(\d+)\]|\.([^.\[]+)")
# msgspec's words for kinds of values, as a person would say them.
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
    "float": "a number",
}


def convert(value: Any, kind: type[Entry]) -> tuple[dict[str, Any], list[tuple[Place, str]]]:
    """The fields of an entry that make sense, and where inside it each of the others goes wrong."""
    told: dict[str, Any] = {}
    wrong: list[tuple[Place, str]] = []
    # One by one: msgspec tells only the first mistake of what it is given.
    parts = [{name: inner} for name, inner in value.items()] if isinstance(value, dict) else [value or {}]
    for part in parts:
        try:
            told |= shapes.convert(part, kind).told()
        except msgspec.ValidationError as exc:
            wrong.append(explained(exc, kind))
    return told, wrong


def explained(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> tuple[Place, str]:
    """Where inside the value, and what is wrong there, as a person would say it."""
    message = str(error)
    inner = _inner(message)
    reason = _AT.sub("", message)
    if unknown := _UNKNOWN.search(reason):
        known = ", ".join(kind.__struct_fields__)
        return (*inner, unknown[1]), f"There is no such field. Known are: {known}."
    return inner, _in_words(reason)


def _inner(message: str) -> Place:
    at = _AT.search(message)
    if at is None:
        return ()
    return tuple(int(index) if index else name for index, name in _STEP.findall(at[1]) if name != "...")


def _in_words(reason: str) -> str:
    """ "Expected `int | null`, got `str`" → "Expected a whole number or nothing, got text."."""

    def kinds(match: re.Match[str]) -> str:
        return " or ".join(_KINDS.get(name.strip(), f"'{name.strip()}'") for name in match[1].split("|"))

    return re.sub(r"`([^`]*)`", kinds, reason).rstrip(".") + "."

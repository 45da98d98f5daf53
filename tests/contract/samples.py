"""Payloads of real vendors, read where they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from mappings.presets import Preset
from mappings.records import Record
from mappings.translate import compile_rules, read, write
from tests.conftest import REFERENCE
from tests.contract.vendor import Contract
from tests.integrations.answering import Asked, Says


@lru_cache(maxsize=256)
def _text(name: str) -> str:
    return (REFERENCE / "samples" / name).read_text()


def sample(name: str) -> Any:
    """A new copy each time. {} where ../shared is absent, since names of tests are made before they are skipped."""
    return json.loads(_text(name)) if REFERENCE.is_dir() else {}


def vector(vendor: str, name: str) -> dict[str, Any]:
    """One of the signature vectors. {} where ../shared is absent."""
    found: list[dict[str, Any]] = sample("signature-vectors.json").get("vectors", [])
    return next((one for one in found if (one["vendor"], one["name"]) == (vendor, name)), {})


def read_with(preset: Preset, payload: dict[str, Any]) -> Any:
    """The Record that a reading preset makes of a payload; its problems fail the test."""
    found = read(compile_rules(list(preset.rules), "read", preset.kind), payload)
    assert found.problems == []
    return found.record


def write_with(preset: Preset, record: Record, **context: Any) -> dict[str, Any]:
    """The body that a writing preset makes of a Record."""
    found = write(compile_rules(list(preset.rules), "write", preset.kind), record, context or None)
    assert found.problems == []
    return found.body


def judged(
    contract: Callable[[], Contract | None] | None, document: str, payload: dict[str, Any]
) -> dict[str, Any]:
    """The payload, when a vendor's GraphQL schema allows it as an answer to a document that asks for one thing."""
    judge = contract() if contract else None
    assert judge is not None
    name = document.split("{", 1)[1].split("(", 1)[0].strip()
    asked = Asked("POST", "", {}, {}, json.dumps({"query": document, "variables": {"id": "1"}}).encode())
    assert judge.answer_problems(asked, Says({"data": {name: payload}})) == []
    return payload

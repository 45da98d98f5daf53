"""Calls the API as a partner does, and reads its refusals."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client


@dataclass
class Api:
    key: str
    client: Client = field(default_factory=Client)

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, headers=self._headers())

    def post(self, path: str, body: Any, idempotency_key: str | None = None) -> Any:
        extra = {"Idempotency-Key": idempotency_key} if idempotency_key is not None else {}
        return self.client.post(
            path, json.dumps(body), content_type="application/json", headers={**self._headers(), **extra}
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """The problem in an answer, after checking that it is one with every field that a problem has."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"urn:crossdock:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    return problem

"""What drf-spectacular must be told to describe this API. Imports no models: settings read it."""

from __future__ import annotations

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Crossdock partner API",
    "VERSION": "1",
    "DESCRIPTION": (
        "Push records into a job and follow them: runs, records, errors.\n\n"
        "Every call carries a key: `Authorization: Bearer <key>`. A key belongs to a partner, has scopes "
        "(push, read, retry) and sees the partner's own jobs only. Lists come in pages: follow `next` until it "
        "is null. Every refusal is `application/problem+json` with a stable `code` and a sentence."
    ),
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVERS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "SORT_OPERATIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "RecordState": "integrations.models.State",
        "RunState": "integrations.models.RunState",
        "JobState": "integrations.models.JobState",
        "Door": "integrations.models.Door",
        "FailureKind": "integrations.models.Kind",
    },
}

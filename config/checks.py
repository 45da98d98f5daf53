"""What `manage.py check` says of an installation, so that it is said before something fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, register

from integrations.http.guard import PrivateNetwork

SHORTEST_KEY = 16
SHORTEST_LEASE = 5
# What the dashboard and the metrics of the API look back on.
SHOWN_DAYS = 31
KEPT = (
    "KEEP_INTENTS_DAYS",
    "KEEP_OUTCOMES_DAYS",
    "KEEP_BATCHES_DAYS",
    "KEEP_RUNS_DAYS",
    "KEEP_EVENTS_DAYS",
    "KEEP_PARTNER_ANSWERS_DAYS",
    "KEEP_ERROR_CONTENT_DAYS",
    "KEEP_BOOKS_DAYS",
)
KEEP = "Set it to 0 to keep them for ever, to a number of days, or leave it out."
LOOPBACK = ("127.", "localhost:", "[::1]:", "unix:")


@register("crossdock")
def secrets_can_be_kept(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if not settings.SALT_KEY:
        return [
            Error(
                "SALT_KEY is not set: no secret of a connection can be stored or read.",
                hint="`python3 manage.py setup` writes one into .env; or set it in the environment.",
                id="crossdock.E001",
            )
        ]
    if any(len(key) < SHORTEST_KEY for key in settings.SALT_KEY):
        return [
            Error(
                f"A key in SALT_KEY is shorter than {SHORTEST_KEY} characters.",
                hint="Put a long random one first and keep the old one behind it, separated by a comma.",
                id="crossdock.E002",
            )
        ]
    return []


@register("crossdock")
def private_networks_are_networks(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for text in settings.PRIVATE_NETWORKS:
        try:
            PrivateNetwork.parse(text)
        except ValueError as error:
            messages.append(
                Error(f"PRIVATE_NETWORKS: {error}", hint="Write it as 10.1.0.0/16.", id="crossdock.E003")
            )
    return messages


@register("crossdock")
def someone_works(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if settings.WORKERS >= 1:
        return []
    return [
        Error(
            f"WORKERS is {settings.WORKERS}: nothing would be delivered.",
            hint="Set WORKERS to 1 or more, or leave it out (4).",
            id="crossdock.E004",
        )
    ]


@register("crossdock")
def facts_are_kept_long_enough(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = [
        Error(
            f"{name} is {getattr(settings, name)}: days cannot be fewer than none.",
            hint=KEEP,
            id="crossdock.E005",
        )
        for name in KEPT
        if getattr(settings, name) < 0
    ]
    if 0 < settings.KEEP_OUTCOMES_DAYS < SHOWN_DAYS:
        said = f"KEEP_OUTCOMES_DAYS is {settings.KEEP_OUTCOMES_DAYS}: the dashboard shows {SHOWN_DAYS} days."
        messages.append(Error(said, hint=KEEP, id="crossdock.E006"))
    return messages


@register("crossdock")
def times_are_long_enough(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    if settings.LEASE_SECONDS < SHORTEST_LEASE:
        said = f"LEASE_SECONDS is {settings.LEASE_SECONDS:g}: a worker would lose its batch while it still sends."
        hint = f"Set it to {SHORTEST_LEASE} or more, or leave it out (60)."
        messages.append(Error(said, hint=hint, id="crossdock.E007"))
    if settings.STALLED_AFTER_MINUTES < 1:
        said = (
            f"STALLED_AFTER_MINUTES is {settings.STALLED_AFTER_MINUTES}: every run would be told as stalled."
        )
        hint = "Set it to 1 or more, or leave it out (10)."
        messages.append(Error(said, hint=hint, id="crossdock.E008"))
    return messages


@register("crossdock")
def others_reach_it_by_https_only(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    if settings.HTTPS or settings.BIND.startswith(LOOPBACK):
        return []
    return [
        checks.Warning(
            f"BIND is {settings.BIND}, which others can reach, and HTTPS is not set: passwords would travel in clear.",
            hint="Put a TLS proxy in front and set HTTPS=true, or bind to 127.0.0.1.",
            id="crossdock.W001",
        )
    ]

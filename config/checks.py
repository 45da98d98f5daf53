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

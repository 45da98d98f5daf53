"""Dockerfile and compose.yaml cannot be run here: what they name must at least exist, and they must agree."""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from tests.conftest import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "web", "work")
# Of the servers' images, not of the portal.
OF_OTHERS = {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"}
# The image's Python has these beside `python`.
INSTALLED = {"gunicorn": "gunicorn"}


def environment_read() -> set[str]:
    """What the settings and gunicorn's file read, and what .env.example explains."""
    text = (ROOT / "config" / "settings.py").read_text() + (ROOT / "config" / "gunicorn.py").read_text()
    return set(re.findall(r'(?:env(?:\.\w+)?|environ\.get)\(\s*"([A-Z_]+)"', text))


def variables_of(text: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z_]+)", text))


@pytest.mark.parametrize("name", OURS)
def test_each_command_exists(name: str) -> None:
    program, *words = shlex.split(SERVICES[name]["command"])
    if program == "python":
        assert words[0] == "manage.py"
        assert (ROOT / words[0]).is_file()
        assert words[1] in get_commands()
        return
    assert f"{INSTALLED[program]}==" in (ROOT / "requirements.txt").read_text()
    assert (ROOT / words[words.index("--config") + 1]).is_file()
    module = words[-1].replace(".", "/")
    assert (ROOT / f"{module}.py").is_file()


def test_the_images_own_command_exists() -> None:
    found = re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found is not None
    program, file, command, *rest = yaml.safe_load(found[1])
    assert (program, file, rest[0]) == ("python", "manage.py", "--bind")
    assert command in get_commands()


def test_every_variable_is_one_that_the_portal_reads() -> None:
    for name in OURS:
        assert set(SERVICES[name]["environment"]) <= environment_read()
    assert set(re.findall(r"^(?:ENV|   ) ?([A-Z_]+)=", DOCKERFILE, re.MULTILINE)) <= environment_read() | {
        "PYTHONUNBUFFERED",
        "PORTAL_ENV_FILE",
    }


def test_every_variable_that_it_asks_for_is_explained() -> None:
    explained = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    # The last one is compose.yaml's own, and it says so in its first lines.
    assert variables_of((ROOT / "compose.yaml").read_text()) <= explained | {"POSTGRES_PASSWORD"}


def test_what_it_builds_from_is_there() -> None:
    for name in OURS:
        assert (ROOT / SERVICES[name]["build"]).is_dir()
    copied = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.MULTILINE)
    assert copied == ["requirements.txt", "."]
    assert (ROOT / "requirements.txt").is_file()


def test_one_service_waits_for_another_that_is_there() -> None:
    for service in SERVICES.values():
        for other, condition in service.get("depends_on", {}).items():
            assert other in SERVICES
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]
    for volume in SERVICES["postgres"]["volumes"]:
        assert volume.partition(":")[0] in COMPOSE["volumes"]
    addresses = [SERVICES["web"]["environment"][key] for key in ("DATABASE_URL", "REDIS_URL")]
    assert [
        re.split(r"[@/]", address.partition("://")[2])[-2].partition(":")[0] for address in addresses
    ] == [
        "postgres",
        "redis",
    ]


def test_the_health_check_asks_an_address_of_ours(client: Any) -> None:
    (asked,) = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", " ".join(SERVICES["web"]["healthcheck"]["test"]))
    assert asked == "/healthz"
    assert "127.0.0.1" in SERVICES["web"]["environment"]["ALLOWED_HOSTS"]


def test_workers_may_end_what_they_began() -> None:
    from integrations.supervisor import GRACE_SECONDS

    assert int(SERVICES["work"]["stop_grace_period"].rstrip("s")) > GRACE_SECONDS


def test_images_are_named_plainly() -> None:
    names = [service["image"] for service in SERVICES.values()]
    names += re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(re.fullmatch(r"[a-z]+(:[\w.-]+)?", name) for name in names)


def test_no_secret_gets_into_the_image() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split("\n")
    assert {".git", ".env", "var", "**/*.sqlite3*"} <= set(left_out)
    tracked = subprocess.run(
        ["git", "ls-files", "*.env", ".env*", "*.sqlite3", "*.pem", "*.key"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert tracked == [".env.example"]

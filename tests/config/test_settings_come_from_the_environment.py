"""The one settings file, read in a process of its own with each environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SECRETS = {"SECRET_KEY": "a key for this test alone", "SALT_KEY": "a salt for this test alone"}


def run(environment: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**kept, "PORTAL_ENV_FILE": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def settings(environment: dict[str, str], *names: str) -> Any:
    """What the settings say; the value itself where one is asked for."""
    code = (
        "import json, config.settings as s\n"
        f"print(json.dumps([getattr(s, name, None) for name in {names!r}], default=str))"
    )
    done = run({**SECRETS, **environment}, code)
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout)
    return values[0] if len(names) == 1 else values


def test_a_missing_key_is_told_with_the_remedy() -> None:
    done = run({"SALT_KEY": "here"}, "import config.settings")

    assert done.returncode == 1
    assert "SECRET_KEY is not set. `python3 manage.py setup` writes a .env file" in done.stderr


def test_the_file_of_settings_is_read_and_the_environment_goes_before_it(tmp_path: Path) -> None:
    file = tmp_path / "portal.env"
    file.write_text("SECRET_KEY=from the file\nSALT_KEY=one,two\nWORKERS=7\n")
    code = "import config.settings as s; print(s.SECRET_KEY, s.SALT_KEY, s.WORKERS)"

    done = run({"PORTAL_ENV_FILE": str(file), "WORKERS": "3"}, code)

    assert done.stdout == "from the file ['one', 'two'] 3\n"


def test_sqlite_is_the_default_and_waits_safely() -> None:
    (databases,) = (settings({"PORTAL_VAR": "/data"}, "DATABASES"),)

    assert databases["default"]["ENGINE"] == "config.sqlite"
    assert databases["default"]["NAME"] == "/data/portal.sqlite3"
    assert databases["default"]["CONN_MAX_AGE"] == 60
    assert databases["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert databases["default"]["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in databases["default"]["OPTIONS"]["init_command"]
    assert "synchronous=FULL" in databases["default"]["OPTIONS"]["init_command"]
    assert "ATOMIC_REQUESTS" not in databases["default"]


def test_the_database_may_lie_in_a_folder_of_any_name() -> None:
    databases = settings({"PORTAL_VAR": "/my store/50% off + #1?"}, "DATABASES")

    assert databases["default"]["NAME"] == "/my store/50% off + #1?/portal.sqlite3"


def test_postgres_keeps_its_own_engine() -> None:
    databases = settings({"DATABASE_URL": "postgres://portal:word@db.example.com:5433/portal"}, "DATABASES")

    assert databases["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert databases["default"]["HOST"] == "db.example.com"
    assert databases["default"]["CONN_MAX_AGE"] == 60
    assert "transaction_mode" not in databases["default"].get("OPTIONS", {})


def test_without_redis_queue_and_cache_need_no_server_and_are_shared_by_all_processes() -> None:
    queue, caches = settings({"PORTAL_VAR": "/data"}, "Q_CLUSTER", "CACHES")

    assert queue["orm"] == "default"
    assert "redis" not in queue
    assert caches["default"]["BACKEND"].endswith("FileBasedCache")
    assert caches["default"]["LOCATION"] == "/data/cache"


def test_with_redis_queue_and_cache_use_it() -> None:
    queue, caches = settings({"REDIS_URL": "redis://127.0.0.1:6379/3"}, "Q_CLUSTER", "CACHES")

    assert queue["redis"] == "redis://127.0.0.1:6379/3"
    assert "orm" not in queue
    assert caches["default"]["LOCATION"] == "redis://127.0.0.1:6379/3"


def test_the_queue_never_repeats_a_task_by_itself() -> None:
    queue, task_seconds, lease_seconds = settings(
        {"WORKERS": "6"}, "Q_CLUSTER", "TASK_SECONDS", "LEASE_SECONDS"
    )

    assert queue["workers"] == queue["queue_limit"] == 6
    assert queue["bulk"] == 1
    # Else what waits in memory behind another task is handed out twice.
    assert queue["retry"] > queue["timeout"] * 2 + 3
    assert (queue["max_attempts"], queue["ack_failures"]) == (1, True)
    assert queue["save_limit"] == -1
    assert queue["catch_up"] is False
    assert queue["ALT_CLUSTERS"] == {}
    # A task ends by itself, also one that began a call of 30 s at its last moment.
    assert task_seconds + 30 < queue["timeout"]
    assert lease_seconds > 30


def test_nothing_is_https_only_until_it_is_said() -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS")

    assert settings({}, *names) == [False, False, False, 0]
    assert settings({"HTTPS": "true"}, *names) == [True, True, True, 31_536_000]


def test_a_visitor_cannot_claim_to_come_by_https() -> None:
    assert settings({"HTTPS": "true"}, "SECURE_PROXY_SSL_HEADER") is None
    assert settings({"BEHIND_PROXY": "true"}, "SECURE_PROXY_SSL_HEADER") == [
        "HTTP_X_FORWARDED_PROTO",
        "https",
    ]


def test_only_the_signs_of_life_are_told_over_plain_http() -> None:
    exempt = settings({"HTTPS": "true"}, "SECURE_REDIRECT_EXEMPT")

    assert [
        path
        for path in ("livez", "healthz", "readyz", "admin/", "api/v1/runs", "hooks/x/healthz", "healthz/x")
        if any(re.search(pattern, path) for pattern in exempt)
    ] == ["livez", "healthz", "readyz"]


@pytest.mark.parametrize("name", ["PRIVATE_NETWORKS", "PUBLIC_PORTS"])
def test_no_private_neighbour_may_be_called_by_default(name: str) -> None:
    assert settings({}, name) == []


def test_the_example_lists_every_setting() -> None:
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", (ROOT / "config" / "settings.py").read_text()))
    read |= set(re.findall(r"environ\.get\(\"([A-Z_]+)\"", (ROOT / "config" / "gunicorn.py").read_text()))
    listed = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))

    assert len(read) > 20
    assert listed == read

"""The portal's own settings, with secrets that protect nothing and a database of the tests' own.

TEST_DATABASE_URL runs the tests on another database (PostgreSQL), TEST_REDIS_URL with Redis as queue and
cache. Run by several processes (pytest -n), each has a database of its own on both.
"""

from __future__ import annotations

import os
import tempfile


def own_redis(address: str) -> str:
    """The database named for the first of several test processes, one number less for each further one."""
    server, _, database = address.rpartition("/")
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return f"{server}/{int(database) - process}" if server else ""


os.environ["PORTAL_ENV_FILE"] = ""
os.environ["SECRET_KEY"] = "a key for tests alone, which protects nothing at all"
os.environ["SALT_KEY"] = "a salt for tests alone"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:")
os.environ["REDIS_URL"] = own_redis(os.environ.get("TEST_REDIS_URL", ""))
os.environ.setdefault("PORTAL_VAR", tempfile.mkdtemp(prefix="crossdock-tests-"))

from config.settings import *  # noqa: E402, F403  # what it reads is set above

# Made by collectstatic otherwise; the web server's middleware looks for it.
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405

# Slow on purpose outside of tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # The manifest is made by collectstatic, which tests do not run.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["NAME"] == ":memory:":  # noqa: F405
    # pytest-django adds each test process's name to the end, which would make a file of ":memory:".
    DATABASES["default"]["TEST"] = {"NAME": "file:tests?mode=memory&cache=shared&process="}  # noqa: F405

"""The portal's own settings, with secrets that protect nothing and a database of the tests' own.

TEST_DATABASE_URL runs the tests on another database (PostgreSQL), TEST_REDIS_URL with Redis as queue and
cache.
"""

from __future__ import annotations

import os
import tempfile

os.environ["PORTAL_ENV_FILE"] = ""
os.environ["SECRET_KEY"] = "a key for tests alone, which protects nothing at all"
os.environ["SALT_KEY"] = "a salt for tests alone"
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:")
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "")
os.environ.setdefault("PORTAL_VAR", tempfile.mkdtemp(prefix="crossdock-tests-"))

from config.settings import *  # noqa: F403

# Made by collectstatic otherwise; the web server's middleware looks for it.
STATIC_ROOT.mkdir(exist_ok=True)  # noqa: F405

# Slow on purpose outside of tests.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    # The manifest is made by collectstatic, which tests do not run.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

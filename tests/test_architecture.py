"""The rules of the house that no other tool holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("mappings", "integrations", "monitoring", "config")
# Put together here, so that this file holds none of them either.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "npm" + "js.org",
    "npm" + "js.com",
    "conda." + "anaconda",
]
NAMES_THAT_SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "services",
    "manager",
    "managers",
    "common",
    "misc",
}


@cache
def tracked() -> list[Path]:
    """The files of the repository; without git (an unpacked archive), those that would be in it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    hidden = {".venv", "var", ".env"}
    return [
        path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.relative_to(ROOT).parts)
    ]


@cache
def text_of(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def found(pattern: str) -> list[str]:
    """path:line of each match, in any tracked text."""
    compiled = re.compile(pattern)
    return [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        for match in compiled.finditer(line)
    ]


def python_files(*folders: str) -> list[Path]:
    wanted = folders or (*APPS, "tests")
    return [path for path in tracked() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in wanted]


def test_each_app_imports_only_what_stands_to_its_left() -> None:
    """The contracts stand in pyproject.toml; `make test` runs them by themselves as well."""
    command = "from importlinter.cli import lint_imports_command as run; run(['--no-logo', '--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_records_move_without_monitoring() -> None:
    """The engine, its doors and the queue's tasks load in a portal that has no `monitoring` at all."""
    code = """
import sys
sys.modules["monitoring"] = None
from tests import settings
from django.conf import settings as active
names = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
names["INSTALLED_APPS"] = [app for app in names["INSTALLED_APPS"] if app not in ("monitoring", "config")]
active.configure(**names)
import django
django.setup()
import integrations.tasks, integrations.webhooks.urls, integrations.partner_api.urls, integrations.processes
import integrations.management.commands.sync
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_there_are_four_packages_and_no_other() -> None:
    packages = {
        path.relative_to(ROOT).parts[0] for path in tracked() if path.suffix == ".py" and path.parent != ROOT
    }

    assert packages <= {*APPS, "tests", "docs"}


def test_no_file_holds_the_address_of_a_package_registry() -> None:
    assert found("|".join(re.escape(host) for host in REGISTRIES)) == []
    assert [path.name for path in tracked() if re.fullmatch(r"uv\.lock|pylock.*\.toml", path.name)] == []


def test_mail_addresses_are_those_kept_for_examples() -> None:
    assert (
        found(
            r"[\w.+-]+@(?!(?:[a-z0-9-]+\.)*example\.(?:com|org|net)\b)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b"
        )
        == []
    )


def test_no_secret_is_tracked() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in tracked()}

    assert ".env" not in names
    assert not [
        name for name in names if name.startswith("var/") or name.endswith((".sqlite3", ".pem", ".key"))
    ]
    assert found(r"-----BEGIN [A-Z ]*PRIVATE KEY-----") == []


def test_every_requirement_is_pinned_and_hashed() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=\S)", text_of(ROOT / name).strip())
        packages = [entry for entry in entries if not entry.startswith("#")]
        assert len(packages) > 15
        assert [
            entry.split()[0] for entry in packages if "==" not in entry or "--hash=sha256:" not in entry
        ] == []


@pytest.mark.parametrize("stem", ["requirements", "requirements-dev"])
def test_the_lock_has_what_was_asked_for(stem: str) -> None:
    """A change of requirements*.in without `make lock` would go unnoticed."""
    asked = re.findall(r"^([\w.-]+)(?:\[\w+\])?==(\S+)", text_of(ROOT / f"{stem}.in"), re.M)
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text_of(ROOT / f"{stem}.txt").lower(), re.M))

    assert asked
    assert {name.lower(): version for name, version in asked}.items() <= locked.items()


def test_both_locks_agree_on_every_version() -> None:
    base, development = (
        dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text_of(ROOT / name), re.M))
        for name in ("requirements.txt", "requirements-dev.txt")
    )

    assert {
        name: (base[name], version)
        for name, version in development.items()
        if base.get(name, version) != version
    } == {}


def test_uv_makes_no_lock_of_its_own() -> None:
    assert tomllib.loads(text_of(ROOT / "pyproject.toml"))["tool"]["uv"] == {"managed": False}


def test_only_the_one_http_client_imports_requests() -> None:
    """The linter says so too; here an exception in its configuration is noticed."""
    importers = []
    for path in python_files("mappings", "integrations", "monitoring", "config"):
        for node in ast.walk(ast.parse(text_of(path))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            importers += [
                path.relative_to(ROOT).as_posix() for name in names if name.split(".")[0] == "requests"
            ]

    assert sorted(set(importers)) == ["integrations/http/client.py"]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [
        str(path.relative_to(ROOT)) for path in python_files() if path.stem in NAMES_THAT_SAY_NOTHING
    ] == []


def test_no_module_grows_beyond_what_one_reads_at_a_time() -> None:
    longest = 460
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in python_files(*APPS)
        if "migrations" not in path.parts and (lines := len(text_of(path).splitlines())) > longest
    }

    assert long == {}

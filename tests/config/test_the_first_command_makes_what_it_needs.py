"""manage.py on a fresh machine, before anything is installed."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def manage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """manage.py as if it lay in an empty folder, where installing writes down what it was asked for."""
    specification = importlib.util.spec_from_file_location("manage_under_test", ROOT / "manage.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.delenv("SALT_KEY")
    monkeypatch.delenv("PORTAL_ENV_FILE")
    (tmp_path / "requirements.txt").write_text("base")
    (tmp_path / "requirements-dev.txt").write_text("development")
    return module


def put_python(manage: ModuleType) -> None:
    """A Python where .venv has it, with the folder of what is installed for it."""
    manage.PYTHON.parent.mkdir(parents=True, exist_ok=True)
    manage.PYTHON.unlink(missing_ok=True)
    manage.PYTHON.symlink_to(sys.executable)
    (manage.VENV / "lib" / f"python3.{sys.version_info.minor}").mkdir(parents=True, exist_ok=True)


@pytest.fixture
def installed(manage: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The requirements that were installed, in order."""
    names: list[str] = []

    def install(requirements: Path) -> None:
        names.append(requirements.name)
        put_python(manage)

    monkeypatch.setattr(manage, "install", install)
    return names


def test_what_is_installed_is_not_installed_again(manage: ModuleType, installed: list[str]) -> None:
    manage.setup()
    manage.setup()
    assert installed == ["requirements.txt"]

    manage.setup(development=True)
    manage.setup(development=True)
    assert installed == ["requirements.txt", "requirements-dev.txt"]


def test_changed_requirements_are_installed(manage: ModuleType, installed: list[str], tmp_path: Path) -> None:
    manage.setup()
    (tmp_path / "requirements.txt").write_text("base, and one more")
    manage.setup()

    assert installed == ["requirements.txt", "requirements.txt"]


def test_an_installation_that_was_broken_off_is_done_again(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken_off(requirements: Path) -> None:
        put_python(manage)
        raise KeyboardInterrupt

    monkeypatch.setattr(manage, "install", broken_off)
    with pytest.raises(KeyboardInterrupt):
        manage.setup()

    assert not (tmp_path / ".venv" / "requirements.txt.sha256").exists()


def test_a_lost_python_is_made_again(manage: ModuleType, installed: list[str]) -> None:
    """The stamp outlives a Python that was removed from the machine."""
    manage.setup()
    manage.PYTHON.unlink()
    manage.setup()

    assert installed == ["requirements.txt", "requirements.txt"]


def test_an_upgraded_python_gets_its_requirements_anew(
    manage: ModuleType, installed: list[str], tmp_path: Path
) -> None:
    """/usr/bin/python3 leads to another version now, which has none of what was installed."""
    manage.setup()
    (tmp_path / ".venv" / "lib" / f"python3.{sys.version_info.minor}").rename(
        tmp_path / ".venv/lib/python3.1"
    )
    manage.setup()

    assert installed == ["requirements.txt", "requirements.txt"]


def test_what_is_left_of_an_environment_without_its_python_does_not_stand_in_the_way(
    manage: ModuleType, tmp_path: Path
) -> None:
    manage.PYTHON.parent.mkdir(parents=True)
    manage.PYTHON.symlink_to("/nowhere/python3.11")
    (manage.PYTHON.parent / "python3").symlink_to("python")

    manage.make_venv(sys.executable)

    assert manage.stands()


@pytest.mark.parametrize("text", [(ROOT / ".env.example").read_text(), "DEBUG=false", "SALT_KEY=\n"])
def test_a_file_without_secrets_gets_them_and_keeps_its_other_lines(
    manage: ModuleType, installed: list[str], tmp_path: Path, text: str
) -> None:
    (tmp_path / ".env").write_text(text)
    manage.setup()
    once = (tmp_path / ".env").read_text()
    manage.setup()

    values = dict(line.split("=", 1) for line in once.splitlines() if "=" in line and line[0] != "#")
    assert len(values.pop("SECRET_KEY")) > 60
    assert len(values.pop("SALT_KEY")) > 40
    assert values == ({"DEBUG": "false"} if text == "DEBUG=false" else {})
    assert (tmp_path / ".env").read_text() == once
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.glob(".env*")] == [".env"]


def test_secrets_that_are_there_stay(manage: ModuleType, installed: list[str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=mine\nSALT_KEY=new,old\n")
    manage.setup()

    assert (tmp_path / ".env").read_text() == "SECRET_KEY=mine\nSALT_KEY=new,old\n"


def test_secrets_are_random_readable_by_their_owner_alone_and_kept(
    manage: ModuleType, installed: list[str], tmp_path: Path
) -> None:
    manage.setup()
    first = (tmp_path / ".env").read_text()
    manage.setup()

    assert (tmp_path / ".env").read_text() == first
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    values = dict(line.split("=", 1) for line in first.splitlines() if not line.startswith("#"))
    assert list(values) == ["SECRET_KEY", "SALT_KEY"]
    assert len(values["SECRET_KEY"]) > 60
    (tmp_path / ".env").unlink()
    manage.setup()
    assert (tmp_path / ".env").read_text() != first


def test_no_file_is_written_where_the_environment_has_the_secrets(
    manage: ModuleType, installed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "here")
    manage.setup()

    assert not (tmp_path / ".env").exists()


@pytest.mark.parametrize(
    ("machine", "uses_its_own"), [((23, 0), False), ((22, 2), True), ((0, 0), True)], ids=str
)
def test_the_machines_pip_installs_where_it_can_and_one_is_made_where_it_cannot(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, machine: tuple[int, int], uses_its_own: bool
) -> None:
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(manage, "pip_version", lambda python: machine if python == sys.executable else (0, 0))
    monkeypatch.setattr(manage, "make_venv", lambda python, *options: made.append(options))

    command = manage.pip()

    assert made == [() if uses_its_own else ("--without-pip",)]
    own, elsewhere = [str(manage.PYTHON), "-m", "pip"], [sys.executable, "-m", "pip", "--python"]
    assert command == (own if uses_its_own else [*elsewhere, str(manage.PYTHON)])


def test_a_python_tells_the_version_of_its_pip_or_that_it_has_none(
    manage: ModuleType, tmp_path: Path
) -> None:
    manage.make_venv(sys.executable, "--without-pip")

    assert manage.pip_version(str(manage.PYTHON)) == (0, 0)
    assert manage.stands()
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 'pip 24.1.2 from /somewhere (python 3.11)'\n")
    python.chmod(0o755)
    assert manage.pip_version(str(python)) == (24, 1)


def test_what_the_installer_says_is_shown_only_when_it_fails(
    manage: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    manage.quietly([sys.executable, "-c", "print('a notice about something else')"])
    assert capsys.readouterr() == ("", "")

    with pytest.raises(SystemExit):
        manage.quietly([sys.executable, "-c", "print('no space left'); raise SystemExit(1)"])
    assert "no space left" in capsys.readouterr().err


def test_a_missing_venv_module_is_told_with_the_one_line_to_install(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_ensurepip(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, stdout="ensurepip is not available", stderr="")

    monkeypatch.setattr(manage.subprocess, "run", no_ensurepip)
    with pytest.raises(SystemExit):
        manage.make_venv(sys.executable)

    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_a_newer_python_on_the_path_is_taken_where_this_one_is_too_old(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "OLDEST", (99, 0))
    monkeypatch.setattr(manage.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit):
        manage.fitting_python()
    assert "Python 99.0 or newer is needed" in capsys.readouterr().err

    monkeypatch.setattr(manage, "OLDEST", (99, 11))
    monkeypatch.setattr(manage.shutil, "which", lambda name: f"/bin/{name}" if name == "python3.12" else None)
    assert manage.fitting_python() == "/bin/python3.12"


def test_all_checks_run_and_those_that_failed_are_named(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "PYTHON", sys.executable)
    checks = {
        "first": ["-c", "raise SystemExit(1)"],
        "second": ["-c", ""],
        "third": ["-c", "raise SystemExit(2)"],
    }

    assert manage.run_checks(checks) == 1
    assert capsys.readouterr().out.endswith("Failed: first, third\n")
    assert manage.run_checks({"second": ["-c", ""]}) == 0


def test_what_runs_aside_goes_on_beside_the_others_and_tells_and_fails_like_them(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each of the two waits for a sign of the other: one after the other, neither would end."""
    monkeypatch.setattr(manage, "PYTHON", sys.executable)
    meet = (
        "import pathlib, sys, time; mine, other = map(pathlib.Path, sys.argv[1:3]); mine.touch()\n"
        "while not other.exists(): time.sleep(0.01)\n"
        "print('met', mine.name)"
    )
    here, aside = str(tmp_path / "here"), str(tmp_path / "aside")
    checks = {
        "here": ["-c", meet, here, aside],
        "mypy": ["-c", f"{meet}; raise SystemExit(1)", aside, here],
        "import-linter": ["-c", "print('after mypy')"],
    }

    assert manage.run_checks(checks) == 1

    told = capfd.readouterr().out
    assert told.endswith("Failed: mypy\n")
    assert "--- mypy\nmet aside\n" in told
    assert "--- import-linter\nafter mypy\n" in told
    assert "met here\n" in told


def test_modules_are_compiled_once_whatever_the_environment_says(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manage, "PYTHON", sys.executable)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    keeps = ["-c", "import sys; raise SystemExit(sys.dont_write_bytecode)"]

    assert manage.run_checks({"ruff": keeps, "mypy": keeps}) == 0


def test_it_needs_nothing_but_python_until_all_is_installed() -> None:
    """Without site-packages, on a folder without .venv."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import runpy; runpy.run_path({str(ROOT / 'manage.py')!r})"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath},
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_setting_is_told_in_a_sentence() -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PORTAL_ENV_FILE": "",
        "SECRET_KEY": "",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr.startswith("SECRET_KEY is not set.")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["sync", "some-job"], ["export"], ["showmigrations", "--plan"]])
def test_a_database_that_is_away_is_told_in_a_sentence(arguments: list[str]) -> None:
    """2, since 1 is how `sync` says that errors are open."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    environment["DATABASE_URL"] = "postgres://nobody@127.0.0.1:1/nothing"
    environment["SALT_KEY"] = "a salt that is long enough"
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert "The database cannot be used: connection failed" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    code = (
        "import runpy, django.core.management as m\n"
        "def wait(argv): raise KeyboardInterrupt\n"
        "m.execute_from_command_line = wait\n"
        "runpy.run_path('manage.py', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (130, "Interrupted.\n")


def test_the_stamp_is_the_hash_of_what_was_installed(
    manage: ModuleType, installed: list[str], tmp_path: Path
) -> None:
    manage.setup()

    assert (tmp_path / ".venv" / "requirements.txt.sha256").read_text() == hashlib.sha256(b"base").hexdigest()


MARKS = ("slow", "chaos", "real", "browser", "redis", "long", "siege", "postgres")
APART = ("slow", "chaos", "long", "siege")


def chosen_by(expression: str, mark: str) -> bool:
    """Whether a pytest mark expression takes a test that has this mark alone."""
    return bool(eval(expression, {}, {name: name == mark for name in MARKS}))


def test_all_tests_run_in_two_parts_and_none_of_them_twice(manage: ModuleType) -> None:
    chosen = [arguments[arguments.index("-m", 2) + 1] for arguments in manage.tests([]).values()]
    for mark in MARKS:
        parts = [chosen_by(part, mark) for part in chosen]
        assert parts.count(True) == (0 if mark in APART else 1), mark
    assert manage.tests(["-k", "stock"]) == {"pytest": ["-m", "pytest", "-k", "stock"]}


def test_what_is_no_part_of_it_is_run_on_a_clean_clone() -> None:
    calls = (ROOT / ".ci" / "run").read_text().replace("\\\n", "").splitlines()
    told = [re.search(r'pytest\b.* -m (?:"([^"]+)"|(\w+))', call) for call in calls]
    expressions = [found[1] or found[2] for found in told if found]
    assert len(expressions) == 4
    for mark in APART:
        assert any(chosen_by(one, mark) for one in expressions), mark

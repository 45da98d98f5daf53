#!/usr/bin/env python3
"""Runs the portal's commands; `setup`, `demo`, `test`, `lint`, `chaos` and `bench` make what they need first.

Nothing but Python's own library until the virtual environment stands: this file is the first thing that runs on a
fresh machine. `make demo` and `make test` call it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)
# From this version on, pip installs into another environment than its own.
ELSEWHERE = (22, 3)
MEASURES = {"chaos": "tests.chaos", "bench": "tests.benchmarks"}
# Marks of tests that share a server or a browser: one after the other.
ALONE = "real or browser or redis"
# And of those that take long, or want the machine to themselves: they are run by `.ci/run` or by hand.
APART = "long or siege or slow or chaos"
CHECKS = {
    "ruff": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy", "."],
    "import-linter": ["-c", "from importlinter.cli import lint_imports_command as run; run(['--no-logo'])"],
}
ONE_AFTER_THE_OTHER = "pytest, one after the other"
# Each keeps one core busy at most, or waits for a browser: they run beside the others, one by one.
ASIDE = {"mypy", "import-linter", ONE_AFTER_THE_OTHER}


def main() -> int:
    command, arguments = (sys.argv[1] if len(sys.argv) > 1 else "help"), sys.argv[2:]
    if command == "setup":
        setup(development="--dev" in arguments)
        return 0
    if command == "lint":
        setup(development=True)
        return run_checks(CHECKS)
    if command == "test":
        setup(development=True)
        return run_checks({**CHECKS, **tests(arguments)})
    if command in MEASURES:
        setup(development=True)
        measure = [str(PYTHON), "-m", MEASURES[command], *arguments]
        return subprocess.run(measure, cwd=ROOT, check=False).returncode
    if command == "demo":
        # The demo's shop and warehouse live on this machine, where the portal calls nobody unless it is told to.
        os.environ.setdefault("PRIVATE_NETWORKS", "127.0.0.0/8")
        os.environ.setdefault("PORTAL_ENVIRONMENT", "demo")
        if not inside_venv():
            setup()
            os.execv(PYTHON, [str(PYTHON), *sys.argv])
    return django()


def django() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import OperationalError, ProgrammingError
    except ImportError:
        if inside_venv():
            raise
        if not PYTHON.exists():
            stop("The requirements are not installed. Run `python3 manage.py setup` first.")
        os.execv(PYTHON, [str(PYTHON), *sys.argv])
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # A sentence for the one who installs; where it was raised helps nobody.
        stop(str(error))
    except (OperationalError, ProgrammingError) as error:
        if "--traceback" in sys.argv:
            raise
        stop(
            f"The database cannot be used: {str(error).strip()}\nIs it running, is DATABASE_URL right, and has "
            "`manage.py migrate` brought it up to date? --traceback shows where it happened."
        )
    return 0


def setup(*, development: bool = False) -> None:
    """Makes .venv, installs the requirements into it where they changed, and writes .env where there is none."""
    if os.name == "nt":
        stop("The portal runs on Linux and macOS. On Windows, run it inside WSL.")
    for name in ["requirements.txt", *(["requirements-dev.txt"] if development else [])]:
        stamp = VENV / f"{name}.sha256"
        wanted = hashlib.sha256((ROOT / name).read_bytes()).hexdigest()
        if not stands() or not stamp.exists() or stamp.read_text() != wanted:
            install(ROOT / name)
            # Last: an installation that was broken off must not pass for a finished one.
            stamp.write_text(wanted)
    write_environment(os.environ.get("PORTAL_ENV_FILE", str(ROOT / ".env")))


def stands() -> bool:
    """Whether .venv's Python is there and still the one it was made with: an upgrade of the machine's takes it away."""
    if not PYTHON.exists():
        return False
    version = "import sys; print('python%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([PYTHON, "-ISc", version], check=False, capture_output=True, text=True)
    return asked.returncode == 0 and (VENV / "lib" / asked.stdout.strip()).is_dir()


def install(requirements: Path) -> None:
    print(f"Installing {requirements.name} into {VENV.name}/ (once) …", flush=True)
    uv = shutil.which("uv")
    if uv:
        if not stands():
            quietly([uv, "venv", "--clear", "--python", fitting_python(), str(VENV)])
        quietly([uv, "pip", "install", "--python", str(PYTHON), "--require-hashes", "-r", str(requirements)])
        return
    quietly(
        [
            *pip(),
            "--disable-pip-version-check",
            "install",
            "--no-compile",
            "--require-hashes",
            "-r",
            str(requirements),
        ]
    )


def pip() -> list[str]:
    """The pip to install with, and a .venv to install into.

    That of the machine's Python where it can install elsewhere: making one for .venv takes seconds, and where Debian
    keeps `ensurepip` apart it cannot be made at all. Modules are compiled as they are imported, for the same reason.
    """
    python = fitting_python()
    if pip_version(python) >= ELSEWHERE:
        if not stands():
            make_venv(python, "--without-pip")
        return [python, "-m", "pip", "--python", str(PYTHON)]
    if not stands() or pip_version(str(PYTHON)) == (0, 0):
        make_venv(python)
    return [str(PYTHON), "-m", "pip"]


def pip_version(python: str) -> tuple[int, int]:
    """(0, 0) where it has none."""
    asked = subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True, text=True)
    found = re.match(r"pip (\d+)\.(\d+)", asked.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def fitting_python() -> str:
    """This Python, or the newest other one on the path where this one is too old."""
    if sys.version_info >= OLDEST:
        # From inside .venv, the one that it was made with: it cannot make itself anew.
        return str(getattr(sys, "_base_executable", sys.executable)) if inside_venv() else sys.executable
    for minor in range(14, OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            return found
    stop(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.")


def make_venv(python: str, *options: str) -> None:
    # What is left of one whose Python is gone stands in the way; one that only wants pip is kept.
    clear = [] if stands() else ["--clear"]
    made = subprocess.run(
        [python, "-m", "venv", *clear, *options, str(VENV)], check=False, capture_output=True, text=True
    )
    if made.returncode == 0:
        return
    if "ensurepip" in made.stdout + made.stderr:
        stop(
            "Python cannot make virtual environments here. On Debian and Ubuntu: sudo apt install python3-venv"
        )
    stop(f"{made.stdout}{made.stderr}\n.venv could not be made: see above.")


def quietly(command: list[str]) -> None:
    """Shows what the command said only where it failed: installers warn of much that is nobody's business here."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        stop(f"{done.stdout}\nThis failed: {' '.join(command)}")


def write_environment(name: str) -> None:
    """The secrets of this installation, made at random, readable by their owner alone. Kept where they exist.

    Also into a file that has none of them yet, such as a copy of .env.example.
    """
    if not name or os.environ.get("SECRET_KEY"):
        return
    file = Path(name)
    before = (
        file.read_text()
        if file.exists()
        else (
            "# Keep these: without them no stored secret can be read. .env.example lists what else may stand here.\n"
        )
    )
    text = before
    for key, size in (("SECRET_KEY", 50), ("SALT_KEY", 32)):
        if not os.environ.get(key):
            text = with_secret(text, key, size)
    if text != before:
        write_for_owner(file, text)


def with_secret(text: str, key: str, size: int) -> str:
    """`text` with a value for `key`, where it has none."""
    line = re.compile(rf"^(?:export )?{key}[ \t]*=(.*)$", re.M)
    told = line.search(text)
    made = f"{key}={secrets.token_urlsafe(size)}"
    if told is None:
        return f"{text}{'' if text.endswith(chr(10)) or not text else chr(10)}{made}\n"
    return text if told[1].strip() else line.sub(made, text, count=1)


def write_for_owner(file: Path, text: str) -> None:
    """Whole or not at all: half a file of secrets would pass for one that has them."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    draft.replace(file)


def tests(arguments: list[str]) -> dict[str, list[str]]:
    """What is green at every step: on all cores what shares no server, and the rest. With `arguments`, as they say."""
    if arguments:
        return {"pytest": ["-m", "pytest", *arguments]}
    # Whoever is done takes from the others: the journeys stand together, and are half of it.
    shared = ["--numprocesses=auto", "--maxprocesses=8", "--dist=worksteal"]
    together = ["-m", f"not ({ALONE} or {APART})", *shared]
    alone = ["-m", f"({ALONE}) and not ({APART})"]
    return {
        "pytest, on all cores": ["-m", "pytest", "-q", *together],
        ONE_AFTER_THE_OTHER: ["-m", "pytest", "-q", *alone],
    }


def run_checks(checks: dict[str, list[str]]) -> int:
    """Runs all of them, also after one failed, and says at the end which did.

    Those of ASIDE run beside the others, one by one; what each of them said is shown when it is done.
    """
    with ThreadPoolExecutor(max_workers=1) as lane:
        aside = {name: lane.submit(passes_aside, name, checks[name]) for name in checks if name in ASIDE}
        here = {name: passes(name, checks[name]) for name in checks if name not in ASIDE}
    passed = {**here, **{name: done.result() for name, done in aside.items()}}
    failed = [name for name in checks if not passed[name]]
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nAll checks passed.", flush=True)
    return 1 if failed else 0


def passes(name: str, arguments: list[str]) -> bool:
    print(f"\n--- {name}", flush=True)
    command = [str(PYTHON), *arguments]
    return subprocess.run(command, cwd=ROOT, env=keeping_bytecode(), check=False).returncode == 0


def passes_aside(name: str, arguments: list[str]) -> bool:
    done = subprocess.run(
        [str(PYTHON), *arguments],
        cwd=ROOT,
        env=keeping_bytecode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    # In one piece: another check writes to the same terminal.
    print(f"\n--- {name}\n{done.stdout}", end="", flush=True)
    return done.returncode == 0


def keeping_bytecode() -> dict[str, str]:
    """This environment, but modules are compiled once and not by each of the hundreds of processes that tests start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def inside_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def stop(message: str, code: int = 2) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(code)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        stop("Interrupted.", 130)

"""Sets the demo's scene: database, login, configuration, and a key for the check from outside."""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.configuration.read import read
from integrations.configuration.state import load
from integrations.falling_together import dies_with_parent
from integrations.models import Connection, Partner, PartnerKey
from integrations.processes import why_not_at

from .sandbox_side import SYSTEMS

CONFIGURATION = Path(__file__).parent / "configuration.yaml"
PARTNER = "demo-check"
LOGIN_NAME = "admin"
# An address of the sandbox, up to the name of one of its systems.
_SANDBOX = re.compile(rf"http://127\.0\.0\.1:\d+(?=/(?:{'|'.join(SYSTEMS)})\b)")


@dataclass(frozen=True)
class Login:
    name: str
    password: str


class AlreadyRuns(Exception):
    """Another demo has this folder; the text says what to do."""


def folder() -> Path:
    """Where the demo keeps what it made: the sandbox's state, logs, the login."""
    place = Path(settings.VAR) / "demo"
    place.mkdir(parents=True, exist_ok=True)
    return place


def prepare_database() -> None:
    call_command("migrate", interactive=False, verbosity=0)


@contextmanager
def alone() -> Iterator[None]:
    """Two demos in one folder would share its database and both sides. Raises AlreadyRuns; any end lets go."""
    with (folder() / "running.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRuns(
                f"A demo runs in {folder()} already. End it first, or name another folder: PORTAL_VAR=… make demo"
            ) from None
        yield


@contextmanager
def collecting_files() -> Iterator[subprocess.Popen[bytes]]:
    """Collects the pages' files beside everything else; only the web server waits for them."""
    command = [
        sys.executable,
        str(settings.ROOT / "manage.py"),
        "collectstatic",
        "--noinput",
        "--verbosity",
        "0",
    ]
    # In a session of its own, Ctrl-C does not reach it: it is ended here, without a word.
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=_behind_all_else())  # noqa: PLW1509
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _behind_all_else() -> Callable[[], None]:
    """Orders do not wait for pictures: where the processor is short, it goes to the database first."""
    promise = dies_with_parent()

    def behind() -> None:
        promise()
        os.nice(10)

    return behind


def admin_login() -> Login:
    """The administrator with a generated password, the same at every run. Kept readable by its owner only."""
    kept = folder() / "login.json"
    people = get_user_model()
    if kept.exists():
        login = Login(**json.loads(kept.read_text("utf-8")))
    else:
        login = Login(LOGIN_NAME, secrets.token_urlsafe(12))
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"name": login.name, "password": login.password}, file)
    person, made = people.objects.get_or_create(
        username=login.name, defaults={"is_staff": True, "is_superuser": True}
    )
    if made or not person.check_password(login.password):
        person.set_password(login.password)
        person.save(update_fields=["password"])
    return login


def configure(environment: Mapping[str, str]) -> int:
    """Applies the demo's configuration; returns how much of it was new or changed."""
    made = plan(CONFIGURATION.read_text("utf-8"), environment)
    apply(made)
    return len(made.changes)


def is_fresh() -> bool:
    """Whether no demo has run in this folder yet. To be asked before the sandbox starts."""
    return not (folder() / "sandbox" / "access.json").exists()


def complete(base: str, environment: Mapping[str, str]) -> int:
    """Adds what is missing of the demo's configuration and leaves the rest as people left it; returns how much.

    Only the address of the sandbox is followed, whose last port may have been taken.
    """
    present = load(without_unreadable=True)
    told = read(CONFIGURATION.read_text("utf-8")).value
    missing = {
        section: {key: row for key, row in rows.items() if key not in present[section]}
        for section, rows in told.items()
    }
    made = plan(json.dumps(missing, ensure_ascii=False), environment)
    apply(made)
    _follow(base, list(told["connections"]))
    return len(made.changes)


def _follow(base: str, keys: list[str]) -> None:
    row: Any
    for row in Connection.objects.filter(key__in=keys).defer("secrets"):
        before = json.dumps(row.settings)
        after = _SANDBOX.sub(base, before)
        if after != before:
            row.settings = json.loads(after)
            row._change_reason = "the sandbox answers at another port"
            row.save(update_fields=["settings"])


def webhook_path() -> str:
    """Where the shop's webhooks are taken, below the portal's own address."""
    return reverse("webhook", args=[Connection.objects.get(key="shop").webhook_address])


def key_for_the_check() -> str:
    """A fresh key that may only read; earlier ones are revoked, for nobody has kept them."""
    partner = Partner.objects.get(key=PARTNER)
    partner.keys.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
    _, text = PartnerKey.issue(partner, ["read"])
    return text


def free_port(wanted: int) -> int:
    """`wanted`, or the next port on which nobody listens."""
    for port in range(wanted, wanted + 50):
        if not why_not_at(f"127.0.0.1:{port}"):
            return port
    raise RuntimeError(f"No port from {wanted} to {wanted + 49} is free on this machine.")

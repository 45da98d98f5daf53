"""The processes of a portal on one machine: the queue's cluster and the web server, as members of a ProcessGroup."""

from __future__ import annotations

import errno
import logging
import os
import re
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.utils.module_loading import import_string
from django_q.tasks import async_task

from integrations.supervisor import ProcessGroup
from integrations.sync import reap
from integrations.sync.doorbell import TASKS
from mappings.canary import keys_fit

# By the kernel's count (nice): it gets a tenth where others want all.
STANDS_BACK_BY = 10

QUEUE = "queue"
WEB = "web"

logger = logging.getLogger(__name__)


def why_not_with_these_keys() -> str:
    """A sentence where SALT_KEY or SECRET_KEY are not those under which secrets were stored here; else nothing."""
    if keys_fit():
        return ""
    return (
        "What is stored here was encrypted under other keys: no connection could log in. Put the old SALT_KEY back, "
        "behind the new one and separated by a comma (an old SECRET_KEY into SECRET_KEY_FALLBACKS)."
    )


def start_queue(group: ProcessGroup, *, log: Path | None = None, beside_web: bool = False) -> None:
    """Adds the queue's cluster: its workers fall together, and the group starts them anew.

    beside_web: the machine serves the pages and the webhooks as well, and those go first. What they bring is stored
    and can wait a moment; whoever waits for the answer cannot.
    """
    arguments = [sys.executable, _manage(), "qcluster"]
    group.start(QUEUE, [*arguments, "--stand-back"] if beside_web else arguments, log=log)


def stand_back() -> None:
    """Where the machine is too small for all, others go before this process, and before what it forks from now on."""
    os.nice(STANDS_BACK_BY)
    with suppress(OSError):  # a wish: not every kernel has it
        # Linux weighs sessions before it weighs processes, and each member of a group is a session of its own.
        Path("/proc/self/autogroup").write_text(str(STANDS_BACK_BY))


def start_web(group: ProcessGroup, address: str, *, log: Path | None = None) -> None:
    """Adds the web server. address: host and port, such as 127.0.0.1:8000."""
    configuration = str(settings.ROOT / "config" / "gunicorn.py")
    arguments = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        configuration,
        "--bind",
        address,
        "config.wsgi",
    ]
    group.start(WEB, arguments, environment=_finds_the_portal(), log=log)


def why_not_at(address: str) -> str:
    """Why the web server cannot listen there, in a sentence with the remedy; "" where it can."""
    if address.startswith(("unix:", "fd://")):
        return ""
    host, _, port = address.rpartition(":") if re.search(r":\d+$", address) else (address, "", "8000")
    try:
        if int(port) > 65_535:  # the system would cut it to another one
            raise OSError(errno.EINVAL, "there is no such port")
        found = socket.getaddrinfo(
            host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, place = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            return f"Another program serves at {address} already. End it, or choose another port."
        return f"Nobody can listen at {address} ({exc.strerror}). Give host and port, such as 127.0.0.1:8000."
    return ""


def ring_for_a_sweep() -> None:
    """The first task of a cluster that starts: takes up what the one before it left. Mends the schedules.

    Past the doorbell's own rows: they may say that a bell is on its way which fell with that cluster.
    """
    for install in settings.SCHEDULES:
        surviving(import_string(install))
    surviving(lambda: async_task(TASKS["sweep"], 1, task_name="sweep at start"))


def tick() -> None:
    """What the supervisor does each second: rings for what is due in a moment."""
    surviving(reap.tick)


def surviving(act: Callable[[], object]) -> None:
    """Does `act`, and says when it fails: a database that is away for a while must not end the supervisor.

    What it would have rung for is found by the next tick, or by the sweep.
    """
    try:
        act()
    except Exception:
        logger.exception("The supervisor could not ring the workers; it tries again.")
        connections.close_all()


def _manage() -> str:
    return str(settings.ROOT / "manage.py")


def _finds_the_portal() -> dict[str, str]:
    paths = [str(settings.ROOT), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}

"""A PostgreSQL server of the suite's own, which may be restarted without asking anybody."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

USER = "postgres"


def programs() -> Path | None:
    """The folder of the newest server's programs."""
    found = [place for place in Path("/usr/lib/postgresql").glob("*/bin") if (place / "initdb").exists()]
    if found:
        return max(found, key=lambda place: float(place.parent.name))
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


def missing() -> str:
    """Why there can be no server here; "" where there can."""
    if programs() is None:
        return "no PostgreSQL programs below /usr/lib/postgresql: install the package postgresql"
    if os.geteuid() == 0 and not shutil.which("runuser"):
        return "PostgreSQL does not run as root, and there is no runuser to become another user"
    return ""


class Server:
    """Listens on 127.0.0.1 alone; ends with `stop`, which leaves nothing behind."""

    def __init__(self, port: int, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crossdock-chaos-"))
        self.port = port
        if os.geteuid() == 0:
            shutil.chown(self.folder, USER)
        self._run("initdb", "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8")
        # Killed processes lose nothing that they gave to the operating system: only a power cut needs fsync.
        fsync = "on" if durable else "off"
        (self.folder / "options").write_text(
            f"-c listen_addresses=127.0.0.1 -c port={port} -c fsync={fsync} -c max_connections=60 -k {self.folder}"
        )
        self._control("start")

    @property
    def url(self) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/postgres"

    def restart(self) -> None:
        """As after a crash: every connection is cut, every open transaction is lost, the log is replayed."""
        self._control("restart", "-m", "immediate")

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")
        shutil.rmtree(self.folder)

    def _control(self, verb: str, *more: str) -> None:
        options = (self.folder / "options").read_text()
        log = str(self.folder / "log")
        self._run("pg_ctl", "-w", "-l", log, "-o", options, *more, verb)

    def _run(self, program: str, *arguments: str) -> None:
        place = programs()
        assert place is not None, missing()
        as_another = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        command = [*as_another, str(place / program), "-D", str(self.folder / "data"), *arguments]
        # Not a pipe: the server itself would keep it open.
        with (self.folder / f"{program}.out").open("ab") as out:
            done = subprocess.run(command, cwd="/", check=False, stdout=out, stderr=out)
        told = (self.folder / f"{program}.out").read_text()
        assert done.returncode == 0, told[-2000:]

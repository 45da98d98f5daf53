"""A PostgreSQL and a Redis of the test's own, at the addresses that its hosts can reach."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from tests.integrations.processes.family import lives, until


def free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def missing() -> str:
    """What these servers need and this machine has not; "" where it has all."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    if programs() is None:
        return "no PostgreSQL server in /usr/lib/postgresql: install the package postgresql"
    if not shutil.which("redis-server"):
        return "no redis-server on the path: install the package redis-server"
    return ""


def _as_postgres(*words: str) -> list[str]:
    # The server refuses to run as root.
    return ["runuser", "-u", "postgres", "--", *words] if os.geteuid() == 0 else list(words)


@contextmanager
def postgres(folder: Path, address: str) -> Iterator[str]:
    """Its DATABASE_URL. Durable as in production: every commit waits for the disk."""
    bin_folder = programs()
    assert bin_folder is not None
    place, port = folder / "postgres", free_port(address)
    place.mkdir()
    for parent in (place, *folder.parents):
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o755)
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
    data = place / "data"
    subprocess.run(
        _as_postgres(str(bin_folder / "initdb"), "-D", str(data), "-U", "postgres", "--auth=trust"),
        check=True,
        capture_output=True,
        cwd="/",
    )
    with (data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 10.213.0.0/16 trust\n")
    options = f"-c listen_addresses={address} -c port={port} -k {place}"
    control = _as_postgres(str(bin_folder / "pg_ctl"), "-D", str(data), "-l", str(place / "log"), "-w")
    subprocess.run([*control, "-o", options, "start"], check=True, capture_output=True, cwd="/")
    server_process = int((data / "postmaster.pid").read_text().split()[0])
    try:
        server = f"postgres://postgres@{address}:{port}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as database:
            database.execute("CREATE DATABASE crossdock")
        yield f"{server}/crossdock"
    finally:
        # By its number: its folder may be gone by now.
        os.kill(server_process, signal.SIGQUIT)
        until(lambda: not lives(server_process), "PostgreSQL does not end")


class Redis:
    """Its REDIS_URL. `stop` takes it away, `start` brings it back, empty."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address, self.port = folder, address, free_port(address)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{self.address}:{self.port}/0"

    def start(self) -> None:
        words = ["redis-server", "--port", str(self.port), "--bind", self.address, "--save", ""]
        words += ["--appendonly", "no", "--protected-mode", "no", "--dir", str(self.folder)]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        until(self.answers, "Redis does not answer")

    def answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url, socket_connect_timeout=1).ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

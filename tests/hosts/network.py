"""Hosts of the test's own on this machine: each with a network and a name of its own, joined by one bridge.

Where the machine does not allow that (it takes root, and iproute2) a host is a group of processes with a name of its
own on the machine's loopback, and cannot be cut off.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr}"
    return done.stdout


@cache
def has_networks() -> bool:
    """Whether this machine lets us make networks of our own."""
    if not (sys.platform.startswith("linux") and shutil.which("ip") and os.geteuid() == 0):
        return False
    name = f"xd{uuid.uuid4().hex[:6]}"
    try:
        run("ip", "netns", "add", name)
        run("ip", "netns", "exec", name, "ip", "link", "set", "lo", "up")
        run("ip", "netns", "del", name)
    except AssertionError:
        return False
    return True


@dataclass
class Host:
    """`network`: the name of its network namespace; "" where it has none of its own."""

    name: str
    network: str
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.log"

    def told(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def start(self, *command: str, **more: str) -> subprocess.Popen[bytes]:
        """Runs `command` of manage.py on this host. It goes on until `kill`."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self._inside(), sys.executable, "manage.py", *command],
                cwd=ROOT,
                env=self.environment | more,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def _inside(self) -> list[str]:
        named = ["unshare", "--uts", "sh", "-c", f'hostname {self.name} && exec "$@"', "sh"]
        return (["ip", "netns", "exec", self.network] if self.network else []) + (
            named if os.geteuid() == 0 else []
        )

    def kill(self) -> int:
        """As if its power were cut: all that runs there dies at once. Returns how many processes that were."""
        mine = [int(pid.name) for pid in Path("/proc").iterdir() if pid.name.isdigit() and self._runs(pid)]
        for pid in mine:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        for process in self.processes:
            process.wait(20)
        self.processes.clear()
        return len(mine)

    def _runs(self, process: Path) -> bool:
        try:
            words = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            return False
        return f"HOST_OF_THE_TEST={self.environment['HOST_OF_THE_TEST']}".encode() in words

    def cut_off(self, address: str) -> None:
        """What it sends there is lost on the way, without a word; what is under way as well."""
        run("ip", "-n", self.network, "route", "add", "blackhole", f"{address}/32")

    def join(self, address: str) -> None:
        run("ip", "-n", self.network, "route", "del", "blackhole", f"{address}/32")


@dataclass
class Network:
    """`here`: addresses of this side of the bridge, for the servers that the hosts call."""

    folder: Path
    here: list[str]
    bridge: str = ""
    hosts: list[Host] = field(default_factory=list)

    def add(self, name: str, environment: Mapping[str, str]) -> Host:
        number = len(self.hosts) + 11
        network = f"{self.bridge}-{number}" if self.bridge else ""
        tag = f"{name}-{uuid.uuid4().hex[:8]}"
        host = Host(name, network, self.folder, {**environment, "HOST_OF_THE_TEST": tag})
        self.hosts.append(host)
        if network:
            self._wire(network, f"{self.here[0].rpartition('.')[0]}.{number}")
        return host

    def _wire(self, network: str, address: str) -> None:
        outside = f"v{network[2:]}"
        run("ip", "netns", "add", network)
        run("ip", "link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", network)
        run("ip", "link", "set", outside, "master", self.bridge, "up")
        run("ip", "-n", network, "address", "add", f"{address}/24", "dev", "eth0")
        run("ip", "-n", network, "link", "set", "eth0", "up")
        run("ip", "-n", network, "link", "set", "lo", "up")

    def end(self) -> None:
        for host in self.hosts:
            host.kill()
            if host.network:
                run("ip", "netns", "del", host.network)
        if self.bridge:
            run("ip", "link", "del", self.bridge)


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    made = Network(folder, ["127.0.0.1"] * 3)
    if has_networks():
        mark = uuid.uuid4().hex[:6]
        subnet = f"10.213.{int(mark[:2], 16)}"
        made = Network(folder, [f"{subnet}.{last}" for last in (1, 2, 3)], f"xd{mark}")
        run("ip", "link", "add", made.bridge, "type", "bridge")
        for address in made.here:
            run("ip", "address", "add", f"{address}/24", "dev", made.bridge)
        run("ip", "link", "set", made.bridge, "up")
    try:
        yield made
    finally:
        made.end()

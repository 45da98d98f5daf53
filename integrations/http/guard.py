"""Which hosts a socket may reach.

Whoever may edit a connection could otherwise make the portal call its own neighbours: the database beside it, the
metadata service of a cloud. So every address that a name leads to is judged, and the socket is opened to that very
address: a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SCHEMES = ("http", "https")
PUBLIC_PORTS = frozenset({80, 443, 8080, 8443})

# Ports of services that are no web servers. Named private networks are open otherwise, and one request in HTTP is
# enough to make some of these do harm.
NEVER_PORTS = frozenset(
    {
        0,
        21,
        22,
        23,
        25,
        53,
        110,
        111,
        135,
        139,
        143,
        389,
        445,
        465,
        587,
        636,
        873,
        993,
        995,
        1433,
        1521,
        2049,
        2181,
    }
    | {
        2375,
        2376,
        2379,
        2380,
        3306,
        3389,
        4369,
        5432,
        5433,
        5672,
        5900,
        6379,
        6380,
        6432,
        7000,
        7001,
        9042,
        9092,
    }
    | {9200, 9300, 10250, 11211, 26379, 27017}
)

# What Python's tables call global although packets to it can end at a private place, or nowhere:
# IPv4 inside IPv6 (compatible, NAT64, 6to4, Teredo), 6to4 relays, SRv6, ORCHID, documentation, old site-local.
EXTRA_RANGES: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2001:20::/28",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
        "192.88.99.0/24",
    )
)


class Refused(Exception):
    """The guard does not allow it; the sentence says what may be done about it."""


@dataclass(frozen=True)
class PrivateNetwork:
    """A network that is not public and may be called; without `ports`, on every port that is not in NEVER_PORTS."""

    network: Network
    ports: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> PrivateNetwork:
        """ "10.1.0.0/16" or, with ports, "10.1.0.0/16 8069 443". Raises ValueError."""
        network, *ports = text.split()
        return cls(ipaddress.ip_network(network), frozenset(int(port) for port in ports))

    def contains(self, address: Address) -> bool:
        return address.version == self.network.version and address in self.network

    def allows(self, address: Address, port: int) -> bool:
        if not self.contains(address):
            return False
        return port in self.ports if self.ports else port not in NEVER_PORTS


class Guard:
    """Public addresses on `ports`, and the private networks that this installation's environment names."""

    def __init__(self, private_networks: Iterable[str] = (), ports: Iterable[int] = PUBLIC_PORTS) -> None:
        self.private_networks = tuple(PrivateNetwork.parse(text) for text in private_networks)
        self.ports = frozenset(ports)

    def check_address(self, host: str, address: Address, port: int) -> None:
        """Raises Refused."""
        plain = _unmapped(address)
        if any(network.allows(plain, port) for network in self.private_networks):
            return
        if any(network.contains(plain) for network in self.private_networks):
            raise Refused(
                f"Port {port} of {host} may not be called: it is none of a web server, or not named."
            )
        if not _is_public(plain):
            what = f"{host} is" if host == str(plain) else f"{host} is at {plain}, which is"
            raise Refused(
                f"{what} not a public address. If it is meant, whoever runs Crossdock "
                f"can name its network in PRIVATE_NETWORKS."
            )
        if port not in self.ports:
            allowed = ", ".join(str(port) for port in sorted(self.ports))
            raise Refused(f"Port {port} of {host} may not be called; allowed are {allowed}.")

    def addresses(self, host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
        """What `host` leads to, resolved once, every address judged. Raises Refused, or OSError from the resolver.

        One forbidden address among others refuses the host: which of them is called must not be left to chance.
        """
        found: list[tuple[socket.AddressFamily, tuple[str, int]]] = []
        for family, _, _, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            text = str(place[0])
            self.check_address(host, ipaddress.ip_address(text.partition("%")[0]), port)
            if (family, (text, port)) not in found:
                found.append((family, (text, port)))
        return found


@lru_cache(maxsize=8)
def guard_for(private_networks: tuple[str, ...], ports: tuple[int, ...]) -> Guard:
    """One guard for the same settings."""
    return Guard(private_networks, ports)


def installed_guard() -> Guard:
    """The guard of this installation: PRIVATE_NETWORKS and PUBLIC_PORTS of the settings."""
    from django.conf import settings

    ports = getattr(settings, "PUBLIC_PORTS", None) or sorted(PUBLIC_PORTS)
    return guard_for(tuple(getattr(settings, "PRIVATE_NETWORKS", ())), tuple(int(port) for port in ports))


def _unmapped(address: Address) -> Address:
    """::ffff:10.0.0.1 is 10.0.0.1 in another spelling."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    return not any(address.version == extra.version and address in extra for extra in EXTRA_RANGES)

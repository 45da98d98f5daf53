"""A platform's own integration that is switched on, and a job of ours that carries the same: each would write beside
the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integrations.connectors import registry
from integrations.connectors.catalogue import label_of
from integrations.connectors.facts import NativeIntegration

from .plain import Found, Plain, State
from .problems import Place


@dataclass(frozen=True)
class _Path:
    """`at` is the connection at which the integration is said to be on."""

    job: str
    at: str
    native: NativeIntegration
    is_meant: bool

    def __str__(self) -> str:
        carries = ", ".join(kind.replace("_", " ") for kind in self.native.carries)
        return (
            f"At '{self.at}' its own integration with {label_of(self.native.with_platform)} is switched on, which "
            f"carries {carries}. This job would write the same beside it."
        )


def known(place: Place, connection: Plain) -> Found:
    """What a connection says of its own integrations must be among what its platform has."""
    natives = [native.with_platform for native in _natives(connection)]
    for index, name in enumerate(connection.get("native_integrations") or []):
        if name not in natives:
            there = ", ".join(natives) or "none that we know of"
            yield (
                (*place, "native_integrations", index),
                f"It has no own integration with '{name}'. It has: {there}.",
            )


def refused(after: State, wanted: State) -> Found:
    """A job that is made or changed says why both are meant, or is not taken."""
    for path in _paths(after):
        if path.job in wanted["jobs"] and not path.is_meant:
            yield (
                ("jobs", path.job, "writes_beside"),
                f"{path} Switch one of them off, or say here why both are meant.",
            )


def doubled(after: State, wanted: State) -> Iterator[str]:
    """That an integration is on is a fact, which is taken whatever jobs there are: they are told of."""
    for path in _paths(after):
        if path.at in wanted["connections"] and path.job not in wanted["jobs"] and not path.is_meant:
            yield (
                f"Note: jobs.{path.job}: {path} Pause the job or switch the integration off, or say at the job's "
                "writes_beside why both are meant."
            )


def _paths(after: State) -> Iterator[_Path]:
    connections = after["connections"]
    for key, job in after["jobs"].items():
        ends = [str(job.get("source")), str(job.get("destination"))]
        if not all(end in connections for end in ends):
            continue
        for here, there in (ends, ends[::-1]):
            for native in _switched_on(connections[here], connections[there]):
                if job.get("kind") in native.carries:
                    yield _Path(key, here, native, bool(job.get("writes_beside")))


def _switched_on(here: Plain, there: Plain) -> list[NativeIntegration]:
    named = here.get("native_integrations") or []
    return [
        native
        for native in _natives(here)
        if native.with_platform in named and native.with_platform == there.get("platform")
    ]


def _natives(connection: Plain) -> tuple[NativeIntegration, ...]:
    platform = registry.platforms().get(str(connection.get("platform")))
    # The settings of a test's own platform have no facts.
    facts = getattr(platform, "facts", None)
    return facts.native_integrations if facts is not None else ()

"""What there is to connect, and what can be done with it: read from the connectors themselves, so it stays true."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from integrations.connectors import registry
from integrations.connectors.base import Connector
from integrations.connectors.facts import Facts, Group, NativeIntegration
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.plan import Plan, ResourcePlan
from integrations.connectors.versions import Spoken, spoken_by
from integrations.connectors.words import NoAuth
from integrations.exceptions import DeclarationError
from mappings.presets import PRESETS


class Consent(StrEnum):
    """When a person gives the access on the platform's page. DECLARED: where the operator's declaration says so."""

    NEVER = ""
    DECLARED = "declared"
    CHOSEN = "chosen"
    ALWAYS = "always"


@dataclass(frozen=True)
class WriteEntry:
    """One write, and what settles it where its answer is lost."""

    name: str
    settled: str

    @property
    def said(self) -> str:
        return "create or update" if self.name == "upsert" else self.name


@dataclass(frozen=True)
class ResourceEntry:
    """`reads` says how, "" where it cannot be read; `batch_size` is 0 where each record is a call of its own."""

    name: str
    reads: str
    writes: tuple[WriteEntry, ...]
    batch_size: int
    topics: tuple[str, ...]


@dataclass(frozen=True)
class PlatformEntry:
    """`resources` is empty where an operator declares them."""

    platform: str
    label: str
    facts: Facts
    resources: tuple[ResourceEntry, ...]
    presets: tuple[str, ...]
    consent: Consent

    @property
    def version(self) -> Spoken | None:
        """The version of the vendor's API that is spoken unless a connection says another."""
        return spoken_by(self.facts, {})

    @property
    def natives(self) -> tuple[tuple[str, NativeIntegration], ...]:
        """What the vendors offer themselves, by the name of the other system."""
        found = [(label_of(native.with_platform), native) for native in self.facts.native_integrations]
        return tuple(sorted(found, key=lambda one: one[0].lower()))

    @property
    def reads(self) -> tuple[str, ...]:
        return tuple(resource.name for resource in self.resources if resource.reads)

    @property
    def writes(self) -> tuple[str, ...]:
        return tuple(resource.name for resource in self.resources if resource.writes)


def label_of(platform: str) -> str:
    """As people call it; a system that is not among ours is called by its name already."""
    known = registry.platforms().get(platform)
    return known.label if known is not None else platform


def entry(platform: str) -> PlatformEntry:
    """Raises Failure (config) for a platform that is not there."""
    kind = registry.get(platform)
    presets = tuple(preset.name for preset in PRESETS.values() if preset.platform == platform)
    plan = _plan(kind)
    resources = _own_resources(kind({}, {})) if kind.is_local else _resources(plan)
    return PlatformEntry(platform, kind.label, kind.facts, resources, presets, _consent(kind, plan))


def _consent(kind: type[Connector], plan: Plan | None) -> Consent:
    if plan is None:
        return Consent.DECLARED if issubclass(kind, DeclaredConnector) else Consent.NEVER
    if plan.oauth is None:
        return Consent.NEVER
    return Consent.ALWAYS if isinstance(plan.word.auth, NoAuth) else Consent.CHOSEN


def entries() -> list[tuple[Group, list[PlatformEntry]]]:
    """By what a store uses them for, in the order of Group; within one by name."""
    found = sorted((entry(platform) for platform in registry.platforms()), key=lambda one: one.label.lower())
    return [(group, here) for group in Group if (here := [one for one in found if one.facts.group == group])]


def _resources(plan: Plan | None) -> tuple[ResourceEntry, ...]:
    if plan is None:
        return ()
    return tuple(_resource(name, resource, plan) for name, resource in plan.resources.items())


def _own_resources(books: Connector) -> tuple[ResourceEntry, ...]:
    return tuple(
        ResourceEntry(
            name,
            "what changed",
            tuple(WriteEntry(operation, "done again, which is harmless") for operation in able.steps),
            able.batch_size,
            (),
        )
        for name, able in books.resources().items()
    )


def _plan(kind: type[Connector]) -> Plan | None:
    """None where the plan is in the connection's own settings."""
    if not issubclass(kind, DeclaredConnector):
        return None
    try:
        return kind.plan_for({})
    except DeclarationError:
        return None


def _resource(name: str, plan: ResourcePlan, whole: Plan) -> ResourceEntry:
    reads = ""
    if plan.list is not None:
        reads = "what changed" if plan.word.listing and plan.word.listing.since else "everything, each time"
    elif plan.fetch is not None:
        reads = "one by one"
    writes = tuple(WriteEntry(operation, _settled(plan, operation)) for operation in plan.operations)
    topics = whole.webhook.topics if whole.webhook is not None else {}
    return ResourceEntry(
        name.replace("_", " "),
        reads,
        writes,
        plan.word.batch.size if plan.word.batch is not None else 0,
        tuple(topic for topic, told in topics.items() if told.resource == name),
    )


def _settled(plan: ResourcePlan, operation: str) -> str:
    steps = plan.operations[operation].steps
    if all(step.key is not None or step.word.repeatable for step in steps):
        return "sent again with the same key" if steps[0].key else "done again, which is harmless"
    if plan.lookup is not None:
        return "looked up there first"
    return "a person is asked"

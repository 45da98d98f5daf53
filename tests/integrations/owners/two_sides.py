"""Two systems that both keep people, over real HTTP, and the engine between them in both directions.

Each side counts what it was told to write, and can do with it what platforms do: trim and change case, answer with
less or more than it keeps, lose an answer after it did the work, refuse for a while.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, Delivery, ErrorRecord, SyncJob, Thing
from integrations.sync import deliver, pull, steer
from tests.integrations.answering import Asked, Platform, Says

Words = dict[str, Any]
PATIENCE = 30.0
FIELDS = ("name", "email", "phone", "city")
READ = [
    {"target": "id", "source": "id", "required": True},
    {"target": "name", "source": "name"},
    {"target": "email", "source": "email"},
    {"target": "phone", "source": "phone"},
    {"target": "address.city", "source": "city"},
]
WRITE = [
    {"target": "name", "source": "name"},
    {"target": "email", "source": "email"},
    {"target": "phone", "source": "phone"},
    {"target": "city", "source": "address.city"},
]
PEOPLE: Words = {
    "id": "id",
    "updated_at": {"at": "updated_at"},
    "natural_key": "email",
    "list": {"path": "/people", "records": "people", "since": {"param": "since"}},
    "lookup": {"path": "/people", "params": {"email": "{natural_key}"}, "record": "people"},
    "fetch": {"path": "/people/{external_id}"},
    "create": {"path": "/people"},
    "update": {"method": "PATCH", "path": "/people/{external_id}", "repeatable": True},
}


def as_it_is(value: str) -> str:
    return value


@dataclass
class Side:
    """`told`: each write that had its effect, in order. `loses`: how many answers are lost after the work is done.
    `refuses`: how many writes are answered with 503 before. `answers`: whole, more (with a field that lists have not)
    or nothing. `dated`: whether a person's own page tells when it was changed."""

    key: str
    platform: Platform
    normal: Callable[[str], str] = as_it_is
    answers: str = "whole"
    dated: bool = True
    people: dict[str, Words] = field(default_factory=dict)
    told: list[tuple[str, Words]] = field(default_factory=list)
    loses: int = 0
    refuses: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.platform.on("GET /people", self._list)
        self.platform.on("POST /people", self._create)

    # --- what a person does there -----------------------------------------------------------------------------

    def add(self, **values: Any) -> str:
        with self.lock:
            return self._keep(str(len(self.people) + 1), values)

    def edit(self, number: str, **values: Any) -> None:
        with self.lock:
            self._keep(number, values)

    def values(self, number: str) -> Words:
        return {name: self.people[number].get(name) for name in FIELDS}

    # --- what the platform does -------------------------------------------------------------------------------

    def _keep(self, number: str, values: Words) -> str:
        kept = {
            name: self.normal(value) if isinstance(value, str) else value for name, value in values.items()
        }
        if number not in self.people:
            self.platform.on(f"/people/{number}", lambda asked: self._one(number, asked))
        before = self.people.get(number, {"id": number})
        self.people[number] = {**before, **kept, "updated_at": datetime.now(UTC).isoformat()}
        return number

    def _shown(self, person: Words) -> Words:
        return {name: value for name, value in person.items() if self.dated or name != "updated_at"}

    def _list(self, asked: Asked) -> Says:
        since, email = asked.params.get("since", ""), asked.params.get("email")
        with self.lock:
            found = [dict(person) for person in self.people.values() if person["updated_at"] >= since]
        found.sort(key=lambda person: str(person["updated_at"]))
        if email is not None:
            found = [person for person in found if person.get("email") == self.normal(email)]
        return Says({"people": [self._shown(person) for person in found]})

    def _create(self, asked: Asked) -> Says:
        return self._written(lambda: self.add(**asked.json), "create", asked.json)

    def _one(self, number: str, asked: Asked) -> Says:
        if asked.method == "GET":
            return Says(self._shown(self.people[number]))
        return self._written(lambda: self._update(number, asked.json), "update", asked.json)

    def _update(self, number: str, values: Words) -> str:
        with self.lock:
            return self._keep(number, values)

    def _written(self, work: Callable[[], str], operation: str, body: Words) -> Says:
        with self.lock:
            if self.refuses > 0:
                self.refuses -= 1
                return Says({"message": "not now"}, 503)
            number = work()
            self.told.append((operation, body))
            if self.loses > 0:
                self.loses -= 1
                return Says(silent=True)
            person = self._shown(self.people[number])
        match self.answers:
            case "nothing":
                return Says({"id": number})
            case "more":
                return Says({**dict(reversed(person.items())), "etag": f"v{len(self.told)}"})
            case _:
                return Says(person)


@dataclass
class TwoSides:
    """`shop` and `crm`; the job `to-crm` carries people there, `to-shop` back."""

    shop: Side
    crm: Side

    def configure(
        self, owners: Words | None = None, jobs: tuple[str, ...] = ("to-crm", "to-shop"), **more: Any
    ) -> None:
        sides = {"shop": self.shop, "crm": self.crm}
        apply(plan(json.dumps(configuration(sides, owners, jobs, **more)), {}))

    def job(self, key: str) -> SyncJob:
        return SyncJob.objects.select_related("source", "destination").get(key=key)

    def read(self, key: str) -> None:
        ends = time.monotonic() + PATIENCE
        job = self.job(key)
        steer.run_now(job)
        while not pull.pull(job.pk, ends):
            assert time.monotonic() < ends, f"{key} was not read in time"
            SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)

    def deliver(self, *keys: str) -> None:
        ends = time.monotonic() + PATIENCE
        while Batch.objects.filter(job__key__in=keys, settled_at__isnull=True).exists():
            for key in keys:
                deliver.drain(self.job(key).pk, time.monotonic() + 10)
            assert time.monotonic() < ends, "not all was settled in time"
            time.sleep(0.01)

    def carry(self, *keys: str) -> None:
        for key in keys or ("to-crm", "to-shop"):
            self.read(key)
            self.deliver(key)

    def settle(self, rounds: int = 8) -> int:
        """Rounds in both directions until one writes nothing; how many writes there were."""
        before = self.writes
        for _ in range(rounds):
            seen = self.writes
            self.carry()
            if self.writes == seen and not Batch.objects.filter(settled_at__isnull=True).exists():
                return self.writes - before
        raise AssertionError(f"It does not come to rest: {self.writes - before} writes in {rounds} rounds.")

    @property
    def writes(self) -> int:
        return len(self.shop.told) + len(self.crm.told)

    def thing(self) -> int:
        """The only one."""
        return Thing.objects.get(parent__isnull=True).pk

    def errors(self) -> list[str]:
        return [row.sentence for row in ErrorRecord.objects.filter(settled_at__isnull=True).order_by("pk")]

    def states(self, key: str) -> dict[str, str]:
        return dict(Delivery.objects.filter(job__key=key).values_list("subject", "state"))


def configuration(
    sides: dict[str, Side],
    owners: Words | None,
    jobs: tuple[str, ...],
    required: tuple[str, ...] = (),
    write: list[Words] | None = None,
    job: Words | None = None,
) -> Words:
    data: Words = {
        "connections": {
            key: {
                "name": f"The {key}",
                "platform": "rest",
                "settings": {
                    "declaration": {
                        "base_url": side.platform.base,
                        "resources": {
                            "people": {**PEOPLE, **({"required": list(required)} if required else {})}
                        },
                    }
                },
            }
            for key, side in sides.items()
        },
        "mappings": {
            name: {
                "platform": "rest",
                "resource": "people",
                "kind": "customer",
                "direction": name,
                "rules": rules,
            }
            for name, rules in (("read", READ), ("write", write or WRITE))
        },
        "jobs": {},
    }
    for key in jobs:
        destination = key.removeprefix("to-")
        source = next(name for name in sides if name != destination)
        data["jobs"][key] = {
            "source": source,
            "source_resource": "people",
            "destination": destination,
            "destination_resource": "people",
            "read_mapping": "read",
            "write_mapping": "write",
            "concurrent_calls": 1,
            **({"shares_fields": "Both sides keep people."} if len(jobs) > 1 else {}),
            **(job or {}),
        }
    if owners is not None:
        data["owners"] = {"customer": owners}
    return data

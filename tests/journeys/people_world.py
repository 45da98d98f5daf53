"""Shops, a CRM, a help desk and a mailing tool of the sandbox, joined by the template “One customer”."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Batch, Delivery, ErrorRecord, SyncJob
from integrations.sync import deliver, pull, steer
from tests.sandbox.running import Json, SandboxProcess

PATIENCE = 120.0
PLATFORMS = {
    "shop": "sandbox_shop",
    "shop2": "sandbox_shop",
    "crm": "sandbox_crm",
    "desk": "sandbox_desk",
    "mail": "sandbox_mail",
}
PARTS = {"shop": "customers", "shop2": "customers", "crm": "contacts", "desk": "users", "mail": "profiles"}
PRESETS = {"crm": "sandbox-crm-contacts-read", "desk": "sandbox-desk-users-read"}
READ = {name: f"read-{name}" for name in PRESETS}


class PeopleWorld:
    def __init__(
        self, sandbox: SandboxProcess, cast: str = "{shop: [shop, shop2], crm: crm, desk: desk, mail: mail}"
    ) -> None:
        self.sandbox = sandbox
        connections = "\n".join(
            f"  {name}: {{name: The {name}, platform: {platform}, environment: sandbox, secrets: {{token: "
            f"{sandbox.tokens[name]}}}, settings: {{base_url: '{sandbox.base}/{name}'}}}}"
            for name, platform in PLATFORMS.items()
        )
        text = f"connections:\n{connections}\nworkflows:\n  people:\n    template: one-customer\n    with: {cast}\n"
        apply(plan(text, {}))

    def keep_books(self, *systems: str) -> None:
        """The contacts of these systems are booked, so that who is there twice can be found."""
        jobs = "".join(
            f"  people-{PARTS[name]}-to-books: {{kind: customer, source: {name}, source_resource: {PARTS[name]}, "
            f"destination: ours, destination_resource: customers, read_mapping: {READ[name]}, write_mapping: booked}}\n"
            for name in systems
        )
        mappings = "".join(f"  {READ[name]}: {{preset: {PRESETS[name]}}}\n" for name in systems)
        text = (
            "connections:\n  ours: {name: Our books, platform: books, environment: sandbox}\n"
            f"mappings:\n  booked: {{preset: books-customers}}\n{mappings}jobs:\n{jobs}"
        )
        apply(plan(text, {}))

    def jobs(self, *keys: str) -> list[SyncJob]:
        chosen = SyncJob.objects.select_related("source", "destination").order_by("pk")
        return list(chosen.filter(key__in=[f"people-{key}" for key in keys]) if keys else chosen)

    def read(self, *keys: str) -> None:
        ends = time.monotonic() + PATIENCE
        for job in self.jobs(*keys):
            assert steer.run_now(job) is not None, f"{job.key} may not run"
            while not pull.pull(job.pk, ends):
                assert time.monotonic() < ends, f"{job.key} was not read in time"
                time.sleep(0.02)

    def deliver(self, *keys: str) -> None:
        """Until nothing is queued."""
        ends = time.monotonic() + PATIENCE
        jobs = self.jobs(*keys)
        while Batch.objects.filter(job__in=jobs, settled_at__isnull=True).exists():
            for job in jobs:
                deliver.drain(job.pk, time.monotonic() + 10)
            assert time.monotonic() < ends, "not all was settled in time"
            time.sleep(0.01)

    def carry(self, *keys: str) -> None:
        self.read(*keys)
        self.deliver(*keys)

    def register(self, shop: str = "shop", **asked: Any) -> Json:
        made: Json = self.sandbox.control("POST", f"/{shop}/customers", asked)
        return made

    def edit(self, customer: Json, shop: str = "shop", **asked: Any) -> None:
        self.sandbox.control("POST", f"/{shop}/customers/{customer['id']}/edit", asked)

    def consent(self, customer: Json, shop: str = "shop", **asked: Any) -> None:
        self.sandbox.control("POST", f"/{shop}/customers/{customer['id']}/consent", asked)

    def by_hand(self, system: str, identity: str = "", **asked: Any) -> Json:
        """What somebody does on the screen of the CRM or the help desk."""
        path = f"/{system}/{PARTS[system]}" + (f"/{identity}" if identity else "")
        made: Json = self.sandbox.control("POST", path, asked)
        return made

    def held(self, system: str) -> list[Json]:
        """All that a system has of people, by their names."""
        books = self.sandbox.control("GET", f"/books?system={system}&effects=no")
        return sorted(books["systems"][system].get(PARTS[system], []), key=lambda one: str(one.get("name")))

    def shown(self, system: str, *fields: str) -> list[tuple[Any, ...]]:
        return [tuple(one[field] for field in fields) for one in self.held(system)]

    def changes(self, system: str) -> int:
        return sum("changed" in effect and not replay for effect, _, replay in self.sandbox.effects(system))

    def states(self, key: str) -> list[tuple[str, str]]:
        rows = Delivery.objects.filter(job__key=f"people-{key}").order_by("pk")
        return list(rows.values_list("state", "state_reason"))

    def open_errors(self) -> Iterable[str]:
        return list(ErrorRecord.objects.filter(settled_at__isnull=True).values_list("sentence", flat=True))

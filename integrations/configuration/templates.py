"""The workflow templates that come with the portal: `integrations/workflow_templates/<key>.yaml`, one file each.

A template speaks of roles ("shop", "warehouse"); `expand` puts an operator's connections in their places.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from mappings.shapes import convert

from .added import sections
from .read import read

FOLDER = Path(__file__).resolve().parent.parent / "workflow_templates"
# What a template writes for itself; of these nothing is taken over as it stands.
OWN_SECTIONS = ("connections", "mappings", "workflows", "jobs", "partners")


class Role(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A place for a connection. `many`: several, each with jobs of its own. `optional`: its jobs may be left out."""

    label: str
    about: str = ""
    many: bool = False
    optional: bool = False


class TemplateJob(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One job between two roles. A resource may be a list of names, of which the first that a platform has counts.

    `fields` are all other fields of a job, as in a configuration file.
    """

    name: str
    kind: str
    source: str
    destination: str
    source_resource: str | list[str] = ""
    destination_resource: str | list[str] = ""
    read_mapping: str = ""
    write_mapping: str = ""
    fields: dict[str, Any] = {}

    def roles(self) -> tuple[str, str]:
        return self.source, self.destination


class Template(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`workflow` has the Workflow's own fields; `sections` what else it brings, by section of a configuration file."""

    key: str
    title: str
    about: str
    guide: str
    roles: dict[str, Role]
    jobs: dict[str, TemplateJob]
    workflow: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {}


_HEAD = ("title", "about", "guide", "roles", "jobs")
_JOB = tuple(name for name in TemplateJob.__struct_fields__ if name != "fields")


@cache
def templates() -> dict[str, Template]:
    """All of them by key. Raises ValueError for a file that makes no sense: it is ours, and a test reads them all."""
    found = (_load(path) for path in sorted(FOLDER.glob("*.yaml")))
    return {template.key: template for template in found}


def _load(path: Path) -> Template:
    told = read(path.read_text(encoding="utf-8")).value
    brought = {name: told[name] for name in sections() if name in told and name not in OWN_SECTIONS}
    workflow = {name: value for name, value in told.items() if name not in (*_HEAD, *brought)}
    plain = {name: told[name] for name in _HEAD if name in told}
    plain["jobs"] = {key: _job(job) for key, job in told.get("jobs", {}).items()}
    try:
        template = convert({**plain, "key": path.stem, "workflow": workflow, "sections": brought}, Template)
    except msgspec.ValidationError as error:
        raise ValueError(f"{path.name}: {error}") from error
    _refuse_unknown_roles(template)
    return template


def _job(told: dict[str, Any]) -> dict[str, Any]:
    own = {name: told[name] for name in _JOB if name in told}
    return {**own, "fields": {name: value for name, value in told.items() if name not in _JOB}}


def _refuse_unknown_roles(template: Template) -> None:
    for key, job in template.jobs.items():
        for role in job.roles():
            if role not in template.roles:
                raise ValueError(f"{template.key}.yaml: the job {key} speaks of an unknown role {role}.")

"""A workflow that names a template becomes the mappings and jobs of the template, between the connections it is given.

What is there already stays as it is: a template gives new rows their first values, and takes nothing back that a
person changed. What the file itself tells of a row goes before the template.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from mappings.presets import PRESETS, Preset

from .plain import Plain, State
from .problems import Place, Problem
from .read import Document
from .templates import Role, Template, TemplateJob, templates

LONGEST_KEY = 60
LONGEST_NAME = 120
# The words of a workflow's entry that belong to its template, and not to the Workflow.
WORDS = ("template", "with", "mappings", "resources")
_ROLE = re.compile(r"\{([\w-]+)\}")
_ENDS = {"read": "source", "write": "destination"}

# Role → key of the connection that stands in it.
Cast = Mapping[str, str]


def expand(document: Document, before: State) -> list[Problem]:
    """Rewrites the document in place. Returns what is wrong with its words about templates."""
    rows = document.value.get("workflows")
    if not isinstance(rows, dict):
        return []
    found: list[Problem] = []
    for key, told in list(rows.items()):
        if isinstance(told, dict) and any(name in told for name in WORDS):
            expansion = _Expansion(document, before, str(key), told)
            expansion.carry_out()
            found += expansion.problems
    return found


@dataclass
class _Expansion:
    document: Document
    before: State
    key: str
    told: Plain
    problems: list[Problem] = field(default_factory=list)

    def carry_out(self) -> None:
        words = {name: self.told.pop(name) for name in WORDS if name in self.told}
        template = self._template(words.get("template"))
        if template is None:
            return
        with_ = self._mapping_of_words(words, "with")
        chosen = self._mapping_of_words(words, "mappings")
        resources = self._mapping_of_words(words, "resources")
        casts = self._casts(template, with_)
        self._refuse_unknown_choices(template, "mappings", chosen)
        self._refuse_unknown_choices(template, "resources", resources)
        if self.problems:
            return
        if self.key not in self.before["workflows"]:
            # Under another key it is another workflow of the same template, and the two must be told apart.
            title = template.title if self.key == template.key else f"{template.title} ({self.key})"
            for name, value in {"name": title[:LONGEST_NAME], **template.workflow}.items():
                self.told.setdefault(name, value)
        for name, job in template.jobs.items():
            for cast in casts_of(job, template.roles, casts):
                self._add_job(name, job, template, cast, chosen, resources)
        for section, rows in template.sections.items():
            self._add_section(section, rows, template, casts)

    def _template(self, name: Any) -> Template | None:
        found = templates().get(name) if isinstance(name, str) else None
        if found is None:
            near = get_close_matches(str(name), templates(), 1)
            meant = f" Did you mean '{near[0]}'?" if near else f" There are: {', '.join(templates())}."
            said = f"There is no template '{name}'." if name else "Say which template."
            self._refuse(("template",), said + meant)
        return found

    def _mapping_of_words(self, words: Plain, name: str) -> Plain:
        value = words.get(name) or {}
        if isinstance(value, dict):
            return value
        self._refuse((name,), "Expected a mapping here, for example {shop: main-shop}.")
        return {}

    def _casts(self, template: Template, with_: Plain) -> dict[str, list[str]]:
        """Role → keys of the connections in it; a role that is not filled is left out."""
        found: dict[str, list[str]] = {}
        for told in with_:
            if told not in template.roles:
                self._refuse(
                    ("with", told),
                    f"'{template.key}' has no role '{told}'. It has: {', '.join(template.roles)}.",
                )
        for name, role in template.roles.items():
            keys = with_.get(name)
            keys = keys if isinstance(keys, list) else [keys] if keys else []
            if not keys and not role.optional:
                self._refuse(("with",), f"Say which connection is the {role.label.lower()}: {name}.")
            if len(keys) > 1 and not role.many:
                self._refuse(("with", name), f"One connection is the {role.label.lower()}. Name only one.")
            for key in keys:
                if self._platform(str(key)) is None:
                    self._refuse(("with", name), f"There is no '{key}' among the connections.")
            if keys:
                found[name] = [str(key) for key in dict.fromkeys(keys)]
        return found

    def _refuse_unknown_choices(self, template: Template, word: str, chosen: Plain) -> None:
        known = [f"{job}.{direction}" for job in template.jobs for direction in _ENDS]
        for name in chosen:
            if name not in known:
                self._refuse((word, name), f"There is no such job. Known are: {', '.join(known)}.")

    def _add_job(
        self,
        name: str,
        job: TemplateJob,
        template: Template,
        cast: Cast,
        chosen: Plain,
        resources: Plain,
    ) -> None:
        key = key_of(self.key, name, job, template.roles, cast)
        if not self._fits_what_is_there(key, job, cast):
            return
        told = self._section("jobs").setdefault(key, {})
        self._place_of("jobs", key)
        if not isinstance(told, dict) or key in self.before["jobs"]:
            return
        fields = {
            "name": named(job.name, lambda role: self._name(cast[role]))[:LONGEST_NAME],
            "workflow": self.key,
            "kind": job.kind,
            "source": cast[job.source],
            "destination": cast[job.destination],
            **job.fields,
        }
        for direction, end in _ENDS.items():
            if f"{direction}_mapping" in told and f"{end}_resource" in told:
                continue
            way = self._way(name, job, direction, cast[getattr(job, end)], chosen, resources)
            if way is not None:
                fields[f"{direction}_mapping"], fields[f"{end}_resource"] = way
        for field_name, value in fields.items():
            told.setdefault(field_name, value)

    def _fits_what_is_there(self, key: str, job: TemplateJob, cast: Cast) -> bool:
        present = self.before["jobs"].get(key)
        wanted = {end: cast[getattr(job, end)] for end in _ENDS.values()}
        moved = [end for end in wanted if present is not None and present[end] != wanted[end]]
        if present is not None and moved:
            self._refuse(
                ("with", getattr(job, moved[0])),
                f"The job '{key}' is there already, with '{present[moved[0]]}' as its {moved[0]}. "
                "Start the template again under another key for other connections.",
            )
        return not moved

    def _way(
        self, name: str, job: TemplateJob, direction: str, connection: str, chosen: Plain, resources: Plain
    ) -> tuple[str, str] | None:
        """The mapping's key and the resource at this end of a job."""
        word = f"{name}.{direction}"
        wanted = chosen.get(word) or getattr(job, f"{direction}_mapping")
        if wanted and wanted not in PRESETS:
            return self._own_mapping(word, str(wanted), resources)
        platform = str(self._platform(connection))
        prefers = getattr(job, f"{_ENDS[direction]}_resource")
        preset = str(wanted) if wanted else choice(platform, direction, job.kind, prefers)
        if not preset:
            end = "reads" if direction == "read" else "writes"
            self._refuse(
                ("mappings",),
                f"'{connection}' ({platform}) comes with no preset that {end} records of the kind {job.kind}. "
                f"Say which mapping or preset does: {word}, on the command line as --mapping {word}=NAME.",
            )
            return None
        return self._copy_of(preset, connection), str(resources.get(word) or PRESETS[preset].resource)

    def _own_mapping(self, word: str, wanted: str, resources: Plain) -> tuple[str, str] | None:
        mapping = self._section("mappings").get(wanted) or self.before["mappings"].get(wanted)
        if not isinstance(mapping, dict):
            near = get_close_matches(wanted, PRESETS, 1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            self._refuse(("mappings", word), f"There is no mapping and no preset '{wanted}'.{meant}")
            return None
        preset = PRESETS.get(str(mapping.get("preset")))
        own = preset.resource if preset is not None else ""
        return wanted, str(resources.get(word) or mapping.get("resource") or own)

    def _copy_of(self, preset: str, connection: str) -> str:
        """One copy for each connection, since each is edited for what that system does differently."""
        key = shortened(f"{connection}-{preset}")
        if key not in self.before["mappings"]:
            name = f"{PRESETS[preset].name} ({self._name(connection)})"[:LONGEST_NAME]
            self._section("mappings").setdefault(key, {"preset": preset, "name": name})
            self._place_of("mappings", key)
        return key

    def _add_section(
        self, section: str, rows: Plain, template: Template, casts: dict[str, list[str]]
    ) -> None:
        """Rows of other sections: `{role}` is the connection's key, `{workflow}` the workflow's."""
        there = self.before.get(section, {})
        if section == "owners":
            self._add_owners(rows, casts)
            return
        for key, row in rows.items():
            roles = sorted(roles_in({key: row}, template.roles))
            for keys in itertools.product(*(casts.get(role, []) for role in roles)):
                cast = {**dict(zip(roles, keys, strict=True)), "workflow": self.key}
                made, filled_row = shortened(filled(key, cast)), filled(row, cast)
                if isinstance(filled_row, dict) and "job" in filled_row:
                    filled_row["job"] = shortened(filled_row["job"])
                    if not self._is_job(filled_row["job"]):
                        continue
                self._place_of(section, made)
                if made not in there:
                    self._section(section).setdefault(made, filled_row)

    def _is_job(self, key: str) -> bool:
        """A job that was left out, since its roles are not filled, takes along what hangs on it."""
        return key in self._section("jobs") or key in self.before["jobs"]

    def _add_owners(self, rows: Plain, casts: dict[str, list[str]]) -> None:
        """A field that has an owner already keeps it; a role that is not filled, or by several, owns nothing."""
        cast = {role: keys[0] for role, keys in casts.items() if len(keys) == 1}
        for kind, fields in rows.items():
            given = {name: filled(row, cast) for name, row in fields.items()}
            given = {name: row for name, row in given.items() if not _ROLE.search(str(row))}
            told = self._section("owners").get(kind, {})
            present = self.before["owners"].get(kind, {}).get("fields", {})
            self._place_of("owners", kind)
            self._section("owners")[kind] = {**given, **present, **told}

    def _section(self, name: str) -> Plain:
        found: Plain = self.document.value.setdefault(name, {})
        return found

    def _platform(self, connection: str) -> str | None:
        told = self.document.value.get("connections")
        entry = told.get(connection) if isinstance(told, dict) else None
        found = entry.get("platform") if isinstance(entry, dict) else None
        return found or self.before["connections"].get(connection, {}).get("platform")

    def _name(self, connection: str) -> str:
        told = self.document.value.get("connections")
        entry = told.get(connection) if isinstance(told, dict) else None
        found = entry.get("name") if isinstance(entry, dict) else None
        return str(found or self.before["connections"].get(connection, {}).get("name") or connection)

    def _place_of(self, section: str, key: str) -> None:
        """What is wrong with an expanded row is told at the workflow that it came from."""
        self.document.lines.setdefault((section, key), self.document.line_of(("workflows", self.key)))

    def _refuse(self, place: Place, reason: str) -> None:
        self.problems.append(self.document.problem(("workflows", self.key, *place), reason))


def casts_of(job: TemplateJob, roles: Mapping[str, Role], casts: Mapping[str, list[str]]) -> Iterator[Cast]:
    """Each pair of connections that the job is made for; none where an optional role is not filled."""
    for source, destination in itertools.product(casts.get(job.source, []), casts.get(job.destination, [])):
        if job.source != job.destination or source != destination:
            yield {job.source: source, job.destination: destination}


def key_of(workflow: str, name: str, job: TemplateJob, roles: Mapping[str, Role], cast: Cast) -> str:
    """`<workflow>-<job>`, with the connection behind it where a role is for many."""
    many = [cast[role] for role in dict.fromkeys(job.roles()) if roles[role].many]
    return shortened("-".join([workflow, name, *many]))


def shortened(key: str) -> str:
    """As long as a key may be: the end tells rows apart, so the middle goes."""
    if len(key) <= LONGEST_KEY:
        return key
    half = (LONGEST_KEY - 1) // 2
    return f"{key[:half].rstrip('-')}-{key[-half:].lstrip('-')}"


def choice(platform: str, direction: str, kind: str, prefers: str | list[str] = "") -> str:
    """The key of the preset that fits best; "" where none does."""
    fitting = {
        key: preset
        for key, preset in PRESETS.items()
        if (preset.platform, preset.direction, preset.kind) == (platform, direction, kind)
    }
    names = [prefers] if isinstance(prefers, str) else prefers
    ordered = sorted(fitting, key=lambda key: _rank(fitting[key], names))
    return ordered[0] if ordered else ""


def _rank(preset: Preset, names: list[str]) -> int:
    """The order of the presets' own file decides between those that the template does not tell apart."""
    return names.index(preset.resource) if preset.resource in names else len(names)


def named(text: str, name_of: Callable[[str], str]) -> str:
    """`Stock to {channel}` with the connection's name in the role's place."""
    return _ROLE.sub(lambda match: name_of(match[1]), text)


def filled(value: Any, cast: Cast) -> Any:
    """A copy in which each `{role}` is the key of the connection in it; other braces stay."""
    if isinstance(value, dict):
        return {filled(key, cast): filled(inner, cast) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, cast) for inner in value]
    if isinstance(value, str):
        return _ROLE.sub(lambda match: cast.get(match[1], match[0]), value)
    return value


def roles_in(value: Any, roles: Mapping[str, Role]) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(roles_in(part, roles) for pair in value.items() for part in pair))
    if isinstance(value, list):
        return set().union(*(roles_in(part, roles) for part in value))
    return {name for name in _ROLE.findall(value) if name in roles} if isinstance(value, str) else set()

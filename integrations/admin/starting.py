"""“Start from a template”: an operator says which system plays which part, looks at what would be made, and starts."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from integrations.configuration.apply import apply
from integrations.configuration.diff import Change
from integrations.configuration.expand import choice, named
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration, Problem
from integrations.configuration.starting import Start, as_file
from integrations.configuration.templates import Role, Template, TemplateJob, templates
from integrations.models import Connection, SyncJob, Workflow
from integrations.models.connection import KEY_VALIDATOR
from integrations.sync import steer
from mappings.models import Mapping
from mappings.presets import PRESETS

from . import widgets
from .frame import PortalAdmin

PAGES = "admin/integrations/workflow"
# Whoever starts a template makes all of these.
PERMISSIONS = ("integrations.add_workflow", "integrations.add_syncjob", "mappings.add_mapping")
DIRECTIONS = {"read": "reads", "write": "writes"}
ROLE, MAPPING, RESOURCE = "role-", "mapping-", "resource-"


@dataclass(frozen=True)
class Leg:
    """One job of a template, in words."""

    name: str
    kind: str
    source: str
    destination: str


def legs(template: Template) -> list[Leg]:
    label = {key: role.label for key, role in template.roles.items()}
    return [
        Leg(
            named(job.name, lambda role: label[role].lower()),
            job.kind.replace("_", " "),
            label[job.source],
            label[job.destination],
        )
        for job in template.jobs.values()
    ]


def may_start(request: HttpRequest) -> bool:
    return all(request.user.has_perm(permission) for permission in PERMISSIONS)


def shelf_view(model_admin: PortalAdmin, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_or_change_permission(request):
        raise PermissionDenied
    return model_admin.page(
        request,
        f"{PAGES}/templates.html",
        "Start from a template",
        shelf=[(template, legs(template)) for template in templates().values()],
        back=reverse("admin:integrations_workflow_changelist"),
    )


def start_view(model_admin: PortalAdmin, request: HttpRequest, key: str) -> HttpResponse:
    template = templates().get(key)
    if template is None:
        raise Http404(f"There is no template {key}.")
    if not may_start(request):
        raise PermissionDenied
    form = StartForm(template, request.POST or None)
    planned = form.planned() if form.is_valid() else None
    if planned is not None and "start" in request.POST:
        return _started(model_admin, request, template, form, planned)
    return model_admin.page(
        request,
        f"{PAGES}/start.html",
        template.title,
        shown=template,
        legs=legs(template),
        form=form,
        changes=[_spoken(change) for change in planned.changes] if planned else [],
        notes=_plain_notes(planned) if planned else [],
        looked=planned is not None,
        back=reverse("admin:integrations_workflow_templates"),
    )


SECTIONS = {"jobs": "Job", "mappings": "Mapping", "workflows": "Workflow", "value_maps": "Value map"}


def _spoken(change: Change) -> dict[str, Any]:
    section = SECTIONS.get(change.section, change.section.replace("_", " ").capitalize())
    name = next((field.after for field in change.fields if field.field == "name"), change.key)
    return {"label": f"{section}: {name}", "fields": [str(field) for field in change.fields]}


_JOB_IN_NOTE = re.compile(r"\bjobs\.([a-z0-9][a-z0-9_-]*)")


def _plain_notes(planned: Plan) -> list[str]:
    """Jobs by their names, as an operator knows them, and without what is meant for whoever writes files."""
    names = dict(SyncJob.objects.values_list("key", "name"))
    for change in planned.changes:
        if change.section == "jobs":
            named = next((field.after for field in change.fields if field.field == "name"), change.key)
            names.setdefault(change.key, str(named))
    found = []
    for note in planned.notes:
        said = _JOB_IN_NOTE.sub(lambda job: f"“{names.get(job[1], job[1])}”", note.removeprefix("Note: "))
        found.append(said.partition(" If ")[0] if " carries already" in said else said)
    return found


def _started(
    model_admin: PortalAdmin, request: HttpRequest, template: Template, form: StartForm, planned: Plan
) -> HttpResponse:
    new = [change.key for change in planned.changes if change.section == "jobs" and change.is_new]
    with transaction.atomic():
        apply(planned)
        # Nothing is carried before somebody has looked: another job may carry the same already.
        for job in SyncJob.objects.filter(key__in=new):
            steer.pause(job, "It was started from a template. Look at it, then press Resume.")
    workflow = Workflow.objects.get(key=form.cleaned_data["key"])
    model_admin.log_addition(request, workflow, f"Started from the template {template.key}.")
    number = workflow.jobs.count()
    sentence = f"{workflow.name} is there, with {number} jobs. They are paused: look at each, then resume it."
    url = reverse("admin:integrations_workflow_change", args=[workflow.pk])
    return model_admin.done(request, sentence, url, messages.SUCCESS)


class StartForm(forms.Form):
    """Asks for a mapping only where a chosen system comes with none of its own."""

    name = forms.CharField(label="Call it", max_length=120, widget=widgets.text())
    key = forms.SlugField(
        label="Short name",
        max_length=60,
        validators=[KEY_VALIDATOR],
        widget=widgets.text(),
        help_text="Its jobs' short names begin with it.",
    )
    owner = forms.CharField(
        label="Who answers for it",
        max_length=120,
        required=False,
        widget=widgets.text(),
        help_text="A team or a role.",
    )
    problem = forms.CharField(label="Which problem does it solve?", required=False, widget=widgets.area(3))

    def __init__(self, template: Template, data: Any = None) -> None:
        words = {name: str(template.workflow.get(name, "")) for name in ("owner", "problem")}
        super().__init__(data, initial={"name": template.title, "key": template.key, **words})
        self.template = template
        self.connections = list(Connection.objects.defer("secrets").order_by("name"))
        for key, role in template.roles.items():
            self.fields[ROLE + key] = self._role_field(role)
        asked = list(self._asked())
        for name, field in asked:
            self.fields[name] = field
        # Asked for the first time, they are no mistake of the person who could not have seen them.
        self.asks_more = self.is_bound and any(
            field.required and name not in self.data for name, field in asked
        )

    @property
    def people_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "key", "owner", "problem")]

    @property
    def role_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(ROLE)]

    @property
    def mapping_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith((MAPPING, RESOURCE))]

    def _role_field(self, role: Role) -> forms.Field:
        known = [(row.key, _called(row)) for row in self.connections]
        options: dict[str, Any] = {
            "label": role.label,
            "required": not role.optional,
            "help_text": role.about,
            "error_messages": {"required": f"Choose the {role.label.lower()}."},
        }
        if role.many:
            return forms.MultipleChoiceField(choices=known, widget=widgets.checkboxes(known), **options)
        first = ("", "Nobody: leave its jobs out" if role.optional else "Choose …")
        return forms.ChoiceField(choices=[first, *known], widget=widgets.select([first, *known]), **options)

    def _chosen(self, role: str) -> list[str]:
        if not self.is_bound:
            return []
        found = self.fields[ROLE + role].widget.value_from_datadict(self.data, self.files, ROLE + role)
        return [key for key in (found if isinstance(found, list) else [found]) if key]

    def _asked(self) -> Iterator[tuple[str, forms.Field]]:
        platforms = {row.key: row.platform for row in self.connections}
        for name, job in self.template.jobs.items():
            ends = {"read": job.source, "write": job.destination}
            if not all(self._chosen(role) for role in ends.values()):
                continue
            for direction, role in ends.items():
                without = [
                    key
                    for key in self._chosen(role)
                    if not self._has_preset(job, direction, platforms.get(key, ""))
                ]
                if without and not getattr(job, f"{direction}_mapping"):
                    yield from self._mapping_fields(name, job, direction, without)

    def _has_preset(self, job: TemplateJob, direction: str, platform: str) -> bool:
        return bool(choice(platform, direction, job.kind))

    def _mapping_fields(
        self, name: str, job: TemplateJob, direction: str, connections: list[str]
    ) -> Iterator[tuple[str, forms.Field]]:
        called = " and ".join(row.name for row in self.connections if row.key in connections)
        of = job.kind.replace("_", " ")
        choices = [("", "Choose …"), *_mappings_for(direction, job.kind)]
        yield (
            f"{MAPPING}{name}.{direction}",
            forms.ChoiceField(
                label=f"What {DIRECTIONS[direction]} a record of the kind “{of}” in {called}",
                choices=choices,
                widget=widgets.select(choices),
                error_messages={
                    "required": f"Choose what {DIRECTIONS[direction]} it, or make a mapping first."
                },
                help_text=f"{called} has no ready mapping: take one of yours, or the preset of a system alike.",
            ),
        )
        yield (
            f"{RESOURCE}{name}.{direction}",
            forms.CharField(
                label=f"What {called} calls it",
                required=False,
                max_length=60,
                widget=widgets.text(placeholder="As the mapping says: orders, stock …"),
            ),
        )

    def planned(self) -> Plan | None:
        """What would be made; None where something is wrong, which then stands at its field."""
        if self.asks_more:
            return None
        try:
            return plan(as_file(self._start()), os.environ)
        except BadConfiguration as refused:
            for problem in refused.problems:
                self._place(problem)
            return None

    def _start(self) -> Start:
        told = self.cleaned_data
        return Start(
            template=self.template.key,
            key=told["key"],
            connections={role: self._chosen(role) for role in self.template.roles},
            mappings=_told(told, MAPPING),
            resources=_told(told, RESOURCE),
            words={name: told[name] for name in ("name", "owner", "problem")},
        )

    def _place(self, problem: Problem) -> None:
        of_role = problem.field.removeprefix(f"workflows.{self.cleaned_data['key']}.with.")
        at_role = of_role != problem.field and ROLE + of_role in self.fields
        self.add_error(ROLE + of_role if at_role else None, problem.reason)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if Workflow.objects.filter(key=key).exists():
            raise forms.ValidationError("There is a workflow of this short name. Choose another.")
        return key


def _told(cleaned: dict[str, Any], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): value
        for name, value in cleaned.items()
        if name.startswith(prefix) and value
    }


def _called(row: Connection) -> str:
    return f"{row.name} ({row.get_environment_display().lower()})"


def _mappings_for(direction: str, kind: str) -> list[tuple[str, str]]:
    own = Mapping.objects.filter(direction=direction, kind=kind, current_number__gt=0).order_by("name")
    presets = [
        (key, f"Preset: {preset.name}")
        for key, preset in PRESETS.items()
        if (preset.direction, preset.kind) == (direction, kind)
    ]
    return [*own.values_list("key", "name"), *sorted(presets, key=lambda named: named[1].lower())]

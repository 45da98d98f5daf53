"""The forms of the flow that makes a job: a way of one's own, and what is settled at the launch."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms

from integrations.configuration import drafts
from integrations.configuration.pairs import OWN, Pair, Way, is_written, resources_of, touches_production
from integrations.models import Connection, SyncJob, Workflow
from integrations.sync import launch
from integrations.sync.rollout import STAGES
from mappings import countries
from mappings.expressions import ExpressionError, compile_expression
from mappings.filters import Choice, UnknownCountry, choices_of, filter_of, values_of
from mappings.models import Direction, Mapping
from mappings.presets import PRESETS

from . import widgets

RHYTHMS = (
    ("60", "Every minute"),
    ("300", "Every 5 minutes"),
    ("900", "Every 15 minutes"),
    ("3600", "Every hour"),
    ("86400", "Once a day"),
    ("0", "Only by webhook or by hand"),
)
STAGE_WORDS = {1: "a first try", 10: "a careful start", 50: "half", 100: "everything"}
LONGEST_FILTER = 500
MOST_NAMED = 3
CARRIED = (
    "The same is carried already by {}. Say why both are meant, or throw this draft away and change that job."
)


class CountriesField(forms.MultipleChoiceField):
    """Chosen from a list of names; what is written otherwise (a name in some language, a code) is understood too."""

    def __init__(self, choice: Choice) -> None:
        offered = list(countries.choices())
        super().__init__(
            label="Only these countries",
            required=False,
            choices=offered,
            widget=widgets.boxes("Countries", offered),
        )
        self.choice = choice

    def to_python(self, value: Any) -> list[str]:
        try:
            codes = [code for text in super().to_python(value) for code in values_of(text, self.choice)]
        except UnknownCountry as error:
            raise forms.ValidationError(str(error)) from error
        return list(dict.fromkeys(codes))


class OwnWayForm(forms.Form):
    """For systems that come with no ready mapping for what is to be carried."""

    read_resource = forms.ChoiceField(label="What is read")
    read_mapping = forms.ChoiceField(label="Read with")
    write_resource = forms.ChoiceField(label="What is written")
    write_mapping = forms.ChoiceField(label="Write with")

    def __init__(self, source: Connection, destination: Connection, data: Any = None) -> None:
        """Raises Failure (config) where a system is not configured rightly."""
        super().__init__(data)
        able, takes = resources_of(source), resources_of(destination)
        self.ways = {direction: _all_ways(direction) for direction in Direction.values}
        choices = {
            "read_resource": [(name, name) for name, one in able.items() if one.reads],
            "write_resource": [(name, name) for name, one in takes.items() if is_written(one)],
            "read_mapping": _named(self.ways[Direction.READ], source.platform),
            "write_mapping": _named(self.ways[Direction.WRITE], destination.platform),
        }
        for name, found in choices.items():
            offered = found if len(found) == 1 else [("", "Choose …"), *found]
            self.fields[name] = forms.ChoiceField(
                label=self.fields[name].label,
                choices=offered,
                widget=widgets.select(offered),
                error_messages={"required": "Choose one."},
            )

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        read, write = (self._way(told, direction) for direction in ("read", "write"))
        if read is not None and write is not None and read.kind != write.kind:
            kinds = [way.kind.replace("_", " ") for way in (read, write)]
            self.add_error(
                "write_mapping",
                f"It writes another kind of record ({kinds[1]}) than is read ({kinds[0]}). Choose two of one kind.",
            )
        return told

    def _way(self, told: dict[str, Any], direction: str) -> Way | None:
        way = self.ways[direction].get(told.get(f"{direction}_mapping") or "")
        resource = told.get(f"{direction}_resource") or ""
        return Way(way.key, way.name, resource, way.kind) if way is not None and resource else None

    def pair(self) -> Pair | None:
        read, write = (self._way(self.cleaned_data, direction) for direction in ("read", "write"))
        return Pair(read, write) if read is not None and write is not None else None


def _all_ways(direction: str) -> dict[str, Way]:
    own = Mapping.objects.filter(direction=direction, current_number__gt=0).order_by("name")
    found = [Way(f"{OWN}{row.key}", row.name, row.resource, row.kind) for row in own]
    found += [
        Way(key, f"Preset: {preset.name}", preset.resource, preset.kind)
        for key, preset in sorted(PRESETS.items(), key=lambda one: one[1].name.lower())
        if preset.direction == direction
    ]
    return {way.key: way for way in found}


def _named(ways: dict[str, Way], platform: str) -> list[tuple[str, str]]:
    """Those of this platform first."""
    own = {key for key, preset in PRESETS.items() if preset.platform == platform}
    ordered = sorted(ways.values(), key=lambda way: (not way.key.startswith(OWN), way.key not in own))
    return [(way.key, f"{way.name} ({way.kind.replace('_', ' ')})") for way in ordered]


class LaunchJobForm(forms.Form):
    """What a launch settles. A reason is asked for only where the job would write what something else writes too."""

    name = forms.CharField(label="Call it", max_length=120, widget=widgets.text())
    rollout_percent = forms.TypedChoiceField(
        label="Begin with",
        coerce=int,
        choices=[(stage, f"{stage} %: {STAGE_WORDS[stage]}") for stage in STAGES],
        error_messages={"required": "Choose how many records to begin with."},
    )
    every_seconds = forms.TypedChoiceField(
        label="How often is it read?", coerce=int, choices=RHYTHMS, widget=widgets.select(list(RHYTHMS))
    )
    halts_above_percent = forms.IntegerField(
        label="Stop by itself when more than so many percent fail",
        min_value=0,
        max_value=100,
        widget=widgets.integer(),
        help_text="Of what was tried in the last half hour, from ten records on. The job halts, and it is told. "
        "0: never.",
    )
    waits_for_payment = forms.BooleanField(
        label="Only what is paid",
        required=False,
        widget=widgets.switch(),
        help_text="An order that is not paid is held, and goes by itself once it is.",
    )
    workflow = forms.ModelChoiceField(
        Workflow.objects.none(),
        label="Part of a workflow?",
        required=False,
        empty_label="No",
        widget=widgets.select(),
    )

    def __init__(self, job: SyncJob, data: Any = None) -> None:
        super().__init__(
            data,
            initial={
                "name": job.name,
                "rollout_percent": 10,
                "every_seconds": 300,
                "halts_above_percent": drafts.HALTS_ABOVE,
                "waits_for_payment": job.waits_for_payment,
                "workflow": job.workflow_id,
            },
        )
        self.job = job
        if job.kind != "order":
            del self.fields["waits_for_payment"]
        self.fields["workflow"].queryset = Workflow.objects.order_by("name")  # type: ignore[attr-defined]
        self.choices = choices_of(job.kind)
        for choice in self.choices:
            if choice.are_countries:
                self.fields[choice.name] = CountriesField(choice)
                continue
            self.fields[choice.name] = forms.CharField(
                label=f"Only these {choice.label[:1].lower() + choice.label[1:]}"
                if choice.label != "SKUs"
                else "Only these SKUs",
                required=False,
                max_length=2000,
                widget=widgets.text(placeholder=choice.example),
            )
        self.fields["filter"] = forms.CharField(
            label="Or a condition of your own",
            required=False,
            max_length=LONGEST_FILTER,
            initial=job.filter,
            widget=widgets.text(spellcheck="false"),
            help_text="JMESPath over the record. It has to hold beside what is chosen above.",
        )
        self.twins = drafts.carried_by(job)
        found = [name for name, _ in drafts.problems(job)] + (["shares_fields"] if self.twins else [])
        self.reasons = [name for name in ("writes_beside", "shares_fields") if name in found]
        for name in self.reasons:
            self.fields[name] = forms.CharField(
                label="Why are both meant?", required=False, max_length=300, widget=widgets.text()
            )
        if self.twins:
            self.fields["shares_fields"].label = f"Why are both meant, this one and {_names(self.twins)}?"
            self.fields[
                "shares_fields"
            ].help_text = "Without a reason it is not launched: each record would be sent twice over."

    @property
    def filter_fields(self) -> list[forms.BoundField]:
        return [self[choice.name] for choice in self.choices]

    @property
    def reason_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.reasons]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        built = filter_of(
            self.job.kind,
            {choice.name: _chosen(told.get(choice.name), choice) for choice in self.choices},
        )
        own = (told.get("filter") or "").strip()
        whole = " && ".join(part for part in (built, f"({own})" if built and own else own) if part)
        if len(whole) > LONGEST_FILTER:
            field = self.choices[0].name if built and self.choices else "filter"
            self.add_error(
                field,
                f"That is longer than a filter may be ({len(whole)} of {LONGEST_FILTER} signs). Name fewer values.",
            )
        elif whole:
            try:
                compile_expression(whole)
            except ExpressionError as error:
                self.add_error("filter", str(error))
        told["whole_filter"] = whole
        if self.twins and not (told.get("shares_fields") or "").strip():
            self.add_error("shares_fields", CARRIED.format(_names(self.twins)))
        if not self.errors:
            self._check_job()
        return told

    def _check_job(self) -> None:
        """The checks that a file of configuration gets."""
        for name, reason in drafts.problems(self.told()):
            self.add_error(name if name in self.fields else None, reason)

    def told(self) -> SyncJob:
        """The job as the form has it; not saved."""
        job, told = copy(self.job), self.cleaned_data
        for name in ("name", "rollout_percent", "every_seconds", "halts_above_percent", *self.reasons):
            if told.get(name) not in (None, ""):
                setattr(job, name, told[name])
        job.workflow = told.get("workflow")
        job.waits_for_payment = bool(told.get("waits_for_payment"))
        job.filter = told.get("whole_filter", "")
        return job

    def missing_for_production(self) -> list[launch.Missing]:
        """What the launch of the chosen workflow lacks, where the job would wait for it."""
        workflow = self.cleaned_data.get("workflow")
        if workflow is None or not touches_production(self.job.source, self.job.destination):
            return []
        return launch.missing(workflow)


def _names(jobs: list[SyncJob]) -> str:
    told = ", ".join(f"“{job.name}” ({job.get_state_display().lower()})" for job in jobs[:MOST_NAMED])
    more = len(jobs) - MOST_NAMED
    return f"{told} and {more} more" if more > 0 else told


def _chosen(told: Any, choice: Choice) -> list[str]:
    return list(told) if isinstance(told, list) else values_of(told or "", choice)

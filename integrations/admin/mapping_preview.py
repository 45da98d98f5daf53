"""Tries a mapping on a payload: source, result and problems side by side. Nothing is stored and nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.exceptions import Failure, NotConfigured
from integrations.models import Connection
from integrations.sync.preview import sample
from mappings.expressions import ExpressionError
from mappings.models import Direction, Mapping
from mappings.records import as_data
from mappings.translate import Problem, Rules, compile_rules, read, sentence_for, write

from . import widgets
from .connection_form import as_json
from .frame import Crumb, PortalAdmin
from .pasted import read_record

LONGEST_PAYLOAD = 500_000
SAMPLED = 5


class PreviewForm(forms.Form):
    """`reader`: for a mapping that writes, the one that makes the Record it starts from."""

    reader = forms.ModelChoiceField(
        Mapping.objects.none(), label="Read with", empty_label="Choose a mapping", widget=widgets.select()
    )
    connection = forms.ModelChoiceField(
        Connection.objects.none(),
        label="Take a record from",
        empty_label="Choose a system",
        required=False,
        widget=widgets.select(),
    )
    place = forms.IntegerField(initial=0, required=False, widget=forms.HiddenInput)
    payload = forms.CharField(
        label="The payload, as the platform sends it",
        required=False,
        max_length=LONGEST_PAYLOAD,
        strip=False,
        widget=widgets.code(22, placeholder='{"id": 1042, …}'),
    )

    def __init__(self, mapping: Mapping, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        platforms = [mapping.platform]
        if mapping.direction == Direction.READ:
            del self.fields["reader"]
        else:
            readers = Mapping.objects.filter(direction=Direction.READ, kind=mapping.kind)
            self.fields["reader"].queryset = readers  # type: ignore[attr-defined]
            platforms = list(readers.values_list("platform", flat=True))
        connections = Connection.objects.filter(platform__in=platforms, enabled=True).defer("secrets")
        self.fields["connection"].queryset = connections  # type: ignore[attr-defined]

    def clean_payload(self) -> dict[str, Any] | None:
        text = self.cleaned_data["payload"]
        if not text.strip():
            return None
        return read_record(text, "Paste one record: a JSON object that begins with { and ends with }.")


@dataclass(frozen=True)
class Tried:
    """What came out. `problems` are (field of the Record, source, sentence)."""

    result: str
    problems: list[tuple[str, str, str]]


def preview_view(model_admin: PortalAdmin, request: HttpRequest, mapping: Mapping) -> HttpResponse:
    """Payloads hold personal data: they come by POST, are shown on this screen and kept nowhere."""
    form = PreviewForm(mapping, request.POST or None, initial={"reader": _usual_reader(mapping)})
    tried: Tried | None = None
    if form.is_valid():
        payload = form.cleaned_data["payload"]
        if "sample" in request.POST:
            form, payload = _sampled(form, mapping, request)
        elif payload is None:
            form.add_error("payload", "Paste a payload, or take a record from a system.")
        if payload is not None:
            tried = try_out(mapping, form.cleaned_data.get("reader"), payload)
    return model_admin.page(
        request,
        "admin/mappings/mapping/preview.html",
        "Try it",
        form=form,
        tried=tried,
        mapping=mapping,
        back=reverse("admin:mappings_mapping_change", args=[mapping.pk]),
        original=Crumb(mapping, mapping.name),
        writes=mapping.direction == Direction.WRITE,
    )


def _usual_reader(mapping: Mapping) -> Mapping | None:
    """The reading mapping that a job uses together with this one."""
    job = mapping.writing_jobs.select_related("read_mapping").first()
    return job.read_mapping if job is not None else None


def _sampled(
    form: PreviewForm, mapping: Mapping, request: HttpRequest
) -> tuple[PreviewForm, dict[str, Any] | None]:
    """The form with the next sampled record in it. Network, outside any transaction."""
    chosen, connection = form.cleaned_data, form.cleaned_data["connection"]
    if connection is None:
        form.add_error("connection", "Choose the system to take a record from.")
        return form, None
    resource = (chosen.get("reader") or mapping).resource
    try:
        items = [item for item in sample(connection, resource, SAMPLED) if item.payload]
    except Failure as failure:
        form.add_error("connection", failure.sentence)
        return form, None
    except NotConfigured as error:
        form.add_error("connection", str(error))
        return form, None
    if not items:
        form.add_error("connection", f"{connection.name} has no {resource} to show.")
        return form, None
    place = (chosen["place"] or 0) % len(items)
    payload = items[place].payload
    data = request.POST.copy()
    data["payload"], data["place"] = as_json(payload), str(place + 1)
    filled = PreviewForm(mapping, data)
    filled.is_valid()
    return filled, payload


def try_out(mapping: Mapping, reader: Mapping | None, payload: dict[str, Any]) -> Tried:
    """By the rules as they are saved, under the same limits as in a worker."""
    try:
        rules = _rules(mapping)
        if reader is None:
            return _tried_read(rules, payload)
        return _tried_write(_rules(reader), rules, payload)
    except ExpressionError as error:
        return Tried("", [("", "", str(error))])


def _rules(mapping: Mapping) -> Rules:
    return compile_rules(mapping.rule_data(), mapping.direction, mapping.kind, mapping.value_maps())


def _tried_read(rules: Rules, payload: dict[str, Any]) -> Tried:
    found = read(rules, payload)
    result = as_json(as_data(found.record)) if found.record is not None else ""
    return Tried(result, _told(found.problems))


def _tried_write(reader: Rules, writer: Rules, payload: dict[str, Any]) -> Tried:
    found = read(reader, payload)
    if found.record is None:
        return Tried("", _told(found.problems))
    written = write(writer, found.record)
    return Tried(as_json(written.body), _told([*found.problems, *written.problems]))


def _told(problems: list[Problem]) -> list[tuple[str, str, str]]:
    return [
        (problem.field, problem.source, sentence_for(problem, "This record", "the source", "The destination"))
        for problem in problems
    ]

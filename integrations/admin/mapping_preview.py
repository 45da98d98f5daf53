"""Tries a mapping on a payload: source, result and problems side by side. Nothing is stored and nothing is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.exceptions import Failure, NotConfigured
from integrations.models import Connection
from integrations.sync.preview import missing_in_new, sample
from mappings.expressions import ExpressionError
from mappings.models import Direction, Mapping
from mappings.records import as_data
from mappings.sentences import sentence_for
from mappings.translate import Problem, Rules, compile_rules, read, write

from . import widgets
from .connection_form import as_json
from .frame import Crumb, PortalAdmin
from .mapping_jobs import destination_of, readers_for, sources_for, usual_job, usual_reader
from .pasted import read_record

LONGEST_PAYLOAD = 500_000
SAMPLED = 5


class PreviewForm(forms.Form):
    """`reader`: for a mapping that writes, the one that makes the Record it starts from.

    `presumed`: the reader that was put in for the person; while it stands there, it follows the chosen system.
    """

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
    presumed = forms.IntegerField(required=False, widget=forms.HiddenInput)
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
        if mapping.direction == Direction.READ:
            del self.fields["reader"]
        else:
            self.fields["reader"].queryset = readers_for(mapping)  # type: ignore[attr-defined]
        self.fields["connection"].queryset = sources_for(mapping)  # type: ignore[attr-defined]

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
    form = PreviewForm(mapping, request.POST or None, initial=_presumed(mapping))
    tried: Tried | None = None
    if form.is_valid():
        payload = form.cleaned_data["payload"]
        if "sample" in request.POST:
            form, payload = _sampled(form, mapping, request)
        elif payload is None:
            form.add_error("payload", "Paste a payload, or take a record from a system.")
        if payload is not None:
            chosen = form.cleaned_data
            tried = try_out(mapping, chosen.get("reader"), payload, chosen["connection"])
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


def _presumed(mapping: Mapping) -> dict[str, Any]:
    """What stands in the form at first: as the job has it that writes with this mapping."""
    job = usual_job(mapping)
    if job is None:
        return {}
    return {"reader": job.read_mapping, "presumed": job.read_mapping_id, "connection": job.source}


def _sampled(
    form: PreviewForm, mapping: Mapping, request: HttpRequest
) -> tuple[PreviewForm, dict[str, Any] | None]:
    """The form with the next sampled record in it. Network, outside any transaction."""
    chosen, connection = form.cleaned_data, form.cleaned_data["connection"]
    if connection is None:
        form.add_error("connection", "Choose the system to take a record from.")
        return form, None
    reader = _reader_of(chosen, connection, mapping)
    resource = (reader or mapping).resource
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
    if reader is not None and reader != chosen["reader"]:
        data["reader"] = data["presumed"] = str(reader.pk)
    filled = PreviewForm(mapping, data)
    filled.is_valid()
    return filled, payload


def _reader_of(chosen: dict[str, Any], connection: Connection, mapping: Mapping) -> Mapping | None:
    """What the person chose, unless it was only presumed or cannot read this system."""
    reader: Mapping | None = chosen.get("reader")
    if reader is None:
        return None
    if reader.pk != chosen["presumed"] and reader.platform == connection.platform:
        return reader
    return usual_reader(mapping, connection) or reader


def try_out(
    mapping: Mapping, reader: Mapping | None, payload: dict[str, Any], source: Connection | None = None
) -> Tried:
    """By the rules as they are saved, under the same limits as in a worker."""
    try:
        rules = _rules(mapping)
        if reader is None:
            return _tried_read(rules, payload)
        return _tried_write(mapping, reader, payload, source)
    except ExpressionError as error:
        return Tried("", [("", "", str(error))])


def _rules(mapping: Mapping) -> Rules:
    return compile_rules(mapping.rule_data(), mapping.direction, mapping.kind, mapping.value_maps())


def _tried_read(rules: Rules, payload: dict[str, Any]) -> Tried:
    found = read(rules, payload)
    result = as_json(as_data(found.record)) if found.record is not None else ""
    return Tried(result, _told(found.problems))


def _tried_write(
    mapping: Mapping, reader: Mapping, payload: dict[str, Any], source: Connection | None
) -> Tried:
    """With the same problems as before a delivery to the system that this mapping writes to."""
    found = read(_rules(reader), payload)
    job = usual_job(mapping, source, reader) or usual_job(mapping)
    source_name = source.name if source is not None else "the source"
    place = destination_of(mapping, job)
    names = (source_name, place[0].name if place is not None else "The destination")
    if found.record is None:
        return Tried("", _told(found.problems, *names))
    rules = _rules(mapping)
    settings = {"connection": place[0].settings} if place is not None else {}
    written = write(rules, found.record, {"ids": {}, **settings})
    told = _told([*found.problems, *written.problems], *names)
    if place is not None:
        said = {sentence for _, _, sentence in told}
        told += [row for row in _missing(*place, rules, written.body, names) if row[2] not in said]
    return Tried(as_json(written.body), told)


def _missing(
    destination: Connection, resource: str, rules: Rules, body: dict[str, Any], names: tuple[str, str]
) -> list[tuple[str, str, str]]:
    try:
        return _told(missing_in_new(destination, resource, rules, body), *names)
    except Failure as failure:
        return [("", "", failure.sentence)]


def _told(
    problems: list[Problem], source: str = "the source", destination: str = "The destination"
) -> list[tuple[str, str, str]]:
    return [
        (problem.field, problem.source, sentence_for(problem, "This record", source, destination))
        for problem in problems
    ]

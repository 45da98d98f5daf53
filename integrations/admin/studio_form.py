"""Where the studio's payloads come from: sampled from a connection, or pasted. They are kept nowhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from integrations.connectors.base import Item
from integrations.exceptions import Failure, NotConfigured
from integrations.models import Connection, JobState
from integrations.sync.preview import sample
from mappings.models import Direction, Mapping

from . import widgets
from .connection_form import as_json
from .mapping_jobs import readers_for, sources_for, usual_job, usual_reader
from .pasted import read_records

LONGEST_PAYLOAD = 500_000
SAMPLED = 25


class PayloadForm(forms.Form):
    """`reader`: for a mapping that writes, the one that makes the Record it starts from.

    `presumed`: the reader that was put in for the person; while it stands there, it follows the chosen system.
    """

    reader = forms.ModelChoiceField(
        Mapping.objects.none(), label="Read with", empty_label="Choose a mapping", widget=widgets.select()
    )
    connection = forms.ModelChoiceField(
        Connection.objects.none(),
        label="Take records from",
        empty_label="Choose a system",
        required=False,
        widget=widgets.select(),
    )
    presumed = forms.IntegerField(required=False, widget=forms.HiddenInput)
    place = forms.IntegerField(initial=0, required=False, widget=forms.HiddenInput)
    payload = forms.CharField(
        label="One record or a list of them, as JSON",
        required=False,
        max_length=LONGEST_PAYLOAD,
        strip=False,
        widget=widgets.code(18, placeholder='{"id": 1042, …}'),
    )

    def __init__(self, mapping: Mapping, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if mapping.direction == Direction.READ:
            del self.fields["reader"]
        else:
            self.fields["reader"].queryset = readers_for(mapping)  # type: ignore[attr-defined]
        self.fields["connection"].queryset = sources_for(mapping)  # type: ignore[attr-defined]

    def clean_payload(self) -> list[dict[str, Any]]:
        text = self.cleaned_data["payload"]
        return read_records(text) if text.strip() else []

    @property
    def records(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = getattr(self, "cleaned_data", {}).get("payload") or []
        return found

    @property
    def shown(self) -> int:
        """Which of the records is looked at."""
        place = getattr(self, "cleaned_data", {}).get("place") or 0
        return place % len(self.records) if self.records else 0

    @property
    def says(self) -> list[str]:
        """What is wrong with it, in sentences."""
        return [str(sentence) for sentences in self.errors.values() for sentence in sentences]


def presumed(mapping: Mapping) -> dict[str, Any]:
    """What stands in the form at first: as the newest job has it that writes or reads with this mapping."""
    job = usual_job(mapping)
    if job is not None:
        return {"reader": job.read_mapping, "presumed": job.read_mapping_id, "connection": job.source}
    reading = max(
        mapping.reading_jobs.select_related("source"),
        key=lambda job: (job.state == JobState.ACTIVE, job.pk),
        default=None,
    )
    if reading is not None:
        return {"connection": reading.source}
    first = list(sources_for(mapping)[:2])
    return {"connection": first[0]} if len(first) == 1 else {}


def sampled(form: PayloadForm, mapping: Mapping, data: QueryDict) -> PayloadForm:
    """The form with records of the chosen system in it. Network, outside any transaction."""
    form.is_valid()
    chosen = form.cleaned_data
    connection: Connection | None = chosen.get("connection")
    if connection is None:
        form.add_error("connection", "Choose the system to take records from.")
        return form
    reader = _reader_of(chosen, connection, mapping)
    resource = (reader or mapping).resource
    try:
        items = [item for item in sample(connection, resource, SAMPLED) if item.payload]
    except Failure as failure:
        form.add_error("connection", failure.sentence)
        return form
    except NotConfigured as error:
        form.add_error("connection", str(error))
        return form
    if not items:
        form.add_error("connection", f"{connection.name} has no {resource} to show.")
        return form
    filled = data.copy()
    filled["payload"], filled["place"] = _text_of(items), "0"
    if reader is not None and reader != chosen.get("reader"):
        filled["reader"] = filled["presumed"] = str(reader.pk)
    return PayloadForm(mapping, filled)


def _text_of(items: list[Item]) -> str:
    """As many of them as may be pasted; the first in any case."""
    payloads = [items[0].payload]
    length = len(as_json(payloads))
    for item in items[1:]:
        length += len(as_json([item.payload]))
        if length > LONGEST_PAYLOAD:
            break
        payloads.append(item.payload)
    return as_json(payloads)


def _reader_of(chosen: dict[str, Any], connection: Connection, mapping: Mapping) -> Mapping | None:
    """What the person chose, unless it was only presumed or cannot read this system."""
    reader: Mapping | None = chosen.get("reader")
    if mapping.direction == Direction.READ:
        return None
    if reader is not None and reader.pk != chosen.get("presumed") and reader.platform == connection.platform:
        return reader
    return usual_reader(mapping, connection) or reader

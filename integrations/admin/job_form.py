"""A job's form: fields by names that say what they do, and the checks that a file of configuration gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from integrations.configuration.check import job_problems
from integrations.configuration.plan import job_notes
from integrations.configuration.state import JOB_FIELDS, JOB_REFERENCES
from integrations.models import SyncJob
from integrations.sync import stock_names, stock_settings
from mappings.records import RECORD_KINDS

from . import widgets
from .job_fields import is_shown
from .saved_meanwhile import StampedForm

KINDS = [(kind, kind.replace("_", " ").capitalize()) for kind in RECORD_KINDS]

LABELS = {
    "key": "Short name",
    "kind": "What travels",
    "source": "From",
    "source_resource": "What is read there",
    "destination": "To",
    "destination_resource": "What is written there",
    "read_mapping": "Read with",
    "write_mapping": "Write with",
    "every_seconds": "Read every (seconds)",
    "accepts_pushes": "Partners may push",
    "takes_handed_over": "Takes only what is handed over",
    "filter": "Only if",
    "rollout_percent": "Share of records (%)",
    "halts_above_percent": "Halts above so many errors (%)",
    "removed": "When gone from the source",
    "removed_at_most_percent": "Most that may go at once (%)",
    "counts_units_in_flight": "Sold units are held back",
    "stock_buffer": "Units kept back",
    "stock_buffer_percent": "Share kept back (%)",
    "stock_locations": "Sold from these locations",
    "explode_bundles": "Bundles go out in parts",
    "concurrent_calls": "Calls at the same time",
    "batch_size": "Records in one batch",
    "retry_limit": "Tries",
    "waiting_hours": "Longest wait (hours)",
    "waits_for_payment": "Wait until it is paid",
    "needs_consent": "Only with consent",
    "checks_address": "Check the address first",
    "pick_up_hours": "The carrier picks up",
    "pick_up_zone": "Time zone of these hours",
    "pick_up_holidays": "Not on the holidays of",
    "announce_within_minutes": "Announced within (minutes)",
    "writes_beside": "Why it may write what another integration writes",
    "shares_fields": "Why it may write what another job writes",
    "read_overlap_seconds": "Overlap of reads (seconds)",
}


def names_it(key: str) -> bool:
    """Whether a fallback of any job hands over to the job of this short name."""
    rows = SyncJob.objects.exclude(fallbacks=[]).values_list("fallbacks", flat=True)
    return bool(key) and any(row.get("to") == key for fallbacks in rows for row in fallbacks)


class LocationsField(forms.CharField):
    """A list of names, each on a line of its own."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        names = [name.strip() for name in str(value or "").splitlines()]
        return list(dict.fromkeys(name for name in names if name))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class JobForm(StampedForm):
    kind = forms.ChoiceField(choices=KINDS, label=LABELS["kind"], widget=widgets.select(KINDS))
    stock_locations = LocationsField(
        label=LABELS["stock_locations"],
        required=False,
        widget=widgets.area(3),
        help_text="One on each line, as the source calls them. None: all of them.",
    )

    # What is allowed, and perhaps not meant: told when it is saved.
    notes: Sequence[str] = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
        # A field of this form's own stands in it whatever the page shows.
        if self.instance.pk and not is_shown(self.instance, "stock_locations"):
            self.fields.pop("stock_locations", None)
        if "kind" in self.fields:
            self.fields["kind"].help_text = "What else can be set here follows from it, once it is saved."
        if "source_resource" in self.fields:
            self.fields["source_resource"].help_text = "As the system calls it: orders, stock …"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors or not cleaned:
            return cleaned
        job = {name: cleaned[name] for name in JOB_FIELDS if name in cleaned}
        job |= {name: row.key if (row := cleaned.get(name)) else None for name in JOB_REFERENCES}
        # By the key under which it is stored: a renamed job is still the job that carried its records.
        for field, reason in job_problems(self.initial.get("key") or cleaned["key"], job):
            self.add_error(field if field in self.fields else None, reason)
        is_counted_anew = job.get("kind") == stock_names.KIND and self.instance.pk is not None
        if is_counted_anew and not set(stock_settings.SETTINGS).isdisjoint(self.changed_data):
            self.news = [*self.news, stock_settings.SENTENCE]
        if "key" in self.changed_data and names_it(self.initial.get("key") or ""):
            self.add_error("key", "Fallbacks of another job hand over to it by this name. It stays.")
        self.notes = [] if self.errors else job_notes(self.initial.get("key") or cleaned["key"], job)
        return cleaned

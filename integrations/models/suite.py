"""A job's way through the sandbox suite, kept: what should become of each case, and what would. A store's own cases."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from mappings.fields import SecretField
from mappings.models import Mapping

from .connection import Connection
from .errors import ErrorRecord
from .job import SyncJob


class SuiteRun(models.Model):
    """`lines` are the cases as they were judged: [title, should, told, is_good, mend], where None was not tried; `mend`
    is where it is put right (`sync.mend.Mend`), or None, and older lines end before it. No personal data. `draft`:
    whose draft was tried in place of its version in use. `sentence`: why nothing could be tried."""

    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="suite_runs", db_index=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    tried_at = models.DateTimeField(db_index=True)
    took_ms = models.PositiveIntegerField(default=0)
    mapping_versions = models.CharField(max_length=60)
    is_of_draft = models.BooleanField(default=False)
    draft = models.ForeignKey(Mapping, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    good = models.PositiveSmallIntegerField(default=0)
    wrong = models.PositiveSmallIntegerField(default=0)
    left = models.PositiveSmallIntegerField(default=0, help_text="Cases that could not be tried.")
    sentence = models.CharField(max_length=500, blank=True)
    lines = models.JSONField(default=list, blank=True)

    class Meta:
        verbose_name = "sandbox suite"
        ordering = ["-tried_at", "-id"]
        indexes = [
            models.Index(fields=["job", "-tried_at"], name="suite_runs_of_a_job"),
            models.Index(
                fields=["job", "-tried_at"],
                condition=Q(is_of_draft=False),
                name="suite_runs_of_what_is_in_use",
            ),
        ]

    def __str__(self) -> str:
        return f"Sandbox suite {self.pk}"

    @property
    def is_passed(self) -> bool:
        return self.good > 0 and self.wrong == 0 and not self.sentence

    def cases(self) -> list[dict[str, Any]]:
        """What went wrong first, then what was not tried."""
        names = ("title", "should", "told", "is_good", "mend")
        told = [{"mend": None, **dict(zip(names, line, strict=False))} for line in self.lines]
        return sorted(told, key=lambda one: (one["is_good"] is not False, one["is_good"] is True))


class Wanted(models.TextChoices):
    """What should become of a case."""

    MADE = "made", "It is made"
    CHANGED = "changed", "It is changed"
    HELD = "held", "It is held, or waits"
    PERSON = "person", "A person is asked"
    NOTHING = "nothing", "Nothing is sent, and nobody is asked"


class SuiteCase(models.Model):
    """A record that went wrong once, kept for every suite of the jobs that read this resource of this source.

    `payload` is as the source told it, with harmless values at `replaced`; those at `kept` are as they were, since
    without them another thing would become of it. `was_there`: it had been delivered before; `written_state`, then,
    holds quantities and statuses alone. `source` None: the system is gone, and nothing tries the case.
    """

    title = models.CharField(max_length=120)
    wanted = models.CharField(
        max_length=10,
        choices=Wanted.choices,
        help_text="What should become of it, in every job that reads it.",
    )
    is_paused = models.BooleanField(default=False, help_text="No suite tries it.")
    source = models.ForeignKey(
        Connection, null=True, blank=True, on_delete=models.SET_NULL, related_name="suite_cases"
    )
    source_name = models.CharField(max_length=120, editable=False)
    resource = models.CharField(max_length=60, editable=False)
    external_id = models.CharField(max_length=255, editable=False)
    payload = SecretField(null=True, blank=True, compress=True)
    replaced = models.JSONField(default=list, blank=True, editable=False)
    kept = models.JSONField(default=list, blank=True, editable=False)
    was_there = models.BooleanField(default=False, editable=False)
    written_state = models.JSONField(null=True, blank=True, editable=False)
    made_of = models.ForeignKey(
        ErrorRecord,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="suite_cases",
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    made_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = "case of the sandbox suite"
        verbose_name_plural = "cases of the sandbox suite"
        ordering = ["title", "id"]

    def __str__(self) -> str:
        return self.title

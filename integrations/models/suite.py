"""A job's way through the sandbox suite, kept: what should become of each case, and what would."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from mappings.models import Mapping

from .job import SyncJob


class SuiteRun(models.Model):
    """`lines` are the cases as they were judged: [title, should, told, is_good], where None was not tried. No personal
    data. `draft`: whose draft was tried in place of its version in use. `sentence`: why nothing could be tried."""

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
        told = [dict(zip(("title", "should", "told", "is_good"), line, strict=True)) for line in self.lines]
        return sorted(told, key=lambda one: (one["is_good"] is not False, one["is_good"] is True))

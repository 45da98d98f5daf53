"""Whether workflows keep what they promise, kept so that a list need not measure them all."""

from __future__ import annotations

from django.db import models

from integrations.models import Workflow


class WorkflowVerdict(models.Model):
    """How many of a workflow's targets were met when they were last measured."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="verdict")
    met = models.PositiveSmallIntegerField(default=0)
    not_met = models.PositiveSmallIntegerField(default=0)
    not_measured = models.PositiveSmallIntegerField(default=0)
    as_of = models.DateTimeField()

    def __str__(self) -> str:
        if not self.targets:
            return "No target"
        return f"{self.met} of {self.targets} met"

    @property
    def targets(self) -> int:
        return self.met + self.not_met + self.not_measured


class WorkflowResult(Workflow):
    """A workflow as its figures show it: a page of its own, no table."""

    class Meta:
        proxy = True
        verbose_name = "result"
        verbose_name_plural = "did it help?"
        ordering = ["name"]

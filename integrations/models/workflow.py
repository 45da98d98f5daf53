"""A named group of jobs that together solve one business problem."""

from __future__ import annotations

from django.db import models

from .connection import KEY_VALIDATOR


class Workflow(models.Model):
    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    problem = models.TextField(
        blank=True, help_text="The pain that this workflow removes, in one or two sentences."
    )
    owner = models.CharField(max_length=120, blank=True, help_text="Who answers for it: a team or a role.")
    targets = models.JSONField(
        default=dict, blank=True, help_text='Target figures by name, for example {"processing_minutes": 5}.'
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

"""Outcomes counted by the hour, so that a screen never counts a million rows."""

from __future__ import annotations

from django.db import models

from integrations.models import State, SyncJob


class HourlyFigure(models.Model):
    """What the Outcomes of one hour (UTC) add up to, for one combination of the columns below.

    It can be rebuilt from the Outcomes at any time (see `monitoring.rollups`). `processing` counts how long
    orders took from checkout to acceptance by the destination, `passage` how much of that was spent here:
    both are histograms as `monitoring.histogram` makes them, and only filled for delivered new orders. `new_orders`
    and `new_amount` are of these alone: an order that is changed ten times is carried once. `delay` counts how long
    stock took from the change at its owner, or the arrival of a sale here, to its acceptance by the channel.
    """

    hour = models.DateTimeField()
    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices)
    operation = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=10, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    count = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=24, decimal_places=4, default=0)
    new_orders = models.PositiveIntegerField(default=0, db_default=0)
    new_amount = models.DecimalField(max_digits=24, decimal_places=4, default=0, db_default=0)
    processing = models.JSONField(default=dict, blank=True)
    passage = models.JSONField(default=dict, blank=True)
    delay = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "job", "state", "operation", "kind", "currency"],
                name="one_figure_per_hour_and_sort",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.state} in {self.hour:%Y-%m-%d %H}:00"


class RollupMark(models.Model):
    """How far the figures reach: every Outcome recorded before `complete_until` is in them. One row."""

    complete_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"Complete until {self.complete_until:%Y-%m-%d %H:%M:%S}"

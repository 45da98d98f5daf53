"""Outcomes counted by the hour, so that a screen never counts a million rows."""

from __future__ import annotations

from django.db import models

from integrations.models import Connection, State, SyncJob


class Figure(models.Model):
    """What outcomes add up to; `monitoring.tallies` has the same in memory."""

    job = models.ForeignKey(SyncJob, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=State.choices)
    kind = models.CharField(max_length=10, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    count = models.PositiveIntegerField(default=0)
    new_orders = models.PositiveIntegerField(default=0)
    new_amount = models.DecimalField(max_digits=24, decimal_places=4, default=0)
    processing = models.JSONField(default=dict, blank=True)
    passage = models.JSONField(default=dict, blank=True)
    delay = models.JSONField(null=True, blank=True)
    fulfilment = models.JSONField(null=True, blank=True)

    class Meta:
        abstract = True


class HourlyFigure(Figure):
    """What the Outcomes of one hour (UTC) add up to, for one combination of the columns below.

    It can be rebuilt from the Outcomes at any time (see `monitoring.rollups`). `processing` counts how long
    orders took from checkout to acceptance by the destination, `passage` how much of that was spent here:
    both are histograms as `monitoring.histogram` makes them, and only filled for delivered new orders. `new_orders`
    and `new_amount` are of these alone: an order that is changed ten times is carried once. `delay` counts how long
    stock took from the change at its owner, or the arrival of a sale here, to its acceptance by the channel, and
    `fulfilment` how long orders took from being placed to being shipped, one for each parcel that was told.
    """

    hour = models.DateTimeField()
    operation = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(max_digits=24, decimal_places=4, default=0)
    # As the columns were added to a table that had rows.
    new_orders = models.PositiveIntegerField(default=0, db_default=0)
    new_amount = models.DecimalField(max_digits=24, decimal_places=4, default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "job", "state", "operation", "kind", "currency"],
                name="one_figure_per_hour_and_sort",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.state} in {self.hour:%Y-%m-%d %H}:00"


class FoldUnit(models.TextChoices):
    DAY = "day", "Day"
    WEEK = "week", "Week"


class FoldedFigure(Figure):
    """The hourly figures of one day or week added up, so that a year is not added up for each look at it.

    Days and weeks (from Monday) are those of the portal's time zone. They hold nothing of their own: they can be made
    anew from the hours at any time (see `monitoring.folding`).
    """

    unit = models.CharField(max_length=4, choices=FoldUnit.choices)
    begin = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "begin", "job", "state", "kind", "currency"],
                name="one_folded_figure_per_sort",
            )
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.state} in the {self.unit} from {self.begin:%Y-%m-%d %H}:00"


class FoldMark(models.Model):
    """Every day that ends before `complete_until` is folded, by the days of `zone`. One row.

    `recounts` moves with each hour that is counted, so that a fold sees whether one was counted meanwhile.
    """

    complete_until = models.DateTimeField()
    zone = models.CharField(max_length=64)
    recounts = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"Folded until {self.complete_until:%Y-%m-%d %H:%M} by {self.zone}"


class CallHour(models.Model):
    """Calls that left for one connection in one hour (UTC), of those for which its rate budget counts them.

    Sampled once a minute from the budget's own count of the day: what leaves in the last seconds of an hour may stand
    in the next one, what leaves in those of a day (UTC) may be missing.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="call_hours")
    hour = models.DateTimeField()
    # Calls that were granted and given back are taken off again, and may be so in the hour after.
    calls = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["hour", "connection"], name="one_call_hour_per_connection")
        ]

    def __str__(self) -> str:
        return f"{self.calls} calls in {self.hour:%Y-%m-%d %H}:00"


class CallMark(models.Model):
    """How far the calls of a connection are counted: `day_calls` of its budget on `day`, as the last look saw them."""

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    day = models.PositiveIntegerField(default=0)
    day_calls = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day_calls} calls counted"


class RollupMark(models.Model):
    """How far the figures reach: every Outcome recorded before `complete_until` is in them. One row."""

    complete_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"Complete until {self.complete_until:%Y-%m-%d %H:%M:%S}"

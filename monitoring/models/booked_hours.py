"""Orders of the books counted by the hour in which they were placed, so that a screen never counts a million rows."""

from __future__ import annotations

from django.db import models

from integrations.models import Connection


class BookedHour(models.Model):
    """What the sold orders of one shop add up to that were placed in one hour (UTC), for one currency.

    It can be counted from the books at any time (see `monitoring.booked_hours`). `orders` are those that count as
    sold; `valued` those of them whose value is told, and `value` is theirs; `known` those of people who are known, and
    `again` those of people who had bought before.
    """

    source = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    hour = models.DateTimeField()
    currency = models.CharField(max_length=3, blank=True)
    orders = models.PositiveIntegerField(default=0)
    valued = models.PositiveIntegerField(default=0)
    value = models.DecimalField(max_digits=24, decimal_places=4, default=0)
    known = models.PositiveIntegerField(default=0)
    again = models.PositiveIntegerField(default=0)
    counted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["counted_at", "id"], name="booked_hours_in_turn")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "hour", "currency"], name="one_booked_hour_per_currency"
            )
        ]

    def __str__(self) -> str:
        return f"{self.orders} orders in {self.hour:%Y-%m-%d %H}:00"


class BookedMark(models.Model):
    """How far the hours reach: every order that was booked before `complete_until` is in them. One row.

    `counting_from` is set while all hours are counted, one after the other: those are done that were counted since.
    """

    complete_until = models.DateTimeField(null=True)
    counting_from = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return "Not complete" if self.complete_until is None else f"Complete until {self.complete_until}"

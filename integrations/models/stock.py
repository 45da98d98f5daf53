"""What DESIGN calls the stock rule needs: the last figure read, and the units still on their way."""

from __future__ import annotations

from django.db import models

from .connection import Connection
from .delivery import Delivery


class StockFigure(models.Model):
    """The last stock row read from a system, so that it can be counted anew when a unit is sold.

    `payload` is the source's row as it came (quantities, no personal data). A SKU has one row for each location.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="stock_figures")
    resource = models.CharField(max_length=60)
    external_id = models.CharField(max_length=255)
    sku = models.CharField(max_length=120)
    payload = models.JSONField()
    version = models.CharField(max_length=40, blank=True)
    read_at = models.DateTimeField()
    seen_at = models.DateTimeField(
        null=True, blank=True, help_text="When a read of everything last showed the row, changed or not."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "resource", "external_id"], name="one_figure_per_stock_row"
            )
        ]
        indexes = [models.Index(fields=["connection", "sku"])]

    def __str__(self) -> str:
        return self.sku


class UnitsInFlight(models.Model):
    """Units sold in some channel that the fulfilling system has not accepted yet, per order and SKU.

    `quantity` is what the newest version of the order wants, `accepted` how many of these units the fulfilling
    system had taken at `accepted_at`. A stock figure read there at time R has seen the accepted units if
    `accepted_at` is before R, and none of those above: what it has not seen is taken off it (see `sync.stock`).
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="units_in_flight")
    holder = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="units_in_flight", help_text="Who will ship them."
    )
    sku = models.CharField(max_length=120)
    quantity = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField(default=0)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "units in flight"
        constraints = [models.UniqueConstraint(fields=["delivery", "sku"], name="one_row_per_order_and_sku")]
        indexes = [models.Index(fields=["holder", "sku"])]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

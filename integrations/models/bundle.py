"""Bundles (sets, kits): what is sold as one thing and lies on the shelf in parts."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models


class Bundle(models.Model):
    """Sold under `sku` in the channels, and counted in its parts: its own rows in a stock list do not count."""

    sku = models.CharField("SKU", max_length=120, unique=True, help_text="As the channels sell it.")
    name = models.CharField(max_length=120, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["sku"]

    def __str__(self) -> str:
        return self.sku


class BundlePart(models.Model):
    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="parts")
    sku = models.CharField("SKU", max_length=120, db_index=True, help_text="A part, or another bundle.")
    quantity = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)], help_text="How many of it are in one bundle."
    )

    class Meta:
        ordering = ["sku"]
        constraints = [
            models.UniqueConstraint(fields=["bundle", "sku"], name="one_row_per_bundle_and_part"),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="a_part_is_there_at_least_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"

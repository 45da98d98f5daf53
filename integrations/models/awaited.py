"""Orders that are held until they are paid, with what their payment must say and come to."""

from __future__ import annotations

from django.db import models

from .delivery import Delivery


class AwaitedPayment(models.Model):
    """What a held order waits for. It stands for itself: the order may never come into the books. `number` is
    normalised, `total` is None where the shop tells none. Only counts while the Delivery is held."""

    delivery = models.OneToOneField(Delivery, on_delete=models.CASCADE, related_name="awaited_payment")
    external_id = models.CharField(max_length=255)
    number = models.CharField(max_length=120, blank=True)
    total = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    def __str__(self) -> str:
        return f"Order {self.number or self.external_id}"

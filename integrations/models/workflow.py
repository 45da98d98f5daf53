"""A named group of jobs that together solve one business problem, and by what it is seen whether they do."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from .connection import KEY_VALIDATOR


class Unit(models.TextChoices):
    MINUTES = "minutes", "minutes"
    PERCENT = "percent", "%"
    NUMBER = "number", ""
    HOURS = "hours", "hours"
    MONEY = "money", "money"


class Direction(models.TextChoices):
    """Which values meet a target."""

    AT_MOST = "at_most", "at most"
    AT_LEAST = "at_least", "at least"


class Period(models.TextChoices):
    """The periods of the dashboard (`sync.measures.PERIODS`) over which a workflow is measured."""

    DAY = "24h", "24 hours"
    WEEK = "7d", "7 days"
    MONTH = "30d", "30 days"


class Measure(models.TextChoices):
    """What a workflow can be measured by; docs/did-it-help.md has each formula."""

    PROCESSING = "processing_minutes", "Processing time, half of the orders"
    PROCESSING_SLOW = "processing_minutes_p95", "Processing time, 95 of 100 orders"
    STOCK_DELAY = "stock_delay_minutes", "Delay of stock in its channel, half of the figures"
    STOCK_DELAY_SLOW = "stock_delay_minutes_p95", "Delay of stock in its channel, 95 of 100 figures"
    INVENTORY_ACCURACY = "inventory_accuracy_percent", "Inventory accuracy"
    ERROR_RATE = "error_rate_percent", "Error rate"
    TICKETS = "tickets_per_100_orders", "Tickets per 100 orders"
    VALUE_CARRIED = "value_carried", "Value of new orders carried"
    VALUE_STUCK = "value_stuck", "Value stuck in errors now"
    VALUE_STUCK_SOON = "value_stuck_soon", "Value stuck whose promised hour is near"
    SALES = "sales", "Sales"
    REPEAT_PURCHASES = "repeat_purchase_percent", "Repeat purchases"
    ORDER_VALUE = "average_order_value", "Average order value"
    TOUCHES = "touches_per_100_orders", "Human touches per 100 orders"
    HOURS_SAVED = "hours_saved", "Hours of manual work saved"


class MeasureForm(NamedTuple):
    unit: Unit
    direction: Direction


# In which unit each is told, and on which side of its target it should be.
MEASURE_FORMS = {
    Measure.PROCESSING: MeasureForm(Unit.MINUTES, Direction.AT_MOST),
    Measure.PROCESSING_SLOW: MeasureForm(Unit.MINUTES, Direction.AT_MOST),
    Measure.STOCK_DELAY: MeasureForm(Unit.MINUTES, Direction.AT_MOST),
    Measure.STOCK_DELAY_SLOW: MeasureForm(Unit.MINUTES, Direction.AT_MOST),
    Measure.INVENTORY_ACCURACY: MeasureForm(Unit.PERCENT, Direction.AT_LEAST),
    Measure.ERROR_RATE: MeasureForm(Unit.PERCENT, Direction.AT_MOST),
    Measure.TICKETS: MeasureForm(Unit.NUMBER, Direction.AT_MOST),
    Measure.VALUE_CARRIED: MeasureForm(Unit.MONEY, Direction.AT_LEAST),
    Measure.VALUE_STUCK: MeasureForm(Unit.MONEY, Direction.AT_MOST),
    Measure.VALUE_STUCK_SOON: MeasureForm(Unit.MONEY, Direction.AT_MOST),
    Measure.SALES: MeasureForm(Unit.MONEY, Direction.AT_LEAST),
    Measure.REPEAT_PURCHASES: MeasureForm(Unit.PERCENT, Direction.AT_LEAST),
    Measure.ORDER_VALUE: MeasureForm(Unit.MONEY, Direction.AT_LEAST),
    Measure.TOUCHES: MeasureForm(Unit.NUMBER, Direction.AT_MOST),
    Measure.HOURS_SAVED: MeasureForm(Unit.HOURS, Direction.AT_LEAST),
}


class Workflow(models.Model):
    """`launched_at`: since then its jobs may run against production (see `sync.launch`)."""

    key = models.SlugField(max_length=60, unique=True, validators=[KEY_VALIDATOR])
    name = models.CharField(max_length=120)
    problem = models.TextField(
        blank=True, help_text="The pain that this workflow removes, in one or two sentences."
    )
    owner = models.CharField(max_length=120, blank=True, help_text="Who answers for it: a team or a role.")
    period = models.CharField(
        max_length=3,
        choices=Period.choices,
        default=Period.MONTH,
        help_text="The time that a figure looks back over.",
    )
    minutes_per_record = models.DecimalField(
        max_digits=7,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="How long a person took for one record by hand: from it, the hours saved are worked out.",
    )
    launched_at = models.DateTimeField(null=True, blank=True, editable=False)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="launched_workflows",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        permissions = [("launch_workflow", "Can launch a workflow")]

    def __str__(self) -> str:
        return self.name


class Launch(models.Model):
    """One launch of a workflow. `reason`: why it was launched although `lacked` (sentences) was not there; both empty
    where nothing was missing."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="launches")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    lacked = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"Launch of {self.workflow_id}"


class WorkflowTarget(models.Model):
    """One figure that a workflow is measured by: how it was before, and how it should be.

    `currency` is told for money and for nothing else: each currency has a target of its own. Without a `target` the
    figure is shown and not judged; without a `baseline` it is compared with nothing.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="targets")
    measure = models.CharField(max_length=40, choices=Measure.choices)
    currency = models.CharField(
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{3}$", "Give the three letters of the currency, as EUR.")],
        help_text="For money only, as EUR.",
    )
    baseline = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, blank=True, help_text="How it was before."
    )
    target = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, blank=True, help_text="How it should be."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["workflow", "measure", "currency"], name="one_target_per_measure_and_currency"
            ),
            models.CheckConstraint(
                condition=Q(baseline__isnull=False) | Q(target__isnull=False), name="a_target_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.currency}".strip()

    @property
    def form(self) -> MeasureForm | None:
        """None for a measure that is not known (any more)."""
        return MEASURE_FORMS.get(Measure(self.measure)) if self.measure in Measure.values else None

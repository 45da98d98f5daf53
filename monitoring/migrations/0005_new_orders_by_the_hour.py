"""New orders and their value beside the counts, so that an order that was changed ten times is carried once.

What is there is filled from the facts: where an order was made by `create`, the figure is known already; where it was
made by `upsert`, the Outcomes that are still kept are counted.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncHour


def fill(apps: Any, schema_editor: Any) -> None:
    figures = apps.get_model("monitoring", "HourlyFigure")
    orders = figures.objects.filter(state="delivered", job__kind="order")
    orders.filter(operation="create").exclude(processing={}).update(
        new_orders=F("count"), new_amount=F("amount")
    )
    outcomes = apps.get_model("integrations", "Outcome").objects.filter(
        state="delivered",
        operation="upsert",
        serial=1,
        job__kind="order",
        occurred_at__isnull=False,
        accepted_at__isnull=False,
    )
    sums = (
        outcomes.order_by()
        .annotate(hour=TruncHour("recorded_at"))
        .values_list("hour", "job", "currency")
        .annotate(number=Count("pk"), total=Sum("amount"))
    )
    for hour, job, currency, number, total in sums:
        orders.filter(operation="upsert", hour=hour, job=job, currency=currency).update(
            new_orders=number, new_amount=total or 0
        )


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0004_audits"),
        ("integrations", "0017_workflows_are_measured_and_launched"),
    ]

    operations = [
        migrations.AddField(
            "hourlyfigure", "new_orders", models.PositiveIntegerField(db_default=0, default=0)
        ),
        migrations.AddField(
            "hourlyfigure",
            "new_amount",
            models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=24),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

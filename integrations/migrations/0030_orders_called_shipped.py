from django.db import migrations, models

from ._indexes import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("integrations", "0029_orders_without_a_parcel"),
    ]

    operations = [
        AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["called_shipped_at"],
                condition=models.Q(called_shipped_at__isnull=False),
                name="called_shipped_deliveries",
            ),
        ),
    ]

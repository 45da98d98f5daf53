from django.db import migrations, models

from ._indexes import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("integrations", "0014_to_the_doorstep"),
    ]

    operations = [
        AddIndex(
            model_name="delivery",
            index=models.Index(
                fields=["promised_at"],
                condition=models.Q(promised_at__isnull=False),
                name="promised_deliveries",
            ),
        ),
    ]

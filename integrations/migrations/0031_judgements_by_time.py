from django.conf import settings
from django.db import migrations, models

from ._indexes import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("integrations", "0030_orders_called_shipped"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndex(
            model_name="judgement",
            index=models.Index(fields=["at"], name="judgements_by_time"),
        ),
    ]

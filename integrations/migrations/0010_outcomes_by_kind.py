from django.db import migrations, models

from ._indexes import AddIndex


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("integrations", "0009_indexes_that_only_cost"),
    ]

    operations = [
        AddIndex(
            model_name="outcome",
            index=models.Index(fields=["kind", "recorded_at", "id"], name="outcomes_by_kind"),
        ),
    ]

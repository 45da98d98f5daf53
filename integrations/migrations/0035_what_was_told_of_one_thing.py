from django.db import migrations, models

from integrations.migrations._indexes import AddIndex


class Migration(migrations.Migration):
    # Beside the work that goes on.
    atomic = False
    dependencies = [("integrations", "0034_payments_by_the_id_of_their_order")]

    operations = [
        AddIndex(
            model_name="inboundevent",
            index=models.Index(
                fields=["external_id", "connection"],
                condition=~models.Q(external_id=""),
                name="events_of_one_thing",
            ),
        ),
        AddIndex(
            model_name="conflict",
            index=models.Index(fields=["thing"], name="conflicts_of_one_thing"),
        ),
    ]

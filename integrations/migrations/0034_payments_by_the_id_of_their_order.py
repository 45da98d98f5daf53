from django.db import migrations, models

from integrations.migrations._indexes import AddIndex


class Migration(migrations.Migration):
    # Beside the work that goes on.
    atomic = False
    dependencies = [("integrations", "0033_orders_await_payments")]

    operations = [
        AddIndex(
            model_name="bookedpayment",
            index=models.Index(
                fields=["order_external_id"],
                condition=~models.Q(order_external_id=""),
                name="bookedpayment_order_id",
            ),
        ),
    ]

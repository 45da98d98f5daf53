import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0032_announced_ends")]

    operations = [
        migrations.CreateModel(
            name="AwaitedPayment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("external_id", models.CharField(max_length=255)),
                ("number", models.CharField(blank=True, max_length=120)),
                ("total", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "delivery",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="awaited_payment",
                        to="integrations.delivery",
                    ),
                ),
            ],
        ),
    ]

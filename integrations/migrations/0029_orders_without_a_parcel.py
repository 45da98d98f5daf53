from django.db import migrations, models

PARCEL = "Orders: a parcel of it is known. Empty: from before parcels were watched."


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0028_stock_is_counted_by_settings"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="called_shipped_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Orders: since when the source calls it shipped, with no parcel of it known at that time.",
                null=True,
            ),
        ),
        # Added empty, and then given its default: of the orders that are there already nobody wrote down whether they
        # have a parcel, and none of them is to be missed.
        migrations.AddField(
            model_name="thing",
            name="has_parcel",
            field=models.BooleanField(blank=True, help_text=PARCEL, null=True),
        ),
        migrations.AlterField(
            model_name="thing",
            name="has_parcel",
            field=models.BooleanField(blank=True, default=False, help_text=PARCEL, null=True),
        ),
    ]

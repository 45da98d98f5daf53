from django.db import migrations, models

from integrations.migrations._indexes import AddIndex


class Migration(migrations.Migration):
    # Beside the work that goes on. The columns are empty: no row is written.
    atomic = False
    dependencies = [("integrations", "0039_receipts_say_what_cannot_be_counted")]

    operations = [
        migrations.AlterField(
            model_name="judgement",
            name="decision",
            field=models.CharField(
                choices=[
                    ("assign", "Assigned"),
                    ("comment", "Commented"),
                    ("ignore", "Ignored"),
                    ("put_off", "Ignored for now"),
                    ("take_up", "Taken up again"),
                    ("retry", "Retried"),
                    ("edit", "Edited and retried"),
                    ("confirm", "Confirmed: it had arrived"),
                    ("resend", "Sent again: it had not arrived"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="errorrecord",
            name="put_off_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="errorrecord",
            name="put_off_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="errorrecord",
            name="put_off_up_to",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        AddIndex(
            model_name="errorrecord",
            index=models.Index(
                fields=["put_off_since"],
                condition=models.Q(settled_at__isnull=True, put_off_since__isnull=False),
                name="errors_put_off",
            ),
        ),
    ]

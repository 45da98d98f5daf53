from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("mappings", "0003_owners_of_fields"),
    ]

    operations = [
        migrations.AddField(
            model_name="mappingversion",
            name="note",
            field=models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
    ]

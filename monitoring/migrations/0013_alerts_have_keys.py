import django.core.validators
from django.db import migrations, models
from django.utils.text import slugify

LONGEST = 60


def keys_from_names(apps, schema_editor):
    """Few rows: a person made each of them."""
    for name in ("AlertChannel", "AlertRule"):
        model = apps.get_model("monitoring", name)
        taken = set()
        for row in (
            model.objects.defer("address", "signing_secret")
            if name == "AlertChannel"
            else model.objects.all()
        ):
            base = slugify(row.name)[: LONGEST - 4].strip("-_").replace("_", "-") or "alert"
            found, number = base, 1
            while found in taken:
                number += 1
                found = f"{base}-{number}"
            taken.add(found)
            model.objects.filter(pk=row.pk).update(key=found)


def key(**more):
    return models.SlugField(
        blank=True,
        help_text="How configuration files call it. Left empty, it is made from the name.",
        max_length=LONGEST,
        validators=[
            django.core.validators.RegexValidator(
                "^[a-z0-9][a-z0-9-]*$",
                "Use small letters, digits and hyphens, for example 'main-warehouse'.",
            )
        ],
        **more,
    )


class Migration(migrations.Migration):
    # A table is filled and then given a unique index: PostgreSQL does not do both in one transaction.
    atomic = False

    dependencies = [("monitoring", "0012_words_of_audits")]

    operations = [
        migrations.AddField("alertchannel", "key", key(null=True, db_index=False)),
        migrations.AddField("alertrule", "key", key(null=True, db_index=False)),
        migrations.RunPython(keys_from_names, migrations.RunPython.noop),
        migrations.AlterField("alertchannel", "key", key(unique=True)),
        migrations.AlterField("alertrule", "key", key(unique=True)),
    ]

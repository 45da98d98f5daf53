import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

AT_ONCE = 200


def forget_owners_of_rules(apps, schema_editor):
    """What a rule said of an owner was never looked at; versions would be refused for a field that rules have not."""
    rows = apps.get_model("mappings", "MappingVersion").objects
    changed = []
    for version in rows.iterator(AT_ONCE):
        rules = version.snapshot.get("rules", [])
        if any("owner" in rule for rule in rules):
            for rule in rules:
                rule.pop("owner", None)
            changed.append(version)
        if len(changed) == AT_ONCE:
            rows.bulk_update(changed, ["snapshot"])
            changed = []
    rows.bulk_update(changed, ["snapshot"])


class Migration(migrations.Migration):

    dependencies = [
        ('mappings', '0002_more_kinds_of_records'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(forget_owners_of_rules, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='fieldrule',
            name='owner',
        ),
        migrations.CreateModel(
            name='FieldOwner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='The kind of Record.', max_length=20)),
                ('field', models.CharField(help_text='A path such as phone or address.city; * is all others.', max_length=80)),
                ('owner', models.CharField(help_text='The short name of the connection that owns it.', max_length=60)),
                ('when_it_differs', models.CharField(choices=[('owner', "The owner's value is written again"), ('newest', 'The newest value counts'), ('ask', 'A person is asked')], default='owner', max_length=8)),
            ],
            options={
                'ordering': ['kind', 'field'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'field'), name='one_owner_per_field')],
            },
        ),
        migrations.CreateModel(
            name='HistoricalFieldOwner',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('kind', models.CharField(help_text='The kind of Record.', max_length=20)),
                ('field', models.CharField(help_text='A path such as phone or address.city; * is all others.', max_length=80)),
                ('owner', models.CharField(help_text='The short name of the connection that owns it.', max_length=60)),
                ('when_it_differs', models.CharField(choices=[('owner', "The owner's value is written again"), ('newest', 'The newest value counts'), ('ask', 'A person is asked')], default='owner', max_length=8)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'historical field owner',
                'verbose_name_plural': 'historical field owners',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
    ]

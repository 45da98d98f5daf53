from django.db import migrations, models


def forget_other_ways(apps, schema_editor):
    """One shape of a resource again: what came by webhook, or was asked for singly, is learned anew one day."""
    apps.get_model('integrations', 'PayloadShape').objects.exclude(way='listed').delete()


class Migration(migrations.Migration):

    dependencies = [
        ('integrations', '0044_records_are_handed_over'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='payloadshape', name='one_shape_of_a_resource'),
        migrations.AddField(
            model_name='payloadshape',
            name='way',
            field=models.CharField(choices=[('listed', 'in its lists'), ('told', 'in its webhooks'), ('fetched', 'when it is asked for one')], default='listed', max_length=10),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_other_ways),
        migrations.AddConstraint(
            model_name='payloadshape',
            constraint=models.UniqueConstraint(fields=('connection', 'resource', 'way'), name='one_shape_of_a_resource'),
        ),
    ]

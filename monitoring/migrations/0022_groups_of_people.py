from django.db import migrations

from monitoring.migrations import _groups


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("integrations", "0043_cases_of_the_sandbox_suite"),
        ("mappings", "0005_first_values_of_fields"),
        ("monitoring", "0021_folded_figures_and_calls"),
    ]

    operations = [migrations.RunPython(_groups.make, _groups.take_away)]

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import mappings.fields
import mappings.migrations._together


class Migration(migrations.Migration):
    replaces = [
        ("mappings", "0001_initial"),
        ("mappings", "0002_more_kinds_of_records"),
        ("mappings", "0003_owners_of_fields"),
    ]

    initial = True

    dependencies = [
        ("auth", "__first__"),
    ]

    operations = [
        mappings.migrations._together.CreateModels(
            models=[
                migrations.CreateModel(
                    name="KeyCanary",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("value", mappings.fields.SecretField()),
                    ],
                ),
                migrations.CreateModel(
                    name="Mapping",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "key",
                            models.SlugField(
                                max_length=60,
                                unique=True,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and hyphens."
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "direction",
                            models.CharField(
                                choices=[
                                    ("read", "Reads: from the platform into our Record"),
                                    ("write", "Writes: from our Record to the platform"),
                                ],
                                max_length=5,
                            ),
                        ),
                        (
                            "platform",
                            models.CharField(help_text="Whose payloads it reads or writes.", max_length=40),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("order", "order"),
                                    ("stock_level", "stock level"),
                                    ("shipment", "shipment"),
                                    ("customer", "customer"),
                                    ("variant", "variant"),
                                    ("refund", "refund"),
                                    ("payment", "payment"),
                                    ("dispute", "dispute"),
                                    ("payout", "payout"),
                                    ("ticket", "ticket"),
                                    ("event", "event"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("description", models.TextField(blank=True)),
                        ("current_number", models.PositiveIntegerField(default=0, editable=False)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["name"],
                        "permissions": [("preview_mapping", "Can try a mapping on payloads")],
                    },
                ),
                migrations.CreateModel(
                    name="ValueMap",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "key",
                            models.SlugField(
                                max_length=60,
                                unique=True,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and hyphens."
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["name"],
                    },
                ),
                migrations.CreateModel(
                    name="FieldOwner",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(help_text="The kind of Record.", max_length=20)),
                        (
                            "field",
                            models.CharField(
                                help_text="A path such as phone or address.city; * is all others.",
                                max_length=80,
                            ),
                        ),
                        (
                            "owner",
                            models.CharField(
                                help_text="The short name of the connection that owns it.", max_length=60
                            ),
                        ),
                        (
                            "when_it_differs",
                            models.CharField(
                                choices=[
                                    ("owner", "The owner's value is written again"),
                                    ("newest", "The newest value counts"),
                                    ("ask", "A person is asked"),
                                ],
                                default="owner",
                                max_length=8,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["kind", "field"],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "field"), name="one_owner_per_field")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalFieldOwner",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(help_text="The kind of Record.", max_length=20)),
                        (
                            "field",
                            models.CharField(
                                help_text="A path such as phone or address.city; * is all others.",
                                max_length=80,
                            ),
                        ),
                        (
                            "owner",
                            models.CharField(
                                help_text="The short name of the connection that owns it.", max_length=60
                            ),
                        ),
                        (
                            "when_it_differs",
                            models.CharField(
                                choices=[
                                    ("owner", "The owner's value is written again"),
                                    ("newest", "The newest value counts"),
                                    ("ask", "A person is asked"),
                                ],
                                default="owner",
                                max_length=8,
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical field owner",
                        "verbose_name_plural": "historical field owners",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalMapping",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "key",
                            models.SlugField(
                                max_length=60,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[a-z0-9][a-z0-9-]*$", "Use small letters, digits and hyphens."
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "direction",
                            models.CharField(
                                choices=[
                                    ("read", "Reads: from the platform into our Record"),
                                    ("write", "Writes: from our Record to the platform"),
                                ],
                                max_length=5,
                            ),
                        ),
                        (
                            "platform",
                            models.CharField(help_text="Whose payloads it reads or writes.", max_length=40),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("order", "order"),
                                    ("stock_level", "stock level"),
                                    ("shipment", "shipment"),
                                    ("customer", "customer"),
                                    ("variant", "variant"),
                                    ("refund", "refund"),
                                    ("payment", "payment"),
                                    ("dispute", "dispute"),
                                    ("payout", "payout"),
                                    ("ticket", "ticket"),
                                    ("event", "event"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("description", models.TextField(blank=True)),
                        ("current_number", models.PositiveIntegerField(default=0, editable=False)),
                        ("created_at", models.DateTimeField(blank=True, editable=False)),
                        ("updated_at", models.DateTimeField(blank=True, editable=False)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical mapping",
                        "verbose_name_plural": "historical mappings",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="FieldRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=0)),
                        ("target", models.CharField(max_length=120)),
                        (
                            "source",
                            models.CharField(
                                blank=True,
                                help_text="A path such as customer.email, or JMESPath.",
                                max_length=500,
                            ),
                        ),
                        ("transform", models.CharField(blank=True, max_length=40)),
                        ("arguments", models.JSONField(blank=True, default=dict)),
                        ("value_map", models.CharField(blank=True, max_length=60)),
                        ("default", models.JSONField(blank=True, null=True)),
                        (
                            "on_missing",
                            models.CharField(
                                choices=[
                                    ("absent", "Leave the field out"),
                                    ("null", "Write an empty value"),
                                    ("default", "Use the default"),
                                    ("error", "Report an error"),
                                ],
                                default="absent",
                                max_length=8,
                            ),
                        ),
                        ("required", models.BooleanField(default=False)),
                        ("note", models.CharField(blank=True, max_length=300)),
                        (
                            "mapping",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rules",
                                to="mappings.mapping",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["position", "id"],
                    },
                ),
                migrations.CreateModel(
                    name="MappingVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("snapshot", models.JSONField()),
                        ("published_at", models.DateTimeField()),
                        (
                            "mapping",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="versions",
                                to="mappings.mapping",
                            ),
                        ),
                        (
                            "published_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["mapping", "-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("mapping", "number"), name="one_version_per_number"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ValueMapEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("source", models.CharField(max_length=200)),
                        ("target", models.CharField(max_length=200)),
                        (
                            "value_map",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="entries",
                                to="mappings.valuemap",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "value map entries",
                        "ordering": ["source"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("value_map", "source"), name="one_target_per_source"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import mappings.fields
import mappings.migrations._together


class Migration(migrations.Migration):
    replaces = [
        ("monitoring", "0001_initial"),
        ("monitoring", "0002_webhook_ledger"),
        ("monitoring", "0003_words_of_states"),
        ("monitoring", "0004_audits"),
        ("monitoring", "0005_new_orders_by_the_hour"),
        ("monitoring", "0006_workflow_verdicts"),
        ("monitoring", "0007_shipped_not_announced"),
        ("monitoring", "0008_payments_are_matched"),
        ("monitoring", "0009_alerts"),
        ("monitoring", "0010_merge_proposals"),
        ("monitoring", "0011_delay_of_stock"),
        ("monitoring", "0012_words_of_audits"),
        ("monitoring", "0013_alerts_have_keys"),
        ("monitoring", "0014_entries_of_payouts_are_compared"),
        ("monitoring", "0015_decisions_are_undone"),
        ("monitoring", "0016_booked_hours"),
    ]

    initial = True

    dependencies = [
        ("auth", "__first__"),
        ("integrations", "0001_squashed_0034_payments_by_the_id_of_their_order"),
        ("mappings", "0001_squashed_0003_owners_of_fields"),
    ]

    operations = [
        mappings.migrations._together.CreateModels(
            models=[
                migrations.CreateModel(
                    name="AlertChannel",
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
                                blank=True,
                                help_text="How configuration files call it. Left empty, it is made from the name.",
                                max_length=60,
                                unique=True,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[a-z0-9][a-z0-9-]*$",
                                        "Use small letters, digits and hyphens, for example 'main-warehouse'.",
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("email", "E-mail"),
                                    ("webhook", "Signed webhook (Standard Webhooks)"),
                                    ("slack", "Slack, or what takes its messages"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("recipients", models.TextField(blank=True, help_text="E-mail: one address a line.")),
                        (
                            "address",
                            mappings.fields.SecretField(
                                blank=True,
                                help_text="Webhook and Slack: where the message is sent to.",
                                null=True,
                            ),
                        ),
                        (
                            "signing_secret",
                            mappings.fields.SecretField(
                                blank=True, help_text="Webhook: whsec_ and the key, in base64.", null=True
                            ),
                        ),
                        ("enabled", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                    ],
                    options={
                        "ordering": ["name"],
                        "permissions": [("test_alertchannel", "Can send a test alert")],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="BookedMark",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("complete_until", models.DateTimeField(null=True)),
                        ("counting_from", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="PaymentCheck",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "grace_minutes",
                            models.PositiveIntegerField(
                                default=60,
                                help_text="What is younger than this may be on its way, and is not listed. Minutes.",
                            ),
                        ),
                        ("read_until", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("recounted_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("recount_found", models.PositiveIntegerField(default=0, editable=False)),
                    ],
                    options={
                        "verbose_name": "payment check",
                    },
                ),
                migrations.CreateModel(
                    name="RollupMark",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("complete_until", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="UnannouncedParcel",
                    fields=[],
                    options={
                        "verbose_name": "shipped, not announced",
                        "verbose_name_plural": "shipped, not announced",
                        "proxy": True,
                        "default_permissions": (),
                        "indexes": [],
                        "constraints": [],
                    },
                    bases=("integrations.delivery",),
                ),
                migrations.CreateModel(
                    name="WorkflowResult",
                    fields=[],
                    options={
                        "verbose_name": "result",
                        "verbose_name_plural": "did it help?",
                        "ordering": ["name"],
                        "proxy": True,
                        "indexes": [],
                        "constraints": [],
                    },
                    bases=("integrations.workflow",),
                ),
                migrations.CreateModel(
                    name="AlertRule",
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
                                blank=True,
                                help_text="How configuration files call it. Left empty, it is made from the name.",
                                max_length=60,
                                unique=True,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[a-z0-9][a-z0-9-]*$",
                                        "Use small letters, digits and hyphens, for example 'main-warehouse'.",
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("success_rate_below", "Success rate below"),
                                    ("failures_above", "Failures above"),
                                    ("no_success_within", "Nothing delivered within"),
                                    ("backlog_older_than", "Records on their way for longer than"),
                                    ("api_version_ends", "An API version ends within"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "threshold",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="Success rate: percent. Failures: how many are too many. API version: days before its end.",
                                max_digits=9,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                            ),
                        ),
                        (
                            "window_minutes",
                            models.PositiveIntegerField(
                                default=60,
                                help_text="How far it looks back; for records on their way, how old the oldest may be.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(10080),
                                ],
                            ),
                        ),
                        (
                            "cool_down_minutes",
                            models.PositiveIntegerField(
                                default=30,
                                help_text="After it was told, and has gone, it is not told anew for so long.",
                            ),
                        ),
                        (
                            "tells_recovery",
                            models.BooleanField(default=True, help_text="Also say when it is over."),
                        ),
                        ("enabled", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "channels",
                            models.ManyToManyField(related_name="rules", to="monitoring.alertchannel"),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="alert_rules",
                                to="integrations.syncjob",
                            ),
                        ),
                        (
                            "workflow",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="alert_rules",
                                to="integrations.workflow",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="AlertEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sentence", models.CharField(max_length=500)),
                        (
                            "rows",
                            models.CharField(
                                blank=True, help_text="The page with the rows behind it.", max_length=500
                            ),
                        ),
                        ("fired_at", models.DateTimeField()),
                        ("seen_at", models.DateTimeField(help_text="When it was last found to be so.")),
                        ("recovered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "rule",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="events",
                                to="monitoring.alertrule",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-fired_at", "-id"],
                        "indexes": [models.Index(fields=["-fired_at"], name="alert_events_by_time")],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("recovered_at__isnull", True)),
                                fields=("rule",),
                                name="one_open_event_per_rule",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Audit",
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
                                        "^[a-z0-9][a-z0-9-]*$",
                                        "Use small letters, digits and hyphens, for example 'main-warehouse'.",
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("enabled", models.BooleanField(default=True)),
                        (
                            "every_minutes",
                            models.PositiveIntegerField(
                                default=1440, help_text="How often both sides are compared. 0: only by hand."
                            ),
                        ),
                        (
                            "at_hour",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Begin in this hour of the day (0 to 23), when little else runs. Empty: at any time.",
                                null=True,
                                validators=[django.core.validators.MaxValueValidator(23)],
                            ),
                        ),
                        (
                            "sample_percent",
                            models.PositiveSmallIntegerField(
                                default=100,
                                help_text="Which share of the records is compared, chosen anew by chance each time. 100: all.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                            ),
                        ),
                        (
                            "also_fields",
                            models.CharField(
                                blank=True,
                                help_text="Fields of the Record to compare although the job does not write them, with commas: note, tags.",
                                max_length=500,
                            ),
                        ),
                        (
                            "next_at",
                            models.DateTimeField(blank=True, db_index=True, editable=False, null=True),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "destination_mapping",
                            models.ForeignKey(
                                blank=True,
                                help_text="A reading mapping for what the destination shows. Empty: the platform's own preset, or the fields as they were written.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="audits",
                                to="mappings.mapping",
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="audits",
                                to="integrations.syncjob",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "permissions": [("run_audit", "Can run an audit")],
                    },
                ),
                migrations.CreateModel(
                    name="AuditRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "door",
                            models.CharField(
                                choices=[
                                    ("schedule", "By its schedule"),
                                    ("person", "By a person"),
                                    ("command", "By the command"),
                                    ("read_back", "After a repair"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("running", "Running"),
                                    ("finished", "Finished"),
                                    ("failed", "Could not be done"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        ("sentence", models.CharField(blank=True, max_length=500)),
                        ("notices", models.JSONField(blank=True, default=list)),
                        ("asked", models.JSONField(blank=True, null=True)),
                        ("sample_percent", models.PositiveSmallIntegerField(default=100)),
                        ("seed", models.CharField(max_length=32)),
                        ("started_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("moved_at", models.DateTimeField()),
                        ("goes_on_at", models.DateTimeField(blank=True, null=True)),
                        ("position", models.JSONField(blank=True, null=True)),
                        ("position_version", models.PositiveIntegerField(default=0)),
                        (
                            "tries",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Failures in a row at the present position."
                            ),
                        ),
                        ("read_calls", models.PositiveIntegerField(default=0)),
                        ("source_rows", models.PositiveIntegerField(default=0)),
                        ("destination_rows", models.PositiveIntegerField(default=0)),
                        ("compared", models.PositiveIntegerField(default=0)),
                        ("agree", models.PositiveIntegerField(default=0)),
                        ("differ", models.PositiveIntegerField(default=0)),
                        ("in_flight", models.PositiveIntegerField(default=0)),
                        ("left_out", models.PositiveIntegerField(default=0)),
                        (
                            "only_there",
                            models.PositiveIntegerField(
                                default=0,
                                help_text="Records of the destination that the source does not show.",
                            ),
                        ),
                        ("causes", models.JSONField(blank=True, default=dict)),
                        (
                            "audit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="monitoring.audit",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "comparison",
                        "ordering": ["-started_at", "-id"],
                        "indexes": [
                            models.Index(fields=["-started_at"], name="audit_runs_by_time"),
                            models.Index(fields=["audit", "-started_at"], name="audit_runs_of_audit"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("finished_at__isnull", True)),
                                fields=("audit",),
                                name="one_open_run_per_audit",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditPoint",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("location", models.CharField(blank=True, max_length=120)),
                        ("compared", models.PositiveIntegerField(default=0)),
                        ("agree", models.PositiveIntegerField(default=0)),
                        ("in_flight", models.PositiveIntegerField(default=0)),
                        ("sample_percent", models.PositiveSmallIntegerField(default=100)),
                        (
                            "audit",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="points",
                                to="monitoring.audit",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="points",
                                to="monitoring.auditrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "figure of a day",
                        "verbose_name_plural": "accuracy over time",
                        "ordering": ["-day", "location"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("audit", "day", "location"), name="one_point_per_day_and_place"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditedRecord",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("subject", models.CharField(blank=True, max_length=120)),
                        ("location", models.CharField(blank=True, max_length=120)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("agrees", "Agrees"),
                                    ("differs", "Differs"),
                                    ("left_out", "Left out by the job"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "cause",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("in_flight", "In flight"),
                                    ("missed_webhook", "Missed webhook"),
                                    ("written_past", "Written past the owner"),
                                    ("mapping", "Mapping"),
                                    ("held", "Held by an error"),
                                    ("unknown", "Unknown"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="records",
                                to="monitoring.auditrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "compared record",
                        "indexes": [models.Index(fields=["run", "verdict", "cause"], name="verdicts_of_run")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("run", "external_id"), name="one_verdict_per_run_and_record"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditDifference",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "external_id",
                            models.CharField(help_text="How the source calls the record.", max_length=255),
                        ),
                        ("destination_id", models.CharField(blank=True, max_length=255)),
                        ("subject", models.CharField(max_length=120)),
                        ("location", models.CharField(blank=True, max_length=120)),
                        (
                            "field",
                            models.CharField(
                                blank=True, help_text="Empty: the record as a whole.", max_length=200
                            ),
                        ),
                        ("should_say", models.CharField(blank=True, max_length=200)),
                        ("says", models.CharField(blank=True, max_length=200)),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("in_flight", "In flight"),
                                    ("missed_webhook", "Missed webhook"),
                                    ("written_past", "Written past the owner"),
                                    ("mapping", "Mapping"),
                                    ("held", "Held by an error"),
                                    ("unknown", "Unknown"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("sentence", models.CharField(max_length=500)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("repaired", "Repaired"),
                                    ("gone", "Gone by itself"),
                                ],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        ("first_seen_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("repair_asked_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "audit",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="differences",
                                to="monitoring.audit",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="differences",
                                to="integrations.delivery",
                            ),
                        ),
                        (
                            "repair_run",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="repaired_differences",
                                to="integrations.syncrun",
                            ),
                        ),
                        (
                            "repaired_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="repairs",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                blank=True,
                                help_text="The comparison that saw it last.",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="differences",
                                to="monitoring.auditrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "difference",
                        "ordering": ["-last_seen_at", "-id"],
                        "permissions": [("repair_auditdifference", "Can repair what an audit found")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "open")),
                                fields=["audit", "cause"],
                                name="open_differences_by_cause",
                            ),
                            models.Index(fields=["-last_seen_at", "-id"], name="differences_by_time"),
                            models.Index(
                                condition=models.Q(("state", "open"), _negated=True),
                                fields=["closed_at"],
                                name="closed_differences",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "open")),
                                fields=("audit", "external_id", "field"),
                                name="one_open_difference_per_field",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AuditSight",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("natural_key", models.CharField(blank=True, max_length=255)),
                        ("version", models.CharField(blank=True, max_length=40)),
                        ("payload", mappings.fields.SecretField(blank=True, compress=True, null=True)),
                        ("seen_at", models.DateTimeField()),
                        (
                            "met",
                            models.BooleanField(
                                default=False, help_text="Whether the source shows it as well."
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="sights",
                                to="monitoring.auditrun",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["run", "natural_key"], name="sights_by_natural_key")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("run", "external_id"), name="one_sight_per_run_and_id"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedHour",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("hour", models.DateTimeField()),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("orders", models.PositiveIntegerField(default=0)),
                        ("valued", models.PositiveIntegerField(default=0)),
                        ("value", models.DecimalField(decimal_places=4, default=0, max_digits=24)),
                        ("known", models.PositiveIntegerField(default=0)),
                        ("again", models.PositiveIntegerField(default=0)),
                        ("counted_at", models.DateTimeField()),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["counted_at", "id"], name="booked_hours_in_turn")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "hour", "currency"), name="one_booked_hour_per_currency"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CoveredShop",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        (
                            "source",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="FeeRate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "percent",
                            models.DecimalField(
                                decimal_places=3,
                                help_text="Of the amount: 1.5",
                                max_digits=7,
                                validators=[django.core.validators.MaxValueValidator(100)],
                            ),
                        ),
                        (
                            "fixed",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Of each payment, in the same currency: 0.25",
                                max_digits=12,
                            ),
                        ),
                        (
                            "tolerance",
                            models.DecimalField(
                                decimal_places=4,
                                default="0.02",
                                help_text="How far a fee may be off, for its rounding.",
                                max_digits=12,
                            ),
                        ),
                        ("is_learned", models.BooleanField(default=False, editable=False)),
                        ("changed_at", models.DateTimeField(auto_now=True)),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="fee_rates",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["connection", "currency", "percent"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_learned", True)),
                                fields=("connection", "currency"),
                                name="one_learned_rate_per_currency",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HourlyFigure",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("hour", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("queued", "Queued"),
                                    ("retrying", "Retrying"),
                                    ("waiting", "Waiting for what it refers to"),
                                    ("held", "Held back"),
                                    ("failed", "Needs a person"),
                                    ("delivered", "Delivered"),
                                    ("unchanged", "Unchanged"),
                                    ("superseded", "Superseded: it came in again later"),
                                    ("filtered", "Filtered by a rule"),
                                    ("ignored", "Ignored by a person"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("operation", models.CharField(blank=True, max_length=40)),
                        ("kind", models.CharField(blank=True, max_length=10)),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("count", models.PositiveIntegerField(default=0)),
                        ("amount", models.DecimalField(decimal_places=4, default=0, max_digits=24)),
                        ("new_orders", models.PositiveIntegerField(db_default=0, default=0)),
                        (
                            "new_amount",
                            models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=24),
                        ),
                        ("processing", models.JSONField(blank=True, default=dict)),
                        ("passage", models.JSONField(blank=True, default=dict)),
                        ("delay", models.JSONField(blank=True, null=True)),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="integrations.syncjob",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("hour", "job", "state", "operation", "kind", "currency"),
                                name="one_figure_per_hour_and_sort",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Incident",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("fingerprint", models.CharField(max_length=32, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("transient", "Temporary"),
                                    ("config", "Connection"),
                                    ("data", "Record or mapping"),
                                    ("bug", "Fault in Crossdock"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        ("place", models.CharField(max_length=20)),
                        ("field", models.CharField(blank=True, max_length=120)),
                        ("job_name", models.CharField(blank=True, max_length=120)),
                        ("sentence", models.TextField()),
                        ("open_errors", models.PositiveIntegerField(default=0)),
                        ("all_errors", models.PositiveIntegerField(default=0)),
                        ("stuck", models.JSONField(blank=True, default=dict)),
                        ("first_seen_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField()),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "reopened",
                            models.PositiveIntegerField(
                                default=0, help_text="How often it came back after it was gone."
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-last_seen_at", "-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("resolved_at__isnull", True)),
                                fields=["-last_seen_at"],
                                name="open_incidents",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MergeProposal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        ("first_id", models.CharField(max_length=255)),
                        ("second_id", models.CharField(max_length=255)),
                        ("person", models.CharField(db_index=True, max_length=32)),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("both", "Same e-mail address and same phone"),
                                    ("email", "Same e-mail address"),
                                    ("phone", "Same phone, and only one has an e-mail address"),
                                    ("phone_other_email", "Same phone, another e-mail address"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("confidence", models.PositiveSmallIntegerField(help_text="In percent.")),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "To be decided"),
                                    ("accepted", "One person"),
                                    ("rejected", "Two people"),
                                    ("gone", "No longer alike"),
                                    ("undone", "Undone"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("kept_id", models.CharField(blank=True, max_length=255)),
                        ("decided_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "joined",
                            models.BigIntegerField(
                                blank=True,
                                help_text="The Thing that became the other's person by this decision.",
                                null=True,
                            ),
                        ),
                        ("undone_at", models.DateTimeField(blank=True, null=True)),
                        ("found_at", models.DateTimeField()),
                        (
                            "connection",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "undone_by",
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
                        "ordering": ["-confidence", "id"],
                        "permissions": [
                            (
                                "decide_mergeproposal",
                                "Can see whom merge proposals are about, and decide them",
                            )
                        ],
                        "indexes": [
                            models.Index(fields=["state", "-confidence", "id"], name="proposals_by_state")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("connection", "resource", "first_id", "second_id"),
                                name="one_proposal_per_pair",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MissedWebhook",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        ("changed_at", models.DateTimeField()),
                        ("found_at", models.DateTimeField()),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="missed_webhooks",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="missed_webhooks",
                                to="integrations.delivery",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-changed_at"],
                        "indexes": [
                            models.Index(fields=["connection", "-changed_at"], name="missed_by_time")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("delivery", "changed_at"), name="one_missed_webhook_per_change"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentMatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "how",
                            models.CharField(
                                choices=[
                                    ("reference", "It names its order"),
                                    ("likeness", "By amount, time and customer"),
                                    ("ambiguous", "Several orders fit"),
                                    ("none", "No order fits"),
                                    ("person", "Decided by a person"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("confidence", models.DecimalField(decimal_places=2, max_digits=3)),
                        ("reasons", models.JSONField(default=list)),
                        ("candidates", models.JSONField(blank=True, default=list)),
                        ("is_decided", models.BooleanField(default=False)),
                        ("named_number", models.CharField(blank=True, max_length=120)),
                        ("named_end", models.CharField(blank=True, max_length=120)),
                        ("named_id", models.CharField(blank=True, max_length=255)),
                        ("likeness", models.CharField(blank=True, max_length=40)),
                        ("changed_at", models.DateTimeField()),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="matches",
                                to="integrations.bookedorder",
                            ),
                        ),
                        (
                            "payment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="match",
                                to="integrations.bookedpayment",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "payment matches",
                        "ordering": ["-id"],
                        "permissions": [
                            ("decide_paymentmatch", "Can choose, confirm and undo the order of a payment")
                        ],
                        "indexes": [
                            models.Index(fields=["how", "-id"], name="matches_by_how"),
                            models.Index(
                                condition=models.Q(("named_number", ""), _negated=True),
                                fields=["named_number"],
                                name="matches_by_number",
                            ),
                            models.Index(
                                condition=models.Q(("named_end", ""), _negated=True),
                                fields=["named_end"],
                                name="matches_by_end",
                            ),
                            models.Index(
                                condition=models.Q(("named_id", ""), _negated=True),
                                fields=["named_id"],
                                name="matches_by_named_id",
                            ),
                            models.Index(
                                condition=models.Q(("likeness", ""), _negated=True),
                                fields=["likeness"],
                                name="matches_by_likeness",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MatchDecision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "verb",
                            models.CharField(
                                choices=[
                                    ("confirm", "Confirmed"),
                                    ("choose", "Chose the order"),
                                    ("undo", "Undone"),
                                    ("release", "Left to Crossdock again"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(max_length=500)),
                        ("made_at", models.DateTimeField()),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to="integrations.bookedorder",
                            ),
                        ),
                        (
                            "person",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "match",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="decisions",
                                to="monitoring.paymentmatch",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                    },
                ),
                migrations.CreateModel(
                    name="PaymentMismatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("paid_without_order", "Paid without an order"),
                                    ("choose_order", "Several orders fit"),
                                    ("shipped_unpaid", "Shipped and not paid"),
                                    ("order_without_payment", "Paid by the shop's word alone"),
                                    ("payment_failed", "Open order, failed payment"),
                                    ("cancelled_still_paid", "Cancelled and not refunded"),
                                    ("amount_differs", "Amount differs"),
                                    ("currency_differs", "Currency differs"),
                                    ("refund_only_in_shop", "Refund in the shop alone"),
                                    ("refund_only_at_provider", "Refund at the provider alone"),
                                    ("fee_unexplained", "Fee not explained"),
                                    ("dispute_open", "Dispute to answer"),
                                    ("payout_differs", "Payout does not add up"),
                                    ("payout_entry_unknown", "Payout entry not explained"),
                                    ("payout_entry_differs", "Payout entry differs"),
                                ],
                                max_length=30,
                            ),
                        ),
                        ("what", models.CharField(max_length=10)),
                        ("about", models.BigIntegerField()),
                        ("sentence", models.CharField(max_length=600)),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "expected",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("since", models.DateTimeField()),
                        ("due_by", models.DateTimeField(blank=True, null=True)),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        ("set_aside_at", models.DateTimeField(blank=True, null=True)),
                        ("set_aside_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="payment_mismatches",
                                to="integrations.bookedorder",
                            ),
                        ),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="mismatches",
                                to="integrations.bookedpayment",
                            ),
                        ),
                        (
                            "set_aside_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="payment_mismatches",
                                to="integrations.connection",
                                verbose_name="provider",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "mismatch",
                        "verbose_name_plural": "mismatches",
                        "ordering": ["-since", "-id"],
                        "permissions": [
                            ("settle_paymentmismatch", "Can set a mismatch aside, and take it up again")
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(
                                    ("set_aside_at__isnull", True), ("settled_at__isnull", True)
                                ),
                                fields=["-since"],
                                name="open_mismatches",
                            ),
                            models.Index(fields=["what", "about"], name="mismatches_of_a_row"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kind", "what", "about"), name="one_mismatch_of_a_kind"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookHour",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("hour", models.DateTimeField()),
                        ("resource", models.CharField(max_length=60)),
                        ("came", models.PositiveIntegerField(default=0)),
                        ("missed", models.PositiveIntegerField(default=0)),
                        ("delivered", models.PositiveIntegerField(default=0)),
                        ("open", models.PositiveIntegerField(default=0)),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="webhook_hours",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "webhook ledger",
                        "verbose_name_plural": "webhook ledger",
                        "ordering": ["-hour"],
                        "indexes": [models.Index(fields=["-hour"], name="ledger_by_hour")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("connection", "hour", "resource"), name="one_ledger_row_per_hour"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkflowVerdict",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("met", models.PositiveSmallIntegerField(default=0)),
                        ("not_met", models.PositiveSmallIntegerField(default=0)),
                        ("not_measured", models.PositiveSmallIntegerField(default=0)),
                        ("as_of", models.DateTimeField()),
                        (
                            "workflow",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="verdict",
                                to="integrations.workflow",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="AlertMessage",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_recovery", models.BooleanField(default=False)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("due", "To be sent"),
                                    ("sending", "Being sent"),
                                    ("sent", "Sent"),
                                    ("failed", "Could not be sent"),
                                    ("unknown", "May have arrived"),
                                ],
                                default="due",
                                max_length=8,
                            ),
                        ),
                        ("due_at", models.DateTimeField()),
                        ("tries", models.PositiveSmallIntegerField(default=0)),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "sentence",
                            models.CharField(
                                blank=True, help_text="Why it could not be sent.", max_length=300
                            ),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="monitoring.alertchannel",
                            ),
                        ),
                        (
                            "event",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="messages",
                                to="monitoring.alertevent",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-id"],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["due", "sending"])),
                                fields=["due_at"],
                                name="alert_messages_due",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("event", "channel", "is_recovery"),
                                name="one_message_per_channel_and_end",
                            )
                        ],
                    },
                ),
            ],
        ),
    ]

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import mappings.fields
import mappings.migrations._together


class Migration(migrations.Migration):
    replaces = [
        ("integrations", "0001_initial"),
        ("integrations", "0002_units_accepted_by_the_warehouse"),
        ("integrations", "0003_one_reading_run"),
        ("integrations", "0004_one_budget_for_all_workers"),
        ("integrations", "0005_a_run_of_what_a_person_asked_for"),
        ("integrations", "0006_indexes_for_a_million_things"),
        ("integrations", "0007_larger_batches"),
        ("integrations", "0008_who_is_at_work"),
        ("integrations", "0009_indexes_that_only_cost"),
        ("integrations", "0010_outcomes_by_kind"),
        ("integrations", "0011_who_renews_an_access"),
        ("integrations", "0012_webhooks_ordered_by_the_portal"),
        ("integrations", "0013_what_was_dropped_is_counted_apart"),
        ("integrations", "0014_to_the_doorstep"),
        ("integrations", "0015_promised_deliveries"),
        ("integrations", "0016_books"),
        ("integrations", "0017_workflows_are_measured_and_launched"),
        ("integrations", "0018_bundles_and_several_locations"),
        ("integrations", "0019_books_are_read_by_partners"),
        ("integrations", "0020_entries_of_payouts"),
        ("integrations", "0021_what_systems_were_last_known_to_hold"),
        ("integrations", "0022_jobs_wait_for_payment"),
        ("integrations", "0023_people_and_their_consents"),
        ("integrations", "0024_only_with_consent"),
        ("integrations", "0025_conflicts"),
        ("integrations", "0026_native_integrations_beside_jobs"),
        ("integrations", "0027_jobs_say_why_they_share_fields"),
        ("integrations", "0028_stock_is_counted_by_settings"),
        ("integrations", "0029_orders_without_a_parcel"),
        ("integrations", "0030_orders_called_shipped"),
        ("integrations", "0031_judgements_by_time"),
        ("integrations", "0032_announced_ends"),
        ("integrations", "0033_orders_await_payments"),
        ("integrations", "0034_payments_by_the_id_of_their_order"),
    ]

    initial = True

    dependencies = [
        ("auth", "__first__"),
        ("mappings", "0001_squashed_0003_owners_of_fields"),
    ]

    operations = [
        mappings.migrations._together.CreateModels(
            models=[
                migrations.CreateModel(
                    name="Batch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "priority",
                            models.PositiveSmallIntegerField(
                                choices=[(0, "Fresh"), (5, "Ordinary"), (9, "Backfill")], default=5
                            ),
                        ),
                        ("size", models.PositiveSmallIntegerField()),
                        ("payloads", mappings.fields.SecretField(blank=True, compress=True, null=True)),
                        ("remaining", models.JSONField(blank=True, null=True)),
                        ("not_before", models.DateTimeField(blank=True, null=True)),
                        ("lease_token", models.CharField(blank=True, max_length=32)),
                        ("lease_holder", models.CharField(blank=True, max_length=120)),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        (
                            "attempts",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Raised at each claim; leases that were lost."
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="batches",
                                to="integrations.syncjob",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="batches",
                                to="integrations.syncrun",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "batches",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=["job", "priority", "id", "not_before", "lease_until", "lease_token"],
                                name="claimable_batches",
                            ),
                            models.Index(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=["lease_until"],
                                name="open_batch_leases",
                            ),
                            models.Index(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=["run"],
                                name="open_batches_of_run",
                            ),
                            models.Index(
                                condition=models.Q(("settled_at__isnull", False)),
                                fields=["settled_at"],
                                name="settled_batches",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Bundle",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "sku",
                            models.CharField(
                                help_text="As the channels sell it.",
                                max_length=120,
                                unique=True,
                                verbose_name="SKU",
                            ),
                        ),
                        ("name", models.CharField(blank=True, max_length=120)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["sku"],
                    },
                ),
                migrations.CreateModel(
                    name="Connection",
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
                        ("platform", models.CharField(max_length=40)),
                        (
                            "environment",
                            models.CharField(
                                choices=[("sandbox", "Sandbox"), ("production", "Production")],
                                default="sandbox",
                                max_length=12,
                            ),
                        ),
                        ("settings", models.JSONField(blank=True, default=dict)),
                        ("secrets", mappings.fields.SecretField(blank=True, default=dict)),
                        ("enabled", models.BooleanField(default=True)),
                        (
                            "native_integrations",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Platforms to which this system's own integration is switched on: it writes there beside our jobs.",
                            ),
                        ),
                        (
                            "health",
                            models.CharField(
                                choices=[
                                    ("untested", "Not tested yet"),
                                    ("working", "Working"),
                                    ("failing", "Failing"),
                                ],
                                default="untested",
                                max_length=12,
                            ),
                        ),
                        ("health_sentence", models.CharField(blank=True, max_length=500)),
                        ("health_checked_at", models.DateTimeField(blank=True, null=True)),
                        ("announced_end", models.DateField(blank=True, editable=False, null=True)),
                        (
                            "announced_said",
                            models.CharField(blank=True, db_default="", editable=False, max_length=300),
                        ),
                        ("announced_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "webhook_address",
                            models.CharField(
                                blank=True,
                                help_text="Unguessable end of the webhook address.",
                                max_length=64,
                                null=True,
                                unique=True,
                            ),
                        ),
                        (
                            "webhook_secret_before",
                            mappings.fields.SecretField(
                                blank=True,
                                editable=False,
                                help_text="The webhook secret that was replaced, and until when it still counts.",
                                null=True,
                            ),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        "ordering": ["name"],
                        "permissions": [("test_connection", "Can test a connection")],
                    },
                ),
                migrations.CreateModel(
                    name="Delivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                                default="queued",
                                max_length=12,
                            ),
                        ),
                        ("state_since", models.DateTimeField()),
                        ("state_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "subject",
                            models.CharField(
                                blank=True, help_text="How a person calls it: Order #1042.", max_length=120
                            ),
                        ),
                        ("accepted_version", models.CharField(blank=True, max_length=40)),
                        ("accepted_digest", models.CharField(blank=True, max_length=32)),
                        ("accepted_mapping", models.CharField(blank=True, max_length=20)),
                        ("accepted_at", models.DateTimeField()),
                        (
                            "seen_at",
                            models.DateTimeField(
                                blank=True,
                                help_text="When a read last showed it; kept only where removals are followed.",
                                null=True,
                            ),
                        ),
                        (
                            "accepted_serial",
                            models.PositiveIntegerField(
                                default=1,
                                help_text="Raised with each accepted version; parcels with a lower one are superseded.",
                            ),
                        ),
                        ("source_version", models.CharField(blank=True, max_length=40)),
                        ("source_read_at", models.DateTimeField(blank=True, null=True)),
                        ("content_hash", models.CharField(blank=True, max_length=32)),
                        ("written_state", models.JSONField(blank=True, null=True)),
                        (
                            "mapping_version",
                            models.CharField(
                                blank=True, help_text="Read and write mapping's version: 3.5", max_length=20
                            ),
                        ),
                        (
                            "attempts",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Tries of the present version."
                            ),
                        ),
                        (
                            "deadline_at",
                            models.DateTimeField(
                                blank=True, help_text="When a pending record becomes an error.", null=True
                            ),
                        ),
                        (
                            "promised_at",
                            models.DateTimeField(
                                blank=True,
                                help_text="The hour that was promised: told by the source, else the next pick-up.",
                                null=True,
                            ),
                        ),
                        (
                            "called_shipped_at",
                            models.DateTimeField(
                                blank=True,
                                help_text="Orders: since when the source calls it shipped, with no parcel of it known at that time.",
                                null=True,
                            ),
                        ),
                        ("first_delivered_at", models.DateTimeField(blank=True, null=True)),
                        ("delivered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="integrations.syncjob",
                            ),
                        ),
                        (
                            "thing",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="deliveries",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "deliveries",
                        "indexes": [
                            models.Index(
                                fields=["job", "state", "state_since"], name="integration_job_id_0ad894_idx"
                            ),
                            models.Index(
                                condition=models.Q(("deadline_at__isnull", False)),
                                fields=["deadline_at"],
                                name="delivery_deadlines",
                            ),
                            models.Index(
                                condition=models.Q(("promised_at__isnull", False)),
                                fields=["promised_at"],
                                name="promised_deliveries",
                            ),
                            models.Index(
                                condition=models.Q(("called_shipped_at__isnull", False)),
                                fields=["called_shipped_at"],
                                name="called_shipped_deliveries",
                            ),
                            models.Index(fields=["state", "id"], name="deliveries_by_state"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("job", "thing"), name="one_delivery_per_job_and_thing"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Heartbeat",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120, unique=True)),
                        ("beat_at", models.DateTimeField()),
                        ("what", models.CharField(blank=True, max_length=200)),
                    ],
                ),
                migrations.CreateModel(
                    name="Partner",
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
                        ("calls_per_minute", models.PositiveIntegerField(default=600)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "jobs",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The jobs that this partner may see and push into.",
                                related_name="partners",
                                to="integrations.syncjob",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                    },
                ),
                migrations.CreateModel(
                    name="CallShare",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("holder", models.CharField(max_length=160)),
                        ("wanted", models.PositiveSmallIntegerField()),
                        ("calls", models.PositiveSmallIntegerField(default=0)),
                        ("is_urgent", models.BooleanField(default=False)),
                        ("until_us", models.BigIntegerField()),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="call_shares",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["id"],
                    },
                ),
                migrations.CreateModel(
                    name="BookedPayout",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("fee", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("arrives_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedpayout_in_turn"),
                            models.Index(fields=["arrives_at"], name="bookedpayout_arrives"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedpayout_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedPayment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("order_number", models.CharField(blank=True, max_length=120)),
                        ("order_external_id", models.CharField(blank=True, max_length=255)),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("provider", models.CharField(blank=True, max_length=60)),
                        ("reference", models.CharField(blank=True, max_length=255)),
                        ("fee", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ("net", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ("payout", models.CharField(blank=True, max_length=255)),
                        ("person", models.CharField(blank=True, max_length=32)),
                        ("created_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedpayment_in_turn"),
                            models.Index(fields=["order_number"], name="bookedpayment_number"),
                            models.Index(fields=["created_at"], name="bookedpayment_created"),
                            models.Index(fields=["person"], name="bookedpayment_person"),
                            models.Index(fields=["reference"], name="bookedpayment_reference"),
                            models.Index(fields=["payout"], name="bookedpayment_payout"),
                            models.Index(
                                condition=models.Q(("order_external_id", ""), _negated=True),
                                fields=["order_external_id"],
                                name="bookedpayment_order_id",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedpayment_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedOrder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("number", models.CharField(blank=True, max_length=120)),
                        ("placed_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        (
                            "subtotal",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("tax", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        (
                            "shipping_total",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "discount_total",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "total",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("payment_status", models.CharField(blank=True, max_length=30)),
                        ("fulfillment_status", models.CharField(blank=True, max_length=30)),
                        ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                        ("is_renewal", models.BooleanField(blank=True, null=True)),
                        ("person", models.CharField(blank=True, max_length=32)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedorder_in_turn"),
                            models.Index(fields=["number"], name="bookedorder_number"),
                            models.Index(fields=["placed_at"], name="bookedorder_placed"),
                            models.Index(fields=["person", "placed_at"], name="bookedorder_person"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedorder_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedDispute",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("order_number", models.CharField(blank=True, max_length=120)),
                        ("order_external_id", models.CharField(blank=True, max_length=255)),
                        ("payment_external_id", models.CharField(blank=True, max_length=255)),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("reason", models.CharField(blank=True, max_length=60)),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("due_by", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookeddispute_in_turn"),
                            models.Index(fields=["order_number"], name="bookeddispute_number"),
                            models.Index(fields=["created_at"], name="bookeddispute_created"),
                            models.Index(fields=["payment_external_id"], name="bookeddispute_payment"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookeddispute_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedCustomer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("person", models.CharField(blank=True, max_length=32)),
                        ("phone", models.CharField(blank=True, max_length=32)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        ("accepts_marketing", models.BooleanField(blank=True, null=True)),
                        ("created_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedcustomer_in_turn"),
                            models.Index(fields=["person"], name="bookedcustomer_person"),
                            models.Index(fields=["phone"], name="bookedcustomer_phone"),
                            models.Index(fields=["created_at"], name="bookedcustomer_created"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedcustomer_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccessToken",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("token", mappings.fields.SecretField(blank=True, null=True)),
                        ("version", models.PositiveIntegerField(default=0)),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("refreshing_until", models.DateTimeField(blank=True, null=True)),
                        ("holder", models.CharField(blank=True, db_default="", default="", max_length=200)),
                        ("consent_ends_at", models.DateTimeField(blank=True, null=True)),
                        ("obtained_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "connection",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="access_token",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ConsentEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("person", models.CharField(max_length=32)),
                        ("channel", models.CharField(max_length=10)),
                        ("given", models.BooleanField()),
                        ("at", models.DateTimeField()),
                        ("place", models.CharField(blank=True, max_length=60)),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "told_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="consent_entries",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "consent entries",
                        "indexes": [models.Index(fields=["recorded_at", "id"], name="consents_by_time")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("person", "channel", "at", "told_by", "given"),
                                name="one_entry_per_thing_said",
                            )
                        ],
                    },
                ),
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
                        (
                            "total",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
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
                migrations.CreateModel(
                    name="Doorbell",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("task", models.CharField(max_length=40)),
                        ("subject_id", models.BigIntegerField(default=0)),
                        ("rung_at", models.DateTimeField(blank=True, null=True)),
                        ("at_work_until", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("task", "subject_id"), name="one_bell_per_task_and_subject"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalConnection",
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
                                        "^[a-z0-9][a-z0-9-]*$",
                                        "Use small letters, digits and hyphens, for example 'main-warehouse'.",
                                    )
                                ],
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        ("platform", models.CharField(max_length=40)),
                        (
                            "environment",
                            models.CharField(
                                choices=[("sandbox", "Sandbox"), ("production", "Production")],
                                default="sandbox",
                                max_length=12,
                            ),
                        ),
                        ("settings", models.JSONField(blank=True, default=dict)),
                        ("enabled", models.BooleanField(default=True)),
                        (
                            "native_integrations",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Platforms to which this system's own integration is switched on: it writes there beside our jobs.",
                            ),
                        ),
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
                        "verbose_name": "historical connection",
                        "verbose_name_plural": "historical connections",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="InboundEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("topic", models.CharField(blank=True, max_length=80)),
                        ("resource", models.CharField(blank=True, max_length=60)),
                        ("external_id", models.CharField(blank=True, max_length=255)),
                        ("delivery_id", models.CharField(blank=True, max_length=120, null=True)),
                        (
                            "headers",
                            models.JSONField(default=dict, help_text="Without secrets and signatures."),
                        ),
                        ("body", mappings.fields.SecretBytesField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("received", "Received"),
                                    ("processed", "Processed"),
                                    ("duplicate", "Duplicate"),
                                    ("failed", "Could not be processed"),
                                ],
                                default="received",
                                max_length=10,
                            ),
                        ),
                        ("sentence", models.CharField(blank=True, max_length=500)),
                        ("received_at", models.DateTimeField()),
                        ("processed_at", models.DateTimeField(blank=True, null=True)),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="inbound_events",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-received_at", "-id"],
                        "permissions": [("replay_inboundevent", "Can replay a webhook")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "received")),
                                fields=["connection", "id"],
                                name="unprocessed_events",
                            ),
                            models.Index(fields=["-received_at"], name="integration_receive_0afc63_idx"),
                            models.Index(
                                condition=models.Q(("processed_at__isnull", False)),
                                fields=["processed_at"],
                                name="processed_events",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("delivery_id__isnull", False)),
                                fields=("connection", "delivery_id"),
                                name="one_event_per_delivery_id",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Intent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        ("operation", models.CharField(max_length=40)),
                        ("step", models.PositiveSmallIntegerField(default=0)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "About to leave, or on its way"),
                                    ("in_doubt", "Sent, answer unknown"),
                                    ("to_repeat", "Surely without effect, to be sent again"),
                                    ("settled", "Settled"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("idempotency_key", models.CharField(max_length=64)),
                        ("key_expires_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "call",
                            mappings.fields.SecretField(
                                blank=True, help_text="The exact call, dropped when settled.", null=True
                            ),
                        ),
                        ("source_version", models.CharField(blank=True, max_length=40)),
                        ("lease_token", models.CharField(blank=True, max_length=32)),
                        ("lease_holder", models.CharField(blank=True, max_length=120)),
                        ("created_at", models.DateTimeField()),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "batch",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="intents",
                                to="integrations.batch",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="intents",
                                to="integrations.delivery",
                            ),
                        ),
                        (
                            "destination",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="intents",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "thing",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="intents",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("settled_at__isnull", False)),
                                fields=["settled_at"],
                                name="old_intents",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=("destination", "resource", "thing"),
                                name="one_open_intent_per_key",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ErrorRecord",
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
                                    ("transient", "Temporary"),
                                    ("config", "Connection"),
                                    ("data", "Record or mapping"),
                                    ("bug", "Fault in Crossdock"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        (
                            "place",
                            models.CharField(
                                help_text="Where: read, translate, validate, send, in_doubt, worker.",
                                max_length=20,
                            ),
                        ),
                        ("field", models.CharField(blank=True, max_length=120)),
                        ("subject", models.CharField(blank=True, max_length=120)),
                        ("sentence", models.TextField()),
                        ("fingerprint", models.CharField(db_index=True, max_length=32)),
                        ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("request_id", models.CharField(blank=True, max_length=120)),
                        ("evidence", mappings.fields.SecretField(blank=True, null=True)),
                        ("payload", mappings.fields.SecretField(blank=True, compress=True, null=True)),
                        (
                            "version",
                            models.CharField(
                                blank=True,
                                help_text="The source's version of the record that failed.",
                                max_length=40,
                            ),
                        ),
                        ("mapping_version", models.CharField(blank=True, max_length=20)),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("attempts", models.PositiveIntegerField(default=1)),
                        ("first_seen_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField()),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "settled_how",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("delivered", "Delivered after all"),
                                    ("superseded", "A newer version came"),
                                    ("ignored", "Ignored by a person"),
                                    ("gone", "The cause is gone"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "connection",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="errors",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "delivery",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="errors",
                                to="integrations.delivery",
                            ),
                        ),
                        (
                            "intent",
                            models.ForeignKey(
                                blank=True,
                                help_text="The write whose effect is unknown.",
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="errors",
                                to="integrations.intent",
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="errors",
                                to="integrations.syncjob",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="errors",
                                to="integrations.syncrun",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-last_seen_at", "-id"],
                        "permissions": [("retry_errorrecord", "Can retry and ignore errors")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=["-last_seen_at"],
                                name="open_errors",
                            ),
                            models.Index(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=["job", "-last_seen_at"],
                                name="open_errors_of_job",
                            ),
                            models.Index(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=["fingerprint"],
                                name="open_errors_of_cause",
                            ),
                            models.Index(fields=["-last_seen_at"], name="all_errors"),
                            models.Index(
                                condition=models.Q(
                                    ("settled_at__isnull", False),
                                    models.Q(
                                        ("payload__isnull", False),
                                        ("evidence__isnull", False),
                                        _connector="OR",
                                    ),
                                ),
                                fields=["settled_at"],
                                name="settled_errors_with_content",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("delivery__isnull", False), ("settled_at__isnull", True)),
                                fields=("delivery",),
                                name="one_open_error_per_delivery",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("delivery__isnull", True), ("settled_at__isnull", True)),
                                fields=("job", "fingerprint"),
                                name="one_open_error_per_job_and_cause",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Judgement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "decision",
                            models.CharField(
                                choices=[
                                    ("assign", "Assigned"),
                                    ("comment", "Commented"),
                                    ("ignore", "Ignored"),
                                    ("retry", "Retried"),
                                    ("edit", "Edited and retried"),
                                    ("confirm", "Confirmed: it had arrived"),
                                    ("resend", "Sent again: it had not arrived"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("text", models.TextField(blank=True)),
                        ("at", models.DateTimeField()),
                        (
                            "assignee",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="assigned_errors",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="judgements",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "error",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="judgements",
                                to="integrations.errorrecord",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["at", "id"],
                        "indexes": [models.Index(fields=["at"], name="judgements_by_time")],
                    },
                ),
                migrations.CreateModel(
                    name="LeftContact",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        ("external_id", models.CharField(max_length=255)),
                        ("since", models.DateTimeField()),
                        (
                            "connection",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="left_contacts",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("connection", "resource", "external_id"),
                                name="one_row_per_left_contact",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PartnerKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("prefix", models.CharField(max_length=12, unique=True)),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        (
                            "scopes",
                            models.JSONField(default=list, help_text="Any of: push, read, retry, books."),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        ("last_used_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "partner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="keys",
                                to="integrations.partner",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-created_at"],
                    },
                ),
                migrations.CreateModel(
                    name="PartnerRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("idempotency_key", models.CharField(max_length=120)),
                        ("body_digest", models.CharField(max_length=64)),
                        ("status", models.PositiveSmallIntegerField()),
                        ("answer", models.JSONField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "partner",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="requests",
                                to="integrations.partner",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["created_at"], name="integration_created_0dfde8_idx")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("partner", "idempotency_key"), name="one_answer_per_idempotency_key"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RateBudget",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("next_free_us", models.BigIntegerField(default=0)),
                        ("blocked_until_us", models.BigIntegerField(default=0)),
                        (
                            "day",
                            models.PositiveIntegerField(
                                db_default=0,
                                default=0,
                                help_text="The day (UTC, since 1970) that is counted.",
                            ),
                        ),
                        ("day_calls", models.PositiveIntegerField(db_default=0, default=0)),
                        ("points_free_us", models.BigIntegerField(db_default=0, default=0)),
                        ("points_rate", models.FloatField(db_default=0.0, default=0.0)),
                        ("points_most", models.FloatField(db_default=0.0, default=0.0)),
                        ("points_cost", models.FloatField(db_default=0.0, default=0.0)),
                        ("told_interval_us", models.BigIntegerField(db_default=0, default=0)),
                        ("told_until_us", models.BigIntegerField(db_default=0, default=0)),
                        ("told", models.CharField(blank=True, db_default="", default="", max_length=200)),
                        ("told_at_us", models.BigIntegerField(db_default=0, default=0)),
                        ("failures", models.PositiveSmallIntegerField(db_default=0, default=0)),
                        ("open_until_us", models.BigIntegerField(db_default=0, default=0)),
                        (
                            "connection",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rate_budget",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RefusedWebhooks",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField()),
                        ("count", models.PositiveIntegerField(default=0)),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="refused_webhooks",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "refused webhooks",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("connection", "day"), name="one_refusal_count_per_day"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockFigure",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        ("external_id", models.CharField(max_length=255)),
                        ("sku", models.CharField(max_length=120)),
                        ("payload", models.JSONField()),
                        ("version", models.CharField(blank=True, max_length=40)),
                        ("read_at", models.DateTimeField()),
                        (
                            "seen_at",
                            models.DateTimeField(
                                blank=True,
                                help_text="When a read of everything last showed the row, changed or not.",
                                null=True,
                            ),
                        ),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="stock_figures",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["connection", "sku"], name="integration_connect_ee6ddc_idx")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("connection", "resource", "external_id"),
                                name="one_figure_per_stock_row",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SyncJob",
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
                        (
                            "kind",
                            models.CharField(
                                help_text="The kind of Record that travels: order, stock_level, …",
                                max_length=20,
                            ),
                        ),
                        ("source_resource", models.CharField(max_length=60)),
                        ("destination_resource", models.CharField(max_length=60)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("paused", "Paused"),
                                    ("halted", "Halted by a failure"),
                                ],
                                default="active",
                                max_length=10,
                            ),
                        ),
                        ("state_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "launched_at",
                            models.DateTimeField(
                                blank=True,
                                editable=False,
                                help_text="When it was launched with its workflow: since then it may run against production.",
                                null=True,
                            ),
                        ),
                        (
                            "every_seconds",
                            models.PositiveIntegerField(
                                default=300,
                                help_text="How often the source is read. 0: only by webhook, by hand or through the API.",
                            ),
                        ),
                        (
                            "accepts_pushes",
                            models.BooleanField(
                                default=False,
                                help_text="Partners may push records into this job through the API.",
                            ),
                        ),
                        (
                            "filter",
                            models.CharField(
                                blank=True,
                                help_text="JMESPath over the Record; only records for which it is true are sent: payment_status == 'paid'.",
                                max_length=500,
                            ),
                        ),
                        (
                            "rollout_percent",
                            models.PositiveSmallIntegerField(
                                default=100,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                            ),
                        ),
                        (
                            "released_percent",
                            models.PositiveSmallIntegerField(
                                default=100,
                                editable=False,
                                help_text="The rollout at which held records were last let go.",
                            ),
                        ),
                        (
                            "removed",
                            models.CharField(
                                choices=[
                                    ("ignore", "Leave it in the destination"),
                                    ("cancel", "Cancel it in the destination"),
                                    ("delete", "Delete it in the destination"),
                                ],
                                default="ignore",
                                max_length=8,
                            ),
                        ),
                        (
                            "removed_at_most_percent",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="If a complete read misses more than this share, nothing is removed and a person is asked.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                            ),
                        ),
                        (
                            "counts_units_in_flight",
                            models.BooleanField(
                                default=False,
                                help_text="Orders: sold units are held back from all stock jobs until the destination has accepted them.",
                            ),
                        ),
                        (
                            "waits_for_payment",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                help_text="Orders: one that is not paid is held, and goes on by itself once the shop says it is paid, or a provider's payment of it stands in the books.",
                            ),
                        ),
                        (
                            "needs_consent",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                help_text="Mailing tools: only what is about people who are known to want mails leaves. Unknown is no.",
                            ),
                        ),
                        (
                            "checks_address",
                            models.BooleanField(
                                default=False,
                                help_text="Orders: an address that no carrier could deliver to is held for a person before it leaves.",
                            ),
                        ),
                        (
                            "pick_up_hours",
                            models.CharField(
                                blank=True,
                                help_text="Orders: when the carrier picks up: mon-fri 16:00, sat 12:00. An order is promised by the next one, unless the source tells its own hour.",
                                max_length=120,
                            ),
                        ),
                        (
                            "pick_up_zone",
                            models.CharField(
                                blank=True,
                                help_text="The time zone of these hours: Europe/Berlin.",
                                max_length=40,
                            ),
                        ),
                        (
                            "pick_up_holidays",
                            models.CharField(
                                blank=True,
                                help_text="On whose holidays nobody picks up: DE, or a part of it: DE-BY.",
                                max_length=10,
                            ),
                        ),
                        (
                            "announce_within_minutes",
                            models.PositiveIntegerField(
                                default=120,
                                help_text="Shipments: how soon the destination is to know of one. What takes longer is listed under “Shipped, not announced”. 0: nobody is announced to by this job.",
                            ),
                        ),
                        (
                            "writes_beside",
                            models.CharField(
                                blank=True,
                                help_text="Only if a system's own integration writes the same: why both are meant. Without a reason, such a job is refused.",
                                max_length=300,
                            ),
                        ),
                        (
                            "shares_fields",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="Only if another job writes the same fields and nobody owns them: why both are meant. Without an owner or a reason, such a job is refused.",
                                max_length=300,
                            ),
                        ),
                        (
                            "read_overlap_seconds",
                            models.PositiveIntegerField(
                                default=300,
                                help_text="Each read begins this long before the last one began, so that late rows are seen.",
                            ),
                        ),
                        (
                            "stock_buffer",
                            models.PositiveIntegerField(
                                default=0, help_text="Stock: units never offered on this channel."
                            ),
                        ),
                        (
                            "stock_buffer_percent",
                            models.PositiveSmallIntegerField(
                                default=0,
                                help_text="Stock: share of what is there that is never offered on this channel. The larger of both counts.",
                                validators=[django.core.validators.MaxValueValidator(100)],
                            ),
                        ),
                        (
                            "stock_locations",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Stock: the locations that this channel sells from, as the source calls them. None named: all.",
                            ),
                        ),
                        (
                            "stock_counted",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                editable=False,
                                help_text="With which of these settings all its products were counted last: see `sync.stock_settings`.",
                            ),
                        ),
                        (
                            "explode_bundles",
                            models.BooleanField(
                                default=False,
                                help_text="Orders: the destination is given the parts of a bundle, not the bundle.",
                            ),
                        ),
                        (
                            "concurrent_calls",
                            models.PositiveSmallIntegerField(
                                default=8, validators=[django.core.validators.MinValueValidator(1)]
                            ),
                        ),
                        (
                            "batch_size",
                            models.PositiveSmallIntegerField(
                                default=250,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(500),
                                ],
                            ),
                        ),
                        (
                            "retry_limit",
                            models.PositiveSmallIntegerField(
                                default=6, help_text="Tries of one record before it becomes an error."
                            ),
                        ),
                        (
                            "waiting_hours",
                            models.PositiveSmallIntegerField(
                                default=24,
                                help_text="How long a record may wait for what it refers to before it becomes an error.",
                            ),
                        ),
                        ("resume_position", models.JSONField(blank=True, editable=False, null=True)),
                        ("watermark", models.DateTimeField(blank=True, null=True)),
                        ("position_version", models.PositiveIntegerField(default=0, editable=False)),
                        ("read_started_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("read_since", models.DateTimeField(blank=True, editable=False, null=True)),
                        (
                            "last_complete_read_at",
                            models.DateTimeField(
                                blank=True,
                                editable=False,
                                help_text="When the last read that ran to its end had begun.",
                                null=True,
                            ),
                        ),
                        (
                            "next_read_at",
                            models.DateTimeField(blank=True, db_index=True, editable=False, null=True),
                        ),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        ("updated_at", models.DateTimeField(auto_now=True)),
                        (
                            "destination",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="writing_jobs",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "read_mapping",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reading_jobs",
                                to="mappings.mapping",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reading_jobs",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "write_mapping",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="writing_jobs",
                                to="mappings.mapping",
                            ),
                        ),
                        (
                            "workflow",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="jobs",
                                to="integrations.workflow",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "permissions": [("run_syncjob", "Can run, pause and resume a job")],
                    },
                ),
                migrations.CreateModel(
                    name="SyncRun",
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
                                    ("pull", "Read from the source"),
                                    ("webhook", "Webhook"),
                                    ("partner", "Partner API"),
                                    ("retry", "Retried"),
                                    ("recount", "Stock counted anew"),
                                    ("again", "Run again by a person"),
                                    ("consent", "Consent told by another system"),
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
                                    ("failed", "Failed"),
                                    ("cancelled", "Cancelled"),
                                ],
                                default="running",
                                max_length=10,
                            ),
                        ),
                        (
                            "full",
                            models.BooleanField(
                                default=False, help_text="Reads everything, whatever the watermark says."
                            ),
                        ),
                        ("started_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "read_through",
                            models.BooleanField(default=False, help_text="The source was read to its end."),
                        ),
                        ("sentence", models.CharField(blank=True, max_length=500)),
                        ("notices", models.JSONField(blank=True, default=list)),
                        (
                            "asked",
                            models.JSONField(
                                blank=True,
                                help_text="Which records a person wanted to be run again.",
                                null=True,
                            ),
                        ),
                        ("position", models.JSONField(blank=True, null=True)),
                        ("position_version", models.PositiveIntegerField(default=0)),
                        (
                            "goes_on_at",
                            models.DateTimeField(
                                blank=True,
                                help_text="When its read goes on after the source failed.",
                                null=True,
                            ),
                        ),
                        (
                            "environment",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="Where it began: “sandbox” only where both systems were. Empty: it is older than this column.",
                                max_length=12,
                            ),
                        ),
                        (
                            "mapping_versions",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="Both mappings as they were when it began: id and version of each, as “12.3 14.5”.",
                                max_length=60,
                            ),
                        ),
                        (
                            "total",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="How many rows the source says there are to read; empty: it does not say.",
                                null=True,
                            ),
                        ),
                        (
                            "moved_at",
                            models.DateTimeField(blank=True, help_text="When a count last moved.", null=True),
                        ),
                        (
                            "read",
                            models.PositiveIntegerField(default=0, help_text="Rows that the source showed."),
                        ),
                        (
                            "known",
                            models.PositiveIntegerField(
                                default=0, help_text="Of these, versions accepted before."
                            ),
                        ),
                        ("accepted", models.PositiveIntegerField(default=0)),
                        ("delivered", models.PositiveIntegerField(default=0)),
                        ("unchanged", models.PositiveIntegerField(default=0)),
                        ("superseded", models.PositiveIntegerField(default=0)),
                        ("filtered", models.PositiveIntegerField(default=0)),
                        (
                            "ignored",
                            models.PositiveIntegerField(
                                db_default=0,
                                default=0,
                                help_text="Dropped by a cancel, or by a person's decision.",
                            ),
                        ),
                        ("held", models.PositiveIntegerField(default=0)),
                        ("failed", models.PositiveIntegerField(default=0)),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="runs",
                                to="integrations.syncjob",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-started_at", "-id"],
                        "indexes": [
                            models.Index(fields=["job", "-started_at"], name="integration_job_id_f8ec95_idx"),
                            models.Index(
                                condition=models.Q(("finished_at__isnull", True)),
                                fields=["job"],
                                name="open_runs",
                            ),
                            models.Index(
                                condition=models.Q(("finished_at__isnull", False)),
                                fields=["finished_at"],
                                name="finished_runs",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("finished_at__isnull", True), ("read_through", False)),
                                fields=("job", "door"),
                                name="one_reading_run_per_job_and_door",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Outcome",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                        (
                            "kind",
                            models.CharField(
                                blank=True, help_text="Kind of failure, where there was one.", max_length=10
                            ),
                        ),
                        ("serial", models.PositiveIntegerField(default=1)),
                        ("source_version", models.CharField(blank=True, max_length=40)),
                        ("mapping_version", models.CharField(blank=True, max_length=20)),
                        ("attempt", models.PositiveSmallIntegerField(default=1)),
                        ("occurred_at", models.DateTimeField(blank=True, null=True)),
                        ("received_at", models.DateTimeField(blank=True, null=True)),
                        ("accepted_at", models.DateTimeField(blank=True, null=True)),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("request_id", models.CharField(blank=True, max_length=120)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outcomes",
                                to="integrations.delivery",
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outcomes",
                                to="integrations.syncjob",
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="outcomes",
                                to="integrations.syncrun",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["recorded_at"], name="integration_recorde_ee6fb0_idx"),
                            models.Index(fields=["job", "recorded_at"], name="integration_job_id_dea972_idx"),
                            models.Index(fields=["state", "recorded_at", "id"], name="outcomes_by_state"),
                            models.Index(fields=["kind", "recorded_at", "id"], name="outcomes_by_kind"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Thing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("created_at", models.DateTimeField()),
                        (
                            "has_parcel",
                            models.BooleanField(
                                blank=True,
                                default=False,
                                help_text="Orders: a parcel of it is known. Empty: from before parcels were watched.",
                                null=True,
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="parts",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="SearchKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("digest", models.CharField(max_length=32)),
                        (
                            "thing",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="search_keys",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("digest", "kind", "thing"), name="one_search_key_per_thing"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SamePerson",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("since", models.DateTimeField()),
                        (
                            "root",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="also",
                                to="integrations.thing",
                            ),
                        ),
                        (
                            "thing",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="same_person",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "same persons",
                    },
                ),
                migrations.CreateModel(
                    name="PersonKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("digest", models.CharField(max_length=32)),
                        (
                            "thing",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="person_keys",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("digest", "kind"), name="one_thing_per_person_key"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LastKnown",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digests", models.JSONField(default=dict)),
                        (
                            "read_at",
                            models.DateTimeField(
                                blank=True, help_text="When the read began that showed it last.", null=True
                            ),
                        ),
                        (
                            "written_at",
                            models.DateTimeField(
                                blank=True, help_text="When a write of ours arrived there last.", null=True
                            ),
                        ),
                        (
                            "connection",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="last_known",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "thing",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="last_known",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "last known values",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("thing", "connection"), name="one_last_known_per_thing_and_system"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExternalId",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=60)),
                        ("external_id", models.CharField(max_length=255)),
                        (
                            "echo_digest",
                            models.CharField(
                                blank=True,
                                help_text="Of what this system answered to our last write: read again, it is no change.",
                                max_length=32,
                            ),
                        ),
                        (
                            "connection",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="external_ids",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "thing",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="external_ids",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["thing", "connection", "resource"],
                                name="integration_thing_i_fcc70b_idx",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("connection", "resource", "external_id"),
                                name="one_thing_per_external_id",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Conflict",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        (
                            "field",
                            models.CharField(
                                help_text="The Record's path: phone, address.city.", max_length=80
                            ),
                        ),
                        ("subject", models.CharField(blank=True, max_length=120)),
                        ("owner_digest", models.CharField(blank=True, max_length=32)),
                        ("other_digest", models.CharField(blank=True, max_length=32)),
                        ("other_value", mappings.fields.SecretField(blank=True, null=True)),
                        ("owner_since", models.DateTimeField(blank=True, null=True)),
                        ("other_since", models.DateTimeField(blank=True, null=True)),
                        (
                            "rule",
                            models.CharField(
                                choices=[
                                    ("owner", "The owner's value is written again"),
                                    ("newest", "The newest value counts"),
                                    ("ask", "A person is asked"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "Open"),
                                    ("settling", "Being settled"),
                                    ("settled", "Settled"),
                                ],
                                default="open",
                                max_length=8,
                            ),
                        ),
                        (
                            "taken",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("owner", "The owner's value"),
                                    ("other", "The other system's value"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True, help_text="Why it is not settled yet.", max_length=300
                            ),
                        ),
                        ("found_at", models.DateTimeField()),
                        (
                            "found_by",
                            models.CharField(help_text="The job or the audit that saw it.", max_length=60),
                        ),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "settled_how",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("owner", "The owner's value was written"),
                                    ("other", "The other system's value was taken"),
                                    ("agreed", "Both sides agreed again"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "settled_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "other",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="conflicts",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="conflicts_of_its_fields",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "thing",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="conflicts",
                                to="integrations.thing",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-found_at", "-id"],
                        "permissions": [("settle_conflict", "Can settle conflicts")],
                        "indexes": [
                            models.Index(fields=["state", "-found_at"], name="conflicts_by_state"),
                            models.Index(fields=["-found_at"], name="all_conflicts"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("settled_at__isnull", True)),
                                fields=("thing", "field", "other"),
                                name="one_open_conflict_per_field_and_system",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="UnitsInFlight",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sku", models.CharField(max_length=120)),
                        ("quantity", models.PositiveIntegerField()),
                        ("accepted", models.PositiveIntegerField(default=0)),
                        ("accepted_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "delivery",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="units_in_flight",
                                to="integrations.delivery",
                            ),
                        ),
                        (
                            "holder",
                            models.ForeignKey(
                                help_text="Who will ship them.",
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="units_in_flight",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "units in flight",
                        "indexes": [
                            models.Index(fields=["holder", "sku"], name="integration_holder__77725f_idx")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("delivery", "sku"), name="one_row_per_order_and_sku"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookSubscription",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("address", models.CharField(max_length=500)),
                        ("topics", models.JSONField(default=list)),
                        ("made_at", models.DateTimeField()),
                        ("checked_at", models.DateTimeField(blank=True, db_index=True, null=True)),
                        ("lost", models.PositiveIntegerField(default=0)),
                        ("lost_at", models.DateTimeField(blank=True, null=True)),
                        ("sentence", models.CharField(blank=True, max_length=500)),
                        (
                            "connection",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="webhook_subscription",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Workflow",
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
                        (
                            "problem",
                            models.TextField(
                                blank=True,
                                help_text="The pain that this workflow removes, in one or two sentences.",
                            ),
                        ),
                        (
                            "owner",
                            models.CharField(
                                blank=True, help_text="Who answers for it: a team or a role.", max_length=120
                            ),
                        ),
                        (
                            "period",
                            models.CharField(
                                choices=[("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")],
                                default="30d",
                                help_text="The time that a figure looks back over.",
                                max_length=3,
                            ),
                        ),
                        (
                            "minutes_per_record",
                            models.DecimalField(
                                blank=True,
                                decimal_places=2,
                                help_text="How long a person took for one record by hand: from it, the hours saved are worked out.",
                                max_digits=7,
                                null=True,
                                validators=[django.core.validators.MinValueValidator(0)],
                            ),
                        ),
                        ("launched_at", models.DateTimeField(blank=True, editable=False, null=True)),
                        ("created_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "launched_by",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="launched_workflows",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "permissions": [("launch_workflow", "Can launch a workflow")],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalSyncJob",
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
                                help_text="The kind of Record that travels: order, stock_level, …",
                                max_length=20,
                            ),
                        ),
                        ("source_resource", models.CharField(max_length=60)),
                        ("destination_resource", models.CharField(max_length=60)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("active", "Active"),
                                    ("paused", "Paused"),
                                    ("halted", "Halted by a failure"),
                                ],
                                default="active",
                                max_length=10,
                            ),
                        ),
                        ("state_reason", models.CharField(blank=True, max_length=500)),
                        (
                            "every_seconds",
                            models.PositiveIntegerField(
                                default=300,
                                help_text="How often the source is read. 0: only by webhook, by hand or through the API.",
                            ),
                        ),
                        (
                            "accepts_pushes",
                            models.BooleanField(
                                default=False,
                                help_text="Partners may push records into this job through the API.",
                            ),
                        ),
                        (
                            "filter",
                            models.CharField(
                                blank=True,
                                help_text="JMESPath over the Record; only records for which it is true are sent: payment_status == 'paid'.",
                                max_length=500,
                            ),
                        ),
                        (
                            "rollout_percent",
                            models.PositiveSmallIntegerField(
                                default=100,
                                validators=[
                                    django.core.validators.MinValueValidator(0),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                            ),
                        ),
                        (
                            "removed",
                            models.CharField(
                                choices=[
                                    ("ignore", "Leave it in the destination"),
                                    ("cancel", "Cancel it in the destination"),
                                    ("delete", "Delete it in the destination"),
                                ],
                                default="ignore",
                                max_length=8,
                            ),
                        ),
                        (
                            "removed_at_most_percent",
                            models.PositiveSmallIntegerField(
                                default=10,
                                help_text="If a complete read misses more than this share, nothing is removed and a person is asked.",
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(100),
                                ],
                            ),
                        ),
                        (
                            "counts_units_in_flight",
                            models.BooleanField(
                                default=False,
                                help_text="Orders: sold units are held back from all stock jobs until the destination has accepted them.",
                            ),
                        ),
                        (
                            "waits_for_payment",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                help_text="Orders: one that is not paid is held, and goes on by itself once the shop says it is paid, or a provider's payment of it stands in the books.",
                            ),
                        ),
                        (
                            "needs_consent",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                help_text="Mailing tools: only what is about people who are known to want mails leaves. Unknown is no.",
                            ),
                        ),
                        (
                            "checks_address",
                            models.BooleanField(
                                default=False,
                                help_text="Orders: an address that no carrier could deliver to is held for a person before it leaves.",
                            ),
                        ),
                        (
                            "pick_up_hours",
                            models.CharField(
                                blank=True,
                                help_text="Orders: when the carrier picks up: mon-fri 16:00, sat 12:00. An order is promised by the next one, unless the source tells its own hour.",
                                max_length=120,
                            ),
                        ),
                        (
                            "pick_up_zone",
                            models.CharField(
                                blank=True,
                                help_text="The time zone of these hours: Europe/Berlin.",
                                max_length=40,
                            ),
                        ),
                        (
                            "pick_up_holidays",
                            models.CharField(
                                blank=True,
                                help_text="On whose holidays nobody picks up: DE, or a part of it: DE-BY.",
                                max_length=10,
                            ),
                        ),
                        (
                            "announce_within_minutes",
                            models.PositiveIntegerField(
                                default=120,
                                help_text="Shipments: how soon the destination is to know of one. What takes longer is listed under “Shipped, not announced”. 0: nobody is announced to by this job.",
                            ),
                        ),
                        (
                            "writes_beside",
                            models.CharField(
                                blank=True,
                                help_text="Only if a system's own integration writes the same: why both are meant. Without a reason, such a job is refused.",
                                max_length=300,
                            ),
                        ),
                        (
                            "shares_fields",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="Only if another job writes the same fields and nobody owns them: why both are meant. Without an owner or a reason, such a job is refused.",
                                max_length=300,
                            ),
                        ),
                        (
                            "read_overlap_seconds",
                            models.PositiveIntegerField(
                                default=300,
                                help_text="Each read begins this long before the last one began, so that late rows are seen.",
                            ),
                        ),
                        (
                            "stock_buffer",
                            models.PositiveIntegerField(
                                default=0, help_text="Stock: units never offered on this channel."
                            ),
                        ),
                        (
                            "stock_buffer_percent",
                            models.PositiveSmallIntegerField(
                                default=0,
                                help_text="Stock: share of what is there that is never offered on this channel. The larger of both counts.",
                                validators=[django.core.validators.MaxValueValidator(100)],
                            ),
                        ),
                        (
                            "stock_locations",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text="Stock: the locations that this channel sells from, as the source calls them. None named: all.",
                            ),
                        ),
                        (
                            "explode_bundles",
                            models.BooleanField(
                                default=False,
                                help_text="Orders: the destination is given the parts of a bundle, not the bundle.",
                            ),
                        ),
                        (
                            "concurrent_calls",
                            models.PositiveSmallIntegerField(
                                default=8, validators=[django.core.validators.MinValueValidator(1)]
                            ),
                        ),
                        (
                            "batch_size",
                            models.PositiveSmallIntegerField(
                                default=250,
                                validators=[
                                    django.core.validators.MinValueValidator(1),
                                    django.core.validators.MaxValueValidator(500),
                                ],
                            ),
                        ),
                        (
                            "retry_limit",
                            models.PositiveSmallIntegerField(
                                default=6, help_text="Tries of one record before it becomes an error."
                            ),
                        ),
                        (
                            "waiting_hours",
                            models.PositiveSmallIntegerField(
                                default=24,
                                help_text="How long a record may wait for what it refers to before it becomes an error.",
                            ),
                        ),
                        ("created_at", models.DateTimeField(blank=True, editable=False)),
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
                            "destination",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="integrations.connection",
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
                        (
                            "read_mapping",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="mappings.mapping",
                            ),
                        ),
                        (
                            "source",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                        (
                            "write_mapping",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="mappings.mapping",
                            ),
                        ),
                        (
                            "workflow",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="integrations.workflow",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical sync job",
                        "verbose_name_plural": "historical sync jobs",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="WorkflowTarget",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "measure",
                            models.CharField(
                                choices=[
                                    ("processing_minutes", "Processing time, half of the orders (p50)"),
                                    ("processing_minutes_p95", "Processing time, 95 of 100 orders (p95)"),
                                    (
                                        "stock_delay_minutes",
                                        "Delay of stock in its channel, half of the figures (p50)",
                                    ),
                                    (
                                        "stock_delay_minutes_p95",
                                        "Delay of stock in its channel, 95 of 100 figures (p95)",
                                    ),
                                    ("inventory_accuracy_percent", "Inventory accuracy"),
                                    ("error_rate_percent", "Error rate"),
                                    ("tickets_per_100_orders", "Tickets per 100 orders"),
                                    ("value_carried", "Value of new orders carried"),
                                    ("value_stuck", "Value stuck in errors now"),
                                    ("value_stuck_soon", "Value stuck whose promised hour is near"),
                                    ("sales", "Sales"),
                                    ("repeat_purchase_percent", "Repeat purchases"),
                                    ("average_order_value", "Average order value"),
                                    ("touches_per_100_orders", "Human touches per 100 orders"),
                                    ("hours_saved", "Hours of manual work saved"),
                                ],
                                max_length=40,
                            ),
                        ),
                        (
                            "currency",
                            models.CharField(
                                blank=True,
                                help_text="For money only, as EUR.",
                                max_length=3,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{3}$", "Give the three letters of the currency, as EUR."
                                    )
                                ],
                            ),
                        ),
                        (
                            "baseline",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="How it was before.",
                                max_digits=20,
                                null=True,
                            ),
                        ),
                        (
                            "target",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="How it should be.",
                                max_digits=20,
                                null=True,
                            ),
                        ),
                        (
                            "workflow",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="targets",
                                to="integrations.workflow",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("workflow", "measure", "currency"),
                                name="one_target_per_measure_and_currency",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("baseline__isnull", False), ("target__isnull", False), _connector="OR"
                                ),
                                name="a_target_says_something",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("external_id", models.CharField(blank=True, max_length=255)),
                        ("sku", models.CharField(blank=True, max_length=120)),
                        ("title", models.CharField(blank=True, max_length=300)),
                        (
                            "ordered",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "cancelled",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "shipped",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "refunded",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "unit_price",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "total",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="integrations.bookedorder",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["sku"], name="bookedline_sku")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("order", "position"), name="bookedline_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedPayoutPart",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("kind", models.CharField(blank=True, max_length=20)),
                        ("of", models.CharField(blank=True, max_length=255)),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("fee", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        ("net", models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True)),
                        (
                            "payout",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="parts",
                                to="integrations.bookedpayout",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["of"], name="bookedpayoutpart_of")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("payout", "position"), name="bookedpayoutpart_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BundlePart",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "sku",
                            models.CharField(
                                db_index=True,
                                help_text="A part, or another bundle.",
                                max_length=120,
                                verbose_name="SKU",
                            ),
                        ),
                        (
                            "quantity",
                            models.PositiveIntegerField(
                                default=1,
                                help_text="How many of it are in one bundle.",
                                validators=[django.core.validators.MinValueValidator(1)],
                            ),
                        ),
                        (
                            "bundle",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="parts",
                                to="integrations.bundle",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["sku"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("bundle", "sku"), name="one_row_per_bundle_and_part"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 1)), name="a_part_is_there_at_least_once"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedTicket",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("number", models.CharField(blank=True, max_length=120)),
                        ("order_number", models.CharField(blank=True, max_length=120)),
                        ("person", models.CharField(blank=True, max_length=32)),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("created_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedticket_in_turn"),
                            models.Index(fields=["order_number"], name="bookedticket_number"),
                            models.Index(fields=["person"], name="bookedticket_person"),
                            models.Index(fields=["created_at"], name="bookedticket_created"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedticket_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedStock",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("sku", models.CharField(blank=True, max_length=120)),
                        ("location", models.CharField(blank=True, max_length=120)),
                        (
                            "on_hand",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "allocated",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        (
                            "available",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "booked stock",
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedstock_in_turn"),
                            models.Index(fields=["sku", "location"], name="bookedstock_sku"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedstock_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedShipment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("order_number", models.CharField(blank=True, max_length=120)),
                        ("order_external_id", models.CharField(blank=True, max_length=255)),
                        ("number", models.CharField(blank=True, max_length=120)),
                        ("carrier", models.CharField(blank=True, max_length=60)),
                        ("tracking_number", models.CharField(blank=True, max_length=120)),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("shipped_at", models.DateTimeField(blank=True, null=True)),
                        ("delivered_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedshipment_in_turn"),
                            models.Index(fields=["order_number"], name="bookedshipment_number"),
                            models.Index(fields=["shipped_at"], name="bookedshipment_shipped"),
                            models.Index(fields=["tracking_number"], name="bookedshipment_tracking"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedshipment_is_there_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedRemoval",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=20)),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
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
                        "indexes": [
                            models.Index(fields=["resource", "booked_at", "id"], name="bookedremoval_in_turn")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "resource", "external_id"),
                                name="bookedremoval_is_there_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BookedRefund",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=255)),
                        ("version", models.CharField(blank=True, max_length=200)),
                        ("read_at", models.DateTimeField()),
                        ("booked_at", models.DateTimeField()),
                        ("order_number", models.CharField(blank=True, max_length=120)),
                        ("order_external_id", models.CharField(blank=True, max_length=255)),
                        ("payment_external_id", models.CharField(blank=True, max_length=255)),
                        (
                            "amount",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=20, null=True),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        ("status", models.CharField(blank=True, max_length=30)),
                        ("created_at", models.DateTimeField(blank=True, null=True)),
                        ("updated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "source",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="integrations.connection",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                        "indexes": [
                            models.Index(fields=["booked_at", "id"], name="bookedrefund_in_turn"),
                            models.Index(fields=["order_number"], name="bookedrefund_number"),
                            models.Index(fields=["created_at"], name="bookedrefund_created"),
                            models.Index(fields=["payment_external_id"], name="bookedrefund_payment"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "external_id"), name="bookedrefund_is_there_once"
                            )
                        ],
                    },
                ),
            ],
        ),
    ]

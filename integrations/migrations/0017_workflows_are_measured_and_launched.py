"""Targets become rows with a baseline beside each, and a workflow is launched before its jobs touch production.

What there is goes on: workflows that have jobs, and all jobs, are taken for launched.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from integrations.models.workflow import Measure


def to_rows(apps: Any, schema_editor: Any) -> None:
    workflows = apps.get_model("integrations", "Workflow")
    rows = apps.get_model("integrations", "WorkflowTarget")
    for workflow in workflows.objects.exclude(targets_before={}):
        told = workflow.targets_before if isinstance(workflow.targets_before, dict) else {}
        for measure, value in told.items():
            target = _number(value)
            if measure in Measure.values and target is not None:
                rows.objects.create(workflow=workflow, measure=measure, target=target)
            else:
                # Nothing measures it: it stays where a person reads it.
                workflow.problem = f"{workflow.problem}\nTarget: {measure} {value}".strip()
                workflow.save(update_fields=["problem"])


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def to_names(apps: Any, schema_editor: Any) -> None:
    """Baselines and the targets of money have no place in the older form."""
    for row in apps.get_model("integrations", "WorkflowTarget").objects.filter(
        target__isnull=False, currency=""
    ):
        whole = row.target == row.target.to_integral_value()
        row.workflow.targets_before[row.measure] = int(row.target) if whole else float(row.target)
        row.workflow.save(update_fields=["targets_before"])


def taken_for_launched(apps: Any, schema_editor: Any) -> None:
    now = timezone.now()
    jobs = apps.get_model("integrations", "SyncJob")
    jobs.objects.filter(launched_at__isnull=True).update(launched_at=now)
    with_jobs = jobs.objects.filter(workflow__isnull=False).values("workflow")
    apps.get_model("integrations", "Workflow").objects.filter(pk__in=with_jobs).update(launched_at=now)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("integrations", "0016_books"),
    ]

    operations = [
        migrations.AddField(
            "syncrun",
            "environment",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where it began: “sandbox” only where both systems were. Empty: it is older than this column.",
                max_length=12,
            ),
        ),
        migrations.AddField(
            "syncrun",
            "mapping_versions",
            models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Both mappings as they were when it began: id and version of each, as “12.3 14.5”.",
                max_length=60,
            ),
        ),
        migrations.AddField(
            "syncjob",
            "launched_at",
            models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When it was launched with its workflow: since then it may run against production.",
                null=True,
            ),
        ),
        migrations.AlterModelOptions(
            "workflow",
            {"ordering": ["name"], "permissions": [("launch_workflow", "Can launch a workflow")]},
        ),
        migrations.AddField(
            "workflow", "launched_at", models.DateTimeField(blank=True, editable=False, null=True)
        ),
        migrations.AddField(
            "workflow",
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
        migrations.AddField(
            "workflow",
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
        migrations.AddField(
            "workflow",
            "period",
            models.CharField(
                choices=[("24h", "24 hours"), ("7d", "7 days"), ("30d", "30 days")],
                default="30d",
                help_text="The time that a figure looks back over.",
                max_length=3,
            ),
        ),
        migrations.RenameField("workflow", "targets", "targets_before"),
        migrations.CreateModel(
            name="WorkflowTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("measure", models.CharField(choices=Measure.choices, max_length=40)),
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
                        blank=True, decimal_places=4, help_text="How it was before.", max_digits=20, null=True
                    ),
                ),
                (
                    "target",
                    models.DecimalField(
                        blank=True, decimal_places=4, help_text="How it should be.", max_digits=20, null=True
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
                        fields=("workflow", "measure", "currency"), name="one_target_per_measure_and_currency"
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
        migrations.RunPython(to_rows, to_names),
        migrations.RunPython(taken_for_launched, migrations.RunPython.noop),
        migrations.RemoveField("workflow", "targets_before"),
    ]

"""Each file in integrations/workflow_templates says what can be started, and a guide says what it does."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from integrations.configuration.schema import ENTRIES, convert
from integrations.configuration.templates import Template, templates
from mappings.expressions import compile_expression
from mappings.presets import PRESETS
from mappings.records import RECORD_KINDS

TEMPLATES = list(templates().values())
ROOT = Path(settings.ROOT)


@pytest.fixture(params=TEMPLATES, ids=lambda template: template.key)
def template(request: pytest.FixtureRequest) -> Template:
    found: Template = request.param
    return found


def test_its_guide_is_there_and_speaks_of_every_role_and_job(template: Template) -> None:
    assert template.guide == f"docs/workflows/{template.key}.md"
    guide = (ROOT / template.guide).read_text(encoding="utf-8")
    assert [name for name in (*template.roles, *template.jobs) if f"`{name}`" not in guide] == []
    assert f"--template {template.key}" in guide


def test_it_names_the_problem_and_who_answers_for_it(template: Template) -> None:
    told, wrong = convert(template.workflow, ENTRIES["workflows"])
    assert wrong == []
    assert {"problem", "owner", "targets"} <= set(told)


def test_each_job_has_fields_that_jobs_have(template: Template) -> None:
    for job in template.jobs.values():
        assert job.kind in RECORD_KINDS
        told, wrong = convert(job.fields, ENTRIES["jobs"])
        assert wrong == []
        if told.get("filter"):
            compile_expression(told["filter"])
        for mapping in (job.read_mapping, job.write_mapping):
            assert mapping in ("", *PRESETS)


def test_each_role_is_needed(template: Template) -> None:
    used = {role for job in template.jobs.values() for role in job.roles()}
    assert used == set(template.roles)

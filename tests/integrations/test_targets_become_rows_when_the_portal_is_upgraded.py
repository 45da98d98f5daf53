from __future__ import annotations

import pytest

from tests.migrating import by_steps

BEFORE = ("integrations", "0016_books")
AFTER = ("integrations", "0017_workflows_are_measured_and_launched")


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.django_db(transaction=True)
def test_targets_move_to_rows_and_back_and_what_ran_goes_on() -> None:
    executor = by_steps()
    newest = executor.loader.graph.leaf_nodes()
    executor.migrate([BEFORE])
    old = executor.loader.project_state([BEFORE]).apps
    try:
        workflows = old.get_model("integrations", "Workflow")
        workflow = workflows.objects.create(
            key="w", name="W", problem="Slow.", targets={"processing_minutes": 5, "speed": "fast"}
        )
        assert workflow.pk

        executor = by_steps()
        executor.migrate([AFTER])
        new = executor.loader.project_state([AFTER]).apps
        moved = new.get_model("integrations", "Workflow").objects.get()
        rows = new.get_model("integrations", "WorkflowTarget").objects.values_list("measure", "target")
        assert list(rows) == [("processing_minutes", 5)]
        assert moved.problem == "Slow.\nTarget: speed fast"
        assert moved.launched_at is None, "it has no job: nothing of it runs yet"

        executor = by_steps()
        executor.migrate([BEFORE])
        back = executor.loader.project_state([BEFORE]).apps.get_model("integrations", "Workflow")
        assert back.objects.get().targets == {"processing_minutes": 5}
    finally:
        by_steps().migrate(newest)

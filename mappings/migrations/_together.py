"""Many tables at once."""

from django.db.migrations.operations.base import Operation, OperationCategory


class CreateModels(Operation):
    """As so many CreateModel, in which models may refer to later ones.

    One after the other, each would have Django build anew all models that it is related to, in time that grows with
    the square of their number: half a minute of a first start. Here they are built once.
    """

    category = OperationCategory.ADDITION
    reduces_to_sql = True
    reversible = True

    def __init__(self, models):
        self.models = models

    def deconstruct(self):
        return (self.__class__.__qualname__, [self.models], {})

    def state_forwards(self, app_label, state):
        # What was built of the state's models is built anew when it is next asked for.
        state.__dict__.pop("apps", None)
        for model in self.models:
            model.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for model in self.models:
            model.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for model in reversed(self.models):
            model.database_backwards(app_label, schema_editor, from_state, to_state)

    def references_model(self, name, app_label):
        return any(model.references_model(name, app_label) for model in self.models)

    def describe(self):
        return f"Create {', '.join(model.name for model in self.models)}"

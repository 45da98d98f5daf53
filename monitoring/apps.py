from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "monitoring"
    verbose_name = "Crossdock"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from integrations.configuration import added
        from integrations.configuration.document import contents
        from integrations.sync import doorbell, launch

        from . import workflow_documents
        from .alerts import configuration as alerts
        from .alerts import watching
        from .audits import configuration as audits

        # What a launch needs beside what motion knows of.
        launch.require(watching.without_alert)
        launch.advise(watching.without_word_of_a_halt)

        # A bell of our own: what moves records knows nothing of it.
        doorbell.TASKS["audit"] = "monitoring.tasks.audit"
        for section in (audits.SECTION, *alerts.SECTIONS):
            added.add(section)

        # Chapters of a workflow's document that only sight can write.
        contents.ADDED.extend((workflow_documents.alerts, workflow_documents.audits))

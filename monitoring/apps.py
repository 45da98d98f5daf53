from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "monitoring"
    verbose_name = "Crossdock"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from integrations.configuration import added
        from integrations.sync import doorbell, launch

        from .alerts import watching
        from .audits import configuration

        # What a launch needs beside what motion knows of.
        launch.require(watching.without_alert)

        # A bell of our own: what moves records knows nothing of it.
        doorbell.TASKS["audit"] = "monitoring.tasks.audit"
        added.add(configuration.SECTION)

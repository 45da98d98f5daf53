import sys

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"
    verbose_name = "Motion"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if sys.argv[1:2] == ["qcluster"]:
            from integrations import falling_together

            falling_together.install()

from django.apps import AppConfig
from django.conf import settings


class ChaosConfig(AppConfig):
    name = "tests.chaos"
    label = "chaos"

    def ready(self) -> None:
        from . import points, sabotage

        folder, guard = getattr(settings, "CHAOS_FOLDER", ""), getattr(settings, "CHAOS_SABOTAGE", "")
        if folder:
            points.install(folder)
        if guard:
            sabotage.install(guard)

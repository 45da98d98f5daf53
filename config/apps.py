from django.apps import AppConfig
from django.contrib import admin


class PortalConfig(AppConfig):
    name = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        from django_q.models import Failure, OrmQ, Schedule, Success

        from config import checks  # noqa: F401 (registers them)

        # Whoever may edit a schedule names the function that a worker calls: these pages would run code.
        for model in (Failure, OrmQ, Schedule, Success):
            if admin.site.is_registered(model):
                admin.site.unregister(model)

from django.apps import AppConfig
from django.conf import settings


class JobsConfig(AppConfig):
    name = "meatlizard.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if settings.JOBS_IN_SITE:
            from meatlizard.jobs import services  # noqa: F401  (registers the worker of the serving process)

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class JobsConfig(AppConfig):
    name = "meatlizard.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.control import queues
        from meatlizard.health.components import component
        from meatlizard.jobs import measuring
        from meatlizard.jobs.health import look
        from meatlizard.jobs.queue import Jobs

        queues.register(Jobs())
        component("jobs", _("Background jobs"), look)
        measuring.register()
        if settings.JOBS_IN_SITE:
            from meatlizard.jobs import services  # noqa: F401  (registers the worker of the serving process)

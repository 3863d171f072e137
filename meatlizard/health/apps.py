from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HealthConfig(AppConfig):
    name = "meatlizard.health"
    label = "health"
    verbose_name = _("health of the site")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.health import own
        from meatlizard.health.status import service  # noqa: F401  (registers the service that keeps the page)

        own.register()

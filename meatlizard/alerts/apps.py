from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlertsConfig(AppConfig):
    name = "meatlizard.alerts"
    label = "alerts"
    verbose_name = _("alerts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.alerts import services  # noqa: F401  (registers the service that watches and tells)

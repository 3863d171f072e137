from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MetricsConfig(AppConfig):
    name = "meatlizard.metrics"
    label = "metrics"
    verbose_name = _("measurements")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.metrics import (
            own,
            services,  # noqa: F401  (registers the service that stores what was counted)
        )

        own.register()

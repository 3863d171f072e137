from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VectorsConfig(AppConfig):
    name = "meatlizard.vectors"
    label = "vectors"
    verbose_name = _("search by meaning")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.vectors import upkeep  # noqa: F401  (registers the service that makes vectors of what is new)

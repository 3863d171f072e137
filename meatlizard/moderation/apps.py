from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "meatlizard.moderation"
    label = "moderation"
    verbose_name = _("moderation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.moderation import (
            triggers,
            upkeep,  # noqa: F401  (registers the service that keeps rules fresh)
        )

        triggers.load(self)

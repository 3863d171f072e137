from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VideoConfig(AppConfig):
    name = "video"
    verbose_name = _("videos")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from video import wiring

        wiring.load()

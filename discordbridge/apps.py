from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class DiscordBridgeConfig(AppConfig):
    name = "discordbridge"
    verbose_name = _("Discord")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if settings.DISCORD_TOKEN and settings.DISCORD_IN_SITE:
            from discordbridge import services  # noqa: F401  (registers the bot of the serving process)

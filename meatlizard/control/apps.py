from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ControlConfig(AppConfig):
    name = "meatlizard.control"
    label = "control"
    verbose_name = _("control")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.control import state
        from meatlizard.control.services import Service, register
        from meatlizard.ops import switches

        switches.follow(state.refresh)
        register(Service("api", _("The API for programs"), ("/api/v1", "/rest/v3", "/yourls-api.php")))

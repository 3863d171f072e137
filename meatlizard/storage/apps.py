from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorageConfig(AppConfig):
    name = "meatlizard.storage"
    label = "storage"
    verbose_name = _("storage")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.dashboard import dashboard_facts
        from meatlizard.storage.actions import used_by

        dashboard_facts(lambda user: {"storage_used": used_by(user)})

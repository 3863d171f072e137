from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StorageConfig(AppConfig):
    name = "meatlizard.storage"
    label = "storage"
    verbose_name = _("storage")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.dashboard import dashboard_facts
        from meatlizard.accounts.merging import merging
        from meatlizard.storage import measuring
        from meatlizard.storage.actions import used_by

        dashboard_facts(lambda user: {"storage_used": used_by(user)})
        measuring.register()
        merging.connect(_merged, dispatch_uid="storage.merge")


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    """Two accounts of one person become one."""
    from meatlizard.storage.actions import merge

    merge(old, new)

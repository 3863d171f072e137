from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "meatlizard.api"
    label = "api"
    verbose_name = _("API")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.leaving import anonymising

        anonymising.connect(_anonymised, dispatch_uid="api.anonymise")


def _anonymised(sender: Any, person: int, **kwargs: Any) -> None:
    """Programs of nobody get in no more."""
    from meatlizard.api.models import ApiKey

    ApiKey.objects.filter(owner=person).delete()

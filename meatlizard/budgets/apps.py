from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BudgetsConfig(AppConfig):
    name = "meatlizard.budgets"
    label = "budgets"
    verbose_name = _("token budgets")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.dashboard import dashboard_facts
        from meatlizard.accounts.merging import merging
        from meatlizard.budgets import measuring
        from meatlizard.budgets.actions import standing

        dashboard_facts(lambda user: {"budget": standing(user)})
        measuring.register()
        merging.connect(_merged, dispatch_uid="budgets.merge")


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    """Two accounts of one person become one."""
    from meatlizard.budgets.actions import merge

    merge(old, new)

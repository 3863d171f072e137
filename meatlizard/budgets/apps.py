from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    name = "meatlizard.budgets"
    label = "budgets"
    verbose_name = "token budgets"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.dashboard import dashboard_facts
        from meatlizard.budgets.actions import standing

        dashboard_facts(lambda user: {"budget": standing(user)})

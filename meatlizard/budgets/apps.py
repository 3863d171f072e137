from django.apps import AppConfig


class BudgetsConfig(AppConfig):
    name = "meatlizard.budgets"
    label = "budgets"
    verbose_name = "token budgets"
    default_auto_field = "django.db.models.BigAutoField"

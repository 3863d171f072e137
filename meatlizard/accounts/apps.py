from typing import Any

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "meatlizard.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts import dashboard, measuring, sessions

        sessions.connect()
        measuring.register()
        dashboard.dashboard_facts(_signed_in_by_operators)


def _signed_in_by_operators(user: Any) -> dict[str, Any]:
    from meatlizard.accounts.acting import told

    return {"signed_in_as": told(user)}

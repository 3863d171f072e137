from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "meatlizard.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts import measuring, sessions

        sessions.connect()
        measuring.register()

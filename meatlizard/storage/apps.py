from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "meatlizard.storage"
    label = "storage"
    verbose_name = "storage"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.accounts.dashboard import dashboard_facts
        from meatlizard.storage.actions import used_by

        dashboard_facts(lambda user: {"storage_used": used_by(user)})

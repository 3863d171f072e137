from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    name = "files"
    verbose_name = _("files")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from files import services  # noqa: F401  (registers the long-running part)
        from files.blobs import incoming, references
        from files.tus import door, sweeping
        from meatlizard.api import registry

        references.counted(_kept_by_versions)
        incoming.awaited(sweeping.under_way)
        registry.add_scope("files:read", _("read your files"))
        registry.add_scope("files:write", _("upload, change and delete files"))
        door.open_doors()


def _kept_by_versions() -> Any:
    from files.models import Version

    return Version.objects.all()

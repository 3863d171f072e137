from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import pre_delete
from django.utils.translation import gettext_lazy as _


class FilesConfig(AppConfig):
    name = "files"
    verbose_name = _("files")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from files import services  # noqa: F401  (registers the long-running part)
        from files.blobs import incoming, references
        from files.doors import opening
        from files.library import services as _trash  # noqa: F401  (likewise)
        from files.previews import ready
        from files.safety import ready as safety
        from files.serving import doors as content_doors
        from files.sharing import wiring as sharing
        from files.tus import door, sweeping
        from meatlizard.accounts.belongings import belongings
        from meatlizard.accounts.merging import merging
        from meatlizard.api import registry
        from meatlizard.control.services import Service, register
        from meatlizard.ops.backups import contents

        paths = ("/files", "/f", "/api/v1/files", "/api/v1/shares", "/api/v1/inboxes")
        register(Service("files", _("Files"), paths, world=("/f",), scopes=("files",)))
        references.counted(_kept_by_versions)
        contents.unchanging("blobs/")
        belongings(_files)
        merging.connect(_merged, dispatch_uid="files.merge")
        pre_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="files.forget")
        incoming.awaited(sweeping.under_way)
        registry.add_scope("files:read", _("read your files"))
        registry.add_scope("files:write", _("upload, change and delete files"))
        registry.add_router("/files", "files.api.router", "files")
        door.open_doors()
        sharing.load()
        content_doors.open_doors()
        safety.load()
        ready.load(self)
        opening.open_all()


def _kept_by_versions() -> Any:
    from files.models import Version

    return Version.objects.all()


def _files(user: Any) -> Any:
    from files import carrying

    return carrying.of(user)


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    """Two accounts of one person become one."""
    from files.leaving import merge

    merge(old, new)


def _forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A person's account is being deleted."""
    from files.leaving import forget

    forget(instance.pk)

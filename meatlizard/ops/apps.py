from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OpsConfig(AppConfig):
    name = "meatlizard.ops"
    label = "ops"
    verbose_name = _("operation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        make_generic()
        from django.core.signals import request_finished

        from meatlizard import checks  # noqa: F401  (registers the system checks)
        from meatlizard.jobs import lanes
        from meatlizard.ops import services  # noqa: F401  (registers the service that keeps switches fresh)
        from meatlizard.ops.backups import registering as backups
        from meatlizard.ops.doctor import registering

        backups.register()
        # A backup is what one makes while nothing changes.
        for task in ("make_backup", "verify_backup"):
            lanes.goes_on(f"meatlizard.ops.backups.jobs.{task}")
        registering.register()
        request_finished.connect(close_request_connections, dispatch_uid="meatlizard.close_request_connections")


def close_request_connections(**kwargs: Any) -> None:
    """Every request under ASGI has a thread of its own; a connection kept open past it would never be used again."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block and connection.connection is not None:
            connection.close()


def make_generic() -> None:
    """Lets ``admin.ModelAdmin[Thing]`` be written where a base class stands, as the type checker wants it and Django does not yet."""
    from django.contrib.admin.options import BaseModelAdmin
    from django.forms.models import BaseModelForm

    for base in (BaseModelAdmin, BaseModelForm):
        base.__class_getitem__ = classmethod(lambda cls, key: cls)  # type: ignore[union-attr]

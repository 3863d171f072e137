from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class VectorsConfig(AppConfig):
    name = "meatlizard.vectors"
    label = "vectors"
    verbose_name = _("search by meaning")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from meatlizard.vectors import checks, embedding, own, upkeep  # noqa: F401  (checks and services register themselves)

        embedding.register("own", own.Own(), rank=10)
        connection_created.connect(_equip, dispatch_uid="vectors.equip")
        post_migrate.connect(_make_index, sender=self, dispatch_uid="vectors.index")


def _equip(sender: Any, connection: Any, **kwargs: Any) -> None:
    from meatlizard.vectors import scan

    if connection.vendor == "sqlite":
        scan.equip(connection)


def _make_index(sender: Any, using: str, **kwargs: Any) -> None:
    """Of a new database; a large one is filled in the background, or by ``manage.py vectors rebuild``."""
    from django.db import connections

    from meatlizard.vectors import pgvector
    from meatlizard.vectors.models import StoredVector

    small = using == "default" and connections[using].vendor == "postgresql" and pgvector.make()
    if small and StoredVector.objects.count() <= pgvector.FEW:
        for _done in pgvector.fill():
            pass

"""What previews and texts tell the rest of the site when it starts."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from files import afterwards, knowing
from files.blobs import references, sweeping
from files.library.finders import Finder, add_finder
from files.library.slots import add_facts, add_slot
from files.texts import search


def load(app: AppConfig) -> None:
    pre_migrate.connect(_unhook_search, sender=app, dispatch_uid="files.search")
    post_migrate.connect(_make_search, sender=app, dispatch_uid="files.search")
    references.counted(_kept_as_copies)
    sweeping.goes_with(_delete)
    afterwards.after_store("preview", _preview)
    afterwards.after_store("text", _text)
    add_finder(Finder("text", search.keys, search.excerpts))
    add_facts("thumbnail", _thumbnails)
    add_slot("tile", "files/_slot_tile.html")
    add_slot("top", "files/_slot_top_ask.html", 200)
    knowing.load()


def _preview(blob: Any, file: Any) -> None:
    from files.previews import actions

    actions.make(blob)


def _text(blob: Any, file: Any) -> None:
    from files.texts import extracting

    extracting.extract(blob, file.name)


def _thumbnails(viewer: Any, files: Any, folders: Any) -> Any:
    from files.previews import showing

    return showing.thumbnails(files)


def _delete(blob: Any) -> None:
    from files.previews import actions

    actions.delete_of(blob)


def _kept_as_copies() -> Any:
    from files.models import BareCopy

    return BareCopy.objects.all()


def _unhook_search(sender: Any, using: str, plan: Any = (), **kwargs: Any) -> None:
    if plan:
        search.unhook(using)


def _make_search(sender: Any, using: str, **kwargs: Any) -> None:
    search.make(using)

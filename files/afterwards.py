"""What is made of files once they are stored: previews, texts, checks. Each part registers a hook, which a background job calls."""

import logging
import uuid
from collections.abc import Callable
from typing import TypeAlias

from django_tasks import task

from files.models import Blob, File

log = logging.getLogger(__name__)

Hook: TypeAlias = Callable[[Blob, File], None]
_hooks: dict[str, Hook] = {}


def after_store(name: str, hook: Hook) -> None:
    """Registers ``hook``, to be called in a job with each file that is stored, and its blob. It may be called again for the same. Call this in
    ``ready``."""
    _hooks[name] = hook


def stored(file: File) -> None:
    """Within the transaction that stores it."""
    if _hooks:
        work_on_stored.enqueue(str(file.pk), file.blob_id, sorted(_hooks))


@task
def work_on_stored(file: str, blob: str, names: list[str]) -> None:
    """One that fails is tried again alone: it keeps no other from its work."""
    row = File.objects.select_related("blob", "owner").filter(pk=uuid.UUID(file), blob=blob).first()
    if row is None:
        return
    for name in names:
        hook = _hooks.get(name)
        if hook is None:
            continue
        if len(names) == 1:
            hook(row.blob, row)
            continue
        try:
            hook(row.blob, row)
        except Exception:
            log.exception("files.hook_failed", extra={"hook": name, "blob": blob})
            work_on_stored.enqueue(file, blob, [name])

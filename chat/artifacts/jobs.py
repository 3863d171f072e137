"""Background work of files."""

from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django_tasks import task


@task
def find_artifacts(message: str) -> int:
    """Looks for files in an answer that has ended."""
    from chat.artifacts import asking
    from chat.artifacts.actions import find_in

    made = find_in(UUID(message))
    if settings.ARTIFACT_MODEL:
        made += async_to_sync(asking.decide)(UUID(message))
    return made


@task
def sweep_artifacts() -> int:
    """Deletes files whose time is over, and texts that no file has any more."""
    from chat.artifacts.actions import SWEPT_AT_ONCE, sweep

    gone = sweep()
    if gone >= SWEPT_AT_ONCE:
        sweep_artifacts.enqueue()
    return gone

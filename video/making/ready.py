"""What the making of videos, and how they come and go, tell the rest of the site when it starts."""

from typing import Any, Final

from django.conf import settings
from django.db.models.signals import pre_delete
from django.utils.translation import gettext_lazy as _

SLOT: Final = 300


def load() -> None:
    from files.asgi import who
    from files.library.slots import add_slot
    from meatlizard.accounts.belongings import belongings
    from meatlizard.accounts.merging import merging
    from meatlizard.api import registry
    from meatlizard.jobs import lanes
    from meatlizard.moderation import services as moderated
    from meatlizard.ops.backups import contents
    from video import moderating, services  # noqa: F401  (registers the long-running part)
    from video.importing import AT_ONCE
    from video.importing import QUEUE as IMPORTS
    from video.making import QUEUE, backups
    from video.uploading import grants

    contents.derived(backups.derived, backups.make)
    lanes.own_slots(QUEUE, lambda: settings.VIDEO_JOBS)
    lanes.own_slots(IMPORTS, lambda: AT_ONCE if settings.VIDEO_JOBS else 0)
    who.recognise(grants.recognise)
    add_slot("file", "video/_slot_file.html", SLOT)
    moderated.register(moderating.SERVICE, moderating.VideoTexts())
    registry.add_scope("videos:read", _("read your videos"))
    registry.add_scope("videos:write", _("begin, change and delete videos"))
    registry.add_router("/videos", "video.api.router", "videos")
    belongings(_videos)
    merging.connect(_merged, dispatch_uid="video.merge")
    pre_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="video.forget")


def _videos(user: Any) -> Any:
    from video.making import carrying

    return carrying.of(user)


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    """Two accounts of one person become one."""
    from video.making.leaving import merge

    merge(old, new)


def _forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A person's account is being deleted."""
    from video.making.leaving import forget

    forget(instance.pk)

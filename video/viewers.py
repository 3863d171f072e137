"""What watching, playlists, comments and likes tell the rest of the site when it starts."""

from typing import Any

from django.conf import settings
from django.db.models.signals import pre_delete


def load() -> None:
    from meatlizard.accounts.belongings import belongings
    from meatlizard.accounts.leaving import anonymising
    from meatlizard.accounts.merging import merging
    from video.comments import ready as comments
    from video.playlists import ready as playlists
    from video.watching import ready as watching

    watching.load()
    playlists.load()
    comments.load()
    belongings(_belongings)
    merging.connect(_merged, dispatch_uid="video.viewers.merge")
    anonymising.connect(_anonymised, dispatch_uid="video.viewers.anonymise")
    pre_delete.connect(_forget, sender=settings.AUTH_USER_MODEL, dispatch_uid="video.viewers.forget")


def _belongings(user: Any) -> Any:
    from video import belongings

    return belongings.of(user)


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    from video.leaving import merge

    merge(old, new)


def _forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    from video.leaving import forget

    forget(instance.pk)


def _anonymised(sender: Any, person: int, **kwargs: Any) -> None:
    """What somebody has watched is theirs alone; what they have said stands without their name."""
    from video.models import Watched

    Watched.objects.filter(user=person).delete()

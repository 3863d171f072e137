"""Verbs of the ledger of stored bytes: taken before anything is written, given back when it is deleted."""

from django.db.models import F
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import StorageFull
from meatlizard.storage.models import StorageUse


def used_by(user: User) -> int:
    return StorageUse.objects.filter(user=user.pk).values_list("used", flat=True).first() or 0


def take(user: User, size: int) -> None:
    """Takes ``size`` bytes of what the person's tier allows, within the caller's transaction. One conditional update decides, so
    that of many at once no one gets over. Raises StorageFull, and then nothing has changed.
    """
    if _taken(user, size):
        return
    # The first thing this person stores, or too much.
    StorageUse.objects.bulk_create([StorageUse(user_id=user.pk)], ignore_conflicts=True)
    if not _taken(user, size):
        raise _full(user, used_by(user), size)


def expect(user: User, size: int) -> None:
    """Whether there is room for ``size`` bytes now: for what is written before it is taken, so that nothing is written in vain. Others may
    take the room meanwhile. Raises StorageFull."""
    used = used_by(user)
    if used + size > user.tier.storage_bytes:
        raise _full(user, used, size)


def _full(user: User, used: int, size: int) -> StorageFull:
    words = _("You have %(used)s of %(limit)s in use, and this needs %(size)s. Delete something first.")
    limit = user.tier.storage_bytes
    return StorageFull(
        words % {"used": filesizeformat(used), "limit": filesizeformat(limit), "size": filesizeformat(size)}
    )


def give_back(user: int, size: int) -> None:
    """Within the transaction that deletes what took it. Nothing happens for a person who has left."""
    StorageUse.objects.filter(user=user).update(used=F("used") - size)


def merge(old: int, new: int) -> None:
    """What one account stores is the other's, within the caller's transaction; it may be more than one person's share for a while."""
    used = StorageUse.objects.filter(user=old).values_list("used", flat=True).first() or 0
    if used:
        StorageUse.objects.bulk_create([StorageUse(user_id=new)], ignore_conflicts=True)
        StorageUse.objects.filter(user=new).update(used=F("used") + used)
        StorageUse.objects.filter(user=old).update(used=0)


def _taken(user: User, size: int) -> bool:
    room = StorageUse.objects.filter(user=user.pk, used__lte=user.tier.storage_bytes - size)
    return room.update(used=F("used") + size) == 1

"""Room for what is on its way: taken before the first byte, settled when it is stored, given back when it does not come.

The ledger (:mod:`meatlizard.storage`) decides by one conditional update; nothing here reads, compares and writes.
"""

import datetime
import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from files.models import Reservation
from meatlizard.accounts.models import User
from meatlizard.storage import actions as storage

LASTS = datetime.timedelta(days=1)
AT_ONCE = 200


def reserve(owner: User, size: int, *, lasts: datetime.timedelta = LASTS) -> Reservation:
    """Raises StorageFull."""
    with transaction.atomic():
        storage.take(owner, size)
        return Reservation.objects.create(owner=owner, size=size, expires=timezone.now() + lasts)


def extend(reservation: uuid.UUID, lasts: datetime.timedelta = LASTS) -> bool:
    """Lasts from now on. False when it is gone."""
    return bool(Reservation.objects.filter(pk=reservation).update(expires=timezone.now() + lasts))


def grow(reservation: uuid.UUID, size: int) -> bool:
    """To ``size`` bytes, where it was less: for what comes without saying how long it is. Raises StorageFull. False when it is gone."""
    with transaction.atomic():
        row = _locked(reservation)
        if row is None:
            return False
        if size > row.size:
            Reservation.objects.filter(pk=row.pk).update(size=size)
            storage.take(row.owner, size - row.size)
        return True


def joined(reservations: Sequence[uuid.UUID]) -> uuid.UUID | None:
    """One in the place of all these, within the caller's transaction; None where none of them is left."""
    rows = list(Reservation.objects.select_for_update().filter(pk__in=reservations).order_by("pk"))
    if not rows:
        return None
    Reservation.objects.filter(pk__in=[row.pk for row in rows[1:]]).delete()
    Reservation.objects.filter(pk=rows[0].pk).update(size=sum(row.size for row in rows))
    return rows[0].pk


def cancel(reservation: uuid.UUID) -> bool:
    """Gives it back. False when it is gone already."""
    with transaction.atomic():
        row = _locked(reservation)
        if row is None:
            return False
        Reservation.objects.filter(pk=row.pk).delete()
        storage.give_back(row.owner_id, row.size)
        return True


def settle(owner: User, size: int, reservation: uuid.UUID | None = None) -> None:
    """What was reserved becomes the room of ``size`` bytes that are stored, within the caller's transaction and as the last thing in it.
    Raises StorageFull where more is needed and not there."""
    if reservation is not None:
        exactly = Reservation.objects.filter(pk=reservation, owner=owner.pk, size=size)
        if exactly._raw_delete(exactly.db):  # nothing refers to it
            return
    row = _locked(reservation) if reservation is not None else None
    if row is not None and row.owner_id == owner.pk:
        Reservation.objects.filter(pk=row.pk).delete()
        size -= row.size
    if size > 0:
        storage.take(owner, size)
    elif size < 0:
        storage.give_back(owner.pk, -size)


def sweep() -> int:
    """Gives back what whoever reserved it never settled: it was killed."""
    over = Reservation.objects.filter(expires__lt=timezone.now()).values_list("pk", flat=True)
    return sum(cancel(key) for key in list(over[:AT_ONCE]))


def _locked(reservation: uuid.UUID) -> Reservation | None:
    """Its row, for this transaction alone. (SQLite has one writer at a time.)"""
    rows = Reservation.objects.select_related("owner__tier").select_for_update(of=("self",))
    return rows.filter(pk=reservation).first()

"""Large files beside a sealed paste, in parts that are sealed each by itself: neither side ever holds a whole file in memory.

The paste comes first and is out of reach until its parts have come. Each part is a file of the paste as far as storage, quotas and
deletion go; what belongs together, and the keys, stand in the sealed text.
"""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid, TooLarge
from meatlizard.storage import actions as storage
from paste import contents
from paste.contents import Draft
from paste.models import File, Paste
from paste.sealed.access import Sealed

PART_BYTES = 2_097_152
TAG_BYTES = 16
COMING = datetime.timedelta(days=1)
"""How long the parts of a paste may take."""


def await_parts(paste: Paste) -> None:
    """Keeps a new paste back until all of its parts are there."""
    changed = {"state": Paste.State.COMING, "purge_at": timezone.now() + COMING}
    Paste.objects.filter(pk=paste.pk).update(**changed)


def put(row: Sealed, number: int, data: bytes) -> None:
    """Keeps a part; sent twice it is kept once. Raises Invalid, TooLarge, StorageFull."""
    paste = row.paste
    if row.seal is None or not 1 <= number <= row.seal.parts or not TAG_BYTES < len(data) <= PART_BYTES + TAG_BYTES:
        raise Invalid(_("This is no part of a file of this paste."), code="bad_part")
    file = contents.row(Draft("", data), number, "sealed", None)
    file.paste, file.since = paste, 0
    with transaction.atomic():
        room = Paste.objects.filter(
            pk=paste.pk, state=Paste.State.COMING, size__lte=settings.SEALED_FILES_MAX_BYTES - len(data)
        )
        if not room.update(size=F("size") + len(data)):
            raise TooLarge(
                _("The files of an encrypted paste may have at most %s together.")
                % filesizeformat(settings.SEALED_FILES_MAX_BYTES)
            )
        # The row of the paste is locked: two of the same part come one after the other.
        before = File.objects.filter(paste=paste.pk, position=number).first()
        if before is not None:
            if not before.since:
                raise Invalid(_("This part is on its way already."), code="part_coming")
            transaction.set_rollback(True)
            return
        if paste.owner is not None:
            storage.take(paste.owner, len(data))
        file.save(force_insert=True)
    contents.store(file, data)
    File.objects.filter(pk=file.pk, since=0).update(since=1)


def finish(row: Sealed) -> None:
    """Gives the paste to its readers. Raises Invalid while a part is missing."""
    paste = row.paste
    there = File.objects.filter(paste=paste.pk, position__gt=0, since=1).count()
    if row.seal is None or there != row.seal.parts:
        raise Invalid(_("Not all parts of the files have come."), code="parts_missing")
    Paste.objects.filter(pk=paste.pk, state=Paste.State.COMING).update(state=Paste.State.READY, purge_at=None)

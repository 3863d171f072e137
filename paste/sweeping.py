"""What goes for good: pastes past their time, spent or deleted, files that never came whole, and all of a person who leaves."""

import datetime
import logging

from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from meatlizard.storage import actions as storage
from paste import contents
from paste.jobs import sweep_pastes
from paste.models import Comment, File, Paste, Revision, Star

log = logging.getLogger(__name__)

AT_ONCE = 200
COMING = datetime.timedelta(hours=1)
"""How long files may take into the storage."""


def sweep() -> int:
    """Returns how many pastes and half-stored files went."""
    now = timezone.now()
    gone = 0
    for paste in Paste.objects.filter(Q(purge_at__lt=now) | Q(expires__lt=now))[:AT_ONCE]:
        try:
            gone += purge(paste)
        except OSError:
            # The storage is out of reach: it is tried again.
            log.exception("paste.not_deleted", extra={"paste": paste.pk})
    for file in File.objects.filter(since=0, created__lt=now - COMING).select_related("paste")[:AT_ONCE]:
        try:
            gone += _drop(file)
        except OSError:
            log.exception("paste.file_not_deleted", extra={"file": file.pk})
    return gone


def remove(paste: Paste) -> None:
    """Deletes a paste for good, soon: out of everybody's reach at once, its owner's too."""
    with transaction.atomic():
        Paste.objects.filter(pk=paste.pk).update(state=Paste.State.SPENT, purge_at=timezone.now())
        sweep_pastes.enqueue()


def purge(paste: Paste) -> bool:
    """Deletes a paste for good. Marked first, then the storage, then the rows with their bytes: a crash between two steps is caught up
    with by the next sweep."""
    now = timezone.now()
    # Only one that is (still) to go: its owner may have brought it back, or given it more time.
    due = Q(purge_at__lte=now) | Q(expires__lte=now)
    if not Paste.objects.filter(due, pk=paste.pk).update(state=Paste.State.SPENT, purge_at=now):
        return False
    contents.delete(File.objects.filter(paste=paste.pk, stored=True).only("key", "stored"))
    with transaction.atomic():
        row = Paste.objects.select_for_update(of=("self",)).filter(pk=paste.pk).values_list("owner", "size").first()
        if row is None:
            return False
        Paste.objects.filter(pk=paste.pk).delete()
        if row[0] is not None:
            storage.give_back(row[0], row[1])
    return True


def _drop(file: File) -> bool:
    """A file that no revision has."""
    if not File.objects.filter(pk=file.pk, since=0).exists():
        return False
    contents.delete([file])
    with transaction.atomic():
        if not File.objects.filter(pk=file.pk, since=0).delete()[0]:
            return False
        Paste.objects.filter(pk=file.paste_id).update(size=F("size") - file.size)
        if file.paste.owner_id is not None:
            storage.give_back(file.paste.owner_id, file.size)
    return True


def drop_earlier(paste: Paste) -> None:
    """Deletes all revisions but the present one, which nobody may read any more. What a crash leaves of their files the sweep deletes."""
    with transaction.atomic():
        earlier = File.objects.filter(paste=paste.pk, until__isnull=False)
        earlier.update(since=0)
        Revision.objects.filter(paste=paste.pk, number__lt=paste.revision).delete()
    for file in earlier.select_related("paste"):
        _drop(file)


def forget(person: int) -> None:
    """Within the transaction that deletes a person: their pastes are out of reach at once and go soon; of comments at others' pastes
    the words go, and the place of answers to them stays."""
    now = timezone.now()
    for key in Star.objects.filter(user=person).order_by("paste").values_list("paste", flat=True):
        Paste.objects.filter(pk=key).update(stars=F("stars") - 1)
    mine = Comment.objects.filter(author=person)
    for key, count in mine.filter(removed=False).values_list("paste").annotate(n=Count("pk")).order_by("paste"):
        Paste.objects.filter(pk=key).update(comments_count=F("comments_count") - count)
    mine.update(text="", html="", adata="", removed=True, author=None)
    if Paste.objects.filter(owner=person).update(state=Paste.State.DELETED, purge_at=now, owner=None):
        sweep_pastes.enqueue()

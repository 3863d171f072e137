"""Contents in quarantine: who is told, and what operators decide."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from chat.telling.mail import address_of
from files.blobs import references, states
from files.models import Blob, File, Finding, Version
from meatlizard.accounts.models import User
from meatlizard.storage import actions as storage

Decision = Finding.Decision


def quarantine(blob: Blob, what: str) -> bool:
    """Nobody gets it from now on, and its owners are told. False when somebody else did it, or it is not being checked any more."""
    with transaction.atomic():
        if not states.quarantine(blob.pk):
            return False
        row = Finding.objects.create(sha256=blob.pk, size=blob.size, media_type=blob.media_type, what=what[:200])
        if settings.HAS_MAIL:
            write_letters.enqueue(row.pk)
    return True


def release(finding: Finding, operator: User) -> bool:
    """Everybody who may gets it again. False when it is decided already, or the content is gone."""
    with transaction.atomic():
        return _decide(finding, operator, Decision.RELEASED) and states.release(finding.sha256)


def delete(finding: Finding, operator: User) -> int:
    """Deletes the content with every version of a file that holds it; a file goes back to the version before, and goes where there is none.
    Returns how many versions that were. Owners get their room back."""
    with transaction.atomic():
        if not _decide(finding, operator, Decision.DELETED):
            return 0
        held = list(Version.objects.filter(blob=finding.sha256).values_list("file", flat=True))
        # One order for everybody, so that no two wait for each other. Counted with each file's lock: its owner may have been first.
        files = File.objects.select_for_update().filter(pk__in=held).order_by("pk")
        gone = sum(_without(file, finding.sha256) for file in files)
        references.release_all([finding.sha256] * gone)
    return gone


def _without(file: File, sha256: str) -> int:
    """Returns of how many versions."""
    harmful = file.versions.filter(blob=sha256)
    sizes = list(harmful.values_list("size", flat=True))
    others = file.versions.exclude(blob=sha256)
    newest = others.aggregate(newest=Max("number"))["newest"]
    if newest is None:
        file.delete()
    else:
        last = others.get(number=newest)
        if file.blob_id == sha256:
            File.objects.filter(pk=file.pk).update(
                blob=last.blob_id,
                size=last.size,
                media_type=last.media_type,
                number=last.number,
                changed=timezone.now(),
            )
        harmful.delete()
    storage.give_back(file.owner_id, sum(sizes))
    return len(sizes)


def _decide(finding: Finding, operator: User, decision: Decision) -> bool:
    mine = Finding.objects.filter(pk=finding.pk, decision=Decision.OPEN)
    return bool(mine.update(decision=decision, decided=timezone.now(), decided_by=operator))


@task
def write_letters(finding: int) -> int:
    """To each owner of a file with this content, once. Returns to how many."""
    row = Finding.objects.filter(pk=finding).first()
    if row is None:
        return 0
    sent = 0
    files: Any = File.objects.select_related("owner").filter(versions__blob=row.sha256, owner__is_active=True)
    for owner in {file.owner for file in files}:
        address = address_of(owner)
        if address:
            _letter(row, address, sorted({file.name for file in files if file.owner_id == owner.pk})).send()
            sent += 1
    return sent


def _letter(row: Finding, address: str, names: list[str]) -> EmailMessage:
    text = _(
        "The site's virus scanner has found something in a file of yours:\n\n%(names)s\n\nIt says: %(what)s\n\n"
        "Nobody can open the file now, you neither. You can delete it in your library; if you believe that the scanner is mistaken, "
        "write to the operators of %(site)s."
    ) % {"names": "\n".join(f"  {name}" for name in names), "what": row.what, "site": settings.SITE_URL}
    return EmailMessage(_("A file of yours is in quarantine"), text, to=[address])

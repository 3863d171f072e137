"""Stars, tags, and when something was looked at last."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from files.library import tree
from files.library.limits import MAX_TAGS, MAX_TAGS_EACH
from files.library.selection import Selection
from files.models import File, FileTag, Folder, Tag
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound

MAX_NAME = 50
OPENED_AGAIN = timedelta(minutes=1)


def star(chosen: Selection, on: bool) -> None:
    """What has its star keeps the time it got it."""
    moment = timezone.now() if on else None
    Folder.objects.filter(pk__in=chosen.folder_keys, starred__isnull=on).update(starred=moment)
    File.objects.filter(pk__in=chosen.file_keys, starred__isnull=on).update(starred=moment)


def opened(file: File) -> None:
    """Its owner looks at it. A page that is loaded again and again is written down once a minute."""
    now = timezone.now()
    mine = File.objects.filter(Q(opened=None) | Q(opened__lt=now - OPENED_AGAIN), pk=file.pk, trashed=None)
    mine.update(opened=now)


def clean_tag(name: str) -> str:
    """Raises Invalid."""
    found = " ".join(unicodedata.normalize("NFC", name).split())
    if (
        not found
        or len(found) > MAX_NAME
        or "," in found
        or any(unicodedata.category(sign)[0] == "C" for sign in found)
    ):
        raise Invalid(
            _("A tag has between 1 and %(most)d characters and no comma.") % {"most": MAX_NAME}, code="tag_refused"
        )
    return found


def tag(chosen: Selection, add: Iterable[str], remove: Iterable[str] = ()) -> None:
    """Raises Invalid, LimitReached; then nothing has changed."""
    wanted = list(dict.fromkeys(clean_tag(name) for name in add))
    gone = [clean_tag(name) for name in remove]
    owner, keys = chosen.owner.pk, chosen.file_keys
    with tree.changing(owner):
        FileTag.objects.filter(file__in=keys, tag__name__in=gone).delete()
        if wanted:
            tags = _tags(owner, wanted)
            FileTag.objects.bulk_create(
                [FileTag(file_id=key, tag=one) for key in keys for one in tags], ignore_conflicts=True, batch_size=500
            )
            _check_each(keys)
        Tag.objects.filter(owner=owner, name__in=gone, tagged=None).delete()


def set_tags(file: File, wanted: Sequence[str]) -> None:
    """These and no others."""
    names = {clean_tag(name) for name in wanted}
    now = set(tags_of(file))
    tag(Selection(file.owner, [], [file]), sorted(names - now), sorted(now - names))


def _tags(owner: int, names: Sequence[str]) -> list[Tag]:
    found = list(Tag.objects.filter(owner=owner, name__in=names))
    missing = [name for name in names if name not in {one.name for one in found}]
    if missing and Tag.objects.filter(owner=owner).count() + len(missing) > MAX_TAGS:
        raise LimitReached(_("You can have %(most)d tags. Remove one first.") % {"most": MAX_TAGS}, code="tags_many")
    return found + Tag.objects.bulk_create([Tag(owner_id=owner, name=name) for name in missing])


def _check_each(keys: Sequence[UUID]) -> None:
    most = FileTag.objects.filter(file__in=keys).values("file").annotate(n=Count("pk")).order_by("-n").first()
    if most and most["n"] > MAX_TAGS_EACH:
        raise LimitReached(_("A file can have %(most)d tags.") % {"most": MAX_TAGS_EACH}, code="tags_many")


def tags_of(file: File) -> list[str]:
    return list(FileTag.objects.filter(file=file.pk).order_by("tag__name").values_list("tag__name", flat=True))


def tags_of_all(files: Sequence[File]) -> dict[UUID, list[str]]:
    """By the keys of those that have some; one query."""
    found: dict[UUID, list[str]] = {}
    pairs = FileTag.objects.filter(file__in=[file.pk for file in files]).order_by("tag__name")
    for key, name in pairs.values_list("file", "tag__name") if files else ():
        found.setdefault(key, []).append(name)
    return found


def tags(owner: User) -> "QuerySet[Tag]":
    """With ``files``, on how many it is; the trash does not count."""
    live = Count("tagged", filter=Q(tagged__file__trashed=None))
    return Tag.objects.filter(owner=owner.pk).annotate(files=live).order_by("name")


def access_tag(owner: User, tag: int) -> Tag:
    row = Tag.objects.filter(owner=owner.pk, pk=tag).first() if tag < 2**63 else None
    if row is None:
        raise NotFound(_("There is no such tag."), code="no_such_tag")
    return row


def rename_tag(row: Tag, name: str) -> Tag:
    """To the name of another: the two become one."""
    name = clean_tag(name)
    with tree.changing(row.owner_id):
        other = Tag.objects.filter(owner=row.owner_id, name=name).exclude(pk=row.pk).first()
        if other is None:
            Tag.objects.filter(pk=row.pk).update(name=name)
            row.name = name
            return row
        both = FileTag.objects.filter(tag=other.pk).values("file")
        FileTag.objects.filter(tag=row.pk).exclude(file__in=both).update(tag=other.pk)
        row.delete()
        return other


def delete_tag(row: Tag) -> None:
    """The files keep all else."""
    row.delete()

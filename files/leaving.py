"""A person's account is deleted, or becomes one with another of theirs."""

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from files import names
from files.models import Blob, File, FileTag, Folder, Tag, Version


def forget(person: int) -> None:
    """Within the transaction that deletes them, before their rows go: nothing of theirs keeps a content any more."""
    theirs = Version.objects.filter(file__owner=person)
    kept = Blob.objects.filter(pk__in=theirs.values("blob"))
    # Locked in the one order in which everybody takes several.
    for _key in kept.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True).iterator():
        pass
    many = theirs.filter(blob=OuterRef("pk")).order_by().values("blob").annotate(n=Count("pk")).values("n")
    kept.update(references=F("references") - Coalesce(Subquery(many), 0))
    kept.filter(references=0).update(unreferenced=timezone.now())


def merge(old: int, new: int) -> None:
    """Within the transaction that makes two accounts one, before rows are moved: names that both have in their roots get a number at
    ``old``, and tags of one name become one tag."""
    list(File.objects.select_for_update(of=("self",)).filter(owner__in=(old, new), folder=None).order_by("pk"))
    taken = {*_root_files(new).values_list("name", flat=True), *_root_folders(new).values_list("name", flat=True)}
    for rows in (_root_folders(old), _root_files(old)):
        own = {*_root_files(old).values_list("name", flat=True), *_root_folders(old).values_list("name", flat=True)}
        for row in rows.filter(name__in=taken):
            name = names.free(row.name, taken | own)
            rows.model._base_manager.filter(pk=row.pk).update(name=name)
            own.add(name)
    for tag in Tag.objects.filter(owner=old, name__in=Tag.objects.filter(owner=new).values("name")):
        other = Tag.objects.get(owner=new, name=tag.name)
        FileTag.objects.filter(tag=tag).exclude(file__in=FileTag.objects.filter(tag=other).values("file")).update(
            tag=other
        )
        tag.delete()


def _root_files(owner: int) -> "QuerySet[File]":
    return File.objects.filter(owner=owner, folder=None, trashed=None)


def _root_folders(owner: int) -> "QuerySet[Folder]":
    return Folder.objects.filter(owner=owner, parent=None, trashed=None)

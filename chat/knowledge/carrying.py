"""Collections on their way out: what was read of each document, as text."""

from collections.abc import Iterator

from chat.models import Document
from meatlizard.accounts.models import User
from meatlizard.reading.conversion import clean_name


def files_of(owner: User) -> Iterator[tuple[str, bytes]]:
    rows = Document.objects.filter(collection__owner=owner.pk, collection__removed=None, removed=None)
    named = rows.order_by("collection__name", "created", "pk").values_list("pk", "collection__name", "name")
    for number, (pk, collection, name) in enumerate(named, 1):
        text = Document.objects.filter(pk=pk).values_list("text", flat=True).first()
        if text:
            yield f"collections/{clean_name(collection)[:60]}/{number:04d} {clean_name(name)[:100]}.txt", text.encode()

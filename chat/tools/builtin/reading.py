"""The documents of a conversation, page by page: for those that are too long to stand in front of the question."""

from collections.abc import Sequence
from typing import Annotated

from django.db.models.functions import Substr
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from chat.models import Upload
from chat.tools.registry import Call, Result, Source, tool
from meatlizard.errors import Invalid, NotFound
from meatlizard.threads import in_database

PAGE = 8_000
"""Code points."""

MOST_LISTED = 50


@tool(title=gettext_lazy("Read attachments"), foreign=True)
async def read_attachment(
    call: Call,
    name: Annotated[str, Field(max_length=200, description="Name of the file. Empty: which files there are.")] = "",
    page: Annotated[int, Field(ge=1, le=1_000_000, description="Which page, from 1 on.")] = 1,
) -> Result:
    """Reads a document that was attached to this conversation, one page at a time, or lists what was attached."""
    return await in_database(_read, call, name, page)


def _read(call: Call, name: str, page: int) -> Result:
    files = _attached(call)
    if not name.strip():
        return Result("\n".join(map(_line, files)) or _("No files are attached to this conversation."))
    row = _meant(files, name)
    if row.kind != Upload.Kind.DOCUMENT or not row.length:
        raise Invalid(_("%(name)s has no text that could be read.") % {"name": row.name}, code="no_text")
    pages = -(-row.length // PAGE)
    if page > pages:
        raise Invalid(_("%(name)s has %(pages)s pages.") % {"name": row.name, "pages": pages}, code="no_such_page")
    text = Upload.objects.values_list(Substr("text", (page - 1) * PAGE + 1, PAGE), flat=True).get(pk=row.pk)
    head = f"{row.name}, page {page} of {pages}"
    source = Source(row.name, reverse("chat:attach-text", args=[row.pk]), timezone.now(), text[:200])
    return Result(f"{head}\n\n{text}", (source,), head)


def _attached(call: Call) -> Sequence[Upload]:
    """The newest first. The conversation and the files are both to be the person's own."""
    rows = Upload.objects.filter(
        owner=call.user.pk, state=Upload.State.READY, attachments__message__conversation=call.conversation,
        attachments__message__conversation__owner=call.user.pk, attachments__message__removed=None,
    )  # fmt: skip
    return list(rows.defer("text").distinct().order_by("-created", "pk")[:MOST_LISTED])


def _line(row: Upload) -> str:
    if row.kind == Upload.Kind.IMAGE:
        return f"{row.name}: image"
    return f"{row.name}: document, {-(-row.length // PAGE)} pages"


def _meant(files: Sequence[Upload], name: str) -> Upload:
    """By its name, or by a part that only one has."""
    wanted = name.strip().casefold()
    exact = [row for row in files if row.name.casefold() == wanted]
    like = [row for row in files if wanted in row.name.casefold()]
    if exact:
        return exact[0]
    if len(like) == 1:
        return like[0]
    names = ", ".join(row.name for row in like or files)
    if not names:
        raise NotFound(_("No files are attached to this conversation."), code="no_such_file")
    raise NotFound(_("There is no file of this name. There are: %(names)s") % {"names": names}, code="no_such_file")

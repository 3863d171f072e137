"""Files as tools of a model: it makes one, and reads what is there."""

from typing import Annotated

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import Field

from chat.access import access_conversation, access_message
from chat.artifacts import actions, naming, reading
from chat.tools.registry import Call, Result, tool
from meatlizard.errors import NotFound
from meatlizard.threads import in_database

LONGEST = 200_000
"""Code points of a file that a model writes in one call."""

PAGE = 12_000


@tool(title=gettext_lazy("Make a file"), effects=True)
async def create_artifact(
    call: Call,
    name: Annotated[str, Field(min_length=1, max_length=200, description="Name of the file, as report.md or main.py.")],
    content: Annotated[str, Field(min_length=1, max_length=LONGEST, description="All of the text of the file.")],
) -> Result:
    """Makes a text file for the person who asks, beside the conversation. The name of a file that is there already makes a new version of it;
    give the whole text then, too. Say in the answer that it is there; do not repeat its text."""
    return await in_database(_make, call, name, content)


@tool(title=gettext_lazy("Read a file made here"))
async def read_artifact(
    call: Call,
    name: Annotated[str, Field(max_length=200, description="Name of the file. Empty: which files there are.")] = "",
    page: Annotated[int, Field(ge=1, le=1_000_000, description="Which page, from 1 on.")] = 1,
) -> Result:
    """Reads the newest version of a file of this conversation, also as its reader has changed it, one page at a time; or lists the files."""
    return await in_database(_read, call, name, page)


def _make(call: Call, name: str, content: str) -> Result:
    message = access_message(call.user, call.message)
    if message.conversation_id != call.conversation:
        raise NotFound(_("This message does not exist, or is not yours."))
    made = actions.create(call.user, message, name, content)
    said = _("%(name)s, version %(number)s") % {"name": made.artifact.name, "number": made.number}
    return Result(f"{said}. The person can open and download it.", shown=said)


def _read(call: Call, name: str, page: int) -> Result:
    files = reading.known(access_conversation(call.user, call.conversation), call.message)
    if not name.strip():
        return Result("\n".join(one.name for one in files) or _("There are no files in this conversation."))
    key = naming.key(naming.safe(name, ""))
    row = next((one for one in files if naming.key(one.name) == key), None)
    if row is None:
        names = ", ".join(one.name for one in files) or _("none")
        raise NotFound(_("There is no file of this name. There are: %(names)s") % {"names": names}, code="no_such_file")
    pages = max(1, -(-len(row.text) // PAGE))
    if page > pages:
        raise NotFound(_("%(name)s has %(pages)s pages.") % {"name": row.name, "pages": pages}, code="no_such_page")
    head = f"{row.name}, page {page} of {pages}"
    return Result(f"{head}\n\n{row.text[(page - 1) * PAGE : page * PAGE]}", shown=head)


TOOLS = (create_artifact, read_artifact)

"""Room and tags."""

from typing import Any

from django.utils.translation import gettext_noop
from ninja.responses import Status

from files.api.routes import router
from files.api.schemas import CountOut, TagChange, TagOut, UsageOut
from files.library import marking, usage
from meatlizard.api.authentication import KeyRequest, needs


@router.get("/usage", response=UsageOut, summary=gettext_noop("What takes room"), **needs("files:read"))
def read_usage(request: KeyRequest) -> Any:
    """In bytes; all but `limit` and `used` are parts of `used`."""
    meter = usage.meter(request.user)
    parts = usage.parts(request.user, meter.used)
    return {
        "used": meter.used, "limit": meter.limit, "files": parts.files, "versions": parts.versions, "trash": parts.trash,
        "elsewhere": parts.elsewhere,
    }  # fmt: skip


@router.get("/tags", response=list[TagOut], summary=gettext_noop("Tags"), **needs("files:read"))
def list_tags(request: KeyRequest) -> Any:
    return list(marking.tags(request.user))


@router.patch("/tags/{int:tag}", response=CountOut, summary=gettext_noop("Rename a tag"), **needs("files:write"))
def change_tag(request: KeyRequest, tag: int, change: TagChange) -> Any:
    """To the name of another, and the two become one. Answers with how many tags there are."""
    marking.rename_tag(marking.access_tag(request.user, tag), change.name)
    return {"count": marking.tags(request.user).count()}


@router.delete("/tags/{int:tag}", response={204: None}, summary=gettext_noop("Delete a tag"), **needs("files:write"))
def delete_tag(request: KeyRequest, tag: int) -> Any:
    marking.delete_tag(marking.access_tag(request.user, tag))
    return Status(204, None)

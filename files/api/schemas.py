"""What programs send and get."""

import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.utils.translation import gettext_noop
from ninja import Query, Schema
from pydantic import ConfigDict, Field

from files.library.limits import MAX_ITEMS, MAX_TAGS_EACH

Limit = Annotated[int, Query(ge=1, le=1_000, description=gettext_noop("How many at most."))]
After = Annotated[
    str, Query(max_length=2_000, description=gettext_noop("`next` of the answer before; empty for the first."))
]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Keys = Annotated[list[UUID], Field(max_length=MAX_ITEMS)]


class Strict(Schema):
    model_config = ConfigDict(extra="forbid")


class Items(Strict):
    """Files and folders; all of them, or nothing happens."""

    files: Keys = []
    folders: Keys = []


class MoveIn(Items):
    folder: UUID | None = Field(description=gettext_noop("where to; null: outside of all folders"))


class CopyIn(MoveIn):
    request: UUID | None = Field(
        None, description=gettext_noop("made by you: however often it is sent, there is one copy")
    )


class FolderIn(Strict):
    name: Name
    parent: UUID | None = None
    request: UUID | None = Field(
        None, description=gettext_noop("made by you: however often it is sent, there is one folder")
    )


class FolderChange(Strict):
    name: Name | None = None
    parent: UUID | None = None
    starred: bool | None = None


class FileChange(Strict):
    name: Name | None = None
    folder: UUID | None = None
    starred: bool | None = None
    tags: Annotated[list[Annotated[str, Field(max_length=50)]], Field(max_length=MAX_TAGS_EACH)] | None = None


class TagChange(Strict):
    name: Annotated[str, Field(min_length=1, max_length=50)]


class FolderOut(Schema):
    id: UUID
    name: str
    parent: UUID | None = Field(validation_alias="parent_id")
    created: datetime.datetime
    changed: datetime.datetime
    starred: datetime.datetime | None
    trashed: datetime.datetime | None


class FileOut(Schema):
    id: UUID
    name: str
    folder: UUID | None
    size: int
    media_type: str
    sha256: str
    version: int
    tags: list[str]
    created: datetime.datetime
    changed: datetime.datetime
    starred: datetime.datetime | None
    trashed: datetime.datetime | None
    url: str = Field(description=gettext_noop("its page"))
    content: str = Field(description=gettext_noop("its bytes; the key is asked for there as well"))


class VersionOut(Schema):
    number: int
    name: str
    size: int
    media_type: str
    sha256: str
    created: datetime.datetime
    content: str


class TrashedOut(Schema):
    kind: Literal["file", "folder"]
    id: UUID
    name: str
    trashed: datetime.datetime
    until: datetime.datetime = Field(description=gettext_noop("when it is deleted for good"))


class TrashOut(Schema):
    folders: list[TrashedOut]
    files: list[TrashedOut]
    next: str | None


class CopiedOut(Schema):
    files: list[FileOut]
    folders: list[FolderOut]


class CountOut(Schema):
    count: int


class TagOut(Schema):
    id: int
    name: str
    files: int = Field(description=gettext_noop("on how many it is"))


class UsageOut(Schema):
    used: int
    limit: int
    files: int
    versions: int
    trash: int
    elsewhere: int


class Wanted(Schema):
    """Of a list of files."""

    folder: UUID | Literal["root", "any"] = Field("any", description=gettext_noop("`root`: outside of all folders"))
    q: str = Field("", max_length=200, description=gettext_noop("words of names, tags and texts"))
    kind: Literal["", "image", "video", "audio", "document", "text", "archive", "other"] = ""
    tag: str = Field("", max_length=50)
    starred: bool = False
    sort: Literal["name", "-name", "size", "-size", "changed", "-changed"] = "name"

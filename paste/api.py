"""``/api/v1/pastes``: pastes of the key's owner. Visitors' pastes, encrypted ones and large files go through the other doors."""

import base64
import binascii
import datetime
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from ninja import Path, Router, Schema
from ninja.responses import Status
from pydantic import AfterValidator, ConfigDict, Field

from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import After, Limit, Piece, piece
from meatlizard.errors import Invalid, NotFound
from paste import actions, contents
from paste.access import access_paste, files_of, is_owner, pastes_of
from paste.actions import Terms
from paste.contents import Draft
from paste.models import File, Paste

router = Router()

Slug = Annotated[str, Path(max_length=64)]


def _ahead(moment: datetime.datetime) -> datetime.datetime:
    """Without a zone it is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    if not 2000 <= aware.year <= 2999:
        raise ValueError("the year lies between 2000 and 2999")
    return aware.astimezone(datetime.UTC)


class FileIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=contents.MAX_NAME)
    text: str | None = None
    base64: str | None = Field(None, description=gettext_noop("in place of text, for what is none"))
    format: str = Field("", max_length=40, description=gettext_noop("a language; empty: guessed"))


class PasteIn(Schema):
    model_config = ConfigDict(extra="forbid")

    files: list[FileIn] = Field(min_length=1, max_length=100)
    title: str = Field("", max_length=200)
    privacy: Literal["public", "unlisted", "password", "private"] = "unlisted"
    password: str = Field("", max_length=200)
    expires: Annotated[datetime.datetime, AfterValidator(_ahead)] | None = None
    views: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description=gettext_noop("how often it may be read")
    )
    discussion: bool = True


class RevisionIn(Schema):
    model_config = ConfigDict(extra="forbid")

    files: list[FileIn] = Field(min_length=1, max_length=100)
    title: str | None = Field(None, max_length=200)
    note: str = Field("", max_length=200)
    base: Annotated[int, Field(ge=1, lt=2**31)] | None = Field(
        None, description=gettext_noop("the revision that was changed")
    )


class Facts(Schema):
    slug: str
    url: str
    title: str
    privacy: str
    sealed: bool
    created: datetime.datetime
    updated: datetime.datetime
    expires: datetime.datetime | None
    views_left: int | None
    views: int
    revision: int
    size: int

    @staticmethod
    def resolve_url(paste: Paste) -> str:
        return settings.SITE_URL + reverse("paste:show", args=[paste.slug])


class FileOut(Schema):
    name: str
    format: str
    size: int
    sha256: str
    text: str | None
    base64: str | None


class Whole(Schema):
    paste: Facts
    files: list[FileOut]


@router.get("", response=Piece[Facts], summary=gettext_noop("Pastes, newest first"), **needs("pastes:read"))
def list_pastes(request: KeyRequest, limit: Limit = 50, after: After = "") -> Any:
    return piece(pastes_of(request.user), limit, after)


@router.post("", response={201: Facts}, summary=gettext_noop("Make a paste"), **needs("pastes:write"))
def create(request: KeyRequest, wish: PasteIn) -> Any:
    terms = Terms(wish.privacy, wish.password, wish.expires, wish.views, wish.discussion)
    return Status(201, actions.create(request.user, _drafts(wish.files), title=wish.title, terms=terms)[0])


@router.get("/{slug}", response=Whole, summary=gettext_noop("One paste with its files"), **needs("pastes:read"))
def read(request: KeyRequest, slug: Slug) -> Any:
    paste = _own(request, slug)
    return {"paste": paste, "files": [_shown(file) for file in files_of(paste)]}


@router.put("/{slug}", response=Facts, summary=gettext_noop("A new revision"), **needs("pastes:write"))
def revise(request: KeyRequest, slug: Slug, change: RevisionIn) -> Any:
    """`files` is all that the paste holds from now on."""
    paste, drafts = _own(request, slug), _drafts(change.files)
    return actions.revise(paste, request.user, drafts, title=change.title, note=change.note, base=change.base)


@router.delete("/{slug}", response={204: None}, summary=gettext_noop("Delete a paste"), **needs("pastes:write"))
def delete(request: KeyRequest, slug: Slug) -> Any:
    actions.delete(_own(request, slug))
    return Status(204, None)


def _own(request: KeyRequest, slug: str) -> Paste:
    """Others' are read where their views are counted and their passwords asked for."""
    paste = access_paste(request.user, slug.replace("\x00", ""))
    if not is_owner(request.user, paste):
        raise NotFound
    return paste


def _drafts(files: Sequence[FileIn]) -> list[Draft]:
    return [Draft(file.name, _bytes(file), file.format) for file in files]


def _bytes(file: FileIn) -> bytes:
    if (file.text is None) == (file.base64 is None):
        raise Invalid(_("A file has either text or base64."), code="file_empty")
    try:
        # Half of a pair of surrogates, which JSON can say, is no text.
        return file.text.encode() if file.text is not None else base64.b64decode(file.base64 or "", validate=True)
    except (binascii.Error, ValueError):
        raise Invalid(_("This is neither text nor base64."), code="no_text") from None


def _shown(file: File) -> dict[str, Any]:
    data = contents.read(file)
    text = contents.decoded(data)
    return {
        "name": file.name, "format": file.format, "size": file.size, "sha256": file.sha256, "text": text,
        "base64": None if text is not None else base64.b64encode(data).decode(),
    }  # fmt: skip

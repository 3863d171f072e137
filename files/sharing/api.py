"""``/api/v1/shares``: shares of the key's owner, their logs, and the addresses at which others send files in."""

import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.utils.translation import gettext_noop
from ninja import Path, Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from files.access import access_file, access_folder
from files.models.shares import Download, Inbox, Share
from files.sharing import access, actions, addresses, inboxes, states
from files.sharing.inboxes import InboxTerms
from files.sharing.terms import MAX_DOWNLOADS, Terms
from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import After, Limit, Piece, piece

router = Router()
inbox_router = Router()

Key = Annotated[int, Path(ge=1, lt=2**63)]
Moment = datetime.datetime
Bytes = Annotated[int, Field(ge=1, lt=2**50)]


class TermsIn(Schema):
    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=200)
    audience: Literal["link", "members", "people"] = "link"
    people: list[str] = Field(
        [], max_length=100, description=gettext_noop("names of members, with the audience people")
    )
    password: str | None = Field(None, max_length=200, description=gettext_noop("empty: none; null: as it was"))
    expires: Moment | None = None
    max_downloads: Annotated[int, Field(ge=1, le=MAX_DOWNLOADS)] | None = None
    view_only: bool = False
    notify: bool = False

    def terms(self) -> Terms:
        return Terms(
            self.title, self.audience, tuple(self.people), self.password, _utc(self.expires), self.max_downloads, self.view_only,
            self.notify,
        )  # fmt: skip


class ShareIn(TermsIn):
    files: list[UUID] = Field([], max_length=500)
    folders: list[UUID] = Field([], max_length=500)
    slug: str = Field("", max_length=60, description=gettext_noop("words of your own; empty: made up"))


class ShareOut(Schema):
    id: int
    slug: str
    url: str
    title: str
    state: str
    audience: str
    has_password: bool
    expires: Moment | None
    max_downloads: int | None
    downloads_left: int | None
    downloads: int
    view_only: bool
    notify: bool
    created: Moment

    @staticmethod
    def resolve_url(row: Share) -> str:
        return addresses.page(row)

    @staticmethod
    def resolve_state(row: Share) -> str:
        return states.state_of(row)

    @staticmethod
    def resolve_has_password(row: Share) -> bool:
        return bool(row.password)


class DownloadOut(Schema):
    name: str
    files: int
    size: int
    sent: int
    state: str
    user: str | None
    bot: bool
    begun: Moment
    seen: Moment

    @staticmethod
    def resolve_files(row: Download) -> int:
        return row.count

    @staticmethod
    def resolve_user(row: Download) -> str | None:
        return row.user.get_username() if row.user is not None else None


class InboxTermsIn(Schema):
    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=200)
    note: str = Field("", max_length=1_000)
    max_files: Annotated[int, Field(ge=1, le=100_000)] = 100
    max_bytes: Bytes = 1_073_741_824
    max_file_bytes: Bytes = 104_857_600
    types: str = Field("", max_length=500)
    members_only: bool = False
    password: str | None = Field(None, max_length=200, description=gettext_noop("empty: none; null: as it was"))
    expires: Moment | None = None
    notify: bool = False

    def terms(self) -> InboxTerms:
        given = {name: getattr(self, name) for name in InboxTerms.__dataclass_fields__ if name != "expires"}
        return InboxTerms(**given, expires=_utc(self.expires))


class InboxIn(InboxTermsIn):
    folder: UUID | None = Field(None, description=gettext_noop("where files go; null: the outermost"))


class InboxOut(Schema):
    id: int
    slug: str
    url: str
    title: str
    note: str
    state: str
    folder: UUID | None
    has_password: bool
    members_only: bool
    expires: Moment | None
    max_files: int
    max_bytes: int
    max_file_bytes: int
    types: str
    files_used: int
    bytes_used: int
    created: Moment

    @staticmethod
    def resolve_url(row: Inbox) -> str:
        return addresses.inbox_page(row)

    @staticmethod
    def resolve_state(row: Inbox) -> str:
        return states.state_of(row)

    @staticmethod
    def resolve_folder(row: Inbox) -> UUID | None:
        return row.folder_id

    @staticmethod
    def resolve_has_password(row: Inbox) -> bool:
        return bool(row.password)


def _utc(moment: Moment | None) -> Moment | None:
    """Without a zone it is UTC."""
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


@router.get("", response=Piece[ShareOut], summary=gettext_noop("Shares, newest first"), **needs("files:read"))
def list_shares(request: KeyRequest, limit: Limit = 50, after: After = "") -> Any:
    return piece(access.shares_of(request.user), limit, after)


@router.post("", response={201: ShareOut}, summary=gettext_noop("Share files and folders"), **needs("files:write"))
def create_share(request: KeyRequest, wish: ShareIn) -> Any:
    files = [access_file(request.user, key) for key in wish.files]
    folders = [access_folder(request.user, key) for key in wish.folders]
    return Status(201, actions.create(request.user, files, folders, terms=wish.terms(), slug=wish.slug))


@router.get("/{files_share}", response=ShareOut, summary=gettext_noop("One share"), **needs("files:read"))
def read_share(request: KeyRequest, files_share: Key) -> Any:
    return access.access_share(request.user, files_share)


@router.put(
    "/{files_share}", response=ShareOut, summary=gettext_noop("Change the terms of a share"), **needs("files:write")
)
def change_share(request: KeyRequest, files_share: Key, wish: TermsIn) -> Any:
    return actions.change(access.access_share(request.user, files_share), wish.terms())


@router.post(
    "/{files_share}/revoke", response=ShareOut, summary=gettext_noop("Withdraw a share"), **needs("files:write")
)
def revoke_share(request: KeyRequest, files_share: Key) -> Any:
    actions.revoke(access.access_share(request.user, files_share))
    return access.access_share(request.user, files_share)


@router.delete(
    "/{files_share}", response={204: None}, summary=gettext_noop("Delete a share with its log"), **needs("files:write")
)
def delete_share(request: KeyRequest, files_share: Key) -> Any:
    actions.delete(access.access_share(request.user, files_share))
    return Status(204, None)


@router.get(
    "/{files_share}/downloads",
    response=Piece[DownloadOut],
    summary=gettext_noop("Who downloaded, newest first"),
    **needs("files:read"),
)
def list_downloads(request: KeyRequest, files_share: Key, limit: Limit = 50, after: After = "") -> Any:
    return piece(access.log_of(access.access_share(request.user, files_share)), limit, after, by="begun")


@inbox_router.get(
    "",
    response=Piece[InboxOut],
    summary=gettext_noop("Addresses for others' files, newest first"),
    **needs("files:read"),
)
def list_inboxes(request: KeyRequest, limit: Limit = 50, after: After = "") -> Any:
    return piece(access.inboxes_of(request.user), limit, after)


@inbox_router.post(
    "", response={201: InboxOut}, summary=gettext_noop("Let others send files in"), **needs("files:write")
)
def create_inbox(request: KeyRequest, wish: InboxIn) -> Any:
    folder = access_folder(request.user, wish.folder) if wish.folder else None
    return Status(201, access.access_inbox(request.user, inboxes.create(request.user, folder, wish.terms()).pk))


@inbox_router.put("/{files_inbox}", response=InboxOut, summary=gettext_noop("Change the terms"), **needs("files:write"))
def change_inbox(request: KeyRequest, files_inbox: Key, wish: InboxTermsIn) -> Any:
    return inboxes.change(access.access_inbox(request.user, files_inbox), wish.terms())


@inbox_router.post("/{files_inbox}/close", response=InboxOut, summary=gettext_noop("Close one"), **needs("files:write"))
def close_inbox(request: KeyRequest, files_inbox: Key) -> Any:
    inboxes.close(access.access_inbox(request.user, files_inbox))
    return access.access_inbox(request.user, files_inbox)


@inbox_router.delete(
    "/{files_inbox}", response={204: None}, summary=gettext_noop("Delete one; what came stays"), **needs("files:write")
)
def delete_inbox(request: KeyRequest, files_inbox: Key) -> Any:
    inboxes.delete(access.access_inbox(request.user, files_inbox))
    return Status(204, None)

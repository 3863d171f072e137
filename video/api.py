"""``/api/v1/videos``: videos of the key's owner. Their content comes by tus, with the header ``X-Upload-Video``."""

import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.utils.translation import gettext_noop
from ninja import Path, Router, Schema
from ninja.responses import Status
from pydantic import ConfigDict, Field

from meatlizard.api.authentication import KeyRequest, needs
from meatlizard.api.pages import After, Limit
from meatlizard.security.fetch import MAX_URL
from video import access, actions, addresses, removing
from video.importing import actions as imports
from video.making import actions as making
from video.making import progress
from video.models import Category, Video
from video.uploading import grants
from video.watching import places

router = Router()

Slug = Annotated[str, Path(max_length=64)]


class VideoIn(Schema):
    """What is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=20_000)
    tags: list[str] | None = Field(None, max_length=actions.MOST_TAGS)
    category: str | None = Field(None, max_length=40, description=gettext_noop("its short name; empty: none"))
    language: str | None = Field(None, max_length=12)
    privacy: Literal["public", "unlisted", "private", "password"] | None = None
    password: str | None = Field(None, max_length=200, description=gettext_noop("with the privacy password"))
    embed: Literal["off", "anywhere", "hosts"] | None = None
    embed_hosts: str | None = Field(None, max_length=2_000, description=gettext_noop("one a line"))
    downloads: bool | None = None
    comments: Literal["open", "held", "closed"] | None = None


class ImportIn(Schema):
    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=MAX_URL)


class VideoOut(Schema):
    slug: str
    url: str
    title: str
    description: str
    tags: list[str]
    category: str | None
    channel: str
    language: str
    privacy: str
    state: str
    progress: float
    estimate: float | None
    playable: bool
    error: str
    duration: float | None
    width: int | None
    height: int | None
    views: int
    likes: int
    counted: int = Field(description=gettext_noop("bytes it takes of your storage"))
    created: datetime.datetime
    published: datetime.datetime | None
    trashed: datetime.datetime | None
    upload: str = Field(description=gettext_noop("where its content goes by tus, with the header X-Upload-Video"))


class Videos(Schema):
    items: list[VideoOut]
    next: str | None


@router.get("", response=Videos, summary=gettext_noop("Videos, newest first"), **needs("videos:read"))
def list_videos(request: KeyRequest, limit: Limit = 50, after: After = "") -> Any:
    mine = access.videos_of(request.user).select_related("category").prefetch_related("tags")
    rows, following = places.piece(mine, "created", limit, places.after(after))
    return {"items": [shown(row) for row in rows], "next": following or None}


@router.post("", response={201: VideoOut}, summary=gettext_noop("Begin a video"), **needs("videos:write"))
def begin(request: KeyRequest, wish: VideoIn) -> Any:
    """It has no content yet. Send that by tus to `upload`, with the header `X-Upload-Video: <slug>` and a key that may write files."""
    video = actions.draft(request.user)
    change(video, wish)
    return Status(201, shown(video))


@router.post(
    "/import", response={201: VideoOut}, summary=gettext_noop("Fetch one of another site"), **needs("videos:write")
)
def fetch(request: KeyRequest, wish: ImportIn) -> Any:
    return Status(201, shown(imports.begin(request.user, wish.url)))


@router.get("/{slug}", response=VideoOut, summary=gettext_noop("One video"), **needs("videos:read"))
def read(request: KeyRequest, slug: Slug) -> Any:
    return shown(access.only_own(request.user, slug))


@router.patch("/{slug}", response=VideoOut, summary=gettext_noop("Change what is said of it"), **needs("videos:write"))
def patch(request: KeyRequest, slug: Slug, wish: VideoIn) -> Any:
    video = access.only_own(request.user, slug)
    change(video, wish)
    return shown(video)


@router.post("/{slug}/cancel", response=VideoOut, summary=gettext_noop("Stop making it"), **needs("videos:write"))
def cancel(request: KeyRequest, slug: Slug) -> Any:
    making.cancel(access.only_own(request.user, slug))
    return shown(access.only_own(request.user, slug))


@router.post("/{slug}/retry", response=VideoOut, summary=gettext_noop("Go on making it"), **needs("videos:write"))
def retry(request: KeyRequest, slug: Slug) -> Any:
    video = access.only_own(request.user, slug)
    if not imports.again(video):
        making.retry(video)
    return shown(access.only_own(request.user, slug))


@router.delete("/{slug}", response={204: None}, summary=gettext_noop("Delete a video"), **needs("videos:write"))
def delete(request: KeyRequest, slug: Slug) -> Any:
    """Into the trash; one that lies there already goes for good."""
    video = access.only_own(request.user, slug)
    if not actions.trash(video):
        removing.remove(video)
    return Status(204, None)


@router.post("/{slug}/restore", response=VideoOut, summary=gettext_noop("Out of the trash"), **needs("videos:write"))
def restore(request: KeyRequest, slug: Slug) -> Any:
    actions.restore(access.only_own(request.user, slug))
    return shown(access.only_own(request.user, slug))


def change(video: Video, wish: VideoIn) -> None:
    """All of it or, where something is refused, nothing."""
    said = wish.model_dump(exclude_none=True, exclude={"tags", "password", "category"})
    if wish.category is not None:
        said["category"] = access.category(wish.category) if wish.category else None
    actions.change(video, tags=wish.tags, password=wish.password, **said)


def shown(video: Video) -> dict[str, Any]:
    state = progress.told(video)
    category: Category | None = video.category
    return {
        **{name: state[name] for name in ("slug", "state", "progress", "estimate", "playable", "error")},
        **{name: getattr(video, name) for name in (
            "title", "description", "language", "privacy", "duration", "width", "height", "views", "likes", "created", "published", "trashed",
        )},
        "url": settings.SITE_URL + addresses.watch(video), "tags": [tag.name for tag in video.tags.all()], "counted": video.charged,
        "category": category.slug if category else None, "channel": video.channel.handle, "upload": settings.SITE_URL + grants.ENDPOINT,
    }  # fmt: skip

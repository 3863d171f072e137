"""Videos of the site for somebody on Discord: found by words, and shown where others see it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden
from video import access, addresses
from video.library import searching

MOST = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """``picture`` is empty where Discord could not fetch it, or where there is none."""

    title: str
    channel: str
    address: str
    picture: str
    seconds: float | None


def search(user: User, text: str) -> list[Shown]:
    """Those that this person finds on the site."""
    return [_shown(row) for row in searching.find(user, searching.Wish.read(text), size=MOST).videos]


def show(user: User, named: str, *, others_see_it: bool) -> Shown:
    """The video of an address, a slug, or the first that is found by words. Raises NotFound; Forbidden for one that not everybody may watch
    where others read along."""
    # By words nothing is found for others that they could not find themselves.
    finder = AnonymousUser() if others_see_it else user
    row = access.watch(user, slug_of(named)) if "/" in named else _by_words(finder, named)
    if others_see_it and row.privacy != row.Privacy.PUBLIC:
        raise Forbidden(
            _("Others read here, and this video is not public. Show it in direct messages, or make it public."),
            code="not_public",
        )
    return _shown(row)


def slug_of(address: str) -> str:
    """Of the address of a video's page, on this site or a path of it; empty for anything else."""
    at = urlsplit(address.strip().strip("<>"))
    own = urlsplit(settings.SITE_URL).netloc
    parts = at.path.strip("/").split("/")
    return parts[1] if at.netloc in ("", own) and len(parts) >= 2 and parts[0] == "v" else ""


def _by_words(viewer: access.Viewer, text: str) -> Any:
    found = searching.find(viewer, searching.Wish.read(text), size=1).videos
    return found[0] if found else access.watch(viewer, "")


def _shown(row: Any) -> Shown:
    picture = (
        addresses.picture(row) if row.privacy == row.Privacy.PUBLIC and settings.SITE_URL.startswith("https://") else ""
    )
    return Shown(
        row.title, row.channel.name, urljoin(settings.SITE_URL, addresses.watch(row)), urljoin(settings.SITE_URL, picture) if picture else "",
        row.duration,
    )  # fmt: skip

"""What comments bring to the rest of the site, when the app is ready."""

from typing import Any

from django.http import HttpRequest

from meatlizard.accounts.models import User
from meatlizard.moderation import services as moderated
from video.comments import inbox, section
from video.comments.actions import SERVICE
from video.comments.moderating import CommentTexts
from video.library.slots import add_slot
from video.models import Video


def load() -> None:
    moderated.register(SERVICE, CommentTexts())
    add_slot("below", "video/comments/_below.html", section.beside, order=200)
    add_slot("tabs", "video/comments/_tabs.html", _news, order=70)


def _news(request: HttpRequest, video: Video | None) -> Any:
    """How much is new for who is signed in."""
    return {"new": inbox.unseen(request.user)} if isinstance(request.user, User) else None

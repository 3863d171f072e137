"""What playlists and likes bring to the rest of the app, when it is ready."""

from typing import Any

from django.http import HttpRequest

from video import player_settings
from video.library.slots import add_slot
from video.models import Video
from video.playlists import saving


def load() -> None:
    player_settings.fills(saving.neighbours)
    add_slot("actions", "video/playlists/_buttons.html", saving.buttons, order=10)
    add_slot("beside", "video/playlists/_playing.html", saving.playing, order=10)
    add_slot("tabs", "video/playlists/_tabs.html", _signed_in, order=60)
    add_slot("channel", "video/playlists/_of_channel.html")
    for place in ("head", "scripts"):
        add_slot(place, f"video/playlists/_{place}.html")


def _signed_in(request: HttpRequest, video: Video | None) -> Any:
    return {} if request.user.is_authenticated else None

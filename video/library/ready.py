"""What the library brings to the rest of the site, when the app is ready."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest


def load() -> None:
    from meatlizard.installable import crawling
    from shortener import targets
    from video import player_settings
    from video.library import words

    words.load(apps.get_app_config("video"))
    targets.allow_own("/v/")
    targets.allow_own("/videos/channel/")
    targets.allow_own("/videos/playlist/")
    crawling.add_sitemap("/videos/sitemap.xml")
    player_settings.fills(_played)


def _played(video: Any, request: HttpRequest) -> dict[str, Any]:
    from video.library import addresses
    from video.library.chapters import parse

    chapters = [{"start": one.start, "title": one.title} for one in parse(video.description, video.duration)]
    return {"poster": addresses.picture(video) or None, "chapters": chapters}

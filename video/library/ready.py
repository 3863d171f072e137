"""What the library brings to the rest of the site, when the app is ready."""

from django.apps import apps


def load() -> None:
    from shortener import targets
    from video.library import words

    words.load(apps.get_app_config("video"))
    targets.allow_own("/v/")
    targets.allow_own("/videos/channel/")
    targets.allow_own("/videos/playlist/")

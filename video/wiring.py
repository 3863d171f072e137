"""What videos tell the rest of the site when it starts."""

from typing import Any

from django.utils.translation import gettext_lazy as _


def load() -> None:
    from files.blobs import references
    from meatlizard.control.services import Service, register
    from video import viewers
    from video.captions import ready as captions
    from video.downloads import ready as downloads
    from video.knowing import ready as knowing
    from video.library import ready as library
    from video.making import ready as making
    from video.serving import ready as serving

    register(Service("video", _("Videos"), ("/videos", "/v", "/api/v1/videos"), scopes=("videos",)))
    references.counted(_kept_by_videos)
    library.load()
    viewers.load()
    making.load()
    captions.load()
    serving.load()
    downloads.load()
    knowing.load()


def _kept_by_videos() -> Any:
    from video.models import Video

    return Video.objects.filter(blob__isnull=False)

"""What the settings want of every video."""

from django.conf import settings

from video.media.ladder import Wanted


def wanted() -> Wanted:
    return Wanted(
        codecs=tuple(dict.fromkeys(settings.VIDEO_CODECS)), tallest=settings.VIDEO_TALLEST, hardware=settings.VIDEO_ENCODER,
        surround=settings.VIDEO_SURROUND,
    )  # fmt: skip

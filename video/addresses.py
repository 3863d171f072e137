"""Where a video is: its page, its picture, what other sites show of it, and what is played. What answers some of these stands ahead of Django,
so that they are written out here, and nowhere else.
"""

from urllib.parse import urlencode

from video.models import Video


def watch(video: Video, **query: object) -> str:
    """Its page, with what else it is told."""
    return f"/v/{video.slug}/{'?' + urlencode(query) if query else ''}"


def embed(video: Video) -> str:
    return f"/v/{video.slug}/embed/"


def stream(video: Video, token: str) -> str:
    """Below which all is that is played; ``token``: of :mod:`video.serving.tokens`."""
    return f"/v/{video.slug}/hls/{token}"


def download(video: Video, rendition: str, token: str, name: str) -> str:
    """``name``: as it stands in an address."""
    return f"/v/{video.slug}/download/{rendition}/{token}/{name}"


def picture(video: Video) -> str:
    """Empty where there is none. It ends otherwise once the pictures are others, so that caches need not be asked."""
    name = (video.thumbnail or {}).get("chosen", "")
    return f"/v/{video.slug}/thumbnail/{name}?{video.place.hex[:8]}" if name else ""

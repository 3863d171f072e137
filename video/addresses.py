"""Where a video is to be watched, and its picture."""

from urllib.parse import urlencode

from video.models import Video


def watch(video: Video, **query: object) -> str:
    """Its page, with what else it is told."""
    return f"/v/{video.slug}/{'?' + urlencode(query) if query else ''}"


def picture(video: Video) -> str:
    """Empty where there is none. It ends otherwise once the pictures are others, so that caches need not be asked."""
    name = (video.thumbnail or {}).get("chosen", "")
    return f"/v/{video.slug}/thumbnail/{name}?{video.place.hex[:8]}" if name else ""

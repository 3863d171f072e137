"""Files of a video in the site's storage."""

from dataclasses import dataclass

from django.conf import settings

from files.blobs import places
from files.blobs.trouble import Gone
from video.models import Part, Video


@dataclass(frozen=True, slots=True)
class Stored:
    """As :class:`files.blobs.reading.Kept`. ``mark``: what no other content under this address has."""

    place: str
    storage_name: str
    size: int
    mark: str


def part(video: Video, place: str, rendition: str, number: int) -> Stored:
    """One that is made. Raises NotFound."""
    row = (
        Part.objects.select_related("rendition")
        .filter(rendition__video=video.pk, rendition__place=place, rendition__name=rendition, number=number, state=Part.State.MADE)
        .first()
    )  # fmt: skip
    if row is None:
        raise Gone
    return Stored(settings.STORAGE, row.storage_name, row.size, f"{place}-{rendition}-{row.file}-{row.size}")


def named(video: Video, name: str) -> Stored:
    """What lies under ``name`` (``storyboard/0.jpg``) in the present place. Asks the storage. Raises NotFound, Unavailable."""
    storage_name = video.storage_name(name)
    for place in places.first(settings.STORAGE):
        try:
            found = place.look(storage_name)
        except FileNotFoundError:
            continue
        mark = f"{video.place.hex}-{name.replace('/', '-')}-{found.size}-{int(found.changed.timestamp())}"
        return Stored(place.name, storage_name, found.size, mark)
    raise Gone

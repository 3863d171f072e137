"""One's own videos, for the tool by which a model looks through what a person has here."""

from collections.abc import Sequence

from django.db.models import Q

from chat.tools.own_content import Found
from meatlizard.accounts.models import User
from video import access
from video.addresses import watch
from video.knowing import transcripts
from video.models import Captions, Video


def own(user: User, query: str, most: int) -> Sequence[Found]:
    """The newest first that have all words in their title, description or tags, or in one of their captions: those lead to the moment."""
    asked = query.replace("\x00", "").lower().split()
    if not asked:
        return []
    about, said = Q(), Q()
    for word in asked:
        about &= Q(title__icontains=word) | Q(description__icontains=word) | Q(pk__in=_tagged(word))
        said &= Q(text__icontains=word)
    spoken = Captions.objects.filter(said, video__owner=user.pk, state=Captions.State.READY)
    rows = access.videos_of(user).filter(about | Q(pk__in=spoken.values("video")), trashed=None).order_by("-created")
    return [_found(row, asked, spoken.filter(video=row).first()) for row in rows[:most]]


def _tagged(word: str) -> object:
    return Video.objects.filter(tags__name__icontains=word).values("pk")


def _found(row: Video, asked: Sequence[str], captions: Captions | None) -> Found:
    address, text = watch(row), row.description or row.title
    if captions is not None:
        text = captions.text
        counts = [
            (sum(word in line.text.lower() for word in asked), -line.start) for line in transcripts.lines(captions)
        ]
        address = watch(row, t=-max(counts)[1]) if counts else address
    return Found(row.title, address, text, row.created)

"""Whose sessions become transcripts, and how members hear of them: what the site allows, and what each has chosen."""

from django.conf import settings
from django.db.models import QuerySet

from chat.models import Transcript, TranscriptChoice
from chat.models.transcripts import TranscriptLink
from meatlizard.accounts.models import User

Place = Transcript.Place
Way = TranscriptLink.Way


def choice_of(user: int) -> TranscriptChoice:
    """As it would be before anything was chosen, where nothing was."""
    return TranscriptChoice.objects.filter(user=user).first() or TranscriptChoice(user_id=user)


def wanted(user: int, place: str) -> bool:
    """Whether this member's sessions at ``place`` become transcripts."""
    if settings.TRANSCRIPTS != "chosen":
        return bool(settings.TRANSCRIPTS == "all")
    choice = choice_of(user)
    return choice.discord if place == Place.DISCORD else choice.web


def members_of_the_web() -> "QuerySet[User] | None":
    """Those whose sessions on the web become transcripts; None: all."""
    if settings.TRANSCRIPTS == "all":
        return None
    chosen = TranscriptChoice.objects.filter(web=True) if settings.TRANSCRIPTS == "chosen" else None
    return User.objects.filter(pk__in=chosen.values("user")) if chosen is not None else User.objects.none()


def sends(user: int, way: str) -> bool:
    """Whether this member is sent a link by itself."""
    if way not in settings.TRANSCRIPT_LINKS:
        return False
    choice = choice_of(user)
    return {Way.MAIL: settings.HAS_MAIL and choice.by_mail, Way.MESSAGE: choice.by_message}.get(Way(way), False)

"""What players of viewers tell, for tests of what is counted."""

import datetime
from typing import Any

from django.utils import timezone

from meatlizard.accounts.models import User
from video.models import Video, Viewing
from video.watching import actions
from video.watching.actions import Audience
from video.watching.beats import Beat

AGO = datetime.timedelta(hours=2)


def audience(
    viewer: str = "guest a", ago: datetime.timedelta = AGO, kind: str = Viewing.Kind.PERSON, **more: Any
) -> Audience:
    """Somebody whose page has been open for a while."""
    return Audience(viewer, kind, timezone.now() - ago, **more)


def beat(*watched: tuple[float, float], **more: Any) -> Beat:
    return Beat(session="", watched=list(watched), **{"position": watched[-1][1] if watched else 0.0, **more})


def view(video: Video, viewer: str = "guest a", user: User | None = None, until: float = 10.0, **more: Any) -> bool:
    """Watches from the beginning; whether that was counted as a view."""
    return actions.hear(video, audience(viewer, **more), beat((0.0, until)), user)

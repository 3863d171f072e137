"""What a player tells is written down here: where somebody is, whether that was a view, and how far viewers come.

A view is one viewing that has lasted for VIEW_SECONDS or seen half of the video. Of one viewer there is one row for an hour
(``video_viewing_once``), and of two processes that hear of the same one at once, one turns ``counted`` and raises the counters, in one transaction.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.db import transaction
from django.utils import timezone

from meatlizard.accounts.models import User
from video.models import Video, Viewing
from video.watching import coverage, history, sums
from video.watching.beats import Beat, usable_rate
from video.watching.sums import Told

VIEW_SECONDS: Final = 10.0
GOES_ON: Final = datetime.timedelta(minutes=30)
"""Who comes back later than that begins another viewing."""

SLACK: Final = 0.5
"""Seconds that the clocks of two machines may be apart, once in a viewing."""

KEPT: Final = datetime.timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who watches. ``viewer``: ``user 5``, or ``guest`` and a random key. ``began``: since when it may have been watched."""

    viewer: str
    kind: str
    began: datetime.datetime
    device: str = ""
    browser: str = ""
    system: str = ""
    referrer: str = ""


def hear(
    video: Video,
    audience: Audience,
    beat: Beat,
    user: User | None = None,
    *,
    believed: Callable[[], bool] = lambda: True,
) -> bool:
    """Whether a view was counted by this. ``user``: whose position it is; ``believed`` is asked once it would be one."""
    duration = video.duration or 0.0
    if duration <= 0:
        return False
    if user is not None:
        position = min(duration, max(0.0, beat.position))
        history.stand_at(user, video, position, ended=beat.ended, duration=duration)
    with transaction.atomic():
        viewing = _viewing(video, audience, timezone.now())
        before = Told(0, 0.0) if not viewing.counted else Told(int(viewing.reached, 16), viewing.spent)
        new = _spend(viewing, beat, duration)
        viewing.covered = coverage.merged([*_pieces(viewing), *new])
        viewing.reached = f"{int(viewing.reached, 16) | coverage.reached(_pieces(viewing), duration):x}"
        viewing.height = beat.height or viewing.height
        counted = not viewing.counted and _is_view(viewing, duration) and believed()
        viewing.counted = viewing.counted or counted
        viewing.save(update_fields=["covered", "reached", "height", "counted", "spent", "changed"])
        if viewing.counted:
            sums.add(viewing, before, new_view=counted)
    return counted


def _viewing(video: Video, audience: Audience, now: datetime.datetime) -> Viewing:
    """The one that goes on, or another one; locked."""
    mine = Viewing.objects.filter(video=video.pk, viewer=audience.viewer)
    last = mine.order_by("-hour").values_list("hour", "changed").first()
    hour = _hour(now)
    if last is not None and now - last[1] < GOES_ON:
        hour = last[0]
    # Time that an earlier viewing could spend is not there for this one.
    began = audience.began if last is None else max(audience.began, last[1])
    row = Viewing(
        video=video, viewer=audience.viewer, hour=hour, kind=audience.kind, started=began, changed=now, device=audience.device,
        browser=audience.browser, system=audience.system, referrer=audience.referrer,
    )  # fmt: skip
    if last is None or hour != last[0]:
        Viewing.objects.bulk_create([row], ignore_conflicts=True)
    found: Viewing = mine.select_for_update().get(hour=hour)
    found.changed = max(found.changed, now)
    return found


def _spend(viewing: Viewing, beat: Beat, duration: float) -> list[coverage.Piece]:
    """Of what is told, what can be true: nobody watches more than the clock allows."""
    rate = usable_rate(beat.rate)
    passed = (viewing.changed - viewing.started).total_seconds() + SLACK
    left = max(0.0, passed - viewing.spent)
    new = coverage.first(coverage.within(beat.watched, duration), left * rate)
    viewing.spent += coverage.length(new) / rate
    return new


def _is_view(viewing: Viewing, duration: float) -> bool:
    return viewing.spent >= VIEW_SECONDS or coverage.length(_pieces(viewing)) >= duration / 2


def _pieces(viewing: Viewing) -> list[coverage.Piece]:
    return [(start, end) for start, end in viewing.covered]


def _hour(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(datetime.UTC).replace(minute=0, second=0, microsecond=0)


def forget_old() -> int:
    """Viewings that are over: who watched what is not known any more, the sums stay."""
    return Viewing.objects.filter(changed__lt=timezone.now() - KEPT).delete()[0]

"""Verbs of imports: begin one, try it again."""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.security import ratelimit
from meatlizard.security.fetch import MAX_URL
from video import actions
from video.models import Video

RATE: Final = "20/h"


def enabled() -> bool:
    return bool(settings.VIDEO_IMPORT and settings.FETCH_LINKS)


def begin(owner: User, url: str) -> Video:
    """A video of what is at ``url``. Raises Invalid, LimitReached, and Forbidden where the operator has switched this off."""
    from video.importing.jobs import bring

    require_enabled()
    url = url.strip()
    try:
        parts = urlsplit(url)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        plain = False
    if not plain or len(url) > MAX_URL or any(ord(sign) < 33 for sign in url):
        raise Invalid(_("Only addresses that begin with http:// or https:// can be fetched."), code="not_fetched")
    ratelimit.check("video.import", f"user {owner.pk}", RATE)
    with transaction.atomic():
        video = actions.draft(owner, source_url=url, state=Video.State.FETCHING)
        bring.enqueue(str(video.pk))
    return video


def again(video: Video) -> bool:
    """Of one that was not fetched. Raises Forbidden."""
    from video.importing.jobs import bring

    if not video.source_url or video.blob_id is not None:
        return False
    require_enabled()
    ratelimit.check("video.import", f"user {video.owner_id}", RATE)
    with transaction.atomic():
        stopped = Video.objects.filter(
            pk=video.pk, blob=None, trashed=None, state__in=(Video.State.FAILED, Video.State.CANCELLED)
        )
        if not stopped.update(state=Video.State.FETCHING, error="", detail="", progress=0, changed=timezone.now()):
            return False
        bring.enqueue(str(video.pk))
    return True


def require_enabled() -> None:
    if not enabled():
        raise Forbidden(_("Fetching videos of other sites is switched off here."), code="import_off")

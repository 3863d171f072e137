"""Why a video could not be made, in sentences for its owner."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from video.importing import refusals as of_imports
from video.media import refusals as of_media

SENTENCES: Final = {
    "quarantined": _("The check of new files found this one harmful, so no video is made of it. The site's operators can look at it."),
    "no_content": _("The original is not there any more. Upload it again."),
    "disk_full": _("The site's disk is full. What is made so far is kept, and it goes on by itself once there is room; tell the site's operators."),
    "storage_unreachable": _("The site could not reach its storage. What is made so far is kept, and it goes on by itself when the storage answers again."),
    "worker_lost": _("It was begun several times, and each time the worker ended in the middle of it. Try again, or tell the site's operators."),
    "storage_full": _("There is no room left for this video in your storage. Delete something, then try again."),
}  # fmt: skip


def sentence(code: str) -> str:
    known = SENTENCES.get(code) or of_imports.SENTENCES.get(code)
    return str(known) if known else of_media.sentence(code)

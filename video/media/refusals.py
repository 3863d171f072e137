"""Why nothing can be made of a file, or why it was not made this time."""

from typing import Final

from django.utils.translation import gettext_lazy as _

SENTENCES: Final = {
    "empty": _("This file is empty. Upload it again."),
    "not_a_video": _("This is no video of a kind that can be read here. Save it as MP4, MKV or WebM and upload that."),
    "damaged": _("This file is damaged: no picture of it could be read. Upload it again, or save it anew with a video editor."),
    "no_video": _("There is neither a moving picture nor sound in this file."),
    "sound_alone": _("There is sound alone in this file, and this site takes videos only. Upload it to Files instead."),
    "codec": _("The pictures of this file are in a form that cannot be decoded here. Save it as H.264 and upload that."),
    "protected": _("This file is locked by copy protection and cannot be decoded."),
    "dolby_vision": _("This video is in Dolby Vision without a picture for other screens. Save it as HDR10, HLG or SDR and upload that."),
    "too_large": _("The picture of this video is too large: at most 8192 by 4352 pixels can be processed."),
    "too_small": _("The picture of this video is too small: each side needs 16 pixels at least."),
    "too_long": _("This video is too long. Cut it into several and upload these."),
    "too_many_streams": _("This file has too many tracks. Save it with one picture and a few tracks of sound."),
    "no_ffmpeg": _("Videos cannot be processed here: ffmpeg is not installed. Tell the people who run this site."),
    "disk_full": _("There was no room left on the disk. Try again later, or tell the people who run this site."),
    "memory": _("This video needs more memory than may be used for one. Upload a smaller one."),
    "stalled": _("Processing made no progress for a long time and was ended. Try again."),
    "too_slow": _("Processing took longer than it may and was ended. Try again, or upload a smaller video."),
    "broken": _("Processing failed. Try again; if it fails once more, save the video anew and upload that."),
}  # fmt: skip


class Problem(Exception):
    """``code`` is one of SENTENCES, ``detail`` what a program said: for the people who run the site."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Refused(Problem):
    """Of this file nothing will ever be made."""


class Trouble(Problem):
    """It was not made this time; another try may help."""


class Stopped(Exception):
    """Whoever asked for it wants it no more."""


def sentence(code: str) -> str:
    """For people, in their language."""
    return str(SENTENCES.get(code, SENTENCES["broken"]))

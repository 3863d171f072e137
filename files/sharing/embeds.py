"""A shared file within pages of others: what to paste there."""

from dataclasses import dataclass
from html import escape
from typing import Final

from files.models.library import File
from files.models.shares import Audience, Share
from files.serving import kinds

PDF: Final = "application/pdf"
TAGS: Final = {
    "image/": '<img src="{address}" alt="{name}">',
    "video/": '<video src="{address}" controls></video>',
    "audio/": '<audio src="{address}" controls></audio>',
    PDF: '<a href="{address}">{name}</a>',
}
_MARKDOWN: Final = str.maketrans({sign: f"\\{sign}" for sign in "\\[]()*_`<>!|#~"})


@dataclass(frozen=True, slots=True)
class Embed:
    direct: str
    markdown: str
    html: str
    bbcode: str


def may_embed(share: Share) -> bool:
    """Whether pages of others can load it: nobody is asked who they are there, and nothing is counted."""
    return share.audience == Audience.LINK and not share.password and not share.counted


def embed(share: Share, file: File, address: str) -> Embed | None:
    """``address``: of the content, whole. None where it is not safe or not open to everybody."""
    kind = next((kind for kind in TAGS if file.media_type.startswith(kind)), "")
    if not kind or not may_embed(share) or not (kinds.shown(file.media_type) or kind == PDF):
        return None
    name = file.name.translate(_MARKDOWN)
    image = kind == "image/"
    quiet = file.name.replace("[", "(").replace("]", ")")
    return Embed(
        direct=address,
        markdown=f"{'!' if image else ''}[{name}]({address})",
        html=TAGS[kind].format(address=escape(address), name=escape(file.name)),
        bbcode=f"[img]{address}[/img]" if image else f"[url={address}]{quiet}[/url]",
    )

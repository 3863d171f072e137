"""Pastes and comments, as moderation names, reads and changes them."""

from collections.abc import Sequence

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from meatlizard.markup import render_markdown
from meatlizard.moderation.services import Turn
from paste import comments, contents, sweeping
from paste.access import files_of
from paste.actions import revise
from paste.models import Comment, Paste

MOST = 200_000
"""Characters of a paste that moderators are shown."""


def paste_target(paste: Paste) -> str:
    return f"paste:{paste.slug}"


def comment_target(comment: Comment) -> str:
    return f"comment:{comment.paste.slug}:{comment.public_id}"


def text_of(paste: Paste) -> str:
    """Title and texts of the present revision; of an encrypted one nobody here can read anything."""
    if paste.sealed:
        return gettext("(encrypted: only who has the whole address can read it)")
    parts = [paste.title]
    for file in files_of(paste):
        words = contents.text_of(file)[:MOST] if file.format != contents.BINARY else gettext("(no text)")
        parts.append(f"{file.name}\n{words}".strip())
    return "\n\n".join(part for part in parts if part)[:MOST]


class PasteTexts:
    """See :class:`meatlizard.moderation.services.Service`. A paste's text is that of its first file."""

    label = _("pastes")

    def read(self, target: str) -> str | None:
        comment = _comment(target)
        if comment is not None:
            return comment.text
        paste = _paste(target)
        return text_of(paste) if paste is not None else None

    def write(self, target: str, text: str) -> bool:
        comment = _comment(target)
        if comment is not None:
            html = render_markdown(text, comment.public_id) if text else ""
            return bool(Comment.objects.filter(pk=comment.pk, removed=False).update(text=text, html=html))
        paste = _paste(target)
        if paste is None:
            return False
        if not text or paste.sealed or paste.owner is None or paste.state != Paste.State.READY:
            return self.remove(target)
        first = files_of(paste)[0]
        revise(paste, paste.owner, [contents.Draft(first.name, text.encode(), first.format)], title="")
        sweeping.drop_earlier(paste)
        return True

    def remove(self, target: str) -> bool:
        """A paste is gone at once, for its owner too: it cannot be brought back."""
        comment = _comment(target)
        if comment is not None:
            comments.blank(comment)
            return True
        paste = _paste(target)
        if paste is None:
            return False
        sweeping.remove(paste)
        return True

    def around(self, target: str, place: str) -> Sequence[Turn]:
        """Of a comment, the paste it stands at."""
        paste = _paste(place) if place else None
        return [Turn(str(self.label), text_of(paste)[:2_000])] if paste is not None and _comment(target) else []


def _paste(target: str) -> Paste | None:
    kind, _colon, slug = target.partition(":")
    if kind != "paste":
        return None
    # Its owner may have deleted it in the meantime, and could bring it back.
    there = Paste.objects.select_related("owner").filter(state__in=[Paste.State.READY, Paste.State.DELETED])
    return there.filter(slug=slug).first()


def _comment(target: str) -> Comment | None:
    kind, _colon, rest = target.partition(":")
    slug, _colon, key = rest.partition(":")
    if kind != "comment":
        return None
    return Comment.objects.select_related("paste").filter(paste__slug=slug, public_id=key, removed=False).first()

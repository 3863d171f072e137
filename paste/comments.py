"""What people say of pastes: comments in threads, signs, stars."""

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.markup import render_markdown
from meatlizard.moderation.actions import screening
from paste.checking import SERVICE
from paste.models import Comment, Paste, Reaction, Star

SIGNS = ("👍", "❤️", "😄", "🎉", "😕", "👀")
MAX_LENGTH = 10_000
MAX_SEALED = 1_000_000
MAX_COMMENTS = 2_000
DEPTH = 6
"""Answers deeper than that stand beside what they answer."""


def comment(paste: Paste, author: User, text: str, parent: Comment | None = None) -> Comment:
    """Raises Forbidden where there is no discussion, Invalid for an empty or too long text, Blocked."""
    text = text.strip().replace("\x00", "").encode(errors="replace").decode()
    _check(paste, text, MAX_LENGTH)
    if paste.sealed:
        raise Forbidden(gettext("Comments at an encrypted paste are encrypted, too."), code="sealed")
    text, found = screening.incoming(author, SERVICE, text, place=f"paste:{paste.slug}")
    public_id = secrets.token_hex(8)
    html = render_markdown(text, public_id)
    row = Comment(author=author, text=text, html=html, public_id=public_id)
    _insert(paste, row, parent)
    if found is not None:
        screening.note(found, target=f"comment:{paste.slug}:{public_id}", place=f"paste:{paste.slug}")
    return row


def comment_sealed(
    paste: Paste,
    author: User | None,
    adata: str,
    ciphertext: str,
    *,
    public_id: str = "",
    parent: Comment | None = None,
) -> Comment:
    """What was encrypted in a browser, at a paste of the kind. Raises Forbidden, and Invalid where ``public_id`` is taken."""
    if not paste.sealed:
        raise Forbidden(gettext("This paste is not encrypted."), code="not_sealed")
    _check(paste, ciphertext, MAX_SEALED)
    row = Comment(author=author, adata=adata, text=ciphertext, public_id=public_id or secrets.token_hex(8))
    try:
        _insert(paste, row, parent)
    except IntegrityError:
        raise Invalid(gettext("This comment is there already."), code="comment_taken") from None
    return row


def _check(paste: Paste, text: str, most: int) -> None:
    if not paste.discussion:
        raise Forbidden(gettext("There is no discussion at this paste."), code="no_discussion")
    if not text:
        raise Invalid(gettext("Write something first."), code="empty")
    if len(text) > most:
        raise Invalid(gettext("A comment has at most %(most)s characters.") % {"most": f"{most:,}"}, code="too_long")
    if paste.comments_count >= MAX_COMMENTS:
        raise Invalid(gettext("This paste has as many comments as it may."), code="too_many_comments")


def _insert(paste: Paste, row: Comment, parent: Comment | None) -> None:
    row.paste, row.parent, row.created = paste, parent, timezone.now()
    with transaction.atomic():
        row.save(force_insert=True)
        Paste.objects.filter(pk=paste.pk).update(comments_count=F("comments_count") + 1)


def may_remove(user: User, row: Comment) -> bool:
    return user.is_authenticated and user.pk in (row.author_id, row.paste.owner_id)


def remove(user: User, row: Comment) -> None:
    """By its author, or by whose paste it is: the words go, the place of answers to it stays."""
    if not may_remove(user, row):
        raise Forbidden(gettext("This comment is somebody else's."), code="not_yours")
    blank(row)


def blank(row: Comment) -> None:
    with transaction.atomic():
        if Comment.objects.filter(pk=row.pk, removed=False).update(text="", html="", adata="", removed=True):
            Paste.objects.filter(pk=row.paste_id, comments_count__gt=0).update(comments_count=F("comments_count") - 1)


def react(user: User, paste: Paste, sign: str, comment: Comment | None = None) -> bool:
    """Sets one's sign, or takes it back; whether it stands now."""
    if sign not in SIGNS:
        raise Invalid(gettext("This sign is not one of those offered."), code="sign_bad")
    mine = Reaction.objects.filter(paste=paste.pk, comment=comment, user=user.pk, sign=sign)
    if mine.delete()[0]:
        return False
    # Two clicks at once set it once.
    Reaction.objects.bulk_create([Reaction(paste=paste, comment=comment, user=user, sign=sign)], ignore_conflicts=True)
    return True


def star(user: User, paste: Paste) -> bool:
    """Sets one's star, or takes it back; whether it stands now."""
    with transaction.atomic():
        # The line to stand in: a star that another click takes back while this one sets it would be neither made nor found.
        Paste.objects.select_for_update(no_key=True).filter(pk=paste.pk).first()
        if Star.objects.filter(paste=paste.pk, user=user.pk).delete()[0]:
            Paste.objects.filter(pk=paste.pk, stars__gt=0).update(stars=F("stars") - 1)
            return False
        made = Star.objects.get_or_create(paste=paste, user=user, defaults={"created": timezone.now()})[1]
        if made:
            Paste.objects.filter(pk=paste.pk).update(stars=F("stars") + 1)
        return True


def starred(user: User, paste: Paste) -> bool:
    return Star.objects.filter(paste=paste.pk, user=user.pk).exists()


# --- as a page shows them -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sign:
    sign: str
    count: int
    mine: bool


@dataclass(slots=True)
class Said:
    """A comment with the answers below it; ``depth`` from 0."""

    row: Comment
    depth: int
    signs: list[Sign] = field(default_factory=list)


def thread(paste: Paste, viewer: int | None) -> list[Said]:
    """All comments, each followed by the answers to it; removed ones only where somebody has answered."""
    rows = list(Comment.objects.filter(paste=paste.pk).select_related("author").order_by("created", "pk"))
    children: dict[int | None, list[Comment]] = {}
    for row in rows:
        row.paste = paste
        children.setdefault(row.parent_id, []).append(row)
    signs = _signs(Reaction.objects.filter(paste=paste.pk).exclude(comment=None), viewer)
    shown: list[Said] = []
    waiting = [(row, 0) for row in reversed(children.get(None, []))]
    while waiting:
        row, depth = waiting.pop()
        below = children.get(row.pk, [])
        if not row.removed or below:
            shown.append(Said(row, min(depth, DEPTH), signs.get(row.pk, [])))
        waiting += [(child, depth + 1) for child in reversed(below)]
    return shown


def signs_of(paste: Paste, viewer: int | None) -> list[Sign]:
    """At the paste itself."""
    return _signs(Reaction.objects.filter(paste=paste.pk, comment=None), viewer).get(None, [])


def _signs(rows: Iterable[Reaction], viewer: int | None) -> dict[int | None, list[Sign]]:
    counts: dict[int | None, Counter[str]] = {}
    mine: set[tuple[int | None, str]] = set()
    for row in rows:
        counts.setdefault(row.comment_id, Counter())[row.sign] += 1
        if row.user_id == viewer:
            mine.add((row.comment_id, row.sign))
    return {key: _in_order(key, found, mine) for key, found in counts.items()}


def _in_order(key: int | None, found: "Counter[str]", mine: set[tuple[int | None, str]]) -> list[Sign]:
    return [Sign(sign, found[sign], (key, sign) in mine) for sign in SIGNS if found[sign]]

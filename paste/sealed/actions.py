"""Verbs of sealed pastes: make, open, comment, delete. All that is handled here is sealed, and stays so."""

import datetime
import json
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound
from paste import actions as pastes
from paste import comments, contents, sweeping
from paste.access import NO_SUCH_PASTE, Viewer, access_comment, files_of
from paste.models import Comment, Paste
from paste.sealed import form, parts
from paste.sealed.access import Sealed, access_sealed, access_sealed_by_token, check_proof
from paste.sealed.models import Seal

MAX_COMMENTS = 300
"""At one sealed paste: all of them come with it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is handed to a reader. ``left``: views that remain, None without a bound."""

    paste: Paste
    adata: Any
    ct: str
    comments: list[Comment]
    left: int | None
    claim: str = ""
    """For the parts of large files, where a view was used up."""


def create(owner: User | None, sent: form.NewPaste) -> tuple[Paste, str]:
    """Keeps a sealed paste; returns it with the token that deletes it.

    Raises Invalid, and what :func:`paste.actions.create_sealed` raises.
    """
    adata = form.as_sealed(sent.adata, sent.ct)
    _cipher, _formatter, discussion, burn = sent.adata
    if burn and (discussion or (sent.site.views or 1) > 1):
        raise Invalid(_("A paste that is read once has no discussion and no further views."), code="bad_paste")
    if not sent.site.classic and sent.site.guard is None:
        raise Invalid(_("Without a guard this paste could be read by nobody."), code="bad_paste")
    if sent.site.parts and owner is None:
        raise Forbidden(_("Large files need an account. Sign in first."), code="members_only")
    seconds = form.SECONDS[sent.meta.expire]
    expires = None if seconds is None else timezone.now() + datetime.timedelta(seconds=seconds)
    paste, token = pastes.create_sealed(
        owner, adata, sent.ct, slug=secrets.token_hex(8), expires=expires, views=1 if burn else sent.site.views,
        discussion=bool(discussion),
    )  # fmt: skip
    if sent.site.guard is not None or sent.site.parts:
        # Nobody has heard of the address before this request is answered.
        Seal.objects.create(
            paste=paste, guard=sent.site.guard or "", parts=sent.site.parts or 0, classic=sent.site.classic, recipient=sent.site.recipient,
            password=sent.site.password,
        )  # fmt: skip
    if sent.site.parts:
        parts.await_parts(paste)
    return paste, token


def open_classic(viewer: Viewer, slug: str) -> Opened:
    """As PrivateBin's clients read: without a proof, so that a paste that is read once is used up by whoever asks. Raises Forbidden where the
    creator wants a proof of every reader."""
    row = access_sealed(viewer, slug)
    if row.needs_proof:
        raise Forbidden(_("This paste opens only in a browser: follow its link there."), code="needs_proof")
    return _open(row)


def open_proved(viewer: Viewer, slug: str, proof: str, address: str) -> Opened:
    """For who shows to be able to read it; a wrong key or password uses nothing up."""
    row = access_sealed(viewer, slug)
    check_proof(row, proof, address)
    return _open(row)


def _open(row: Sealed) -> Opened:
    """Of many who come at once for the last view exactly one gets it."""
    paste = row.paste
    # Read first: whoever has the last view deletes it.
    files = files_of(paste)
    if not files:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    ct = contents.text_of(files[0])
    said = list(Comment.objects.filter(paste=paste.pk, removed=False).select_related("parent"))
    left, claim = None, ""
    if paste.burns:
        claim = pastes.claim_view(paste)
        left = Paste.objects.filter(pk=paste.pk).values_list("views_left", flat=True).first() or 0
        # Parts come after the text, within the hour in which the last reader may ask for them.
        if left == 0 and len(files) == 1:
            _burn(paste)
    return Opened(paste, json.loads(paste.adata), ct, said, left, claim if len(files) > 1 else "")


def _burn(paste: Paste) -> None:
    """Nothing remains of it on the disk: who reads it last holds the only copy."""
    Paste.objects.filter(pk=paste.pk, state=Paste.State.SPENT).update(purge_at=timezone.now())
    sweeping.purge(paste)


def comment(viewer: Viewer, sent: form.NewComment, address: str) -> Comment:
    """Raises Forbidden where no discussion is open or the proof is wrong, LimitReached beyond MAX_COMMENTS, NotFound, Invalid."""
    row = access_sealed(viewer, sent.pasteid)
    if not row.paste.discussion:
        # Before the proof, of which wrong ones are counted.
        raise Forbidden(_("There is no discussion at this paste."), code="no_discussion")
    if row.needs_proof:
        check_proof(row, sent.proof or "", address)
    if len(sent.ct) > form.MAX_COMMENT:
        raise form.too_large(form.MAX_COMMENT)
    if row.paste.comments_count >= MAX_COMMENTS:
        raise LimitReached(_("This paste has as many comments as it may."), code="too_many_comments")
    adata = form.as_sealed(sent.adata, sent.ct)
    parent = None if sent.parentid == sent.pasteid else access_comment(row.paste, sent.parentid)
    return comments.comment_sealed(
        row.paste, viewer if isinstance(viewer, User) else None, adata, sent.ct, parent=parent
    )


def delete(viewer: Viewer, sent: form.Deletion, address: str) -> None:
    """By the token, or by the proof of a reader where the creator allows that. Raises NotFound, Forbidden."""
    if sent.deletetoken is not None:
        pastes.delete(access_sealed_by_token(sent.pasteid, sent.deletetoken))
        return
    row = access_sealed(viewer, sent.pasteid)
    if row.seal is None or not row.seal.recipient:
        raise Forbidden(_("Only who made this paste can delete it."), code="not_yours")
    check_proof(row, sent.proof or "", address)
    pastes.delete(row.paste)


def address_of(paste: Paste) -> str:
    return f"{settings.SITE_URL}{reverse('sealed:sealed')}?{paste.slug}"

"""The door to sealed pastes: by their id, for whoever has it. What is in them, the site does not know."""

import hashlib
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext

from meatlizard.errors import Forbidden, LimitReached, NotFound
from meatlizard.security import ratelimit
from paste.access import NO_SUCH_PASTE, Viewer, access_by_token, access_claimed, access_paste, token_hash
from paste.actions import has_claimed
from paste.models import File, Paste
from paste.sealed.form import MAX_PARTS
from paste.sealed.models import Seal

TRIES = "10/15m"
"""Wrong proofs for one paste from one address. A password is tried by a proof."""

TRIES_BY_ALL = "100/h"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed paste, and what its creator wished (None: made by a client of PrivateBin)."""

    paste: Paste
    seal: Seal | None

    @property
    def needs_proof(self) -> bool:
        return self.seal is not None and not self.seal.classic


def access_sealed(viewer: Viewer, slug: str) -> Sealed:
    """Raises NotFound for what is gone, never was, or is no sealed paste. It uses up no view."""
    paste = access_paste(viewer, slug)
    if not paste.sealed:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    return Sealed(paste, Seal.objects.filter(paste=paste.pk).first())


def access_sealed_by_token(slug: str, token: str) -> Paste:
    paste = access_by_token(slug, token)
    if not paste.sealed:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    return paste


def access_coming(slug: str, token: str) -> Sealed:
    """One whose large files are still on their way, for who sends them."""
    paste = (
        Paste.objects.select_related("owner")
        .filter(slug=slug.replace("\x00", ""), sealed=True, state=Paste.State.COMING)
        .first()
    )
    seal = Seal.objects.filter(paste=paste.pk, parts__gt=0).first() if paste is not None else None
    if paste is None or seal is None:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    if not constant_time_compare(token_hash(token), paste.deletion_hash):
        raise Forbidden(gettext("This is not the token of this paste."), code="wrong_token")
    return Sealed(paste, seal)


def access_part(viewer: Viewer, slug: str, number: int, claim: str) -> File:
    """A part of a large file, from 1. ``claim``: what was given with the sealed text, where a view was used up for it."""
    paste = access_claimed(slug) if claim else access_sealed(viewer, slug).paste
    if (claim or paste.burns) and not has_claimed(paste, claim):
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    if not paste.sealed or not 1 <= number <= MAX_PARTS:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    row = File.objects.filter(paste=paste.pk, position=number, since=1).first()
    if row is None:
        raise NotFound(gettext("This paste has no such file."), code="no_such_file")
    return row


def check_proof(row: Sealed, proof: str, address: str) -> None:
    """Raises Forbidden for a wrong proof, LimitReached after too many. ``address``: whose it is, as a key of limits."""
    guard = row.seal.guard if row.seal is not None else ""
    slug = row.paste.slug
    limits = [("paste.proof", f"{slug} {address}", TRIES), ("paste.proof.all", slug, TRIES_BY_ALL)]
    # Only wrong ones are counted: a paste may have many readers.
    waits = [wait for limit in limits if (wait := ratelimit.hit(*limit, count=False)) is not None]
    if waits:
        raise LimitReached(
            gettext("Too many passwords were tried. Wait a little."), code="rate_limited", retry_after=max(waits)
        )
    if not guard or not constant_time_compare(hashlib.sha256(proof.encode()).hexdigest(), guard):
        for limit in limits:
            ratelimit.hit(*limit)
        raise Forbidden(
            gettext("The key or the password is not the one of this paste. Nothing was used up."), code="wrong_proof"
        )

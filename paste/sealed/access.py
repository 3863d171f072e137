"""The door to sealed pastes: by their id, for whoever has it. What is in them, the site does not know."""

import hashlib
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext

from meatlizard.errors import Forbidden, LimitReached, NotFound
from meatlizard.security import ratelimit
from paste.access import NO_SUCH_PASTE, Viewer, access_by_token, access_paste
from paste.models import Paste
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

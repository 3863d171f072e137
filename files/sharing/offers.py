"""What of a shared file is given out, at the site and at the content host."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from files.models.library import File
from files.serving.sources import Offer
from files.sharing import access, embeds
from files.sharing.access import Visit
from meatlizard.accounts.models import User
from meatlizard.errors import NotFound

KIND = "share"


def of(found: Visit, file: File, viewer: User | None, proof: str, *, save: bool) -> Offer:
    """``file``: as others get it. ``proof``: of the password. Counted, every byte goes through this process, as a file to save."""
    share = found.share
    counted = share.counted and not found.mine
    key = "" if counted else f"{share.slug}/{file.pk}/{proof}"
    return Offer(
        file.blob, file.name, file.changed, save=save or counted, through=counted, embed=embeds.may_embed(share),
        kind="" if counted else KIND, key=key, viewer=viewer.pk if viewer is not None else None,
    )  # fmt: skip


def again(viewer: int | None, key: str) -> Offer:
    """At the content host, each time anew. Raises NotFound and Forbidden."""
    slug, _slash, rest = key.partition("/")
    file, _slash, proof = rest.partition("/")
    person = User.objects.filter(pk=viewer, is_active=True).first() if viewer is not None else None
    if viewer is not None and (person is None or person.is_suspended):
        raise NotFound
    found = access.opened(person or AnonymousUser(), slug, proof)
    if found.share.counted and not found.mine:
        raise NotFound
    return of(found, access.shared_file(found.share, UUID(file)), person, proof, save=False)

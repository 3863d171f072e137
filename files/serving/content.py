"""A content as the answer to a request: from this process, from the front server on our word, or from the bucket itself.

Whatever it is, it runs nowhere: it is sent under a type that was found from its bytes, as a file to save unless the type is one in which
nothing can run, in a sandbox, and never sniffed.
"""

import asyncio
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from files.asgi.asked import Asked
from files.blobs import reading
from files.blobs.trouble import Gone
from files.models import Blob
from files.serving import addresses, answers, giving, kinds
from files.serving.answers import Content
from files.serving.dispositions import disposition
from files.serving.sources import Offer
from meatlizard.errors import Forbidden

POLICY: Final = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
)
"""The pictures and sounds are the answer itself: browsers put a page around one that is opened by itself."""

PRESIGNED_SECONDS: Final = 60


async def serve(asked: Asked, offer: Offer, *, foreign: bool = False) -> None:
    """Answers ``asked``; ``foreign``: at the content host. Raises Forbidden while nobody gets the content, NotFound when it is gone."""
    withheld(offer.blob)
    inline = not offer.save and kinds.shown(offer.blob.media_type)
    conditions = await giving.conditions(asked)
    if conditions is None:
        return
    if inline and (elsewhere := addresses.at_content_host(asked, offer)):
        await asked.answer(302, [("location", elsewhere)])
        return
    about = Content(
        offer.blob.size, f'"{offer.blob.sha256}"', int(offer.modified.timestamp()) if offer.modified else None,
        kinds.told(offer.blob.media_type), _said(offer, inline, foreign),
    )  # fmt: skip
    if not offer.through and await _given_away(asked, offer, about, inline):
        return
    await giving.give(asked, offer.blob, about, conditions)


def withheld(blob: Blob) -> None:
    """Raises what is said of a content that nobody gets."""
    if blob.state == Blob.State.CHECKING:
        raise Forbidden(
            _("This file is being checked for viruses. It can be opened in a moment."), code="being_checked"
        )
    if blob.state == Blob.State.QUARANTINED:
        raise Forbidden(
            _("This file was found to be harmful, and is given to nobody. The site's operators can look at it."),
            code="quarantined",
        )
    if not blob.readable:
        raise Gone


async def _given_away(asked: Asked, offer: Offer, about: Content, inline: bool) -> bool:
    """Whether somebody else sends the bytes, which answers parts and conditions by itself then."""
    if await giving.by_front_server(asked, offer.blob, about):
        return True
    if settings.S3_DOWNLOADS == "redirect" and not inline and _goes_along(asked):
        address = await asyncio.to_thread(
            reading.presigned, offer.blob, PRESIGNED_SECONDS, disposition(offer.name), about.content_type
        )
        if address is not None:
            # Not to be kept, and not told to whoever is linked to from there.
            await asked.answer(302, [("location", address), ("referrer-policy", "no-referrer")])
            return True
    return False


def _goes_along(asked: Asked) -> bool:
    """Whether a redirect to another host leads anywhere: for pages and programs yes, for elements and scripts of a page the page's policy says no."""
    return asked.headers.get("sec-fetch-dest", "document") == "document"


def _said(offer: Offer, inline: bool, foreign: bool) -> tuple[answers.Header, ...]:
    headers = {
        "content-disposition": disposition(offer.name, inline=inline),
        "content-security-policy": POLICY,
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin" if offer.embed or foreign else "same-origin",
        # Kept by the browser, and asked for anew each time: what was withdrawn is withdrawn.
        "cache-control": "private, no-cache",
        "x-robots-tag": "noindex, nofollow, noarchive",
    }
    if foreign:
        # The site's own scripts read texts and pictures from here.
        headers["access-control-allow-origin"] = settings.SITE_URL
    return tuple((name.encode(), value.encode()) for name, value in headers.items())

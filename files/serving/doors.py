"""The doors of contents: one's own files at the site, and whatever has a signed address at the content host."""

from typing import Final
from urllib.parse import parse_qs

from django.conf import settings

from files.asgi import doors, who
from files.asgi.asked import Asked
from files.serving import addresses, kinds, sources
from files.serving.content import serve
from files.serving.sources import Offer
from meatlizard.errors import AppError, NotFound
from meatlizard.threads import in_database

FILE: Final = r"/files/(?P<file>[0-9a-fA-F-]{36})/content/(?P<name>[^/]+)"
SIGNED: Final = rf"{addresses.PREFIX}(?P<token>[^/]{{1,2000}})/(?P<name>[^/]+)"


def open_doors() -> None:
    sources.register(sources.FILE, sources.file_again)
    doors.open_door(FILE, own)
    doors.open_door(SIGNED, signed, foreign=True)


async def own(asked: Asked) -> None:
    await serve(asked, await in_database(_own, asked))


def _own(asked: Asked) -> Offer:
    """Raises NotFound, and Unauthenticated for who is not known. ``?download``: to be saved; ``?version=``: not the newest."""
    viewer = who.known(asked, who.READ, writing=False)
    query = parse_qs(asked.query, keep_blank_values=True)
    number = query.get("version", [""])[-1]
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    offer = sources.of_file(viewer, asked.part["file"], int(number) if number else None)
    return sources.saved(offer) if "download" in query else offer


async def signed(asked: Asked) -> None:
    """At the content host alone, where no cookie is looked at."""
    if not addresses.is_content_host(asked.headers.get("host", "")):
        raise NotFound
    try:
        if settings.HTTPS and asked.scope.get("scheme") != "https":
            raise NotFound
        await serve(asked, await in_database(addresses.redeemed, asked.part["token"]), foreign=True)
    except AppError as refused:
        if asked.begun:
            raise
        # The site's pages are not for this host.
        await asked.answer(refused.status, [("content-type", kinds.TEXT)], f"{refused.message}\n".encode())

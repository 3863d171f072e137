"""What shares bring to the rest of the site, when the app is ready."""

from typing import Any, Final

SLUG: Final = r"(?P<slug>[-\w]{1,64})"
FILE: Final = r"(?P<file>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})"
READING: Final = frozenset({"GET", "HEAD"})


def load() -> None:
    from files.asgi import who
    from files.asgi.doors import open_door
    from files.library.slots import add_slot
    from files.serving import sources
    from files.sharing import content, moderating, offers, services, uploads  # noqa: F401  (services: registers the long-running part)
    from files.sharing.actions import SERVICE
    from meatlizard.accounts.merging import merging
    from meatlizard.api import registry
    from meatlizard.moderation import services as moderated
    from shortener import targets

    open_door(rf"/f/{SLUG}/content/{FILE}/(?P<name>[^/]*)", content.content, methods=READING)
    open_door(rf"/f/{SLUG}/zip", content.zipped, methods=READING)
    sources.register(offers.KIND, offers.again)
    for place in ("selection", "row", "top", "file"):
        add_slot(place, f"files/sharing/_slot_{place}.html")
    who.recognise(uploads.recognise)
    moderated.register(SERVICE, moderating.ShareTexts())
    targets.allow_own("/f/")
    merging.connect(_merged, dispatch_uid="files.sharing.merge")
    registry.add_router("/shares", "files.sharing.api.router", "shares")
    registry.add_router("/inboxes", "files.sharing.api.inbox_router", "shares")


def _merged(sender: Any, old: int, new: int, **kwargs: Any) -> None:
    from files.sharing.leaving import merge

    merge(old, new)

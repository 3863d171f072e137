"""Takes the pictures of ``docs/images``: the main pages of a site somebody has lived in, at a desk and on a phone.

Run it as ``python -m tests.journeys.make_images`` after ``make assets``; it starts a site of its own and ends it.
"""

import io
import os
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.services.programs import new_folder
from tests.services.site import LiveSite, site_settings

FOLDER = Path(__file__).parents[2] / "docs/images"
SIZES = {"desk": (1280, 800), "phone": (360, 740)}
COLOURS = 64
PAGES = {
    "chat": ("alice", "/chat/{conversation}/"),
    "prompts": ("alice", "/chat/prompts/"),
    "personas": ("alice", "/chat/personas/"),
    "shared": ("", "/chat/shared/{token}/"),
    "clients": ("olga", "/admin/chat/node/live/"),
    "landing": ("", "/"),
}


def small(picture: bytes) -> bytes:
    """The same with a palette: a fifth of the size, and no difference to the eye on flat colours."""
    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def take(browser: Browser, site: LiveSite, scene: dict[str, Any]) -> None:
    from tests.journeys.pages import Visitor

    for size, (width, height) in SIZES.items():
        seated: dict[str, Page] = {}
        for name, (person, address) in PAGES.items():
            if person not in seated:
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    base_url=site.url,
                    reduced_motion="reduce",
                    locale="en-GB",
                )
                visitor = Visitor(context, site.url)
                if person:
                    visitor.sign_in(person)
                seated[person] = visitor.page
            page = seated[person]
            page.goto(address.format(**scene))
            page.wait_for_load_state("networkidle")
            # A conversation is opened at its end; its beginning shows more.
            page.evaluate("document.querySelector('#scroll')?.scrollTo(0, 0)")
            page.wait_for_load_state("networkidle")
            (FOLDER / f"{name}-{size}.png").write_bytes(small(page.screenshot()))


def main() -> None:
    os.environ.update(site_settings(new_folder("images")))
    import django

    django.setup()
    from tests.journeys.scene import furnish
    from tests.services.browser import chromium

    FOLDER.mkdir(exist_ok=True)
    site = LiveSite().prepare()
    site.start()
    try:
        scene = furnish(site)
        with chromium() as browser:
            take(browser, site, scene)
    finally:
        site.end()


if __name__ == "__main__":
    main()

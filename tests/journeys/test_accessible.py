"""axe finds no serious fault on any page: all routes, as guest, member and operator, at a desk and on a phone, dialogs opened."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import DESKTOP, PHONE, add_olga
from tests.journeys.pages import Visitor
from tests.journeys.routes import UNREACHED, one_of_a_kind, pages, routes
from tests.journeys.scene import furnish
from tests.services.programs import missing
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
SERIOUS = ("serious", "critical")
RUN = """async (root) => {
    const { violations } = await axe.run(root ?? document, { resultTypes: ['violations'] });
    return violations.filter(({ impact }) => %s.includes(impact)).map(({ id, nodes }) => ({
        id, nodes: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary.replaceAll('\\n', ' ')}`).slice(0, 4),
    }));
}""" % list(SERIOUS)  # noqa: UP031  (braces of JavaScript)
DJANGOS = [
    ("aria-prohibited-attr", r"\.help-tooltip"),
    ("label-title-only", r"#searchbar"),
    ("label", r"#id_\w+-\d+-\w+"),
    ("link-name", r'a\[href="\?\w+="\]'),
    ("scrollable-region-focusable", r"#\w+-group"),
]
"""Rules and places of the admin's own templates and scripts, which are Django's to mend."""
OF_DJANGO = re.compile(r"admin:\w+_(changelist|change|add|history|delete)|admin:(password_change\w*|app_list)")
"""On a phone these are as Django made them; at a desk each is walked."""

Seat = Callable[..., Visitor]


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    if not AXE.is_file():
        missing("axe-core is not installed (npm ci in frontend)")
    live = LiveSite(DISCORD_TOKEN="a.b.c", DISCORD_IN_SITE="false").prepare()
    add_olga(live)
    live.start()
    yield live
    live.end()


@pytest.fixture(scope="module")
def scene(site: LiveSite) -> dict[str, Any]:
    made = furnish(site)
    assert made["unfilled"] == []
    return made


@pytest.fixture(scope="module")
def seat(browser: Browser, site: LiveSite) -> Iterator[Seat]:
    """A visitor of each kind and size, who stays for the whole file."""
    seated: dict[tuple[str, tuple[int, int]], Visitor] = {}
    cookies: dict[str, Any] = {}

    def take(name: str, size: tuple[int, int], anew: bool = False) -> Visitor:
        if anew or (name, size) not in seated:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, base_url=site.url, bypass_csp=True,
                storage_state=cookies.get(name), reduced_motion="reduce",
            )  # fmt: skip
            context.add_init_script(path=AXE)
            visitor = seated[name, size] = Visitor(context, site.url)
            if name and name not in cookies:
                visitor.sign_in(name)
                cookies[name] = context.storage_state()
        return seated[name, size]

    yield take
    for visitor in seated.values():
        visitor.context.close()


DRESSED = "() => [...document.querySelectorAll('.code > pre')].every((one) => one.dataset.dressed)"
"""The page's script has given each block of code its tools, and made it reachable by keyboard."""


def faults(page: Page, place: str, root: str | None = None) -> list[str]:
    found = page.evaluate(RUN, root)
    return [
        f"{place}: {one['id']}: {node}"
        for one in found
        for node in one["nodes"]
        if not (
            place.startswith("admin:")
            and any(rule == one["id"] and re.match(f"[^:]*{where}", node) for rule, where in DJANGOS)
        )
    ]


Walk = Callable[[str], tuple[dict[str, str], set[str]]]


@pytest.fixture(scope="module")
def walk(seat: Seat, site: LiveSite, scene: dict[str, Any]) -> Walk:
    """The pages of each person, asked for once for all sizes."""

    @cache
    def of(name: str) -> tuple[dict[str, str], set[str]]:
        return pages(seat(name, DESKTOP).context.request, site, scene)

    return of


def to_look_at(found: dict[str, str], name: str, phone: bool) -> dict[str, str]:
    """Operators see what members see as members do."""
    if name != "olga":
        return found
    return {
        route: place
        for route, place in found.items()
        if route.startswith("admin:") and not (phone and OF_DJANGO.fullmatch(route))
    }


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("name", ["", "alice", "olga"], ids=["guest", "member", "operator"])
def test_no_page_has_a_serious_fault(seat: Seat, walk: Walk, name: str, size: tuple[int, int]) -> None:
    visitor = seat(name, size)
    complaints, wide = [], []
    for route, place in to_look_at(one_of_a_kind(walk(name)[0]), name, size == PHONE).items():
        visitor.go(place)
        if route == "chat:conversation":
            visitor.page.wait_for_function(DRESSED)
        complaints += faults(visitor.page, f"{route} {size[0]}")
        if visitor.page.evaluate("document.documentElement.scrollWidth") > size[0] and not route.startswith("admin:"):
            wide.append(route)
    assert not complaints, "\n".join(complaints)
    assert not wide, f"scrolls sideways: {wide}"


def test_every_route_is_walked_or_excused(walk: Walk) -> None:
    """One that nobody of the scene can reach is asked for by the scene, or listed with the reason."""
    answered: set[str] = set(UNREACHED)
    for name in ("", "alice", "olga"):
        answered |= walk(name)[1]
    assert {route.name for route in routes()} - answered == set()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_open_dialogs(seat: Seat, scene: dict[str, Any], size: tuple[int, int]) -> None:
    visitor = seat("alice", size, anew=True)
    page = visitor.go(f"/chat/{scene['conversation']}/").page
    complaints = []
    for number in range(page.locator("dialog").count()):
        dialog = page.locator("dialog").nth(number)
        name = dialog.evaluate("(one) => { if (!one.open) one.showModal(); return one.id; }")
        complaints += faults(page, f"dialog {name}", f"#{name}")
        dialog.evaluate("(one) => one.close()")
    assert number > 2, "the dialogs were not found"
    assert not complaints, "\n".join(complaints)


def test_axe_would_find_one(seat: Seat) -> None:
    visitor = seat("", DESKTOP)
    visitor.go("/")
    visitor.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x><button></button>')"
    )
    assert {line.split(": ")[1] for line in faults(visitor.page, "page")} >= {"image-alt", "button-name"}

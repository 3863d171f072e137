"""People before the player, with mouse, keys and fingers. The page is the site's; what plays in it is made by ffmpeg."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.journeys.conftest import PHONE, Sit
from tests.journeys.pages import Visitor
from tests.journeys.video_stream import SECONDS, Stream, make
from tests.services.site import LiveSite

KEYS_OF_THE_SYSTEM = """window.pressed = {};
navigator.mediaSession.setActionHandler = (action, run) => { window.pressed[action] = run; };"""

SEED = (
    "from meatlizard.accounts.models import User; from tests.video.rows import ready;"
    "ready(User.objects.get(username='olga'), 'The lizard and the clock', slug='lizard', duration={seconds}, description='It blinks at 0:11.')"
)


@pytest.fixture(scope="session")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("stream"))


@pytest.fixture(scope="module", autouse=True)
def _video(site: LiveSite) -> None:
    site.manage("shell", "--no-imports", "-c", SEED.format(seconds=SECONDS))


class Screen:
    """The player as a person sees it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.video = page.locator("video")
        self.menu = page.get_by_test_id("player-menu")

    def part(self, name: str) -> Locator:
        return self.page.get_by_test_id(f"player-{name}")

    def has(self, condition: str) -> None:
        """Waits until ``condition`` on ``video`` holds."""
        script = f"() => {{ const video = document.querySelector('video'); return {condition}; }}"
        self.page.wait_for_function(script, timeout=30_000)

    def start(self) -> "Screen":
        self.part("big").click()
        self.has("video.currentTime > 0.3 && !video.paused")
        return self

    def now(self) -> Any:
        return self.video.evaluate("video => video.currentTime")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def open_menu(self, *names: str) -> None:
        self.part("settings").click()
        for name in names:
            self.menu.get_by_role("menuitem", name=name).click()


def watch(visitor: Visitor, stream: Path, query: str = "", page: bool = False, **more: Any) -> tuple[Screen, Stream]:
    """In a frame of its own, or on its ``page``."""
    sent = Stream(visitor.context, stream, "lizard", **more)
    visitor.go(f"/v/lizard/{'' if page else 'embed/'}{query}")
    return Screen(visitor.page), sent


def test_with_the_mouse(sit: Sit, stream: Path) -> None:
    visitor = sit()
    screen, sent = watch(visitor, stream)
    expect(screen.part("seek")).to_have_attribute("aria-valuemax", str(SECONDS))
    assert not sent.asked, "a frame that nobody has come near loads nothing"
    screen.start()
    bar = screen.part("seek").bounding_box()
    assert bar is not None
    at = {"x": bar["width"] * 0.75, "y": bar["height"] / 2}
    screen.part("seek").hover(position=at)
    preview = screen.page.locator(".player-preview")
    expect(preview).to_contain_text("0:12 · Evening")
    expect(preview.locator("img")).to_be_visible()
    screen.part("seek").click(position=at)
    screen.has("video.currentTime >= 11.5 && !video.seeking")
    expect(screen.part("chapters")).to_have_text("Evening")
    screen.part("play").click()
    screen.has("video.paused")

    screen.open_menu("Quality")
    expect(screen.menu.get_by_role("menuitemradio", name=re.compile("^Auto \\("))).to_have_attribute(
        "aria-checked", "true"
    )
    screen.menu.get_by_role("menuitemradio", name=re.compile("^90p")).click()
    screen.page.keyboard.press("Escape")
    expect(screen.menu).to_be_hidden()
    screen.press("0", "k")
    screen.has("!video.paused && video.currentTime < 6 && video.videoHeight === 90")
    screen.part("chapters").click()
    screen.menu.get_by_role("menuitemradio", name="Evening").click()
    screen.has("video.currentTime >= 8")


def test_with_keys(sit: Sit, stream: Path) -> None:
    screen, _ = watch(sit(), stream)
    screen.start()
    screen.press("k")
    screen.has("video.paused")
    screen.press("5")
    screen.has("Math.abs(video.currentTime - 8) < 0.2 && !video.seeking")
    screen.press("ArrowLeft")
    screen.has("Math.abs(video.currentTime - 3) < 0.2 && !video.seeking")
    expect(screen.part("live")).to_have_text("5 s back")
    screen.press("l")
    screen.has("Math.abs(video.currentTime - 13) < 0.2 && !video.seeking")
    before = screen.now()
    screen.press(".")
    screen.has(f"video.currentTime > {before} && video.currentTime < {before} + 0.1")
    screen.press("<", "m", "ArrowDown", "c")
    screen.has("video.playbackRate === 0.75")
    expect(screen.part("captions-layer")).to_contain_text("Words at 12")
    screen.press("Control+l", "Alt+ArrowLeft")
    assert screen.now() > 12, "what the browser does with them is not ours"
    screen.press("?")
    expect(screen.part("sheet")).to_be_visible()
    screen.press("Escape")
    expect(screen.part("sheet")).to_have_count(0)
    screen.press("f")
    screen.has("document.fullscreenElement !== null")
    screen.press("f")
    screen.has("document.fullscreenElement === null")


def test_captions_look_as_their_reader_wants(sit: Sit, stream: Path) -> None:
    visitor = sit()
    screen, _ = watch(visitor, stream)
    screen.start()
    screen.part("captions").click()
    screen.open_menu("Captions", "How they look")
    screen.menu.get_by_label("Size").select_option("200 %")
    screen.menu.get_by_label("Colour").select_option("Yellow")
    cue = screen.page.locator(".player-cue").first
    expect(cue).to_have_css("color", "rgb(255, 227, 77)")
    visitor.page.reload()
    screen.start()
    expect(cue).to_have_css("color", "rgb(255, 227, 77)")


def test_one_goes_on_where_one_left_off(sit: Sit, stream: Path) -> None:
    visitor = sit()
    screen, sent = watch(visitor, stream)
    screen.start()
    screen.press("6", "k")
    screen.has("video.paused && video.currentTime > 9 && !video.seeking")
    screen.press("k")
    screen.has("video.currentTime > 9.9")
    screen.press("k")
    visitor.page.reload()
    expect(screen.part("resumed")).to_contain_text("Goes on at 0:")
    screen.part("big").click()
    screen.has("video.currentTime > 9.5")
    visitor.go("/v/lizard/embed/?start=3")
    screen.part("big").click()
    screen.has("video.currentTime > 3 && video.currentTime < 8")
    sent.settings["position"] = 7
    visitor.go("/v/lizard/embed/")
    expect(screen.part("resumed")).to_contain_text("0:07")


def test_the_next_one_waits_for_a_word_against_it(sit: Sit, stream: Path) -> None:
    visitor = sit()
    screen, _ = watch(visitor, stream, next={"url": "/v/lizard/embed/?start=2", "title": "The second one"})
    screen.start()
    screen.press("End")
    expect(screen.part("next").filter(has_text="The second one")).to_be_visible()
    screen.press("Escape")
    expect(screen.page.locator(".player-card")).to_have_count(0)
    screen.press("Shift+N")
    visitor.page.wait_for_url("**/?start=2")
    screen.has("!video.paused && video.currentTime > 2")


def test_expired_addresses_are_renewed_and_refusals_told(sit: Sit, stream: Path) -> None:
    visitor = sit()
    screen, sent = watch(visitor, stream)
    sent.refused = True
    screen.start()
    assert not sent.refused, "the player has asked for new settings"
    visitor.page.reload()
    visitor.context.route(re.compile("/v/lizard/player"), lambda route: route.fulfill(status=404))
    sent.refused = True
    screen.part("big").click()
    expect(screen.part("error")).to_contain_text("not there for you any more")


def test_on_a_phone(sit: Sit, stream: Path, browser: Any, site: LiveSite) -> None:
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True, base_url=site.url
    )
    screen, _ = watch(Visitor(context, site.url), stream)
    screen.part("big").tap()
    screen.has("video.currentTime > 0.3 && !video.paused")
    screen.part("settings").tap()
    width = screen.menu.bounding_box()
    assert width is not None and width["width"] == PHONE[0]
    screen.menu.get_by_role("button", name="Close the menu").tap()
    before = screen.now()
    for _ in range(2):
        screen.page.touchscreen.tap(PHONE[0] - 30, PHONE[1] / 2)
    screen.has(f"video.currentTime > {before} + 8")

    broken = re.compile("master.m3u8")
    context.route(broken, lambda route: route.fulfill(status=500))
    screen.page.goto(f"{site.url}/v/lizard/")
    expect(screen.part("error")).to_contain_text("cannot send this video")
    context.unroute(broken)
    # What lies below something else cannot be tapped.
    screen.part("retry").tap()
    screen.has("video.currentTime > 0.3 && !video.paused")
    context.close()


def test_the_browser_plays_by_itself_where_our_engine_cannot(sit: Sit, stream: Path) -> None:
    visitor = sit()
    visitor.page.add_init_script("delete window.MediaSource; delete window.ManagedMediaSource")
    if not visitor.page.evaluate("document.createElement('video').canPlayType('application/vnd.apple.mpegurl')"):
        pytest.skip("this Chromium plays no streams by itself")
    screen, sent = watch(visitor, stream)
    screen.start()
    screen.press("5")
    screen.has("video.currentTime >= 8 && !video.seeking")
    assert "master.m3u8" in sent.asked


def test_on_its_page_in_a_theatre_and_from_words_below_it(sit: Sit, stream: Path) -> None:
    visitor = sit()
    screen, _ = watch(visitor, stream, page=True)
    visitor.page.get_by_role("link", name="0:11").click()
    screen.has("video.currentTime >= 11 && !video.paused")
    screen.part("theatre").click()
    screen.has("document.querySelector('[data-player]').clientWidth >= innerWidth - 20")
    visitor.page.reload()
    screen.has("document.documentElement.dataset.theatre === 'on'")
    screen.press("t")
    screen.has("document.querySelector('[data-player]').clientWidth < innerWidth - 20")


def test_from_a_to_b_at_the_very_end_and_again(sit: Sit, stream: Path) -> None:
    screen, _ = watch(sit(), stream, "?start=14.5")
    screen.start()
    screen.press("k")
    screen.open_menu("Loop", "Set A here")
    screen.press("k")
    screen.has("video.ended")
    screen.open_menu("Loop", "Set B here")
    screen.video.evaluate("video => { video.turns = 0; video.addEventListener('seeked', () => video.turns++); }")
    screen.press("k")
    screen.has("video.turns >= 3 && !video.paused && video.currentTime > 14")
    screen.open_menu("Loop")
    screen.menu.get_by_role("menuitemradio", name="Off").click()
    screen.has("video.ended")


def test_what_the_system_asks_for_and_what_one_takes_along(sit: Sit, stream: Path) -> None:
    visitor = sit()
    visitor.page.add_init_script(KEYS_OF_THE_SYSTEM)
    screen, _ = watch(visitor, stream, next={"url": "/v/lizard/embed/?start=2", "title": "The second one"})
    screen.start()
    assert visitor.page.evaluate("navigator.mediaSession.metadata.title") == "The lizard and the clock"
    visitor.page.evaluate("pressed.pause()")
    screen.has("video.paused && navigator.mediaSession.playbackState === 'paused'")
    visitor.page.evaluate("pressed.seekto({ seekTime: 9 })")
    visitor.page.evaluate("pressed.seekbackward({ seekOffset: 3 })")
    screen.has("Math.abs(video.currentTime - 6) < 0.2 && !video.seeking && video.readyState > 1")
    with visitor.page.expect_download() as saved:
        screen.open_menu("Save this picture")
    assert saved.value.suggested_filename == "The lizard and the clock 0.06.png"
    with Image.open(io.BytesIO(saved.value.path().read_bytes())) as picture:
        assert picture.size in ((160, 90), (320, 180)) and len(picture.getcolors(100_000) or []) > 10

    screen.open_menu("Sound track")
    other = screen.menu.get_by_role("menuitemradio").nth(1)
    other.click()
    screen.page.keyboard.press("Escape")
    screen.open_menu("Sound track")
    expect(other).to_have_attribute("aria-checked", "true")
    screen.page.keyboard.press("Escape")
    screen.page.keyboard.press("Escape")

    if visitor.page.evaluate("document.pictureInPictureEnabled"):
        screen.press("i")
        screen.has("document.pictureInPictureElement === video")
        screen.press("i")
        screen.has("document.pictureInPictureElement === null")
    visitor.page.evaluate("pressed.nexttrack()")
    visitor.page.wait_for_url("**/?start=2")


def test_captions_that_are_to_be_shown_and_where(sit: Sit, stream: Path) -> None:
    visitor = sit()
    captions = [{"id": "1", "label": "English", "language": "en", "src": "/v/lizard/hls/-/top.vtt", "default": True}]
    screen, _ = watch(visitor, stream, captions=captions)
    screen.start()
    cues = screen.page.locator(".player-cue")
    expect(cues).to_have_count(2)
    above, below = cues.first.bounding_box(), cues.last.bounding_box()
    stage = screen.page.locator(".player-stage").bounding_box()
    assert above and below and stage
    assert above["y"] + above["height"] <= below["y"] + 2 and below["y"] < stage["y"] + stage["height"] / 3
    screen.press("c")
    expect(cues).to_have_count(0)
    visitor.page.reload()
    screen.start()
    expect(screen.part("captions")).to_have_attribute("aria-pressed", "false")


class Finger:
    """On a telephone's screen, for longer than a tap."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self._session = context.new_cdp_session(page)

    def down(self, x: float, y: float) -> None:
        self._send("touchStart", x, y)

    def move(self, x: float, y: float) -> None:
        self._send("touchMove", x, y)

    def up(self) -> None:
        self._send("touchEnd")

    def _send(self, kind: str, *at: float) -> None:
        points = [{"x": at[0], "y": at[1]}] if at else []
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_long_press_and_a_swipe(sit: Sit, stream: Path, browser: Any, site: LiveSite) -> None:
    context = browser.new_context(
        viewport={"width": PHONE[0], "height": PHONE[1]}, has_touch=True, is_mobile=True, base_url=site.url
    )
    screen, _ = watch(Visitor(context, site.url), stream)
    screen.part("big").tap()
    screen.has("video.currentTime > 0.3 && !video.paused")
    finger = Finger(context, screen.page)
    finger.down(180, 300)
    screen.has("video.playbackRate === 2")
    finger.up()
    screen.has("video.playbackRate === 1")
    finger.down(180, 400)
    for y in (360, 300, 240):
        finger.move(180, y)
    finger.up()
    screen.has("document.fullscreenElement !== null")
    context.close()

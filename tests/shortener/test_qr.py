"""QR codes, read back by zbarimg, which nobody here wrote."""

import subprocess
from pathlib import Path

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from shortener import actions, qr
from shortener.addresses import address_of
from tests.services.programs import find, missing
from tests.shortener.pages import TARGET, signed_in

ADDRESSES = [
    "http://127.0.0.1:8000/s/abc",
    "https://go.example.org/a/b/" + "x" * 180,
    "https://example.org/s/%C3%A4%C3%B6~",
]


def read(picture: Path) -> str:
    program = find("zbarimg") or missing("zbar-tools is not installed")
    done = subprocess.run([program, "--quiet", "--raw", str(picture)], capture_output=True, text=True, check=False)
    return done.stdout.strip()


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize(
    "look",
    [
        qr.Look(),
        qr.Look(scale=3, border=4, level="H"),
        qr.Look(dark="003300", light="ccffcc"),
        qr.Look(level="L", scale=12),
    ],
)
def test_a_png_is_read_back(address: str, look: qr.Look, tmp_path: Path) -> None:
    picture = tmp_path / "code.png"
    picture.write_bytes(qr.draw(address, "png", look))
    assert read(picture) == address


@pytest.mark.browser
def test_an_svg_is_read_back_from_a_browsers_picture_of_it(browser: Browser, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 700, "height": 700})
    try:
        for number, address in enumerate(ADDRESSES):
            code, picture = tmp_path / f"{number}.svg", tmp_path / f"{number}.png"
            code.write_bytes(qr.draw(address, "svg", qr.Look(scale=6, dark="#102030"[1:])))
            page.goto(code.as_uri())
            page.screenshot(path=picture)
            assert read(picture) == address
    finally:
        page.close()


def test_what_nobody_could_read_is_refused() -> None:
    for bad in [{"scale": "0"}, {"scale": "41"}, {"scale": "9" * 50}, {"border": "-1"}, {"border": "21"}, {"level": "X"}, {"dark": "red"},
                {"dark": '#000"/><script>'}, {"light": "12345"}, {"scale": "²"}]:  # fmt: skip
        with pytest.raises(Invalid):
            qr.look(**bad)
    with pytest.raises(Invalid):
        qr.draw("x", "svg", qr.look(dark="#FFF", light="ffffff"))
    with pytest.raises(Invalid):
        qr.draw("x" * 4_000, "png", qr.Look())
    assert qr.look(dark="#0f0", light="").dark == "00ff00" and qr.look(light="").light == ""


@pytest.mark.django_db
def test_the_page_gives_codes_of_this_sites_links_alone(alice: User, tmp_path: Path) -> None:
    cache.clear()
    link = actions.create(alice, target=TARGET, slug="a/b")
    client = signed_in(alice)
    answer = client.get("/links/qr.png?slug=a%2Fb&scale=5&save=1")
    assert answer["Content-Type"] == "image/png" and answer["Content-Disposition"] == 'attachment; filename="a-b.png"'
    picture = tmp_path / "code.png"
    picture.write_bytes(answer.content)
    assert read(picture) == address_of(link)
    svg = client.get("/links/qr.svg?slug=a&open=1")
    assert svg["Content-Type"] == "image/svg+xml" and b"<path" in svg.content and b"script" not in svg.content
    for query in ("slug=", "slug=https://elsewhere.example/", "slug=a&scale=x", "slug=a&dark=url(x)"):
        assert client.get(f"/links/qr.svg?{query}").status_code == 400, query
    assert client.get("/links/qr.svg?slug=a&domain=elsewhere.example").status_code == 404

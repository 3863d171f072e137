"""The site as an installed program: three public files that know nobody."""

import io
import json
import re

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client
from PIL import Image

from meatlizard.accounts.models import User

pytestmark = pytest.mark.django_db

ADDRESSES = ("/sw.js", "/manifest.webmanifest", "/offline/")


@pytest.fixture
def signed_in(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def built(response: HttpResponse) -> str:
    if response.status_code == 404:
        pytest.skip("the page scripts are not built (make assets)")
    return response.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_alice_and_a_guest_get_the_same_and_no_cookie(address: str, signed_in: Client) -> None:
    guest = Client().get(address)
    hers = signed_in.get(address)
    assert hers.content == guest.content and "alice" not in hers.content.decode()
    assert not guest.cookies and not hers.cookies
    if guest.status_code == 200:
        assert guest["Cache-Control"] == "no-cache"
    assert Client().post(address).status_code == 405


def test_the_manifest_names_icons_of_their_true_sizes() -> None:
    found = json.loads(Client().get("/manifest.webmanifest").content)
    assert (found["start_url"], found["scope"], found["display"]) == ("/chat/", "/", "standalone")
    assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
    for icon in found["icons"]:
        name = re.sub(r"\.[0-9a-f]{12}(?=\.png$)", "", icon["src"].removeprefix(settings.STATIC_URL))
        path = finders.find(name) or f"frontend/static/{name.removeprefix('ml/')}"
        with open(str(path), "rb") as file, Image.open(io.BytesIO(file.read())) as image:
            assert icon["sizes"] == f"{image.width}x{image.height}" and image.format == "PNG"
            ground, middle = image.getpixel((0, 0)), image.getpixel((image.width // 2, image.height // 2))
            assert ground == (7, 10, 8) != middle, "a lizard on dark ground"
            if icon["purpose"] == "maskable":
                edge = image.width // 5
                outside = image.crop((0, 0, edge - 1, image.height))
                assert outside.getcolors() == [((edge - 1) * image.height, (7, 10, 8))], (
                    "nothing lies where it is cut off"
                )


def test_the_worker_knows_what_to_keep_and_changes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    source = built(Client().get("/sw.js"))
    assert Client().get("/sw.js")["Content-Type"] == "text/javascript; charset=utf-8"
    values = dict(re.findall(r"^const (\w+) = (.*);$", source, re.MULTILINE))
    assert json.loads(values["OFFLINE"]) == "/offline/"
    assert all(file.startswith(settings.STATIC_URL) for file in json.loads(values["FILES"]))
    monkeypatch.setattr("meatlizard.installable.views._offline_page", lambda: "another page")
    other = dict(re.findall(r"^const (\w+) = (.*);$", built(Client().get("/sw.js")), re.MULTILINE))
    assert other["VERSION"] != values["VERSION"]


def test_only_signed_in_pages_at_the_sites_own_address_install_it(signed_in: Client) -> None:
    host = settings.SITE_URL.partition("://")[2]
    assert f'data-worker="{settings.SITE_URL}/sw.js"' in signed_in.get("/dashboard/", HTTP_HOST=host).content.decode()
    assert "data-worker" not in signed_in.get("/dashboard/", HTTP_HOST="localhost").content.decode()
    assert "data-worker" not in Client().get("/", HTTP_HOST=host, follow=True).content.decode()


def test_the_policy_allows_this_worker_alone() -> None:
    policy = Client().get("/offline/")["Content-Security-Policy"]
    assert f"worker-src {settings.SITE_URL}/sw.js;" in policy + ";"

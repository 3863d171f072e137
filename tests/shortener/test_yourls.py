"""YOURLS' API: PBinCLI, which nobody here wrote, shortens by it; and each action in each format."""

import datetime
import importlib
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.api import actions as api
from meatlizard.ops import switches
from shortener import actions
from shortener.addresses import address_of
from shortener.models import Link
from tests.shortener.pages import TARGET

API = "/yourls-api.php"


@pytest.fixture
def key(alice: User) -> str:
    return api.create_key(alice, "yourls", ["links:read", "links:write"])[1]


def ask(key: str, action: str, **more: str) -> Any:
    return Client().post(API, {"signature": key, "action": action, "format": "json", **more})


@pytest.mark.django_db(transaction=True)
def test_pbincli_shortens_by_it(alice: User, key: str, live_server: Any) -> None:
    # It has no types.
    Shortener: Any = importlib.import_module("pbincli.api").Shortener  # noqa: N806

    settings = {
        "short_api": "yourls",
        "short_url": f"{live_server.url}/",
        "short_token": key,
        "short_user": None,
        "short_pass": None,
    }
    more = {"proxy": None, "auth": None, "no_check_certificate": False, "no_insecure_warning": False}
    short = Shortener(settings | more).getlink("https://paste.example.org/?abc#key")
    link = Link.objects.get()
    assert short == address_of(link) and link.target == "https://paste.example.org/?abc#key" and link.owner == alice
    by_name = settings | more | {"short_token": None, "short_user": "alice", "short_pass": key}
    assert Shortener(by_name).getlink("https://paste.example.org/?abc#key") == short, (
        "what is shortened already is not made anew"
    )


@pytest.mark.django_db
def test_each_action(alice: User, key: str) -> None:
    made = ask(key, "shorturl", url=TARGET, keyword="mine", title="T & <b>").json()
    assert (
        made["status"] == "success"
        and made["shorturl"] == "http://127.0.0.1:8000/s/mine"
        and made["url"]["title"] == "T & <b>"
    )
    assert ask(key, "expand", shorturl="mine").json()["longurl"] == TARGET
    assert ask(key, "expand", shorturl=made["shorturl"]).json()["keyword"] == "mine"
    assert ask(key, "url-stats", shorturl="mine").json()["link"]["clicks"] == "0"
    actions.create(alice, target="https://example.org/2")
    many = ask(key, "stats", filter="last", limit="1").json()
    assert list(many["links"]) == ["link_1"] and many["stats"] == {"total_links": "2", "total_clicks": "0"}
    assert ask(key, "db-stats").json()["db-stats"]["total_links"] == "2" and ask(key, "version").json()["version"]
    for form in ("top", "bottom", "rand", "last", "nonsense"):
        assert ask(key, "stats", filter=form, limit="x").status_code == 200


@pytest.mark.django_db
def test_formats(key: str) -> None:
    simple = ask(key, "shorturl", url=TARGET, format="simple", title="\x08]]><x>")
    assert simple["Content-Type"].startswith("text/plain") and simple.content.decode() == address_of(Link.objects.get())
    for action, more in (("shorturl", {"url": TARGET}), ("stats", {}), ("expand", {"shorturl": "never"})):
        answer = ask(key, action, format="xml", **more)
        assert ElementTree.fromstring(answer.content).tag == "result", action
    read = Client().get(f"{API}?signature={key}&action=db-stats&format=json")
    assert read.json()["db-stats"]["total_links"] == "1" and read["Cache-Control"] == "private, no-store"


@pytest.mark.django_db
def test_refusals(alice: User, charlie: User, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    link = actions.create(alice, target=TARGET, slug="mine")
    other = api.create_key(charlie, "yourls", ["links:read"])[1]
    for action, more, status in [
        ("expand", {"shorturl": "mine"}, 404), ("url-stats", {"shorturl": "mine"}, 404), ("shorturl", {"url": TARGET}, 403),
        ("stats", {}, 200), ("explode", {}, 400),
    ]:  # fmt: skip
        answer = ask(other, action, **more)
        assert answer.status_code == status, action
        assert status == 200 or answer.json()["status"] == "fail"
    assert ask(other, "stats").json()["links"] == {}
    assert ask("", "stats").status_code == ask("wrong", "stats").status_code == 401
    taken = ask(key, "shorturl", url=TARGET, keyword="mine")
    assert taken.status_code == 400 and taken.json()["code"] == "error:keyword"
    assert ask(key, "shorturl", url="javascript:x").status_code == ask(key, "shorturl").status_code == 400
    assert ask(key, "expand", shorturl="https://elsewhere.example/mine").status_code == 404
    monkeypatch.setattr(switches, "current", lambda: switches.State(maintenance="read", maintenance_reason="Moving."))
    closed = Client().get(f"{API}?signature={key}&action=shorturl&format=json&url={TARGET}")
    assert closed.status_code == 503 and "Moving." in closed.json()["message"]
    assert list(Link.objects.all()) == [link]


@pytest.mark.django_db
def test_no_link_that_leads_nowhere_is_given_again(alice: User, key: str) -> None:
    off = actions.create(alice, target=TARGET, disabled=True)
    over = actions.create(alice, target=TARGET, not_after=timezone.now() - datetime.timedelta(days=1))
    fresh = ask(key, "shorturl", url=TARGET).json()["shorturl"]
    assert fresh not in {address_of(off), address_of(over)}
    assert ask(key, "shorturl", url=TARGET).json()["shorturl"] == fresh

"""Pages that visitors see: the password, where it leads, what it is; reports; figures that everybody may see."""

import pytest
from django.test import Client, override_settings

from meatlizard.accounts.models import User
from meatlizard.moderation import rulebook
from meatlizard.moderation.models import Case
from shortener import actions
from shortener.models import Domain, Link
from shortener.redirect.storing import recorder
from tests.shortener.pages import TARGET, signed_in
from tests.shortener.visiting import FIREFOX

pytestmark = [pytest.mark.django_db]

SECRET = "https://example.org/secret"


@pytest.fixture
def guest() -> Client:
    return Client(HTTP_USER_AGENT=FIREFOX)


def clicked() -> int:
    return len(recorder._raw)


def test_the_password_is_asked_for_and_opens(alice: User, guest: Client) -> None:
    link = actions.create(alice, target=SECRET, slug="a/b", password="open sesame", title="My secret")
    asked = guest.get("/s/a/b").content.decode()
    wrong = guest.post("/s/a/b", {"password": "close sesame"})
    assert wrong.status_code == 403 and "not the password" in wrong.content.decode()
    for page in (asked, wrong.content.decode(), guest.get("/s/a/b+").content.decode()):
        assert SECRET not in page and "My secret" not in page
    assert clicked() == 0
    opened = guest.post("/s/a/b", {"password": "open sesame"})
    assert (opened.status_code, opened["Location"], clicked()) == (303, SECRET, 1)
    cookie = guest.cookies["link"]
    assert cookie["path"] == "/s/a/b" and cookie["httponly"] and "sesame" not in cookie.value
    assert guest.get("/s/a/b")["Location"] == SECRET and clicked() == 2
    assert Client(HTTP_USER_AGENT=FIREFOX).get("/s/a/b").status_code == 200, "another visitor is asked"
    actions.edit(link, password="another")
    assert guest.get("/s/a/b").status_code == 200, "the old password opens nothing any more"


def test_passwords_are_not_guessed(alice: User, guest: Client) -> None:
    actions.create(alice, target=SECRET, slug="x", password="open sesame")
    tried = [guest.post("/s/x", {"password": f"guess {number}"}).status_code for number in range(6)]
    assert tried == [403] * 5 + [429]
    assert guest.post("/s/x", {"password": "open sesame"}).status_code == 429 and clicked() == 0
    assert guest.post("/s/x", {"password": ""}).status_code == 400


@override_settings(LINK_INTERSTITIAL="all")
def test_where_it_leads_is_said_first_where_the_operator_wants_it(alice: User, guest: Client) -> None:
    actions.create(alice, target=TARGET, slug="x", title="<script>alert(1)</script>")
    shown = guest.get("/s/x")
    assert shown.status_code == 200 and "https://example.org/page?a=1" in shown.content.decode() and clicked() == 0
    assert "<script>alert" not in shown.content.decode()
    # A browser holds what a form is answered with against this, too.
    policy = dict(
        part.strip().split(" ", 1) for part in shown["Content-Security-Policy"].split(";") if " " in part.strip()
    )
    assert {"https:", "http:"} <= set(policy["form-action"].split()) and policy["default-src"] == "'none'"
    gone = guest.post("/s/x", {"go": "1"})
    assert (gone.status_code, gone["Location"], clicked()) == (303, TARGET, 1)


def test_a_preview_tells_where_a_link_leads_unless_it_may_not(alice: User, guest: Client) -> None:
    actions.create(alice, target=TARGET, slug="open", title="<img src=x onerror=alert(1)>")
    actions.create(alice, target=SECRET, slug="few", max_clicks=1)
    page = guest.get("/s/open+")
    assert page.status_code == 200 and TARGET in page.content.decode() and "<img src=x" not in page.content.decode()
    assert page["X-Robots-Tag"].startswith("noindex") and "no-store" in page["Cache-Control"]
    assert SECRET not in guest.get("/s/few+").content.decode()
    robot = Client(HTTP_USER_AGENT="Googlebot/2.1 (+http://www.google.com/bot.html)")
    assert robot.get("/s/few").status_code == 200, "a bot takes no click of those that are counted out"
    assert clicked() == 0 and Link.objects.get(slug="few").passed == 0
    assert guest.get("/s/few")["Location"] == SECRET
    assert guest.get("/s/few").status_code == 404, "the last click was taken"


def test_what_leads_nowhere_looks_alike(alice: User, olga: User, guest: Client) -> None:
    off = actions.create(alice, target=TARGET, slug="off", disabled=True, public_stats=True)
    down = actions.create(alice, target=TARGET, slug="down", public_stats=True)
    actions.take_down(olga, down, "Phishing.")
    for slug in (off.slug, down.slug, "never", "@nowhere.example/x", "@", "..%2Fx", "a" * 300, "%00"):
        for path in (f"/s/{slug}", f"/s/{slug}+", f"/links/public/{slug}", f"/links/report/{slug}"):
            assert guest.get(path).status_code == 404, path
    User.objects.filter(pk=alice.pk).update(is_active=False)
    actions.create(alice, target=TARGET, slug="hers", public_stats=True)
    assert guest.get("/s/hers").status_code == guest.get("/links/public/hers").status_code == 404


def test_pages_of_a_domains_links_stand_under_the_sites_own_address(alice: User, guest: Client) -> None:
    domain = Domain.objects.create(host="go.example.org")
    actions.create(alice, target=TARGET, slug="x", domain=domain)
    page = guest.get("/s/@go.example.org/x+").content.decode()
    assert "http://go.example.org/x" in page and TARGET in page
    assert guest.get("/s/x+").status_code == 404


def test_a_report_reaches_the_queue(alice: User, charlie: User, guest: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    link = actions.create(alice, target=TARGET, slug="a/b")
    assert guest.get("/links/report/a/b").status_code == 200
    assert guest.post("/links/report/a/b", {"reason": "nonsense"}).status_code == 400 and not Case.objects.exists()
    sent = guest.post(
        "/links/report/a/b", {"reason": "spam", "comment": "It asks for my bank's password."}, follow=True
    )
    assert "A moderator will look at it" in sent.content.decode()
    case = Case.objects.get()
    assert (case.service, case.target, case.person_id, case.reporter) == ("link", f"link:{link.pk}", alice.pk, None)
    assert TARGET in case.matched
    member = signed_in(charlie)
    member.post("/links/report/a/b", {"reason": "spam"})
    again = member.post("/links/report/a/b", {"reason": "spam"})
    assert again.status_code == 400 and Case.objects.count() == 2
    monkeypatch.setattr(rulebook, "current", lambda: type("Off", (), {"reports": False})())
    assert guest.get("/links/report/a/b").status_code == 404 and "report" not in guest.get("/s/a/b+").content.decode()


def test_figures_are_everybodys_where_the_owner_says_so(alice: User, guest: Client) -> None:
    link = actions.create(alice, target=SECRET, slug="a/b", notes="My note")
    assert guest.get("/links/public/a/b").status_code == 404
    actions.edit(link, public_stats=True)
    page = guest.get("/links/public/a/b")
    text = page.content.decode()
    assert page.status_code == 200 and page["X-Robots-Tag"].startswith("noindex")
    for kept in (SECRET, "My note", "statistics.csv", "alice"):
        assert kept not in text
    assert "/links/public/a/b" in guest.get("/s/a/b+").content.decode()


def test_who_only_asks_whether_it_is_there_takes_no_click(alice: User, guest: Client) -> None:
    link = actions.create(alice, target=SECRET, slug="x", password="open sesame", max_clicks=2)
    guest.post("/s/x", {"password": "open sesame"})
    assert clicked() == 1
    asked = guest.head("/s/x")
    link.refresh_from_db()
    assert (asked.status_code, asked["Location"], clicked(), link.passed) == (302, SECRET, 1, 1)

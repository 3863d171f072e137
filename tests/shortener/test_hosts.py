"""Lists of blocked hosts, and the administration of hosts and links."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.security.fetch import Fetched, Unreachable
from shortener import actions, blocking
from shortener.actions import hosts
from shortener.models import BlockedHost, BlockList, Change, Domain, KnownHost, Link
from tests.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FILE = """\ufeff# A list.
127.0.0.1 localhost
127.0.0.1 localhost.localdomain
::1 ip6-localhost
0.0.0.0 0.0.0.0
0.0.0.0 ads.example.net tracker.example.net # two
0.0.0.0\tEVIL.example.com.
bare.example.org
bücher.example.org
not a host!
0.0.0.0 <script>alert(1)</script>
http://x.example/
"""


class FakeFetcher:
    def __init__(self, answer: str | Exception) -> None:
        self.answer = answer

    def get(self, url: str) -> Fetched:
        if isinstance(self.answer, Exception):
            raise self.answer
        return Fetched(url, "text/plain", "utf-8", self.answer.encode())


def test_a_file_of_hosts() -> None:
    assert set(blocking.hosts_in(FILE)) == {
        "ads.example.net", "tracker.example.net", "evil.example.com", "bare.example.org", "xn--bcher-kva.example.org",
    }  # fmt: skip
    assert list(blocking.hosts_in("a" * 5_000 + "\n0.0.0.0 " + "b.example " * 300)) == []
    assert list(blocking.hosts_in("\x00\xff\n" * 1_000)) == []


def test_a_list_is_read_and_read_again(alice: User) -> None:
    listed = BlockList.objects.create(name="ads", url="https://lists.example.org/hosts")
    assert hosts.update_list(listed, FakeFetcher(FILE))  # type: ignore[arg-type]
    listed.refresh_from_db()
    assert (listed.size, listed.trouble) == (5, "") and listed.updated
    with pytest.raises(Invalid):
        actions.create(alice, target="https://x.evil.example.com/")
    changes = Change.objects.count()
    assert hosts.update_all(FakeFetcher(FILE)) == 0, "it was read just now"  # type: ignore[arg-type]
    BlockList.objects.update(updated=timezone.now() - hosts.READ_AGAIN)
    assert hosts.update_all(FakeFetcher(FILE)) == 1  # type: ignore[arg-type]
    assert hosts.update_list(listed, FakeFetcher(FILE))  # type: ignore[arg-type]
    assert Change.objects.count() == changes, "nothing has changed, and nobody is made to read again"
    assert hosts.update_list(listed, FakeFetcher("0.0.0.0 other.example.com\n"))  # type: ignore[arg-type]
    assert list(BlockedHost.objects.values_list("host", flat=True)) == ["other.example.com"]
    assert actions.create(alice, target="https://x.evil.example.com/").pk


@pytest.mark.parametrize("answer", [Unreachable("away"), "", "# nothing\n", "<html>Not found</html>"])
def test_a_list_that_cannot_be_read_stays_as_it_was(answer: str | Exception) -> None:
    listed = BlockList.objects.create(name="ads", url="https://lists.example.org/hosts")
    hosts.take_over(listed, {"evil.example.com"})
    assert not hosts.update_list(listed, FakeFetcher(answer))  # type: ignore[arg-type]
    listed.refresh_from_db()
    assert listed.trouble and listed.hosts.count() == 1


def test_a_list_goes_through_the_guarded_fetcher() -> None:
    listed = BlockList.objects.create(name="inside", url="http://127.0.0.1/hosts")
    assert hosts.update_all() == 0
    listed.refresh_from_db()
    assert "not public" in listed.trouble


def test_domains(olga: User, charlie: User, alice: User) -> None:
    domain = Domain(host="GO.Example.NET.", home="https://example.org", not_found="")
    actions.save_domain(olga, domain)
    assert (domain.host, domain.home) == ("go.example.net", "https://example.org/")
    for bad in (
        Domain(host="127.0.0.1"), Domain(host="localhost"), Domain(host="a b"), Domain(host="x.example", home="https://go.example.net/"),
        Domain(host="x.example", not_found="javascript:1"), Domain(host="x.example", home="https://x.example/"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            actions.save_domain(olga, bad)
    with pytest.raises(Forbidden):
        actions.save_domain(charlie, Domain(host="c.example"))
    link = actions.create(alice, target="https://example.org/", domain=domain)
    with pytest.raises(Invalid):
        actions.delete_domain(olga, domain)
    actions.delete(link)
    actions.delete_domain(olga, domain)
    assert not Domain.objects.exists()


@pytest.fixture
def sign_in(db: None) -> Callable[[User], Client]:
    def signed_in(user: User) -> Client:
        client = Client()
        assert client.login(username=user.username, password=PASSWORD)
        return client

    return signed_in


def test_olga_takes_links_down_in_the_admin(olga: User, alice: User, sign_in: Callable[[User], Client]) -> None:
    links = [actions.create(alice, target=f"https://{name}.example.org/", slug=name) for name in ("a", "b", "c")]
    client = sign_in(olga)
    where = "/admin/shortener/link/"
    assert b"a.example.org" in client.get(where).content
    for action, row in (("take_down", links[0]), ("take_down_hosts", links[1])):
        chosen = {"action": action, "_selected_action": [row.pk]}
        assert b"Reason" in client.post(where, chosen).content
        row.refresh_from_db()
        assert row.taken_down is None
        client.post(where, chosen | {"why": "It deceives."})
        row.refresh_from_db()
        assert row.taken_down_why == "It deceives."
    assert BlockedHost.objects.get().host == "b.example.org"
    client.post(where, {"action": "restore", "_selected_action": [links[0].pk]})
    links[0].refresh_from_db()
    assert links[0].taken_down is None
    client.post(where, {"action": "take_down_owners", "_selected_action": [links[2].pk], "why": "all of it"})
    assert not Link.objects.filter(taken_down=None).exists()
    assert client.get(f"{where}{links[2].pk}/change/").status_code == 200
    for page in (f"{links[2].pk}/delete/", f"{links[2].pk}/change/", "add/"):
        assert client.post(where + page, {"post": "yes"}).status_code == 403


def test_hosts_in_the_admin(olga: User, sign_in: Callable[[User], Client]) -> None:
    client = sign_in(olga)
    new = {"host": "Go.example.net", "enabled": "on", "home": "", "not_found": "", "owner": ""}
    assert client.post("/admin/shortener/domain/add/", new | {"home": "javascript:1"}).status_code == 200
    assert not Domain.objects.exists(), "a wrong address is said beside the form"
    assert client.post("/admin/shortener/domain/add/", new).status_code == 302
    assert Domain.objects.get().host == "go.example.net"
    assert client.post("/admin/shortener/knownhost/add/", {"host": "x"}).status_code == 200
    assert client.post("/admin/shortener/knownhost/add/", {"host": "Example.org"}).status_code == 302
    assert KnownHost.objects.get().host == "example.org"
    assert client.post("/admin/shortener/blocklist/add/", {"name": "l", "url": "", "enabled": "on"}).status_code == 302
    listed = BlockList.objects.get()
    again = {"action": "read_again", "_selected_action": [listed.pk]}
    assert client.post("/admin/shortener/blocklist/", again).status_code == 302
    assert Change.objects.filter(slug="").count() == 3


def test_who_may_not_take_down_links_finds_none_of_it(alice: User, sign_in: Callable[[User], Client]) -> None:
    link = actions.create(alice, target="https://example.org/")
    stan = person("stan", is_staff=True)
    for who in (stan, alice):
        client = sign_in(who)
        for name in ("link", "domain", "blocklist", "knownhost"):
            assert client.get(f"/admin/shortener/{name}/").status_code in (302, 403)
        client.post("/admin/shortener/link/", {"action": "take_down", "_selected_action": [link.pk], "why": "x"})
    assert Link.objects.get().taken_down is None

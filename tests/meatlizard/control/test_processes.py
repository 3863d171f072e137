"""Two processes of one site follow what is switched from outside of both, without a restart."""

import http.client
import json
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.services.programs import wait_until
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.slow]


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[LiveSite, LiveSite]]:
    first = LiveSite(JOBS_IN_SITE="false").prepare()
    second = first.sibling()
    for site in (first, second):
        site.start()
    yield first, second
    for site in (first, second):
        site.end()


def asked(site: LiveSite, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    link = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    try:
        link.request(method, path, headers=headers)
        answer = link.getresponse()
        answer.body = answer.read()  # type: ignore[attr-defined]
        return answer
    finally:
        link.close()


CHANGE = """
from meatlizard.accounts.models import User
from meatlizard.control import announcing, service_actions, setting_actions
olga = User.objects.create_superuser("olga", "olga@example.org", "x")
setting_actions.change(olga, "REGISTRATION", "closed")
service_actions.switch(olga, "video", False, "Until Monday.")
announcing.announce(olga, "Party on Friday")
"""


def everywhere(sites: tuple[LiveSite, LiveSite], path: str, status: int, method: str = "GET") -> None:
    """The goal is two seconds; the machine of a test may be busy for longer."""
    for site in sites:
        wait_until(lambda site=site: asked(site, path, method).status == status, f"{path} says {status}", 30)  # type: ignore[misc]


def test_maintenance_holds_in_both_and_ends_in_both(sites: tuple[LiveSite, LiveSite]) -> None:
    first, second = sites
    everywhere(sites, "/p/public/", 200)
    first.manage("maintenance", "hard", "--reason", "A new disk.")
    everywhere(sites, "/p/public/", 503)
    for site in sites:
        refused = asked(site, "/s/nothing", Accept="application/json")
        assert refused.status == 503
        assert refused.getheader("Retry-After") == "300"
        assert "A new disk." in json.loads(refused.body)["error"]["message"]  # type: ignore[attr-defined]
        assert json.loads(asked(site, "/health").body)["maintenance"] == "hard"  # type: ignore[attr-defined]
        assert asked(site, "/accounts/login/").status == 200, "an operator must be able to come in"
        with (
            pytest.raises(ConnectionClosedError) as closed,
            connect(f"ws://127.0.0.1:{site.port}/ws/chat/", origin=Origin(site.url)) as page,
        ):
            page.recv(30)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 4503
    second.manage("maintenance", "read-only")
    everywhere(sites, "/p/public/", 200)
    first.manage("maintenance", "off")
    for site in sites:
        wait_until(
            lambda site=site: json.loads(asked(site, "/health").body)["maintenance"] == "off",  # type: ignore[attr-defined,misc]
            "it is over", 30,
        )  # fmt: skip


def test_settings_services_and_announcements_hold_in_both(sites: tuple[LiveSite, LiveSite]) -> None:
    sites[0].manage("shell", "--no-imports", "-c", CHANGE)
    everywhere(sites, "/videos/", 503)
    for site in sites:
        page = asked(site, "/p/public/").body.decode()  # type: ignore[attr-defined]
        assert "Party on Friday" in page
        assert "/accounts/signup/" not in page and "/videos/" not in page

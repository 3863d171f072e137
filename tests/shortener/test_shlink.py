"""Shlink's routes: its own client for JavaScript under Node, and what it never sends."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from meatlizard.api import actions as api
from shortener import actions
from shortener.models import Click, ClickBatch, Domain, Link
from tests.meatlizard.api.keys import program_of
from tests.services.programs import find, missing
from tests.services.site import LiveSite
from tests.shortener.pages import TARGET

SDK = Path(__file__).parents[2] / "frontend/node_modules/@shlinkio/shlink-js-sdk"
LINKS = "/rest/v3/short-urls"


def holder(user: User, *scopes: str) -> Client:
    """With the key in Shlink's own header."""
    secret = api.create_key(user, "shlink", scopes or ("links:read", "links:write"))[1]
    return Client(HTTP_X_API_KEY=secret)


def send(client: Client, method: str, path: str, body: Any) -> Any:
    return getattr(client, method)(path, body, content_type="application/json")


KEY = """
from meatlizard.accounts.models import User
from meatlizard.api import actions
alice = User.objects.create_user("alice")
print(actions.create_key(alice, "shlink", ["links:read", "links:write"])[1])
"""


def test_shlinks_own_client() -> None:
    """Against the site as it is served: the client sends bodies in chunks, and the clicks are real."""
    node = find("node") or missing("Node is not installed")
    if not SDK.is_dir():
        missing("Shlink's client is not installed (npm ci in frontend)")
    site = LiveSite().prepare()
    secret = site.manage("shell", "--no-imports", "-c", KEY).split()[-1]
    site.start()
    try:
        done = subprocess.run(
            [node, str(Path(__file__).with_name("shlink_client.mjs")), str(SDK), site.url, secret],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
    finally:
        site.end()
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    made = said["made"]
    assert said["health"]["status"] == "pass" and made["shortUrl"] == f"{site.url}/s/docs/one"
    assert (made["shortCode"], made["domain"], made["tags"], made["forwardQuery"]) == (
        "docs/one",
        None,
        ["blue", "red"],
        True,
    )
    assert made["meta"] == {"validSince": None, "validUntil": "2031-01-01T10:00:00+00:00", "maxVisits": 7}
    assert len(said["short"]["shortCode"]) == 5 and said["again"]["shortCode"] == said["short"]["shortCode"]
    assert said["taken"]["type"].endswith("/non-unique-slug") and said["taken"]["status"] == 400
    assert said["bad"]["type"].endswith("/invalid-url") and "http://" in said["bad"]["detail"]
    assert said["list"]["pagination"]["pagesCount"] == 2 and len(said["list"]["data"]) == 1
    assert [link["shortCode"] for link in said["tagged"]["data"]] == ["docs/one"]
    assert [link["longUrl"] for link in said["searched"]["data"]] == ["https://example.org/two"]
    assert (
        said["read"]["title"] == "One"
        and said["edited"]["title"] is None
        and said["edited"]["meta"]["maxVisits"] is None
    )
    assert said["edited"]["tags"] == ["green"] and said["edited"]["forwardQuery"] is False
    assert said["visits"]["pagination"]["totalItems"] == 2 and len(said["people"]["data"]) == 1
    assert (
        said["people"]["data"][0]["userAgent"] == "Firefox Linux" and said["people"]["data"][0]["potentialBot"] is False
    )
    assert said["overview"]["nonOrphanVisits"] == {"total": 2, "nonBots": 1, "bots": 1}
    assert said["tags"]["data"] == ["yellow"] and said["noTags"]["data"] == []
    assert said["tagStats"]["data"] == [
        {"tag": "yellow", "shortUrlsCount": 1, "visitsSummary": {"total": 2, "nonBots": 1, "bots": 1}}
    ]
    assert said["domains"]["data"][0]["isDefault"] is True
    rules = said["rules"]["redirectRules"]
    assert said["rulesRead"] == said["rules"] and said["rules"]["defaultLongUrl"] == "https://example.org/one?a=1"
    assert [(rule["longUrl"], rule["priority"]) for rule in rules] == [
        ("https://example.org/ios", 1),
        ("https://example.org/later", 2),
    ]
    assert rules[0]["conditions"][1] == {"type": "query-param", "matchKey": "a", "matchValue": "1"}
    assert said["rulesBad"]["status"] == 400 and "ip-address" in said["rulesBad"]["detail"]
    assert len(said["tagVisits"]["data"]) == 1 and said["domainVisits"]["pagination"]["totalItems"] == 2
    assert said["allVisits"]["pagination"]["totalItems"] == 2 and len(said["allVisits"]["data"]) == 1
    assert said["allVisits"]["data"][0]["visitedUrl"] == made["shortUrl"]
    assert said["orphans"]["data"] == [] and said["forgotten"] == {"deletedVisits": 0}
    assert said["gone"]["status"] == said["unknownTag"]["status"] == 404


@pytest.mark.django_db
def test_a_stranger_finds_nothing_and_a_key_does_what_it_may(alice: User, charlie: User) -> None:
    link = actions.create(alice, target=TARGET, slug="x")
    for method, path in (
        ("get", "/x"),
        ("patch", "/x"),
        ("delete", "/x"),
        ("get", "/x/visits"),
        ("get", "/x/redirect-rules"),
        ("post", "/x/redirect-rules"),
    ):
        assert send(holder(charlie), method, LINKS + path, {}).status_code == 404, (method, path)
    reader = holder(alice, "links:read")
    assert reader.get(LINKS).status_code == 200 and reader.delete(f"{LINKS}/x").status_code == 403
    assert send(reader, "post", LINKS, {"longUrl": TARGET}).status_code == 403
    for headers, kind in (({}, "missing-authentication"), ({"HTTP_X_API_KEY": "wrong"}, "invalid-api-key")):
        refused = Client(**headers).get(LINKS)  # type: ignore[arg-type]
        assert refused.status_code == 401 and refused.json()["type"].endswith(kind)
        assert refused["Content-Type"] == "application/problem+json"
    assert program_of(alice, "links:read").get(LINKS).status_code == 401, "Shlink knows the one header alone"
    assert Link.objects.get() == link


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", '{"longUrl": 1}', '{"longUrl": ""}', '{"longUrl": "https://example.org/", "maxVisits": 0}',
     '{"longUrl": "https://example.org/", "validSince": "yesterday"}', '{"longUrl": "https://example.org/", "tags": "x"}',
     '{"longUrl": "https://example.org/", "customSlug": "a b"}', '{"longUrl": "http://10.0.0.1/"}', "[" * 50_000],
)  # fmt: skip
def test_bodies_that_mean_nothing_are_refused(alice: User, body: str) -> None:
    answer = holder(alice).post(LINKS, body, content_type="application/json")
    assert answer.status_code == 400 and answer.json()["status"] == 400 and not Link.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["page=0", "page=x", "page=99999999999999", "itemsPerPage=0", "itemsPerPage=-2", "orderBy=password-ASC", "orderBy=x", "startDate=x",
     "searchTerm=%00", "tags[]=%00&tagsMode=all", "domain=nowhere.example", "excludeMaxVisitsReached=maybe", "page=500&itemsPerPage=-1"],
)  # fmt: skip
def test_queries_that_mean_nothing_break_nothing(alice: User, query: str) -> None:
    actions.create(alice, target=TARGET)
    assert holder(alice).get(f"{LINKS}?{query}").status_code in (200, 400)


@pytest.mark.django_db
def test_links_of_domains_are_named_with_their_domain(alice: User) -> None:
    Domain.objects.create(host="go.example.org")
    client = holder(alice)
    made = send(client, "post", LINKS, {"longUrl": TARGET, "customSlug": "x", "domain": "go.example.org"}).json()
    assert made["shortUrl"] == "http://go.example.org/x" and made["domain"] == "go.example.org"
    assert client.get(f"{LINKS}/x").status_code == 404
    assert client.get(f"{LINKS}/x?domain=GO.example.org").json() == made
    assert client.get("/rest/v3/domains").json()["domains"]["data"][1]["domain"] == "go.example.org"
    assert client.put(f"{LINKS}/x").status_code == 405


@pytest.mark.django_db
def test_visits_are_ones_own(alice: User, charlie: User) -> None:
    link = actions.create(alice, target=TARGET, slug="x", tags=["red"])
    batch = ClickBatch.objects.create(stored=timezone.now())
    Click.objects.create(batch=batch, link=link, at=timezone.now(), bot=False)
    for path, status in (("tags/red/visits", 404), ("domains/DEFAULT/visits", 200), ("visits/non-orphan", 200)):
        hers, theirs = holder(alice).get(f"/rest/v3/{path}"), holder(charlie).get(f"/rest/v3/{path}")
        assert len(hers.json()["visits"]["data"]) == 1 and theirs.status_code == status
        assert status == 404 or theirs.json()["visits"]["data"] == []
    assert holder(alice).get("/rest/v3/domains/nowhere.example/visits").status_code == 404
    assert holder(alice).get("/rest/v3/tags/%00/visits").status_code == 404
    assert holder(alice).get("/rest/v3/visits/non-orphan?domain=%00x").json()["visits"]["data"] == []


@pytest.mark.django_db
def test_rules_without_words_are_not_lost(alice: User) -> None:
    by_many = {"conditions": [{"type": "device", "any_of": ["ios", "android"]}], "targets": [{"target": TARGET}]}
    by_time = {"conditions": [{"type": "time", "start": "08:00", "end": "09:00"}], "targets": [{"target": TARGET}]}
    link = actions.create(alice, target=TARGET, slug="x", rules=[by_many, by_time])
    client, path = holder(alice), f"{LINKS}/x/redirect-rules"
    shown = client.get(path).json()["redirectRules"]
    assert [rule["conditions"][0]["matchValue"] for rule in shown] == ["ios", "android"]
    refused = send(client, "post", path, {"redirectRules": []})
    assert refused.status_code == 400 and "no words" in refused.json()["detail"]
    actions.edit(link, rules=[by_many])
    assert send(client, "post", path, {"redirectRules": []}).json()["redirectRules"] == []
    unusable: list[Any] = [
        [{"type": "device", "matchValue": "toaster"}], [{"type": "before-date", "matchValue": "soon"}], "x", [{}],
    ]  # fmt: skip
    for conditions in unusable:
        rule = {"longUrl": TARGET, "conditions": conditions}
        assert send(client, "post", path, {"redirectRules": [rule]}).status_code == 400, conditions

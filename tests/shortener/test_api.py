"""Our own API of links, by the key of Alice; by Charlie's, and by keys that allow less."""

from typing import Any

import pytest
from django.http import HttpResponse

from meatlizard.accounts.models import User
from shortener import actions
from shortener.models import Domain, Link, LinkFolder
from tests.meatlizard.api.keys import Program, program_of
from tests.shortener.pages import TARGET

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LINKS = "/api/v1/links"


class Caller(Program):
    """Speaks JSON."""

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return getattr(self, method)(path, body, content_type="application/json")


@pytest.fixture
def program(alice: User) -> Caller:
    return caller(alice)


def caller(user: User, *scopes: str) -> Caller:
    made = program_of(user, *(scopes or ("links:read", "links:write")))
    return Caller(made.defaults["HTTP_AUTHORIZATION"].removeprefix("Bearer "))


def code(answer: HttpResponse) -> str:
    return str(answer.json()["error"]["code"])  # type: ignore[attr-defined]


def test_a_link_is_made_read_changed_and_deleted(program: Caller, alice: User) -> None:
    Domain.objects.create(host="go.example.org")
    wish = {
        "target": TARGET, "slug": "a/b", "domain": "go.example.org", "title": "T", "tags": ["One"], "folder": "Box", "password": "open",
        "max_clicks": 9, "not_after": "2031-01-01T12:00:00+02:00", "status": 307,
        "rules": [{"conditions": [{"type": "country", "any_of": ["CH"]}], "targets": [{"target": "https://example.com/", "weight": 2}]}],
    }  # fmt: skip
    answer = program.send("post", LINKS, wish)
    made = answer.json()
    assert answer.status_code == 201 and made["short_url"] == "http://go.example.org/a/b"
    assert (
        made["tags"] == ["one"] and made["folder"] == "Box" and made["has_password"] is True and "password" not in made
    )
    assert made["not_after"] == "2031-01-01T10:00:00Z" and made["rules"][0]["conditions"] == [
        {"type": "country", "any_of": ["ch"]}
    ]
    path = f"{LINKS}/{made['id']}"
    assert program.get(path).json() == made
    changed = program.send(
        "patch", path, {"title": "U", "folder": "", "tags": ["x", "y"], "password": "", "not_after": None}
    ).json()
    assert (changed["title"], changed["folder"], changed["tags"], changed["has_password"]) == (
        "U",
        "",
        ["x", "y"],
        False,
    )
    assert changed["not_after"] is None and changed["max_clicks"] == 9 and changed["target"] == TARGET
    assert program.delete(path).status_code == 204 and program.get(path).status_code == 404
    assert not Link.objects.exists()


def test_a_list_comes_in_pieces_that_new_links_do_not_shift(program: Caller, alice: User) -> None:
    for number in range(5):
        actions.create(alice, target=f"https://example.org/{number}")
    first = program.get(f"{LINKS}?limit=2").json()
    actions.create(alice, target="https://example.org/new")
    second = program.get(f"{LINKS}?limit=2&after={first['next']}").json()
    third = program.get(f"{LINKS}?limit=2&after={second['next']}").json()
    seen = [item["target"][-1] for piece in (first, second, third) for item in piece["items"]]
    assert seen == ["4", "3", "2", "1", "0"] and third["next"] is None
    for after in ("x", "!!!", "A" * 200, "MjAyNi0wMS0wMSB4", "MjAyNi0wMS0wMVQwMDowMDowMCAx"):
        assert program.get(f"{LINKS}?after={after}").status_code == 400, after
    assert program.get(f"{LINKS}?limit=0").status_code == 422 and program.get(f"{LINKS}?limit=201").status_code == 422


def test_a_list_is_narrowed(program: Caller, alice: User) -> None:
    one = actions.create(alice, target=TARGET, title="Warm", tags=["t"], disabled=True)
    actions.create(alice, target=TARGET)
    for query in ("search=warm", "tag=T", "state=off"):
        assert [item["id"] for item in program.get(f"{LINKS}?{query}").json()["items"]] == [one.pk], query
    assert program.get(f"{LINKS}?domain=-&folder=0&state=live").json()["items"][0]["id"] != one.pk
    assert program.get(f"{LINKS}?state=nonsense").status_code == 422
    assert program.get(f"{LINKS}/tags").json() == [{"name": "t", "links": 1}]


def test_many_at_once(program: Caller, alice: User, charlie: User) -> None:
    body = {
        "links": [
            {"target": TARGET, "slug": "one"},
            {"target": "ftp://x"},
            {"target": TARGET, "slug": "one"},
            {"target": TARGET, "style": "words"},
        ]
    }
    outcomes = program.send("post", f"{LINKS}/bulk", body).json()["outcomes"]
    assert [bool(outcome["link"]) for outcome in outcomes] == [True, False, False, True]
    assert outcomes[0]["error"] == "" and "http://" in outcomes[1]["error"] and "taken" in outcomes[2]["error"]
    hers = actions.create(charlie, target=TARGET)
    ids = [outcomes[0]["link"]["id"], outcomes[3]["link"]["id"], hers.pk]
    changed = program.send(
        "patch", f"{LINKS}/bulk", {"ids": ids, "change": {"tags": ["new"], "folder": "Box", "public_stats": True}}
    ).json()
    assert len(changed["outcomes"]) == 2 and all(one["link"]["tags"] == ["new"] for one in changed["outcomes"])
    assert LinkFolder.objects.get().links.count() == 2
    assert program.send("post", f"{LINKS}/bulk/delete", {"ids": ids}).json() == {"deleted": 2}
    assert list(Link.objects.all()) == [hers]


def test_folders(program: Caller, charlie: User) -> None:
    made = program.send("post", f"{LINKS}/folders", {"name": " Box "}).json()
    assert made["name"] == "Box" and program.get(f"{LINKS}/folders").json() == [made]
    assert caller(charlie).delete(f"{LINKS}/folders/{made['id']}").status_code == 404
    assert program.delete(f"{LINKS}/folders/{made['id']}").status_code == 204 and not LinkFolder.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "refusal"),
    [
        ({"target": "http://printer.local/"}, 400, "private_target"), ({"target": "http://127.0.0.1:8000/s/x"}, 400, "chain"),
        ({"target": "javascript:alert(1)"}, 400, "scheme_refused"), ({"target": TARGET, "slug": "a b"}, 400, "slug_bad"),
        ({}, 422, "invalid"), ({"target": TARGET, "owner": 1}, 422, "invalid"), ({"target": TARGET, "status": 200}, 400, "status_bad"),
        ({"target": TARGET, "domain": "elsewhere.example"}, 404, "not_found"), ({"target": None}, 422, "invalid"),
        ({"target": TARGET, "not_before": "0001-01-01T00:00:00+23:59"}, 422, "invalid"), ({"target": TARGET, "max_clicks": 10**400}, 422, "invalid"),
        ({"target": TARGET, "style": "emoji"}, 400, "style_unknown"), ({"target": TARGET, "title": "a\ud800"}, 422, "invalid"),
        ({"target": TARGET, "rules": [{"conditions": [{"type": "time", "zone": "../etc"}], "targets": [{"target": TARGET}]}]}, 422, "invalid"),
        ({"target": TARGET, "rules": [{"targets": [{"target": "http://10.0.0.1/"}]}]}, 400, "private_target"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_link_is_refused_in_the_sites_form(
    program: Caller, body: Any, status: int, refusal: str
) -> None:
    answer = program.send("post", LINKS, body)
    assert (answer.status_code, code(answer)) == (status, refusal), answer.content
    assert answer.json()["error"]["message"] and not Link.objects.exists()


def test_a_body_that_is_no_json_is_refused(program: Caller) -> None:
    for body in ("", "{", "[" * 100_000, b"\xff\xfe", "null", "[]", '"x"'):
        answer = program.post(LINKS, body, content_type="application/json")
        assert answer.status_code in (400, 422) and code(answer), body


def test_a_key_does_what_its_scopes_say(alice: User) -> None:
    link = actions.create(alice, target=TARGET)
    reader, writer = caller(alice, "links:read"), caller(alice, "links:write")
    assert reader.get(LINKS).status_code == 200 and writer.get(LINKS).status_code == 403
    for method, path in (
        ("post", LINKS),
        ("patch", f"{LINKS}/{link.pk}"),
        ("delete", f"{LINKS}/{link.pk}"),
        ("post", f"{LINKS}/folders"),
    ):
        refused = reader.send(method, path, {"target": TARGET, "name": "x"})
        assert refused.status_code in (403, 422), path
    assert Link.objects.get() == link and not LinkFolder.objects.exists()
    assert code(reader.delete(f"{LINKS}/{link.pk}")) == "scope_missing"


def test_a_stranger_finds_nothing(alice: User, charlie: User) -> None:
    link = actions.create(alice, target=TARGET)
    stranger = caller(charlie)
    for method, path in (("get", ""), ("patch", ""), ("delete", ""), ("get", "/qr.svg")):
        assert stranger.send(method, f"{LINKS}/{link.pk}{path}", {}).status_code == 404, (method, path)
    assert stranger.get(LINKS).json()["items"] == [] and Link.objects.filter(pk=link.pk).exists()
    for key in ("0", "9" * 19, "9" * 400, "x", "-1"):
        assert stranger.get(f"{LINKS}/{key}").status_code in (404, 422), key


def test_a_qr_code(program: Caller, alice: User) -> None:
    link = actions.create(alice, target=TARGET)
    assert program.get(f"{LINKS}/{link.pk}/qr.png?scale=2").content.startswith(b"\x89PNG")
    assert b"<svg" in program.get(f"{LINKS}/{link.pk}/qr.svg?light=").content
    assert (
        program.get(f"{LINKS}/{link.pk}/qr.gif").status_code == 422
        and program.get(f"{LINKS}/{link.pk}/qr.svg?dark=x").status_code == 400
    )

"""PrivateBin's JSON API, as its clients speak it, and what this site adds: proofs, readings that are counted, readers who may delete."""

import hashlib
import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.api.actions import create_key
from meatlizard.ops import switches
from meatlizard.storage.actions import used_by
from paste.models import Comment, Paste
from tests.paste.sealed import sealing

pytestmark = pytest.mark.django_db

API = {"HTTP_X_REQUESTED_WITH": "JSONHttpRequest"}
PROOF = "ab" * 32
GUARD = hashlib.sha256(PROOF.encode()).hexdigest()

Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


@pytest.fixture
def as_alice(alice: User) -> Client:
    client = Client()
    client.force_login(alice)
    return client


@pytest.fixture
def anybody() -> Client:
    """Charlie without an account: a program that has nothing but an address."""
    return Client()


def post(client: Client, body: Any, url: str = "/sealed/", **more: Any) -> Any:
    return client.post(url, json.dumps(body), content_type="application/json", **{**API, **more})


def get(client: Client, slug: str) -> Any:
    return client.get(f"/sealed/?{slug}", **API)


def make(client: Client, site: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    body = sealing.request(**more)
    made = post(client, {**body, **({"site": site} if site else {})})
    assert made.status_code == 200, made.content
    found: dict[str, Any] = made.json()
    assert found["status"] == 0
    return found | {"sent": body}


def guarded(client: Client, **site: Any) -> dict[str, Any]:
    return make(client, {"guard": GUARD, "classic": False, **site})


def open_proved(client: Client, slug: str, proof: str = PROOF) -> Any:
    return post(client, {"pasteid": slug, "proof": proof}, "/sealed/open/")


def test_what_alice_sends_anybody_with_the_address_gets_as_it_was(as_alice: Client, anybody: Client) -> None:
    made = make(as_alice)
    found = get(anybody, made["id"]).json()
    assert (found["status"], found["id"], found["v"]) == (0, made["id"], 2)
    assert (found["adata"], found["ct"]) == (made["sent"]["adata"], made["sent"]["ct"])
    assert 86_000 < found["meta"]["time_to_live"] <= 86_400 and "created" not in found["meta"]
    assert found["comments"] == [] and found["comment_count"] == 0
    assert sealing.unseal(found["adata"], found["ct"], b"k" * 32) == {"paste": "a lizard"}


def test_it_is_alices_and_takes_of_her_storage(as_alice: Client, alice: User) -> None:
    made = make(as_alice)
    assert Paste.objects.get(slug=made["id"]).owner == alice
    assert used_by(alice) == len(made["sent"]["ct"])


def test_a_cookie_alone_makes_nothing_in_alices_name(as_alice: Client, alice: User, settings: Any) -> None:
    settings.PASTE_CREATE = "everyone"
    body = json.dumps(sealing.request())
    sent = as_alice.post("/sealed/", body, content_type="text/plain", HTTP_ORIGIN="https://evil.example")
    assert sent.status_code == 200
    assert Paste.objects.get(slug=sent.json()["id"]).owner is None


def test_without_an_account_nothing_is_made_unless_the_operator_says_so(anybody: Client, settings: Any) -> None:
    refused = post(anybody, sealing.request())
    assert refused.status_code == 403 and refused.json()["status"] == 1 and "members" in refused.json()["message"]
    assert not Paste.objects.exists()
    settings.PASTE_CREATE = "everyone"
    assert post(anybody, sealing.request()).json()["status"] == 0
    assert "30 days" in post(anybody, sealing.request(expire="never")).json()["message"]


def test_a_key_says_whose_it_is(alice: User) -> None:
    secret, reading = (create_key(alice, "laptop", [scope])[1] for scope in ("pastes:write", "pastes:read"))
    assert post(Client(), sealing.request(), HTTP_AUTHORIZATION=f"Bearer {secret}").status_code == 200
    assert Paste.objects.get().owner == alice
    assert post(Client(), sealing.request(), HTTP_AUTHORIZATION=f"Bearer {reading}").status_code == 403
    assert post(Client(), sealing.request(), HTTP_AUTHORIZATION="Bearer mlk_wrong").json()["status"] == 1


def test_jsonld_says_which_version_is_spoken(anybody: Client) -> None:
    for kind in ("paste", "comment"):
        assert anybody.get(f"/sealed/?jsonld={kind}", **API).json()["@context"]["v"]["@value"] == 2
    for kind in ("pastemeta", "commentmeta", "types"):
        assert "@context" in anybody.get(f"/sealed/?jsonld={kind}", **API).json()
    assert anybody.get("/sealed/?jsonld=../../etc/passwd", **API).status_code == 404


@pytest.mark.parametrize("slug", ["0" * 16, "x", "../admin", "%00", "é", ""])
def test_what_is_not_there_is_not_found(anybody: Client, as_alice: Client, slug: str) -> None:
    for client in (anybody, as_alice):
        found = get(client, slug)
        assert found.status_code == 404 and found.json()["status"] == 1


def test_a_paste_that_is_not_sealed_is_none_of_this_door(anybody: Client, alice: User) -> None:
    from paste import actions
    from paste.contents import Draft

    paste, token = actions.create(alice, [Draft("a.txt", b"open words")], with_token=True)
    assert get(anybody, paste.slug).status_code == 404
    assert anybody.get(f"/sealed/?{paste.slug}").status_code == 404
    assert anybody.get(f"/sealed/?pasteid={paste.slug}&deletetoken={token}").status_code == 404
    assert post(anybody, {"pasteid": paste.slug, "deletetoken": token}).status_code in (400, 404)
    assert Paste.objects.filter(pk=paste.pk, state="ready").exists()


def test_read_once_it_is_gone_from_the_disk(as_alice: Client, anybody: Client, alice: User) -> None:
    made = make(as_alice, burn=1)
    assert anybody.head(f"/sealed/?{made['id']}", **API).status_code == 200
    assert get(anybody, made["id"]).json()["ct"] == made["sent"]["ct"]
    assert get(anybody, made["id"]).status_code == 404
    assert not Paste.objects.filter(slug=made["id"]).exists()
    assert used_by(alice) == 0


def test_nothing_is_written_by_reading_while_the_site_is_read_only(
    as_alice: Client, anybody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, often = make(as_alice, burn=1), make(as_alice)
    deletion = f"/sealed/?pasteid={often['id']}&deletetoken={often['deletetoken']}"
    assert anybody.head(deletion, **API).status_code == 404, "to ask what is there deletes nothing"
    with monkeypatch.context() as closed:
        closed.setattr(switches, "current", lambda: switches.State(maintenance="read"))
        assert get(anybody, often["id"]).status_code == 200
        for answer in (get(anybody, once["id"]), anybody.get(deletion, **API)):
            assert answer.status_code == 503 and answer.json()["code"] == "maintenance"
    assert get(anybody, once["id"]).status_code == anybody.get(deletion, **API).status_code == 200
    assert not Paste.objects.standing().exists()


def test_looking_at_the_page_uses_nothing_up(as_alice: Client, anybody: Client) -> None:
    """Link previews, scanners of mail, and people who think twice."""
    made = make(as_alice, burn=1)
    for _ in range(3):
        page = anybody.get(f"/sealed/?{made['id']}")
        assert page.status_code == 200 and made["sent"]["ct"] not in page.content.decode()
        assert page.headers["X-Robots-Tag"].startswith("noindex") and "no-store" in page.headers["Cache-Control"]
    assert get(anybody, made["id"]).status_code == 200


def test_a_wrong_password_uses_nothing_up(as_alice: Client, anybody: Client) -> None:
    made = make(as_alice, {"guard": GUARD, "classic": False}, burn=1)
    assert get(anybody, made["id"]).json()["code"] == "needs_proof"
    for _ in range(3):
        refused = open_proved(anybody, made["id"], "cd" * 32)
        assert refused.status_code == 403 and "ct" not in refused.json()
    opened = open_proved(anybody, made["id"]).json()
    assert opened["ct"] == made["sent"]["ct"] and opened["views_left"] == 0
    assert open_proved(anybody, made["id"]).status_code == 404


def test_passwords_cannot_be_tried_without_end(as_alice: Client, anybody: Client) -> None:
    made = guarded(as_alice, views=3)
    answers = [open_proved(anybody, made["id"], f"{number:064x}").status_code for number in range(12)]
    assert set(answers[:10]) == {403} and answers[-1] == 429
    assert open_proved(anybody, made["id"]).status_code == 429


def test_it_can_be_read_so_often_and_no_more(as_alice: Client, anybody: Client) -> None:
    made = guarded(as_alice, views=3)
    assert [open_proved(anybody, made["id"]).json().get("views_left") for _ in range(4)] == [2, 1, 0, None]


def test_a_proof_opens_no_other_paste(as_alice: Client, anybody: Client) -> None:
    made, other = guarded(as_alice, views=2), make(as_alice)
    assert open_proved(anybody, other["id"]).status_code == 403
    assert open_proved(anybody, made["id"]).status_code == 200
    assert (
        post(anybody, {"pasteid": made["id"], "proof": PROOF}, "/sealed/open/", HTTP_X_REQUESTED_WITH="").status_code
        == 400
    )


def test_what_contradicts_itself_is_refused(as_alice: Client) -> None:
    body = sealing.request(burn=1, discussion=1)
    assert post(as_alice, body).status_code == 400
    assert post(as_alice, sealing.request() | {"site": {"classic": False}}).status_code == 400
    assert post(as_alice, sealing.request(burn=1) | {"site": {"views": 5}}).status_code == 400
    assert not Paste.objects.exists()


def test_the_token_deletes_and_another_does_not(as_alice: Client, anybody: Client) -> None:
    made, other = make(as_alice), make(as_alice)
    assert post(anybody, {"pasteid": made["id"], "deletetoken": other["deletetoken"]}).status_code == 403
    assert get(anybody, made["id"]).status_code == 200
    assert post(anybody, {"pasteid": made["id"], "deletetoken": made["deletetoken"]}).json()["status"] == 0
    assert get(anybody, made["id"]).status_code == 404
    assert get(anybody, other["id"]).status_code == 200
    gone = anybody.get(f"/sealed/?pasteid={other['id']}&deletetoken={other['deletetoken']}", **API)
    assert gone.json()["status"] == 0 and get(anybody, other["id"]).status_code == 404


def test_the_deletion_link_asks_first(as_alice: Client, anybody: Client) -> None:
    made = make(as_alice)
    link = f"/sealed/?pasteid={made['id']}&deletetoken={made['deletetoken']}"
    page = anybody.get(link, follow=True)
    assert b"Delete this paste?" in page.content
    for wrong in (
        f"/sealed/?pasteid={made['id']}&deletetoken=wrong",
        f"/sealed/?pasteid=..%2F&deletetoken={made['deletetoken']}",
    ):
        assert anybody.get(wrong, follow=True).status_code in (403, 404)
    assert get(anybody, made["id"]).status_code == 200
    assert anybody.post(page.redirect_chain[-1][0], {"token": made["deletetoken"]}).status_code == 302
    assert get(anybody, made["id"]).status_code == 404


def test_a_reader_deletes_where_the_creator_allows_it(as_alice: Client, anybody: Client) -> None:
    made, kept = guarded(as_alice, views=9, recipient=True), guarded(as_alice, views=9)
    wrong = {"pasteid": made["id"], "proof": "cd" * 32}
    assert post(anybody, wrong).status_code == 403
    assert post(anybody, {"pasteid": kept["id"], "proof": PROOF}).status_code == 403
    assert post(anybody, wrong | {"proof": PROOF}).json()["status"] == 0
    assert open_proved(anybody, made["id"]).status_code == 404
    assert open_proved(anybody, kept["id"]).status_code == 200


def comment_on(paste: dict[str, Any], parent: str = "", text: str = "nice", **more: Any) -> dict[str, Any]:
    adata, ct = sealing.seal({"comment": text, "nickname": "Bob"}, b"k" * 32, comment=True)
    return {"v": 2, "adata": adata, "ct": ct, "pasteid": paste["id"], "parentid": parent or paste["id"], **more}


def test_comments_are_sealed_threaded_and_come_with_the_paste(as_alice: Client, bob: User, anybody: Client) -> None:
    made = make(as_alice, discussion=1)
    as_bob = Client()
    as_bob.force_login(bob)
    first = post(as_bob, comment_on(made)).json()
    second = post(as_alice, comment_on(made, first["id"], "thanks")).json()
    found = get(anybody, made["id"]).json()
    assert [one["id"] for one in found["comments"]] == [first["id"], second["id"]]
    assert [one["parentid"] for one in found["comments"]] == [made["id"], first["id"]]
    said = [sealing.unseal(one["adata"], one["ct"], b"k" * 32)["comment"] for one in found["comments"]]
    assert said == ["nice", "thanks"] and all(one["meta"]["created"] > 0 for one in found["comments"])


def test_comments_that_have_no_place_are_refused(as_alice: Client, anybody: Client) -> None:
    open_one, closed = make(as_alice, discussion=1), make(as_alice)
    other = make(as_alice, discussion=1)
    elsewhere = post(as_alice, comment_on(other)).json()["id"]
    assert post(as_alice, comment_on(closed)).status_code == 403
    assert post(as_alice, comment_on(open_one, elsewhere)).status_code == 404
    assert post(as_alice, comment_on({"id": "0" * 16})).status_code == 404
    assert post(anybody, comment_on(open_one)).status_code == 403
    assert post(as_alice, comment_on(open_one) | {"ct": "plain"}).status_code == 400
    assert Comment.objects.count() == 1


def test_where_a_proof_is_asked_for_comments_need_it_too(as_alice: Client) -> None:
    made = make(as_alice, {"guard": GUARD, "classic": False, "views": 3}, discussion=1)
    assert post(as_alice, comment_on(made)).status_code == 403
    assert post(as_alice, comment_on(made, proof=PROOF)).status_code == 200


def test_too_much_is_refused_in_words(as_alice: Client, settings: Any) -> None:
    settings.PASTE_MAX_BYTES = 20_000
    body = sealing.request()
    body["ct"] = body["ct"][:-4] + "A" * 30_000
    refused = post(as_alice, body)
    assert refused.status_code == 413 and "may have" in refused.json()["message"] and not Paste.objects.exists()


def test_large_ones_come_whole(as_alice: Client, anybody: Client) -> None:
    """Beyond what Django keeps of a request in memory, and beyond what stands in the database."""
    made = make(as_alice, plain={"paste": secrets.token_hex(2_500_000)})
    assert len(made["sent"]["ct"]) > 3_000_000
    assert get(anybody, made["id"]).json()["ct"] == made["sent"]["ct"]


def test_pastes_cannot_be_made_without_end(anybody: Client, settings: Any) -> None:
    settings.PASTE_CREATE = "everyone"
    answers = [post(anybody, sealing.request()) for _ in range(21)]
    assert [one.status_code for one in answers[:20]] == [200] * 20
    assert answers[-1].status_code == 429 and int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("proved", [False, True], ids=["a client of PrivateBin", "this site's page"])
def test_of_fifty_readers_exactly_one_gets_it(alice: User, proved: bool) -> None:
    maker = Client()
    maker.force_login(alice)
    made = make(maker, {"guard": GUARD, "classic": False} if proved else None, burn=1)

    def read(number: int) -> int:
        try:
            client = Client(REMOTE_ADDR=f"192.0.2.{number}")
            return int((open_proved(client, made["id"]) if proved else get(client, made["id"])).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as readers:
        answers = sorted(readers.map(read, range(50)))
    assert answers == [200] + [404] * 49
    assert not Paste.objects.exists()

"""Comments at videos: who says, sees, changes and removes them, and what hostile ones become."""

import threading

import pytest
from django.core.cache import cache
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid
from meatlizard.moderation import services as moderated
from meatlizard.moderation.models import Case
from tests.hostile.corpus import corpus
from tests.video.rows import ready
from video.comments import actions, inbox, listing, texts
from video.models import CommentBlock, Video, VideoComment

pytestmark = pytest.mark.django_db
HELD = Video.Comments.HELD


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


@pytest.fixture
def film(alice: User) -> Video:
    return ready(alice, duration=100.0)


def signed_in(user: User | None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def fresh(video: Video) -> Video:
    return Video.objects.get(pk=video.pk)


def of_one(name: str, row: VideoComment) -> str:
    return reverse(f"video:{name}", args=[row.video.slug, row.public_id])


def test_threads_are_one_deep_and_name_whom_they_answer(film: Video, alice: User, bob: User, charlie: User) -> None:
    first = actions.say(film, bob, "first")
    reply = actions.say(film, alice, "reply", first)
    deeper = actions.say(film, charlie, "deeper", reply)
    assert (reply.thread, deeper.thread, deeper.answers) == (first, first, reply)
    (said,), after = listing.page(fresh(film), bob, "new")
    assert [one.row.text for one in said.below] == ["reply", "deeper"] and not after
    assert said.below[0].to is None and said.below[1].to == reply and said.below[0].by_owner and said.mine
    assert fresh(film).comments_count == 3 and VideoComment.objects.get(pk=first.pk).replies == 2
    page = signed_in(bob).get(reverse("video:comments", args=[film.slug])).content.decode()
    assert page.index("first") < page.index("reply") < page.index("deeper") and "@<bdi>alice</bdi>" in page


def test_pieces_of_a_long_list_miss_and_repeat_nothing(film: Video, bob: User) -> None:
    rows = [actions.say(film, bob, f"number {number}") for number in range(listing.PAGE * 2 + 3)]
    for row in rows[::3]:
        actions.like(bob, row, True)
    for order in listing.ORDERS:
        client, seen, url = signed_in(bob), [], f"{reverse('video:comments', args=[film.slug])}?comments={order}"
        while url:
            context = client.get(url).context
            seen += [one.row.pk for one in context["items"]]
            after = context["after"]
            url = after and f"{reverse('video:comments', args=[film.slug])}?comments={order}&after={after}"
        assert len(seen) == len(set(seen)) == len(rows)
    assert seen[: len(rows[::3])] == sorted((row.pk for row in rows[::3]), reverse=True)


def test_many_answers_are_on_a_page_of_their_own(film: Video, bob: User) -> None:
    first = actions.say(film, bob, "first")
    for number in range(listing.REPLIES + 2):
        actions.say(film, bob, f"answer {number}", first)
    (said,), _after = listing.page(fresh(film), bob, "new")
    assert (len(said.below), said.more) == (3, listing.REPLIES - 1)
    client = signed_in(bob)
    answer = client.get(of_one("comment", first))
    rest = client.get(of_one("comment", first), {"after": answer.context["after"]}).context["said"].below
    assert [one.row.text for one in rest] == [f"answer {listing.REPLIES}", f"answer {listing.REPLIES + 1}"]


def test_what_is_removed_leaves_its_place_to_answers(film: Video, alice: User, bob: User, charlie: User) -> None:
    first, alone = actions.say(film, bob, "a secret"), actions.say(film, bob, "alone")
    actions.say(film, charlie, "kept", first)
    with pytest.raises(Forbidden):
        actions.remove(charlie, first)
    actions.remove(alice, first)
    actions.remove(bob, alone)
    actions.blank(alone)
    page = signed_in(charlie).get(reverse("video:comments", args=[film.slug])).content.decode()
    assert "secret" not in page and "kept" in page and alone.public_id not in page
    assert fresh(film).comments_count == 1 and VideoComment.objects.get(pk=first.pk).text == ""


def test_held_comments_wait_for_the_owner(film: Video, alice: User, bob: User, charlie: User) -> None:
    Video.objects.update(comments=HELD)
    film = fresh(film)
    row = actions.say(film, bob, "may I")
    assert actions.say(film, alice, "mine").state == "shown"
    assert fresh(film).comments_count == 1
    assert [len(listing.page(film, who, "new")[0]) for who in (alice, bob, charlie)] == [2, 2, 1]
    for path in (of_one("comment", row), of_one("comment-report", row)):
        assert signed_in(charlie).get(path).status_code == 404
    assert signed_in(bob).post(of_one("comment-approve", row)).status_code == 403
    assert "may I" in signed_in(alice).get(reverse("video:said"), {"show": "held"}).content.decode()
    signed_in(alice).post(of_one("comment-approve", row), {"next": "said"})
    assert fresh(film).comments_count == 2 and len(listing.page(film, charlie, "new")[0]) == 2
    # What is changed afterwards waits again.
    signed_in(bob).post(of_one("comment-edit", row), {"text": "something else"})
    row.refresh_from_db()
    assert row.state == "held" and row.edited and fresh(film).comments_count == 1


def test_closed_and_blocked_say_nothing(film: Video, alice: User, bob: User) -> None:
    row = actions.say(film, bob, "rude")
    say = reverse("video:say", args=[film.slug])
    assert signed_in(bob).post(of_one("comment-block", row)).status_code == 403
    assert signed_in(alice).post(of_one("comment-block", row)).status_code == 302
    assert signed_in(bob).post(say, {"text": "again"}).status_code == 403
    assert signed_in(bob).post(of_one("comment-edit", row), {"text": "again"}).status_code == 403
    signed_in(alice).post(reverse("video:unblock"), {"person": bob.pk})
    assert signed_in(bob).post(say, {"text": "again"}).status_code == 302
    Video.objects.update(comments=Video.Comments.CLOSED)
    assert signed_in(bob).post(say, {"text": "more"}).status_code == 403
    assert b"closed" in signed_in(bob).get(reverse("video:comments", args=[film.slug])).content


def test_charlie_and_visitors_at_anothers_comment(film: Video, bob: User, charlie: User) -> None:
    row = actions.say(film, bob, "bob's")
    for name in ("comment-edit", "comment-remove", "comment-approve", "comment-block"):
        assert signed_in(charlie).post(of_one(name, row), {"text": "mine now"}).status_code == 403, name
        assert signed_in(None).post(of_one(name, row), {"text": "mine now"}).status_code == 302, name
    row.refresh_from_db()
    assert row.text == "bob's"
    assert signed_in(charlie).post(of_one("comment-like", row), {"on": "1"}).status_code == 302


@pytest.mark.parametrize("privacy", [Video.Privacy.PRIVATE, Video.Privacy.PEOPLE])
def test_of_a_private_video_nothing_is_there_for_strangers(alice: User, charlie: User, privacy: str) -> None:
    film = ready(alice, privacy=privacy, duration=100.0)
    row = actions.say(film, alice, "unfindable")
    routes = [reverse("video:comments", args=[film.slug]), reverse("video:say", args=[film.slug])]
    routes += [of_one(name, row) for name in ("comment", "comment-edit", "comment-remove", "comment-like", "comment-approve", "comment-block", "comment-report")]  # fmt: skip
    for path in routes:
        found = {signed_in(charlie).get(path).status_code, signed_in(charlie).post(path, {"text": "x"}).status_code}
        assert 404 in found and found <= {404, 405}, path
        assert "unfindable" not in signed_in(None).get(path).content.decode()
    assert signed_in(alice).get(routes[0]).status_code == 200
    other = ready(alice, "Another")
    # Neither by way of a video that they may watch.
    assert signed_in(charlie).get(reverse("video:comment", args=[other.slug, row.public_id])).status_code == 404


def test_a_script_gets_the_section_alone(film: Video, bob: User) -> None:
    headers = {"X-Section": "comments", "Accept": "application/json, text/html;q=0.9"}
    answer = signed_in(bob).post(
        reverse("video:say", args=[film.slug]), {"text": "hello", "order": "top"}, headers=headers
    )
    assert answer.status_code == 200 and b"<html" not in answer.content and b"hello" in answer.content
    refused = signed_in(bob).post(reverse("video:say", args=[film.slug]), {"text": "  "}, headers=headers)
    assert refused.status_code == 400 and refused.json()["error"]["message"]


def test_likes_and_words_are_exact(film: Video, bob: User, charlie: User) -> None:
    row = actions.say(film, bob, "well")
    assert [actions.like(charlie, row, True), actions.like(charlie, row, True), actions.like(bob, row, True)] == [
        1,
        1,
        2,
    ]
    assert [actions.like(charlie, row, False), actions.like(charlie, row, False)] == [1, 1]
    for text in ("", " \n ", "x" * (texts.MAX_LENGTH + 1)):
        with pytest.raises(Invalid):
            actions.say(film, bob, text)
    assert actions.say(film, bob, "a\x00b\ud800").text == "ab?"


def test_reports_reach_moderators_who_change_and_remove(film: Video, bob: User, charlie: User) -> None:
    row = actions.say(film, bob, "awful words")
    reply = actions.say(film, charlie, "indeed", row)
    path = of_one("comment-report", row)
    answer = signed_in(charlie).post(path, {"reason": Case.Reason.values[0], "comment": "look"})
    assert answer.status_code == 302
    case = Case.objects.get()
    assert (case.service, case.person_id, case.matched) == (actions.SERVICE, bob.pk, "awful words")
    service = moderated.find(case.service)
    assert service is not None and service.read(case.target) == "awful words"
    assert service.write(case.target, "**** words") and service.read(case.target) == "**** words"
    assert [turn.text for turn in service.around(actions.target_of(reply), "")][1:] == ["**** words"]
    assert service.remove(case.target) and service.read(case.target) is None and not service.remove(case.target)
    assert fresh(film).comments_count == 1
    assert not service.remove("comment:nothing") and service.read("video:x") is None


def test_what_others_say_is_told_to_whom_it_is_said(film: Video, alice: User, bob: User, charlie: User) -> None:
    row = actions.say(film, bob, "hello alice")
    actions.say(film, charlie, "hello bob", row)
    assert [inbox.unseen(who) for who in (alice, bob, charlie)] == [2, 1, 0]
    assert "hello bob" in signed_in(bob).get(reverse("video:said")).content.decode()
    assert inbox.unseen(bob) == 0
    Video.objects.update(privacy=Video.Privacy.PRIVATE)
    assert "hello bob" not in signed_in(bob).get(reverse("video:said")).content.decode()


def test_moments_are_links_and_nothing_else_is() -> None:
    def linked(text: str) -> str:
        return texts.with_moments(texts.html_of(text), "/v/x/", 4_000)

    assert '<a class="seek" href="/v/x/?t=83" data-seek="83">1:23</a>' in linked("look at 1:23!")
    assert 'data-seek="3723"' in linked("(1:02:03)")
    for text in (
        "at 9:99",
        "12:345",
        "1:23:99",
        "2:00:00",
        "`1:23`",
        "[1:23](https://example.org/)",
        "10.1:23",
        "http://x.org/1:23",
    ):
        assert "data-seek" not in linked(text), text
    assert "data-seek" not in texts.with_moments("<p>1:23</p>", "/v/x/", 60)


def test_hostile_comments_are_words(film: Video, bob: User) -> None:
    allowed = texts.TAGS
    for payload in list(corpus())[::7]:
        html = texts.with_moments(texts.html_of(f"1:07 {payload.text[:4_000]} 0:09"), "/v/x/", 100)
        lowered = html.lower()
        assert "<script" not in lowered and "javascript:" not in lowered.replace("&", "").split('href="')[0]
        assert not [one for one in lowered.split("<")[1:] if one.split(">")[0].split()[0].strip("/") not in allowed]
        assert not [
            part
            for part in lowered.split('href="')[1:]
            if not part.startswith(("http://", "https://", "mailto:", "/v/x/"))
        ]


@pytest.mark.usefixtures("one_window")
def test_too_many_comments_in_a_while_are_refused(film: Video, bob: User) -> None:
    client, say = signed_in(bob), reverse("video:say", args=[film.slug])
    answers = [client.post(say, {"text": f"spam {number}"}).status_code for number in range(32)]
    assert answers[:30] == [302] * 30 and answers[30:] == [429] * 2


@pytest.mark.both_databases
def test_who_leaves_takes_likes_and_leaves_words_without_a_name(film: Video, alice: User, bob: User) -> None:
    row = actions.say(film, bob, "still here")
    own = actions.say(film, alice, "mine")
    actions.like(bob, own, True)
    Video.objects.update(comments=HELD)
    waiting = actions.say(fresh(film), bob, "never shown")
    bob.delete()
    for one in (row, own, waiting):
        one.refresh_from_db()
    assert (row.author, row.text, own.likes) == (None, "still here", 0)
    assert (waiting.text, waiting.state) == ("", "removed")
    assert "somebody" in signed_in(None).get(reverse("video:comments", args=[film.slug])).content.decode()


@pytest.mark.both_databases
def test_two_accounts_that_become_one_like_once(film: Video, alice: User, bob: User, charlie: User) -> None:
    row, said = actions.say(film, alice, "mine"), actions.say(film, charlie, "hers")
    for who in (bob, charlie):
        actions.like(who, row, True)
    CommentBlock.objects.create(owner=bob, person=charlie)
    merge(charlie, bob)
    row.refresh_from_db()
    said.refresh_from_db()
    assert row.likes == row.liked_by.count() == 1 and said.author == bob and not CommentBlock.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.both_databases
def test_counters_agree_when_many_speak_at_once(alice: User, bob: User) -> None:
    film = ready(alice, duration=100.0)
    head = actions.say(film, bob, "head")
    start = threading.Barrier(6)

    def run(number: int) -> None:
        start.wait()
        try:
            row = actions.say(film, bob, f"{number}", head)
            actions.like(alice, head, number % 2 == 0)
            if number % 3 == 0:
                actions.remove(alice, row)
                actions.remove(bob, row)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    head.refresh_from_db()
    shown = VideoComment.objects.filter(state="shown")
    assert fresh(film).comments_count == shown.count() == 5
    assert head.replies == shown.filter(thread=head).count() == 4 and head.likes == head.liked_by.count()


def test_what_waits_again_is_read_by_nobody_else_through_its_answers(
    film: Video, alice: User, bob: User, charlie: User
) -> None:
    first = actions.say(film, bob, "a first version")
    reply = actions.say(film, charlie, "an answer", first)
    Video.objects.filter(pk=film.pk).update(comments=HELD)
    first.video.refresh_from_db()
    actions.edit(bob, first, "Zanzibar")
    thread, section = of_one("comment", reply), reverse("video:comments", args=[film.slug])
    for viewer in (None, charlie):
        for address in (thread, section):
            page = signed_in(viewer).get(address).content.decode()
            assert "Zanzibar" not in page and "an answer" in page and "waits for the owner" in page
        assert signed_in(viewer).get(of_one("comment", first)).status_code == 404
    for viewer in (alice, bob):
        assert "Zanzibar" in signed_in(viewer).get(thread).content.decode()


def test_scripts_get_what_was_sent_or_changed_though_it_is_in_another_piece(
    film: Video, alice: User, bob: User
) -> None:
    first = actions.say(film, bob, "first")
    for number in range(listing.PAGE):
        actions.like(alice, actions.say(film, alice, f"later {number}"), True)
    client, script = signed_in(bob), {"X-Section": "comments"}

    def also(answer: HttpResponse) -> str:
        return answer.content.decode().partition("<div data-also hidden>")[2]

    changed = client.post(of_one("comment-edit", first), {"text": "changed"}, headers=script)
    assert "changed" in also(changed) and f'id="c-{first.public_id}"' in also(changed)
    said = client.post(reverse("video:say", args=[film.slug]), {"text": "mine", "order": "top"}, headers=script)
    assert "mine" in also(said)
    assert "mine" in client.get(reverse("video:comments", args=[film.slug])).content.decode()
    gone = client.post(of_one("comment-remove", first), headers=script)
    assert not also(gone) and "changed" not in gone.content.decode()

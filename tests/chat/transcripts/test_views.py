"""Pages of transcripts: one's own, others' for who may and with a trace, and links that end."""

import datetime
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings as site
from django.core import signing
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.attachments import actions as attachments
from chat.handing_over import hand_over
from chat.models import Conversation, Transcript, TranscriptChoice, TranscriptLink
from chat.transcripts import access, actions, tending
from inference_client.protocol.messages import Generate
from meatlizard.accounts import leaving as accounts
from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import Tier, User
from meatlizard.moderation.models import AuditEntry
from meatlizard.threads import in_database
from tests.chat.serving import serving
from tests.chat.temporary.test_temporary import answer, asked, begun
from tests.chat.test_chat_socket import Page, node_for
from tests.chat.transcripts.making import archive, days_ago, stored, talk_of, wants, work_off
from tests.people import person

pytestmark = pytest.mark.django_db(transaction=True)
PARTS = ("html", "json", "md", "csv", "0")


@pytest.fixture
def row(alice: User) -> Transcript:
    text = b"Lizards bask."
    return archive(talk_of(wants(alice), files=[attachments.take(alice, 'a "b"\r\n.txt', [text], len(text)).pk]))


async def whole(response: Any) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


def read(client: Client, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200
    return async_to_sync(whole)(response)


def part(row: Transcript, kind: str) -> str:
    return reverse("chat:transcript-part", args=[row.pk, kind])


def address_of(row: Transcript, way: str = "page") -> str:
    return reverse("chat:transcript-link", args=[access.signed(actions.give_link(row, way))])


def test_it_is_its_members_and_strangers_find_nothing(
    client: Client, row: Transcript, alice: User, charlie: User
) -> None:
    own = [reverse("chat:transcript", args=[row.pk]), *(part(row, one) for one in PARTS)]
    posts = [reverse("chat:transcript", args=[row.pk]), reverse("chat:transcript-delete", args=[row.pk])]
    for address in (reverse("chat:transcripts"), *own):
        assert client.get(address).status_code == 302
    for stranger in (charlie, person("sam", is_staff=True)):
        client.force_login(stranger)
        assert {client.get(address).status_code for address in own} == {404}
        assert {client.post(address).status_code for address in posts} == {404}
        assert b"Basking" not in client.get(reverse("chat:transcripts")).content
    client.force_login(alice)
    assert b"Basking" in client.get(reverse("chat:transcripts")).content
    assert b"Basking" in client.get(own[0]).content
    bodies = {one: read(client, part(row, one)) for one in PARTS}
    assert bodies["0"] == b"Lizards bask." and b"<strong>warm</strong>" in bodies["html"]
    assert client.get(part(row, "1")).status_code == client.get(part(row, "exe")).status_code == 404
    assert not AuditEntry.objects.exists()


def test_what_is_saved_is_saved_and_what_is_shown_has_no_origin(client: Client, row: Transcript, alice: User) -> None:
    client.force_login(alice)
    page = client.get(part(row, "html"))
    assert "attachment" not in page.get("Content-Disposition", "") and "sandbox" in page["Content-Security-Policy"]
    for one in ("json", "md", "csv", "0"):
        answer = client.get(part(row, one))
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
        assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"]
    assert client.get(part(row, "0"))["Content-Type"] == "application/octet-stream"
    assert client.get(part(row, "md"))["Content-Length"] == str(row.parts["md"]["size"])


def test_who_may_read_others_leaves_a_trace(client: Client, row: Transcript, alice: User, olga: User) -> None:
    client.force_login(olga)
    page = client.get(reverse("chat:transcript", args=[row.pk])).content
    assert b"Basking" not in page and b"audit log" in page and b"make-link" not in page
    assert not AuditEntry.objects.exists()
    read(client, part(row, "json"))
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.person, entry.after) == (
        "read transcript",
        olga.pk,
        alice.pk,
        {"part": "json"},
    )
    assert client.post(reverse("chat:transcript", args=[row.pk])).status_code == 404
    assert client.post(reverse("chat:transcript-delete", args=[row.pk])).status_code == 404


def test_the_admin_finds_it_by_member_and_number_and_deletes_it_with_its_files(
    client: Client, row: Transcript, olga: User
) -> None:
    client.force_login(olga)
    listing = reverse("admin:chat_transcript_changelist")
    for query in ("alice", str(row.pk), str(row.session), "alice@example.org"):
        assert str(row.pk) in client.get(listing, {"q": query}).content.decode(), query
    for query in ("charlie", str(uuid4()), "Basking"):
        assert str(row.pk) not in client.get(listing, {"q": query}).content.decode(), query
    page = client.get(reverse("admin:chat_transcript_change", args=[row.pk])).content
    assert b"Basking" not in page
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    assert client.post(listing, chosen).status_code == 302
    work_off()
    assert stored() == [] and Transcript.objects.get().state == "gone"
    assert AuditEntry.objects.filter(action="delete transcript", actor=olga.pk).count() == 1


def test_staff_without_the_right_to_read_may_look_at_the_list_alone(client: Client, row: Transcript) -> None:
    from django.contrib.auth.models import Permission

    sam = person("sam", is_staff=True)
    sam.user_permissions.add(Permission.objects.get(codename="view_transcript", content_type__app_label="chat"))
    client.force_login(sam)
    assert client.get(reverse("admin:chat_transcript_changelist")).status_code == 200
    assert client.get(part(row, "html")).status_code == 404
    sam.user_permissions.add(Permission.objects.get(codename="read_transcript"))
    assert client.get(part(row, "html")).status_code == 200


def test_choices_are_kept_and_letters_need_an_address(client: Client, alice: User, settings: Any) -> None:
    client.force_login(alice)
    page = reverse("chat:transcripts")
    assert b"no-transcripts" in client.get(page).content
    client.post(page, {"web": "on", "by_message": "on"})
    row = TranscriptChoice.objects.get(user=alice)
    assert (row.web, row.discord, row.by_mail, row.by_message) == (True, False, False, True)
    settings.HAS_MAIL = True
    assert b"Confirm your e-mail" in client.post(page, {"by_mail": "on"}, follow=True).content
    assert TranscriptChoice.objects.get(user=alice).web


def test_the_page_says_what_the_site_does(client: Client, alice: User, settings: Any) -> None:
    client.force_login(alice)
    assert b"nothing was said in it for 30 days" in client.get(reverse("chat:transcripts")).content
    settings.TRANSCRIPTS, settings.TRANSCRIPT_IDLE_DAYS = "all", 0
    page = client.get(reverse("chat:transcripts")).content
    assert b"of every session" in page and b"nothing was said in it for" not in page
    wants(alice)
    client.post(reverse("chat:transcripts"), {"web": "on", "discord": "", "by_message": ""})
    assert TranscriptChoice.objects.get(user=alice).web, "what cannot be chosen now stays as it was chosen"
    settings.TRANSCRIPTS = "off"
    assert b"makes no transcripts now" in client.get(reverse("chat:transcripts")).content


@pytest.mark.both_databases
def test_a_link_opens_it_for_whoever_has_it_but_strangers_who_are_signed_in(
    client: Client, row: Transcript, alice: User, charlie: User, olga: User
) -> None:
    client.force_login(alice)
    made = client.post(reverse("chat:transcript", args=[row.pk])).content.decode()
    link = TranscriptLink.objects.get()
    address = made.partition(f'value="{site.SITE_URL}')[2].partition('"')[0]
    guest = Client()
    landing = guest.get(address)
    assert landing.status_code == 200 and b"Basking" not in landing.content and b"warm" not in landing.content
    assert (landing["X-Robots-Tag"], landing["Cache-Control"]) == ("noindex, nofollow, noarchive", "private, no-store")
    assert (
        b"<strong>warm</strong>" in read(guest, address + "html/") and read(client, address + "0/") == b"Lizards bask."
    )
    assert guest.get(address + "7/").status_code == 404
    for other in (charlie, olga):
        guest.force_login(other)
        assert guest.get(address).status_code == guest.get(address + "html/").status_code == 404
    link.refresh_from_db()
    assert link.opened == 2 and link.expires - link.created == datetime.timedelta(hours=24)


def test_links_end_by_time_by_hand_and_with_their_member(
    client: Client, row: Transcript, alice: User, charlie: User
) -> None:
    address = address_of(row)
    guest = Client()

    def works() -> bool:
        return {guest.get(address).status_code, guest.get(address + "html/").status_code} == {200}

    assert works()
    TranscriptLink.objects.update(expires=timezone.now())
    assert not works()
    TranscriptLink.objects.update(expires=timezone.now() + datetime.timedelta(hours=1))
    for values in ({"is_active": False}, {"suspended_until": timezone.now() + datetime.timedelta(days=1)}):
        User.objects.filter(pk=alice.pk).update(**values)
        assert not works()
        User.objects.filter(pk=alice.pk).update(is_active=True, suspended_until=None)
    assert works()
    revoking = reverse("chat:transcript-revoke", args=[TranscriptLink.objects.get().pk])
    assert client.post(revoking).status_code == 302 and works(), "a guest is sent to sign in"
    client.force_login(charlie)
    assert client.post(revoking).status_code == 404 and works()
    client.force_login(alice)
    assert client.post(revoking).status_code == 302 and not works()


def test_no_other_text_is_a_link(client: Client, row: Transcript) -> None:
    good = access.signed(actions.give_link(row, "page"))
    others = [
        good[:-1], good + "x", row.pk.hex, "x" * 3000, signing.dumps(row.pk.hex), signing.dumps(row.pk.hex, salt=access.SALT),
        signing.dumps(5, salt=access.SALT), signing.dumps([good], salt=access.SALT), signing.dumps("no", salt=access.SALT), "%00",
    ]  # fmt: skip
    assert {client.get(reverse("chat:transcript-link", args=[one])).status_code for one in others} == {404}
    assert client.get(reverse("chat:transcript-link", args=[good])).status_code == 200


def test_where_the_site_gives_no_links_there_are_none(
    client: Client, row: Transcript, alice: User, settings: Any
) -> None:
    settings.TRANSCRIPT_LINKS = ["mail"]
    client.force_login(alice)
    assert b"make-link" not in client.get(reverse("chat:transcript", args=[row.pk])).content
    assert client.post(reverse("chat:transcript", args=[row.pk])).status_code == 403
    settings.TRANSCRIPT_LINKS = ["page"]
    for _ in range(actions.MOST_LINKS):
        actions.give_link(row, "page")
    assert client.post(reverse("chat:transcript", args=[row.pk])).status_code == 429


@pytest.mark.both_databases
def test_deleted_it_is_gone_with_its_files_and_links(client: Client, row: Transcript, alice: User) -> None:
    address = address_of(row)
    client.force_login(alice)
    assert client.post(reverse("chat:transcript-delete", args=[row.pk])).status_code == 302
    assert not TranscriptLink.objects.exists()
    work_off()
    assert stored() == [] and not TranscriptLink.objects.exists()
    assert Client().get(address).status_code == client.get(part(row, "html")).status_code == 404
    left = Transcript.objects.get()
    assert (left.title, left.parts, left.files) == ("", {}, [])
    assert Conversation.objects.filter(pk=row.session).exists()
    assert b"Basking" not in client.get(reverse("chat:transcripts")).content


@pytest.mark.both_databases
def test_deleting_the_account_deletes_them_without_a_trace(row: Transcript, alice: User, charlie: User) -> None:
    other = archive(talk_of(wants(charlie)))
    alice.delete()
    assert Transcript.objects.get().pk == other.pk
    work_off()
    assert len(stored()) == 4


@pytest.mark.both_databases
def test_an_anonymised_person_has_none_and_makes_none(row: Transcript, alice: User, olga: User) -> None:
    address = address_of(row)
    talk = talk_of(alice)
    accounts.anonymise(olga, alice, "asked for it")
    tending.tend(timezone.now() + datetime.timedelta(days=31))
    work_off()
    assert stored() == [] and not Transcript.objects.exists() and not TranscriptChoice.objects.exists()
    assert not Conversation.objects.filter(pk=talk.pk).exists() and User.objects.filter(pk=alice.pk).exists()
    assert Client().get(address).status_code == 404


def test_a_job_that_comes_after_the_deletion_writes_nothing(
    alice: User, row: Transcript, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chat.transcripts import store, writing

    Transcript.objects.update(state="waiting")
    put = store.put

    def deleting(*args: Any) -> Any:
        done = put(*args)
        User.objects.filter(pk=alice.pk).first() and User.objects.get(pk=alice.pk).delete()
        return done

    monkeypatch.setattr(store, "put", deleting)
    assert not writing.write(row.pk)
    work_off()
    assert stored() == [] and not writing.write(row.pk)


@pytest.mark.both_databases
def test_they_are_kept_as_long_as_the_tier_says(row: Transcript, alice: User, charlie: User) -> None:
    long = archive(talk_of(wants(charlie)))
    charlie.tier = Tier.objects.create(name="long", title="Long", weekly_tokens=1, storage_bytes=1, transcript_days=0)
    charlie.save()
    Tier.objects.filter(pk=alice.tier_id).update(transcript_days=90)
    Transcript.objects.update(closed=days_ago(89))
    tending.tend()
    assert Transcript.objects.filter(state="ready").count() == 2
    Transcript.objects.update(closed=days_ago(91))
    tending.tend()
    work_off()
    assert Transcript.objects.get().pk == long.pk
    assert len(stored()) == 4


@pytest.mark.both_databases
def test_given_away_each_has_the_sessions_of_their_time(row: Transcript, alice: User, bob: User, olga: User) -> None:
    hand_over(olga, row.session, wants(bob))
    his = archive(Conversation.objects.get(pk=row.session))
    assert (his.owner, his.session) == (bob, row.session) and his.pk != row.pk
    row.refresh_from_db()
    assert (row.owner, row.state) == (alice, "ready") and len(stored()) == 10


@pytest.mark.both_databases
def test_two_accounts_that_become_one_have_all(row: Transcript, alice: User, bob: User) -> None:
    other = archive(talk_of(wants(bob)))
    merge(alice, bob)
    work_off()
    assert {one.pk for one in access.transcripts_of(bob)} == {row.pk, other.pk}
    assert len(stored()) == 9


def test_what_is_anybodys_of_a_persons_data_goes_along(row: Transcript, alice: User, charlie: User) -> None:
    from meatlizard.accounts import belongings

    names = [name for source in belongings._sources for name, _ in source(alice) if name.startswith("transcripts/")]
    assert names == [f"transcripts/{row.closed:%Y-%m-%d} {row.pk.hex[:8]}.json"]
    assert not [
        name for source in belongings._sources for name, _ in source(charlie) if name.startswith("transcripts/")
    ]


@pytest.mark.asyncio
async def test_temporary_chats_never_make_one(alice: User, olga: User, settings: Any) -> None:
    """Where every session is written down, and long after it was left."""
    settings.TRANSCRIPTS = "all"

    def ask_for_all() -> int:
        tending.tend(timezone.now() + datetime.timedelta(days=31))
        return work_off() + Transcript.objects.count() + len(stored())

    async with serving(), await node_for(olga) as node, Page(alice) as page:
        await node.hello("tiny")
        await begun(page)
        await asked(page)
        await answer(page, node, await node.hear(Generate), "Far.")
        assert await in_database(ask_for_all) == 0
    assert await in_database(ask_for_all) == 0

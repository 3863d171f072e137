"""Transcripts of sessions that are over: written once, with their files, for the member and for who may; nothing in them runs."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions as chat
from chat.attachments import actions as attachments
from chat.models import Generation, Message, Upload
from discordbridge.actions import guilds, transcripts
from discordbridge.models import GuildSession, Transcript
from meatlizard.accounts.models import User
from meatlizard.markup import render_markdown
from meatlizard.moderation.models import AuditEntry
from meatlizard.threads import in_database
from tests.chat.attachments.files import picture
from tests.discordbridge.administrators import Town
from tests.discordbridge.test_admin import session_of
from tests.people import person

HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://evil.example/y.png) <img src=x onerror=alert(1)>"
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def closed_session(owner: User, *uploads: Upload, text: str = HOSTILE, **more: Any) -> GuildSession:
    talk = chat.create_conversation(owner)
    asked = chat.send(owner, talk.pk, uuid4(), text, files=[one.pk for one in uploads])
    Generation.objects.filter(pk=asked.generation).update(state="done")
    Message.objects.filter(pk=asked.answer).update(content=HOSTILE, html=render_markdown(HOSTILE))
    values = {"kind": "channel", "state": "closed", "reason": "asked", **more}
    now = timezone.now()
    values.setdefault("member", 5)
    return GuildSession.objects.create(conversation_id=talk.pk, owner=owner, used=now, closed=now, **values)


def write(session: GuildSession) -> Transcript:
    written = transcripts.draft(session.pk)
    assert written is not None
    transcripts.store(written)
    assert transcripts.keep(written)
    return Transcript.objects.get(session=session.pk)


async def whole(response: Any) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


def uploads_of(owner: User) -> tuple[Upload, Upload]:
    text, image = b"Lizards bask.", picture(colour="red")
    return (
        attachments.take(owner, 'a "b"\r\n.txt', [text], len(text)),
        attachments.take(owner, "photo.png", [image], len(image)),
    )


@pytest.mark.both_databases
def test_it_is_the_members_and_an_operators_with_a_trace(
    client: Client, alice: User, charlie: User, olga: User
) -> None:
    row = write(closed_session(alice, *uploads_of(alice)))
    page = reverse("discord:transcript", args=[row.pk])
    files = [reverse("discord:transcript-file", args=[row.pk, number]) for number in (0, 1, 2)]
    assert client.get(page).status_code == 302
    for stranger in (charlie, person("sam", is_staff=True)):
        client.force_login(stranger)
        assert {client.get(address).status_code for address in (page, *files)} == {404}
    client.force_login(alice)
    assert client.get(page).status_code == 200
    assert [client.get(address).status_code for address in files] == [200, 200, 404]
    assert not AuditEntry.objects.exists()
    client.force_login(olga)
    assert client.get(page).status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.person) == ("read transcript", olga.pk, alice.pk)
    assert client.get(reverse("discord:transcript", args=[uuid4()])).status_code == 404


def test_nothing_in_it_runs_or_asks_another_host(client: Client, alice: User) -> None:
    alice.first_name = "<b>Alice</b>"
    alice.save()
    row = write(closed_session(alice, *uploads_of(alice)))
    client.force_login(alice)
    response = client.get(reverse("discord:transcript", args=[row.pk]))
    body = response.content.decode()
    assert "<script" not in body and "onerror=alert" not in body.replace("onerror=alert(1)&gt;", "")
    assert 'href="javascript' not in body and 'src="https://' not in body and "url(" not in body
    assert "&lt;b&gt;Alice&lt;/b&gt;" in body
    assert "script-src" not in response["Content-Security-Policy"]
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
    document, image = (client.get(reverse("discord:transcript-file", args=[row.pk, number])) for number in (0, 1))
    assert document["Content-Type"] == "application/octet-stream"
    assert document["Content-Disposition"].startswith("attachment")
    assert image["Content-Type"].startswith("image/")
    assert async_to_sync(whole)(document) == b"Lizards bask."
    assert {one["Content-Security-Policy"] for one in (document, image)} == {"default-src 'none'; sandbox"}


def test_it_outlives_the_conversation_and_goes_with_the_member(alice: User, media: Path) -> None:
    row = write(closed_session(alice, *uploads_of(alice)))
    talk = row.session.conversation  # type: ignore[union-attr]
    chat.delete(talk)
    attachments.sweep()
    with default_storage.open(row.page_name) as page:
        assert b"Lizards" not in page.read() and page
    assert default_storage.open(row.file_name(0)).read() == b"Lizards bask."
    alice.delete()
    assert not Transcript.objects.exists()
    assert not [path for path in (media / "transcripts").rglob("*") if path.is_file()]


def test_it_is_written_once(alice: User, media: Path) -> None:
    session = closed_session(alice)
    drafts = [transcripts.draft(session.pk) for _ in range(2)]
    for one in drafts:
        assert one is not None
        transcripts.store(one)
    assert [transcripts.keep(one) for one in drafts if one] == [True, False]
    assert len([path for path in (media / "transcripts").rglob("*") if path.is_file()]) == 1
    assert transcripts.draft(session.pk) is None
    assert transcripts.waiting() == []


def test_what_has_nothing_to_tell_waits_no_more(alice: User) -> None:
    talk = chat.create_conversation(alice)
    now = timezone.now()
    empty = GuildSession.objects.create(
        conversation_id=talk.pk, owner=alice, kind="channel", state="closed", used=now, closed=now
    )
    closed_session(alice, kind="mirror")
    assert transcripts.waiting() == [empty.pk]
    assert transcripts.draft(empty.pk) is None
    empty.refresh_from_db()
    assert empty.reason == ""
    assert transcripts.waiting() == []


def test_of_several_that_want_to_tell_one_does(alice: User) -> None:
    row = write(closed_session(alice))
    assert [transcripts.posted(row.pk) for _ in range(2)] == [True, False]
    assert transcripts.unposted() == []


async def test_closing_a_session_tells_of_its_transcript_by_link_alone(town: Town) -> None:
    await in_database(lambda: guilds.configure(town.guild.id, transcripts_channel=town.general.id))
    channel = await session_of(town, town.mia)
    town.mia.say(channel, "My secret is blue")

    def stop() -> bool:
        return Generation.objects.filter(state="queued").update(state="cancelled") == 1

    async with asyncio.timeout(20):
        while not await in_database(stop):
            await asyncio.sleep(0.02)
    await town.confirmed(town.ada, "admin close", "Close it", session=str(channel.id))
    message = await town.ada.reads(town.general, "/discord/transcripts/")
    assert "secret" not in message.content and town.mia.mention in message.content and not message.pinged
    row = await in_database(lambda: Transcript.objects.get())
    assert str(row.pk) in message.content
    with default_storage.open(row.page_name) as page:
        assert b"My secret is blue" in page.read()
    letter = await town.mia.reads(town.mia.dm(), "The transcript of your session")
    assert [one.filename for one in letter.attachments] == ["transcript.html"]


async def test_who_signs_in_on_the_site_gets_the_link_and_who_takes_no_letters_none(town: Town) -> None:
    from discordbridge.models import DiscordAccount

    def link_and_close(snowflake: int, name: str) -> None:
        user = person(name)
        DiscordAccount.objects.create(pk=snowflake, user=user, shadow=False)
        closed_session(user, guild_id=town.guild.id, member=snowflake)

    await in_database(link_and_close, town.mia.id, "mia")
    town.bot.dispatch("session_closed", None)
    letter = await town.mia.reads(town.mia.dm(), "/discord/transcripts/")
    assert not letter.attachments
    ghost = 1234567890123456789
    await in_database(lambda: closed_session(person("ghost"), guild_id=town.guild.id, member=ghost))
    town.bot.dispatch("session_closed", None)
    async with asyncio.timeout(20):
        while await in_database(lambda: Transcript.objects.filter(posted=None).exists() or bool(transcripts.waiting())):
            await asyncio.sleep(0.02)


async def test_one_that_cannot_be_written_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = await in_database(lambda: closed_session(person("unlucky"), guild_id=town.guild.id))
    good = await in_database(lambda: closed_session(person("lucky"), guild_id=town.guild.id))
    store, tried = transcripts.store, []

    def failing(written: transcripts.Draft) -> None:
        tried.append(written.row.session_id)
        if written.row.session_id == bad.pk:
            raise OSError("no room")
        store(written)

    monkeypatch.setattr(transcripts, "store", failing)
    monkeypatch.setattr(transcripts, "MOST_AT_ONCE", 1)
    cog: Any = town.bot.get_cog("Transcripts")
    for _look in range(3):
        await cog.look()
    assert await in_database(lambda: list(Transcript.objects.values_list("session", flat=True))) == [good.pk]
    assert tried.count(bad.pk) == 1, "it is tried again later, and not at each look"
    monkeypatch.setattr(transcripts, "store", store)
    cog._later.clear()
    await cog.look()
    assert await in_database(lambda: Transcript.objects.filter(session=bad.pk).exists())

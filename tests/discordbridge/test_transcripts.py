"""Transcripts of sessions that are over: written once, with their files, for the member and for who may; nothing in them runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat import actions as chat
from chat.models import Generation, Message
from chat.transcripts import access as kept
from chat.transcripts import actions as keeping
from discordbridge.actions import guilds, transcripts
from discordbridge.models import GuildSession, Transcript
from meatlizard.accounts.models import User
from meatlizard.jobs import worker
from meatlizard.jobs.actions import claim
from meatlizard.markup import render_markdown
from meatlizard.moderation.models import AuditEntry
from meatlizard.threads import in_database
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


@asynccontextmanager
async def working() -> AsyncIterator[None]:
    """A worker does jobs meanwhile."""

    async def work() -> None:
        while True:
            await in_database(work_off)
            await asyncio.sleep(0.02)

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def closed_session(owner: User, text: str = HOSTILE, **more: Any) -> GuildSession:
    talk = chat.create_conversation(owner)
    asked = chat.send(owner, talk.pk, uuid4(), text)
    Generation.objects.filter(pk=asked.generation).update(state="done")
    Message.objects.filter(pk=asked.answer).update(content=HOSTILE, html=render_markdown(HOSTILE))
    values = {"kind": "channel", "state": "closed", "reason": "asked", **more}
    now = timezone.now()
    values.setdefault("member", 5)
    return GuildSession.objects.create(conversation_id=talk.pk, owner=owner, used=now, closed=now, **values)


def work_off() -> None:
    """Does the jobs that are due now."""
    while (job := claim("test")) is not None:
        worker.run_job(job)


def write(session: GuildSession) -> Transcript:
    transcripts.ask_for(session.pk)
    work_off()
    return Transcript.objects.get(session=session.pk)


def of_a_former_version(owner: User) -> Transcript:
    """A page and a file, where they were written then."""
    now = timezone.now()
    session = closed_session(owner)
    files = [
        {"name": 'a "b"\r\n.txt', "type": "text/html", "size": 13, "image": False},
        {"name": "photo.png", "type": "image/png", "size": 9, "image": True},
    ]
    row = Transcript.objects.create(session=session, owner=owner, messages=2, files=files, created=now, posted=now)
    for name, data in (
        (row.page_name, b"<h1>Old</h1>"),
        (row.file_name(0), b"Lizards bask."),
        (row.file_name(1), b"png"),
    ):
        default_storage.save(name, ContentFile(data))
    return row


async def whole(response: Any) -> bytes:
    return b"".join([piece async for piece in response.streaming_content])


def stored(media: Path) -> list[Path]:
    return [path for path in (media / "transcripts").rglob("*") if path.is_file()]


@pytest.mark.both_databases
def test_a_closed_session_is_written_down_and_opens_under_its_old_address(
    client: Client, alice: User, charlie: User, olga: User
) -> None:
    row = write(closed_session(alice, text="Why do lizards bask?"))
    page = reverse("discord:transcript", args=[row.pk])
    assert client.get(page).status_code == 302 and "/accounts/login/" in client.get(page)["Location"]
    for stranger in (charlie, person("sam", is_staff=True)):
        client.force_login(stranger)
        assert client.get(page).status_code == 404
    for reader in (alice, olga):
        client.force_login(reader)
        assert client.get(page)["Location"] == reverse("chat:transcript", args=[row.pk])
        assert client.get(page, follow=True).status_code == 200
    html = reverse("chat:transcript-part", args=[row.pk, "html"])
    text = async_to_sync(whole)(client.get(html)).decode()
    assert "Why do lizards bask?" in text and "<script" not in text
    assert AuditEntry.objects.get().person == alice.pk


@pytest.mark.both_databases
def test_pages_of_former_versions_stay_their_members_and_go_with_them(
    client: Client, alice: User, charlie: User, olga: User, media: Path
) -> None:
    row = of_a_former_version(alice)
    page = reverse("discord:transcript", args=[row.pk])
    files = [reverse("discord:transcript-file", args=[row.pk, number]) for number in (0, 1, 2)]
    assert client.get(page).status_code == 302
    for stranger in (charlie, person("sam", is_staff=True)):
        client.force_login(stranger)
        assert {client.get(address).status_code for address in (page, *files)} == {404}
    client.force_login(alice)
    assert b"Old" in client.get(page).content and client.get(page)["Content-Security-Policy"].startswith(
        "default-src 'none'"
    )
    document, image = client.get(files[0]), client.get(files[1])
    assert client.get(files[2]).status_code == 404
    assert document["Content-Type"] == "application/octet-stream" and document["Content-Disposition"].startswith(
        "attachment"
    )
    assert image["Content-Type"] == "image/png"
    assert {one["Content-Security-Policy"] for one in (document, image)} == {"default-src 'none'; sandbox"}
    assert not AuditEntry.objects.exists()
    client.force_login(olga)
    assert client.get(page).status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.person) == ("read transcript", olga.pk, alice.pk)
    alice.delete()
    work_off()
    assert not Transcript.objects.exists() and stored(media) == []


@pytest.mark.both_databases
def test_it_outlives_the_conversation_and_goes_with_the_member(alice: User, media: Path) -> None:
    row = write(closed_session(alice))
    chat.delete(row.session.conversation)  # type: ignore[union-attr]
    assert kept.standing([row.pk]) == {row.pk: (True, 2)} and len(stored(media)) == 4
    alice.delete()
    work_off()
    assert not Transcript.objects.exists() and stored(media) == []


@pytest.mark.both_databases
def test_asked_for_twice_there_is_one(alice: User, media: Path) -> None:
    session = closed_session(alice)
    for _ in range(2):
        transcripts.ask_for(session.pk)
    work_off()
    assert Transcript.objects.count() == 1 and len(stored(media)) == 4
    assert transcripts.waiting() == []


def test_what_has_nothing_to_tell_waits_no_more(alice: User) -> None:
    now = timezone.now()
    empty = GuildSession.objects.create(
        conversation_id=chat.create_conversation(alice).pk,
        owner=alice,
        kind="channel",
        state="closed",
        used=now,
        closed=now,
    )
    closed_session(alice, kind="mirror")
    assert transcripts.waiting() == [empty.pk]
    write(empty)
    assert transcripts.waiting() == []
    assert transcripts.unposted() == ([], False)


def test_who_wants_none_has_none(alice: User, settings: Any, media: Path) -> None:
    keeping.choose(alice, web=True, discord=False, by_mail=False, by_message=True)
    write(closed_session(alice))
    settings.TRANSCRIPTS = "off"
    keeping.choose(alice, web=True, discord=True, by_mail=False, by_message=True)
    write(closed_session(alice))
    assert transcripts.waiting() == [] and transcripts.unposted() == ([], False) and stored(media) == []


def test_forgotten_they_do_not_come_back(alice: User, media: Path) -> None:
    from discordbridge.models import DiscordAccount

    write(closed_session(alice))
    old = of_a_former_version(alice)
    DiscordAccount.objects.create(pk=5, user=alice, shadow=False)
    transcripts.forget_of(5)
    work_off()
    assert stored(media) == [] and transcripts.waiting() == [] and transcripts.unposted() == ([], False)
    old.refresh_from_db()
    assert (old.messages, old.files) == (0, [])


def test_it_is_told_of_when_it_is_ready_and_by_one(alice: User) -> None:
    session = closed_session(alice)
    transcripts.ask_for(session.pk)
    assert transcripts.unposted() == ([], True)
    work_off()
    (news,), more = transcripts.unposted()
    assert (news.member, news.messages, more) == (5, 2, False)
    assert [transcripts.posted(news.transcript) for _ in range(2)] == [True, False]
    assert transcripts.unposted() == ([], False)


def test_the_member_gets_a_link_unless_they_or_the_site_want_none(alice: User, settings: Any, client: Client) -> None:
    row = write(closed_session(alice))
    link = transcripts.link_for_member(row.pk)
    assert client.get(link.removeprefix(settings.SITE_URL)).status_code == 200, "without signing in"
    settings.TRANSCRIPT_LINKS = ["page"]
    assert transcripts.link_for_member(row.pk) == ""
    settings.TRANSCRIPT_LINKS = ["message"]
    keeping.choose(alice, web=False, discord=True, by_mail=False, by_message=False)
    assert transcripts.link_for_member(row.pk) == "" and transcripts.link_for_member(uuid4()) == ""


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
    async with working():
        message = await town.ada.reads(town.general, "/discord/transcripts/")
    assert "secret" not in message.content and town.mia.mention in message.content and not message.pinged
    row = await in_database(lambda: Transcript.objects.get())
    assert str(row.pk) in message.content
    letter = await town.mia.reads(town.mia.dm(), "The transcript of your session")
    assert "/chat/transcripts/link/" in letter.content and "secret" not in letter.content and not letter.attachments


async def test_who_takes_no_messages_holds_up_nothing(town: Town) -> None:
    from discordbridge.models import DiscordAccount

    def link_and_close(snowflake: int, name: str) -> None:
        user = person(name)
        DiscordAccount.objects.create(pk=snowflake, user=user, shadow=False)
        closed_session(user, guild_id=town.guild.id, member=snowflake)

    ghost = 1234567890123456789
    await in_database(link_and_close, ghost, "ghost")
    await in_database(link_and_close, town.mia.id, "mia")
    town.bot.dispatch("session_closed", None)
    async with working():
        await town.mia.reads(town.mia.dm(), "/chat/transcripts/link/")
        async with asyncio.timeout(20):
            while await in_database(lambda: Transcript.objects.filter(posted=None).exists()):
                await asyncio.sleep(0.02)


async def test_one_that_cannot_be_asked_for_holds_up_no_other(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = await in_database(lambda: closed_session(person("unlucky"), guild_id=town.guild.id))
    good = await in_database(lambda: closed_session(person("lucky"), guild_id=town.guild.id))
    ask_for, tried = transcripts.ask_for, []

    def failing(session: UUID) -> None:
        tried.append(session)
        if session == bad.pk:
            raise OSError("no room")
        ask_for(session)

    monkeypatch.setattr(transcripts, "ask_for", failing)
    monkeypatch.setattr(transcripts, "MOST_AT_ONCE", 1)
    cog: Any = town.bot.get_cog("Transcripts")
    for _look in range(3):
        await cog.look()
    assert await in_database(lambda: list(Transcript.objects.values_list("session", flat=True))) == [good.pk]
    assert tried.count(bad.pk) == 1, "it is tried again later, and not at each look"
    monkeypatch.setattr(transcripts, "ask_for", ask_for)
    cog._later.clear()
    await cog.look()
    assert await in_database(lambda: Transcript.objects.filter(session=bad.pk).exists())

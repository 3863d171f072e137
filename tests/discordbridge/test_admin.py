"""``/admin``: what Ada may do in her server and Olga on the whole site, what each is told, and that Mia may do nothing of it."""

import asyncio
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from chat import nodes
from chat.models import Generation
from discordbridge import confirming
from discordbridge.access import guild_settings, live_sessions, person_of
from meatlizard.accounts.models import User
from meatlizard.budgets.actions import standing
from meatlizard.control import announcing
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops import switches
from meatlizard.threads import in_database
from tests.chat.makers import connected_node
from tests.discordbridge.administrators import Town
from tests.fakes.discord import Channel, Person

EVERY: list[tuple[str, dict[str, Any]]] = [
    ("admin enable", {}), ("admin disable", {}), ("admin maintenance", {"level": "hard"}), ("admin sessions", {}),
    ("admin close", {"session": "1"}), ("admin config get", {}), ("admin config set", {"name": "mirror", "value": "on"}),
    ("admin audit", {}), ("admin queue", {}), ("admin metrics", {}), ("admin clients list", {}),
    ("admin clients drain", {"client": "mac"}), ("admin clients pause", {"client": "mac"}),
    ("admin clients resume", {"client": "mac"}), ("admin announce", {"text": "Hello"}),
    ("admin backup", {}),
]  # fmt: skip
OF_THE_SITE: list[tuple[str, dict[str, Any]]] = [
    ("admin enable", {"where": "site"}), ("admin disable", {"where": "site"}),
    ("admin maintenance", {"level": "hard", "where": "site"}), ("admin clients list", {}),
    ("admin clients drain", {"client": "mac"}), ("admin clients resume", {"client": "mac"}),
    ("admin announce", {"text": "Hello", "where": "site"}), ("admin backup", {}),
]  # fmt: skip
ABOUT_SOMEBODY: list[tuple[str, dict[str, Any]]] = [
    ("admin ban", {"reason": "Spam"}), ("admin unban", {}), ("admin budget grant", {"tokens": 5}),
    ("admin transfer", {"session": "1"}),
]  # fmt: skip


async def audited() -> list[tuple[str, str, int | None]]:
    return await in_database(lambda: list(AuditEntry.objects.order_by("pk").values_list("action", "door", "actor")))


async def session_of(town: Town, who: Person) -> Channel:
    """A private channel of ``who``, opened with /chat."""
    before = {one.id for one in who.channels(town.guild)}
    use = who.use(town.general, "chat")
    await use.says("<#")
    return await who.until(
        lambda: next((one for one in who.channels(town.guild) if one.id not in before and one.kind == 0), None),
        "a private channel",
    )


# --- who may ------------------------------------------------------------------------------------------------------------


async def test_a_member_may_do_nothing_of_it(town: Town) -> None:
    for command, options in [*EVERY, *((name, {**given, "user": town.ada}) for name, given in ABOUT_SOMEBODY)]:
        said = await town.told(town.mia, command, **options)
        assert "for administrators of this server" in said, command
    assert await audited() == []
    row = await in_database(guild_settings, town.guild.id)
    assert row is not None and row.enabled and row.maintenance == "off"


async def test_an_administrator_of_the_server_does_not_change_the_site(town: Town) -> None:
    for command, options in [*OF_THE_SITE, *((name, {**given, "user": town.mia}) for name, given in ABOUT_SOMEBODY)]:
        said = await town.told(town.ada, command, **options)
        assert "Only an operator of the site" in said, command
    assert await audited() == []
    assert switches.current() == switches.State()


async def test_the_owner_of_the_server_is_an_administrator(town: Town) -> None:
    assert "No session" in await town.told(town.discord.owner(town.guild), "admin sessions")


async def test_an_operator_who_is_suspended_is_refused(town: Town) -> None:
    import datetime

    from django.utils import timezone

    until = timezone.now() + datetime.timedelta(days=1)
    await in_database(lambda: User.objects.filter(pk=town.operator.pk).update(suspended_until=until))
    assert "shut out" in await town.told(town.olga, "admin sessions")


# --- questions and maintenance --------------------------------------------------------------------------------------------


async def test_questions_are_switched_off_after_asking_and_on_again(town: Town) -> None:
    said = await town.confirmed(town.ada, "admin disable", "Take no questions", reason="Exam week")
    assert "No questions are taken here" in said
    assert not (await in_database(guild_settings, town.guild.id)).enabled  # type: ignore[union-attr]
    assert "taken here again" in await town.told(town.ada, "admin enable")
    assert "so already" in await town.told(town.ada, "admin enable")
    door = f"discord {town.ada.id}"
    assert await audited() == [("requests off", door, None), ("requests on", door, None)]


async def test_an_operator_switches_questions_of_the_whole_site(town: Town) -> None:
    said = await town.confirmed(town.olga, "admin disable", "Take no questions", where="site", reason="The Mac moves")
    assert "takes no questions" in said
    assert not switches.current().requests and "The Mac moves" in switches.current().closed
    assert "takes questions again" in await town.told(town.olga, "admin enable", where="site")
    assert switches.current().requests
    door = f"discord {town.olga.id}"
    assert await audited() == [("requests off", door, town.operator.pk), ("requests on", door, town.operator.pk)]


LONG = "H\u0301\u0302\u0303\u0304\u0305 😀 \u202e@everyone " * 500


@pytest.mark.parametrize(
    ("command", "option", "most"),
    [("announce", "text", 1_000), ("close", "session", 6_000), ("transfer", "session", 6_000), ("config set", "value", 1_500),
     ("config set", "name", 6_000), ("clients pause", "client", 6_000), ("clients drain", "client", 6_000), ("ban", "reason", 500),
     ("budget grant", "note", 200), ("disable", "reason", 300)],
)  # fmt: skip
async def test_long_and_odd_options_are_answered_civilly(town: Town, command: str, option: str, most: int) -> None:
    """As much as Discord lets anybody send; what comes back fits into a message, and pings nobody."""
    beside: dict[str, dict[str, Any]] = {
        "transfer": {"user": town.mia}, "ban": {"user": town.mia}, "budget grant": {"user": town.mia, "tokens": 5},
        "config set": {"name": "admin-roles", "value": "on"},
    }  # fmt: skip
    use = await town.use(town.olga, f"admin {command}", **{**beside.get(command, {}), option: LONG[:most]})
    await town.discord.world.until(lambda: use.text, "an answer")
    for button in [one["label"] for one in use.message.buttons if one["label"] != "Cancel"][:1]:
        await town.olga.press(use.message, button).answered()
        await town.discord.world.until(lambda: not use.message.buttons, "an end of the question")
    assert len(use.text) <= 2_000 and "went wrong" not in use.text
    assert use.ephemeral and not use.message.mention_everyone


async def test_cancel_changes_nothing(town: Town) -> None:
    assert await town.confirmed(town.ada, "admin disable", "Cancel") == "Nothing was done."
    assert (await in_database(guild_settings, town.guild.id)).enabled  # type: ignore[union-attr]


async def test_a_question_ends_by_itself_and_after_one_press(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "SECONDS", 0.2)
    use = await town.use(town.ada, "admin disable")
    await use.says("nobody answered within a minute")
    assert not use.message.buttons
    assert (await in_database(guild_settings, town.guild.id)).enabled  # type: ignore[union-attr]


async def test_a_press_after_a_restart_is_told_that_the_question_is_over(town: Town) -> None:
    use = await town.use(town.ada, "admin disable")
    confirming._waiting.clear()
    town.ada.press(use.message, "Take no questions")
    await use.says("This question is over")
    assert (await in_database(guild_settings, town.guild.id)).enabled  # type: ignore[union-attr]


async def test_of_two_administrators_who_confirm_at_once_one_is_told_that_it_was_done(town: Town) -> None:
    uses = [await town.use(who, "admin maintenance", level="soft") for who in (town.ada, town.olga)]
    for who, use in zip((town.ada, town.olga), uses, strict=True):
        who.press(use.message, "Begin")
    await town.discord.world.until(lambda: not any(use.message.buttons for use in uses), "both questions to end")
    await town.discord.world.until(lambda: all("Begin" not in use.text for use in uses), "both to be told")
    assert sorted("so already" in use.text for use in uses) == [False, True]
    assert len(await audited()) == 1


async def test_pressing_twice_does_it_once(town: Town) -> None:
    use = await town.use(town.ada, "admin disable")
    town.ada.press(use.message, "Take no questions")
    town.ada.press(use.message, "Take no questions")
    await town.discord.world.until(lambda: not use.message.buttons, "the question to end")
    async with asyncio.timeout(20):
        while not await audited():
            await asyncio.sleep(0.02)
    assert len(await audited()) == 1


async def test_rights_that_were_lost_before_the_press_count_no_more(town: Town) -> None:
    from discordbridge.actions import guilds

    use = await town.use(town.ada, "admin disable")
    await in_database(lambda: guilds.configure(town.guild.id, admin_roles=[]))
    town.ada.press(use.message, "Take no questions")
    await use.says("for administrators of this server")
    assert (await in_database(guild_settings, town.guild.id)).enabled  # type: ignore[union-attr]


async def test_the_site_is_maintained_from_discord(town: Town) -> None:
    said = await town.confirmed(
        town.olga, "admin maintenance", "Begin", level="read-only", where="site", reason="<b>A disk</b> @everyone"
    )
    assert said == "Maintenance is read-only now."
    assert switches.current().read_only and "<b>A disk</b>" in switches.current().maintained
    assert "nothing can be changed" in await town.told(town.olga, "admin queue")
    assert "off now" in await town.told(town.olga, "admin maintenance", level="off", where="site")
    assert not switches.current().read_only
    entries = await audited()
    assert entries == [
        ("maintenance read", f"discord {town.olga.id}", town.operator.pk),
        ("maintenance off", f"discord {town.olga.id}", town.operator.pk),
    ]


async def test_hard_maintenance_here_stops_what_is_being_written(town: Town) -> None:
    channel = await session_of(town, town.mia)
    town.mia.say(channel, "What is two plus two?")
    async with asyncio.timeout(20):
        while not await in_database(lambda: Generation.objects.filter(state="queued").exists()):
            await asyncio.sleep(0.02)
    await town.confirmed(town.ada, "admin maintenance", "Begin", level="hard")
    assert await in_database(lambda: list(Generation.objects.values_list("state", flat=True))) == ["cancelled"]


# --- sessions -------------------------------------------------------------------------------------------------------------


async def test_sessions_are_listed_and_closed(town: Town) -> None:
    channel = await session_of(town, town.mia)
    said = await town.told(town.ada, "admin sessions")
    (row,) = await in_database(live_sessions)
    assert str(row.pk) in said and town.mia.mention in said
    offered = await town.ada.complete(town.general, "admin close", focused="session", session="").answered()
    assert [choice["value"] for choice in offered.choices] == [str(row.pk)]
    assert "is closed" in await town.confirmed(town.ada, "admin close", "Close it", session=str(row.pk))
    assert channel.deleted
    assert ("close session", f"discord {town.ada.id}", None) in await audited()
    assert "no such session" in await town.told(town.ada, "admin close", session=f"<#{channel.id}>")


async def test_a_session_goes_to_somebody_else_with_its_channel(town: Town) -> None:
    channel = await session_of(town, town.mia)
    ben = town.discord.member(town.guild, "ben")
    said = await town.confirmed(town.olga, "admin transfer", "Transfer it", session=str(channel.id), user=ben)
    assert ben.mention in said
    await ben.until(lambda: ben.sees(channel), "the channel")
    assert not town.mia.sees(channel)
    (row,) = await in_database(live_sessions)
    his = await in_database(person_of, ben.id)
    assert his is not None and (row.owner_id, row.member) == (his.pk, ben.id)
    assert [action for action, _, _ in await audited()] == ["hand over", "transfer"]
    ben.say(channel, "Is it mine?")
    async with asyncio.timeout(20):
        while not await in_database(lambda: Generation.objects.filter(user=his.pk).exists()):
            await asyncio.sleep(0.02)


async def test_a_session_in_a_thread_goes_to_somebody_else(town: Town) -> None:
    from discordbridge.actions import guilds

    await in_database(lambda: guilds.configure(town.guild.id, session_kind="thread"))
    before = {one.id for one in town.mia.channels(town.guild)}
    await town.mia.use(town.general, "chat").says("<#")
    thread = await town.mia.until(
        lambda: next((one for one in town.mia.channels(town.guild) if one.id not in before), None), "a private thread"
    )
    ben = town.discord.member(town.guild, "ben")
    assert thread.thread is not None and not ben.sees(thread)
    said = await town.confirmed(town.olga, "admin transfer", "Transfer it", session=str(thread.id), user=ben)
    assert ben.mention in said
    await ben.until(lambda: ben.sees(thread), "the thread")
    assert not town.mia.sees(thread)
    (row,) = await in_database(live_sessions)
    assert (row.member, row.place, row.kind) == (ben.id, thread.id, "thread")


async def test_a_transfer_that_is_refused_leaves_the_channel_as_it_was(town: Town) -> None:
    channel = await session_of(town, town.mia)
    town.mia.say(channel, "Hello?")
    async with asyncio.timeout(20):
        while not await in_database(lambda: Generation.objects.filter(state="queued").exists()):
            await asyncio.sleep(0.02)
    ben = town.discord.member(town.guild, "ben")
    said = await town.confirmed(town.olga, "admin transfer", "Transfer it", session=str(channel.id), user=ben)
    assert "still being written" in said
    await town.mia.until(lambda: town.mia.sees(channel), "her channel back")
    assert not ben.sees(channel)
    assert await audited() == []


# --- people, clients, settings ----------------------------------------------------------------------------------------------


async def test_somebody_is_banned_and_let_in_again(town: Town) -> None:
    said = await town.confirmed(town.olga, "admin ban", "Suspend", user=town.mia, reason="Spam *everywhere*", days=3)
    assert "is suspended" in said
    her = await in_database(person_of, town.mia.id)
    assert her is not None and her.is_suspended
    assert "suspended already" in await town.confirmed(town.olga, "admin ban", "Suspend", user=town.mia, reason="Again")
    assert "no more" in await town.told(town.olga, "admin unban", user=town.mia)
    her = await in_database(person_of, town.mia.id)
    assert her is not None and not her.is_suspended
    assert "not suspended" in await town.told(town.olga, "admin unban", user=town.mia)
    assert [action for action, _, _ in await audited()] == ["suspend", "lift"]
    assert "own account" in await town.confirmed(town.olga, "admin ban", "Suspend", user=town.olga, reason="Me")


async def test_tokens_are_granted(town: Town) -> None:
    said = await town.told(town.olga, "admin budget grant", user=town.mia, tokens=1234, note="contest")
    assert "1,234 tokens more" in said
    her = await in_database(person_of, town.mia.id)
    assert her is not None
    week = await in_database(standing, her)
    assert week is not None and week.granted == 1234
    assert [action for action, _, _ in await audited()] == ["grant"]


async def test_clients_are_listed_paused_resumed_and_drained(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    node = await in_database(connected_node, town.operator, "tiny")
    listed = await town.told(town.olga, "admin clients list")
    assert "mac one" in listed and "unknown" in listed
    assert "is paused" in await town.told(town.olga, "admin clients pause", client="mac one")
    assert "so already" in await town.told(town.olga, "admin clients pause", client="mac one")
    assert "goes on" in await town.told(town.olga, "admin clients resume", client="mac one")
    ordered: list[Any] = []
    monkeypatch.setattr(nodes, "order", lambda node, do, model="": ordered.append((node.pk, do)))
    assert "told to finish" in await town.confirmed(town.olga, "admin clients drain", "Drain it", client="mac one")
    assert ordered == [(node.pk, "drain")]
    assert "does not exist" in await town.told(town.olga, "admin clients resume", client="mac two")
    assert [action for action, _, _ in await audited()] == ["pause client", "resume client", "drain client"]


async def test_settings_are_read_and_changed(town: Town) -> None:
    assert "`metrics-channel` = `none`" in await town.told(town.ada, "admin config get")
    said = await town.told(town.ada, "admin config set", name="metrics-channel", value=f"<#{town.general.id}>")
    assert str(town.general.id) in said
    row = await in_database(guild_settings, town.guild.id)
    assert row is not None and row.metrics_channel == town.general.id
    for name, value, refusal in (
        ("metrics-channel", "somewhere", "by mention or number"),
        ("session-kind", "attic", "channel or in a thread"),
        ("memory-context", "perhaps", "on or off"),
        ("owner", "me", "no such setting"),
        ("admin-roles", " ".join(["1" * 18] * 60), "by mention or number"),
    ):
        assert refusal in await town.told(town.ada, "admin config set", name=name, value=value), name
    assert [action for action, _, _ in await audited()] == ["config metrics-channel"]


async def test_only_an_operator_switches_the_mirror(town: Town) -> None:
    given = {"name": "mirror", "value": "on"}
    assert "Only an operator of the site" in await town.told(town.ada, "admin config set", **given)
    assert "`mirror` = `on`" in await town.told(town.olga, "admin config set", **given)
    row = await in_database(guild_settings, town.guild.id)
    assert row is not None and row.mirror


@pytest.mark.django_db
def test_the_page_of_a_server_goes_through_the_verbs(client: Client, olga: User, alice: User) -> None:
    from discordbridge.models import Guild

    Guild.objects.create(pk=77, name="Lizards", mirror=True)
    row = Guild.objects.create(pk=78, name="Others")
    page = reverse("admin:discordbridge_guild_change", args=[78])
    form = {
        "enabled": "on", "maintenance": "off", "session_kind": "thread", "admin_roles": "[]", "memory_channels": "[]",
    }  # fmt: skip
    client.force_login(alice)
    assert client.post(page, form).status_code == 302
    client.force_login(olga)
    client.post(page, form)
    row.refresh_from_db()
    assert row.session_kind == "thread"
    assert client.post(page, {**form, "mirror": "on"}).status_code == 200, "a second mirror was taken"
    assert not Guild.objects.get(pk=78).mirror
    bad = client.post(page, {**form, "admin_roles": '["x"]'}, follow=True)
    assert "list of ids" in bad.content.decode()
    assert [entry.action for entry in AuditEntry.objects.all()] == ["configure guild"]


async def test_announcements_ping_nobody(town: Town) -> None:
    await town.told(town.ada, "admin announce", text="Party @everyone tonight")
    message = await town.mia.reads(town.general, "Party @everyone tonight")
    assert not message.pinged and not message.mention_everyone
    said = await town.confirmed(town.olga, "admin announce", "Announce", text="Party `tonight`", where="site", hours=2)
    assert "every page" in said
    assert [one.text for one in announcing.standing()] == ["Party `tonight`"]


async def test_the_audit_shows_a_server_its_own_and_an_operator_everything(town: Town) -> None:
    await town.confirmed(town.ada, "admin disable", "Take no questions", reason="**Exams** <@1> @here")
    await town.confirmed(town.olga, "admin maintenance", "Begin", level="soft", where="site")
    hers = await town.told(town.ada, "admin audit")
    assert "requests off" in hers and "maintenance soft" not in hers
    assert "**Exams**" not in hers
    everything = await town.told(town.olga, "admin audit")
    assert "requests off" in everything and "maintenance soft" in everything
    assert f"<@{town.ada.id}>" in everything


async def test_figures_say_what_is_unknown(town: Town) -> None:
    said = await town.use(town.ada, "admin metrics")
    await said.says("unknown")

"""Commands of members about themselves, and the tie between a Discord account and one on the site."""

import datetime
import io
import zipfile
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django import Settings

from chat.models import Conversation
from discordbridge import signing_in
from discordbridge.actions import accounts, codes
from discordbridge.bot import Bot
from discordbridge.models import DiscordAccount, GuildSession
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.threads import in_database
from tests.discordbridge.live import answered, private_channel
from tests.fakes.discord import FakeDiscord, Guild, Person
from tests.fakes.discord.state import Channel
from tests.fakes.node import FakeNode

pytestmark = pytest.mark.django_db(transaction=True)

ANNE = 80_351_110_224_678_912


@pytest.fixture
def anne(fake_discord: FakeDiscord, guild: Guild) -> Person:
    return fake_discord.member(guild, "anne")


@pytest.fixture
async def channel(at_once: None, bot: Bot, anne: Person, guild: Guild) -> Channel:
    return await private_channel(anne, guild)


async def test_help_names_every_command(channel: Channel, anne: Person) -> None:
    text = (await anne.use(channel, "help").says("private channel")).content
    for name in ("chat", "reset", "summarize", "close", "cancel", "persona", "model", "system", "temperature", "budget", "history", "export", "link", "privacy"):  # fmt: skip
        assert f"**/{name}**" in text


async def test_budget_and_history(channel: Channel, anne: Person, node: FakeNode) -> None:
    await anne.use(channel, "budget").says("tokens of this week are left")
    anne.say(channel, "Why do lizards sleep?")
    await answered(node, "They are tired")
    await anne.reads(channel, "They are tired")
    use = anne.use(channel, "history")
    assert "<http" not in (await use.says("Why do lizards sleep?")).content
    assert use.ephemeral


async def test_a_code_of_the_site_ties_accounts(channel: Channel, anne: Person, alice: User) -> None:
    await anne.use(channel, "link", code="WRONG-ONE").says("wrong, used, or older")
    code = await in_database(codes.for_web, alice)
    use = anne.use(channel, "link", code=code.lower())
    await anne.press(await use.says("the account **alice** on the site. Is that you?"), "Cancel").answered()
    assert await in_database(DiscordAccount.objects.filter(pk=anne.id, shadow=True).exists)
    use = anne.use(channel, "link", code=code.lower())
    await anne.press(await use.says("Is that you?"), "Yes, that is me").answered()
    await use.says("alice's on the site from now on")
    assert await in_database(DiscordAccount.objects.filter(pk=anne.id, user=alice, shadow=False).exists)
    assert await in_database(Conversation.objects.filter(owner=alice).count) == 1
    await anne.use(channel, "link", code=code).says("wrong, used, or older")
    use = anne.use(channel, "history")
    assert "](<http" in (await use.says("/c")).content


async def test_a_code_of_discord_ties_accounts(channel: Channel, anne: Person, alice: User) -> None:
    told = (await anne.use(channel, "link").says("enter this code")).content
    code = told.split("`")[1]
    await in_database(codes.enter_on_web, alice, code)
    assert await in_database(DiscordAccount.objects.filter(pk=anne.id, user=alice).exists)


async def test_everything_comes_as_an_archive(channel: Channel, anne: Person, node: FakeNode) -> None:
    anne.say(channel, "Why?")
    await answered(node, "Because of lizards")
    await anne.reads(channel, "Because of lizards")
    await anne.use(channel, "privacy").says("for Discord alone")
    message = await anne.use(channel, "privacy", do="export").says("All your conversations")
    with zipfile.ZipFile(io.BytesIO(message.attachments[0].content)) as packed:
        assert b"Because of lizards" in packed.read(packed.namelist()[0])


async def test_who_wants_it_is_forgotten(bot: Bot, at_once: None, anne: Person, guild: Guild, node: FakeNode) -> None:
    channel = await private_channel(anne, guild)
    general = anne.channel(guild, "general")
    question = await anne.use(general, "privacy", do="anonymise").says("cannot be undone")
    await anne.press(question, "Cancel").answered()
    assert await in_database(DiscordAccount.objects.filter(pk=anne.id).exists)
    use = anne.use(general, "privacy", do="anonymise")
    await anne.press(await use.says("cannot be undone"), "Yes, do it").answered()
    await use.says("Done.")
    assert not anne.sees(channel)
    assert not await in_database(DiscordAccount.objects.exists)
    assert not await in_database(Conversation.objects.exists)
    assert not await in_database(GuildSession.objects.exclude(member=None).exists)
    assert not await in_database(User.objects.filter(username__contains=str(anne.id)).exists)


async def test_of_a_tied_account_only_the_tie_goes(channel: Channel, anne: Person, guild: Guild, alice: User) -> None:
    await in_database(codes.enter_at_discord, anne.id, "Anne", await in_database(codes.for_web, alice))
    use = anne.use(anne.channel(guild, "general"), "privacy", do="anonymise")
    await anne.press(await use.says("Remove the tie"), "Yes, do it").answered()
    await use.says("Done.")
    assert not await in_database(DiscordAccount.objects.exists)
    assert await in_database(Conversation.objects.filter(owner=alice).count) == 1


# codes and pages --------------------------------------------------------------------------------------------------------


def test_a_code_is_for_the_other_side_alone_and_once(alice: User, olga: User) -> None:
    code = codes.for_discord(ANNE, "Anne")
    with pytest.raises(Invalid):
        codes.enter_at_discord(ANNE, "Anne", code)
    codes.enter_on_web(alice, f" {code.lower().replace('-', ' ')} ")
    with pytest.raises(Invalid):
        codes.enter_on_web(olga, code)


def test_the_page_ties_and_unties(alice: User, client: Client, settings: Settings) -> None:
    settings.DISCORD_TOKEN = "a token"
    assert client.get("/discord/link/").status_code == 302
    client.force_login(alice)
    assert b"/link code:" in client.post("/discord/link/", {"do": "make"}).content
    accounts.known(ANNE, "Anne <b>")
    assert b"wrong, used" in client.post("/discord/link/", {"do": "enter", "code": "nonsense"}, follow=True).content
    code = codes.for_discord(ANNE, "Anne <b>")
    page = client.post("/discord/link/", {"do": "look", "code": code}).content
    assert b"Anne &lt;b&gt;" in page and b"Is this you?" in page
    assert not DiscordAccount.objects.filter(user=alice).exists(), "not before she has seen whose it is"
    page = client.post("/discord/link/", {"do": "enter", "code": code}, follow=True).content
    assert b"Anne &lt;b&gt;" in page and b"Is this you?" not in page
    assert b"wrong, used" in client.post("/discord/link/", {"do": "look", "code": code}, follow=True).content
    client.post("/discord/link/", {"do": "unlink"})
    assert not DiscordAccount.objects.exists()


def sign_in(user: Any, uid: str, provider: str = "discord") -> None:
    """As django-allauth tells of it, the one signal after the other."""
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request._messages = SimpleNamespace(add=lambda *args: None)  # type: ignore[attr-defined]
    account = SimpleNamespace(
        provider=provider, uid=uid, extra_data={"username": "anne", "global_name": "Anne"}, user=user
    )
    login = SimpleNamespace(account=account, user=user)
    signing_in.asked_in(request, login)
    signing_in.signed_in(request, user, sociallogin=login)


def test_signing_in_with_discord_ties_accounts(alice: User, bob: User) -> None:
    sign_in(alice, str(ANNE), provider="another")
    assert not DiscordAccount.objects.exists()
    sign_in(alice, str(ANNE))
    assert DiscordAccount.objects.get().user == alice
    # Somebody else's stays somebody else's, and signing in goes on.
    sign_in(bob, str(ANNE))
    assert DiscordAccount.objects.get().user == alice
    signing_in.removed(None, SimpleNamespace(provider="discord", user=alice))
    assert not DiscordAccount.objects.exists()


def test_who_is_shut_out_on_discord_makes_no_account_through_discord(olga: User, alice: User) -> None:
    shadow = accounts.known(ANNE, "Anne").user
    until = timezone.now() + datetime.timedelta(hours=1)
    User.objects.filter(pk=shadow.pk).update(suspended_until=until)
    with pytest.raises(ImmediateHttpResponse):
        sign_in(User(username="anne-anew"), str(ANNE))
    with pytest.raises(ImmediateHttpResponse):
        sign_in(alice, str(ANNE))
    sign_in(alice, str(ANNE), provider="another")
    assert DiscordAccount.objects.get().user == shadow
    sign_in(shadow, str(ANNE))
    User.objects.filter(pk=shadow.pk).update(suspended_until=None)
    sign_in(alice, str(ANNE))
    assert DiscordAccount.objects.get().user == alice

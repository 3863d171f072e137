"""``/upload`` at a Discord as strict as the real one."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django import Settings

from discordbridge import uploading
from discordbridge.actions import codes
from discordbridge.bot import Bot
from files.blobs import reading
from files.models import File, Reservation
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid
from meatlizard.storage.actions import used_by
from meatlizard.threads import in_database
from tests.discordbridge.live import private_channel
from tests.fakes.discord import FakeDiscord, Guild, Person, messages
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.state import Channel

pytestmark = pytest.mark.django_db(transaction=True)

LIZARDS = b"lizards\n" * 300_000


@pytest.fixture(autouse=True)
def own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT, settings.INCOMING_DIR = tmp_path / "media", tmp_path / "incoming"


@pytest.fixture
def anne(fake_discord: FakeDiscord, guild: Guild) -> Person:
    return fake_discord.member(guild, "anne")


@pytest.fixture
async def channel(at_once: None, bot: Bot, anne: Person, guild: Guild) -> Channel:
    return await private_channel(anne, guild)


async def tie(anne: Person, user: User) -> None:
    code = await in_database(codes.for_discord, anne.id, "anne")
    await in_database(codes.enter_on_web, user, code)


async def test_a_file_comes_into_the_library_of_the_account_it_is_tied_to(
    channel: Channel, anne: Person, alice: User, settings: Settings
) -> None:
    use = anne.use(channel, "upload", file=("wall.txt", LIZARDS, "text/plain"))
    await use.says("/link ties this Discord account to yours")
    assert use.ephemeral and not await in_database(File.objects.exists)
    await tie(anne, alice)
    use = anne.use(channel, "upload", file=("wall.txt", LIZARDS, "text/plain"))
    said = (await use.says("is in your files")).content
    file = await in_database(File.objects.select_related("blob", "owner").get)
    assert use.ephemeral and (file.owner, file.name) == (alice, "wall.txt")
    assert settings.SITE_URL in said and str(file.pk) in said
    with reading.open(file.blob) as content:
        assert content.read() == LIZARDS
    await anne.use(channel, "upload", file=("wall.txt", b"", "text/plain"), name="../other\u202e.txt").says(
        "is in your files"
    )
    assert await in_database(File.objects.filter(name="other.txt", size=0).exists)


async def test_without_room_nothing_of_it_is_kept(channel: Channel, anne: Person, alice: User) -> None:
    await tie(anne, alice)
    await in_database(type(alice.tier).objects.filter(pk=alice.tier_id).update, storage_bytes=1_000)
    await anne.use(channel, "upload", file=("wall.txt", LIZARDS, "text/plain")).says("Delete something first")
    assert not await in_database(File.objects.exists) and await in_database(nothing_is_left, alice)


@pytest.mark.parametrize("size", [len(LIZARDS) - 1, len(LIZARDS) + 1])
async def test_what_is_not_as_long_as_discord_says_is_no_file(
    size: int, channel: Channel, anne: Person, alice: User, fake_discord: FakeDiscord
) -> None:
    await tie(anne, alice)
    await anne.use(channel, "upload", file=("wall.txt", LIZARDS, "text/plain")).says("is in your files")
    true = messages.attached(fake_discord.world, channel, None, {0: Upload("wall.txt", LIZARDS, "text/plain")})[0]
    lies: Any = SimpleNamespace(id=true.id, filename=true.filename, url=true.url, size=size)
    before = await in_database(File.objects.count)
    with pytest.raises(AppError):
        await uploading.stored(alice, lies)
    assert await in_database(File.objects.count) == before and await in_database(nothing_is_left, alice, len(LIZARDS))


async def test_what_lies_elsewhere_is_not_fetched(channel: Channel, anne: Person, alice: User) -> None:
    await tie(anne, alice)
    elsewhere: Any = SimpleNamespace(id=1, filename="x", size=3, url="http://127.0.0.1:9/x")
    with pytest.raises(Invalid, match="does not lie at Discord"):
        await uploading.stored(alice, elsewhere)
    assert await in_database(nothing_is_left, alice)


def nothing_is_left(owner: User, used: int = 0) -> bool:
    from django.conf import settings

    folder = Path(settings.INCOMING_DIR)
    return (
        not (folder.exists() and list(folder.iterdir())) and not Reservation.objects.exists() and used_by(owner) == used
    )

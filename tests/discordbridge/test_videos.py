"""``/video`` at a Discord as strict as the real one: each finds what they may see, and others are shown what is public."""

import pytest

from discordbridge.actions import codes, videos
from discordbridge.bot import Bot
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from tests.discordbridge.live import private_channel
from tests.fakes.discord import FakeDiscord, Guild
from tests.video.rows import ready
from video.models import Video

pytestmark = pytest.mark.django_db(transaction=True)


async def test_videos_are_found_by_who_may_see_them_and_shown_where_all_may(
    at_once: None, bot: Bot, fake_discord: FakeDiscord, guild: Guild, alice: User, bob: User
) -> None:
    anne = fake_discord.member(guild, "anne")
    channel = await private_channel(anne, guild)
    public = await in_database(ready, bob, "Zebras *walk* @everyone")
    hers = await in_database(lambda: ready(alice, "Zebras asleep", privacy=Video.Privacy.PRIVATE))
    secret = await in_database(lambda: ready(bob, "Zebras hidden", privacy=Video.Privacy.PRIVATE))
    use = anne.use(channel, "video search", words="zebras")
    said = (await use.says(public.slug)).content
    assert use.ephemeral and hers.slug not in said and secret.slug not in said and "@everyone" not in said
    await in_database(codes.enter_on_web, alice, await in_database(codes.for_discord, anne.id, "anne"))
    said = (await anne.use(channel, "video search", words="zebras").says(hers.slug)).content
    assert secret.slug not in said
    await anne.use(channel, "video search", words="giraffes").says("No video has these words")

    card = (await anne.use(channel, "video show", video=f"/v/{public.slug}/").says("0:08")).embeds[0]
    assert card["title"].startswith("Zebras") and card["url"].endswith(f"/v/{public.slug}/")
    await anne.use(channel, "video show", video="walk").says("0:08")
    await anne.use(channel, "video show", video=f"/v/{hers.slug}/").says("is not public")
    await anne.use(channel, "video show", video="asleep").says("There is no such video")
    for other in (f"/v/{secret.slug}/", "https://elsewhere.example/v/x/", "giraffes"):
        await anne.use(channel, "video show", video=other).says("There is no such video")


def test_addresses_of_other_sites_name_no_video() -> None:
    assert [videos.slug_of(one) for one in ("/v/abc/", "<//evil.example/v/abc/>", "/p/abc/", "v/")] == [
        "abc",
        "",
        "",
        "",
    ]

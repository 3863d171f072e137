"""While the site is closed, or Discord is not there for them, members are told so by every command; operators go on."""

from functools import partial

from discordbridge.access import closed_to, may_be_closed
from meatlizard.accounts.models import User
from meatlizard.control import service_actions, services
from meatlizard.ops import actions as site
from meatlizard.threads import in_database
from tests.discordbridge.administrators import Town, linked


async def test_a_closed_site_answers_operators_alone(town: Town) -> None:
    await in_database(site.maintain, town.operator, "hard", "A new disk.")
    assert "A new disk." in await town.told(town.mia, "help")
    assert "A new disk." in await town.told(town.ada, "admin queue")
    assert "off now" in await town.told(town.olga, "admin maintenance", level="off", where="site")
    assert "A new disk." not in await town.told(town.mia, "help")


async def test_discord_can_be_switched_off_and_closed_to_tiers(town: Town) -> None:
    assert not may_be_closed()
    await in_database(service_actions.switch, town.operator, "discord", False, "Moving servers.")
    assert "Discord is switched off for now. Moving servers." in await town.told(town.mia, "help")
    assert "Moving servers." not in await town.told(town.olga, "admin queue")
    user = await in_database(linked, "bob", town.mia.id)
    await in_database(lambda: User.objects.filter(pk=user.pk).update(is_staff=False, is_superuser=False))
    closed = partial(service_actions.switch, town.operator, "discord", True, closed_to=[user.tier_id])
    await in_database(closed)
    assert "not open to your tier" in await in_database(closed_to, town.mia.id)
    assert await in_database(closed_to, 999) == "", "guests are not among them"
    await in_database(partial(service_actions.switch, town.operator, "discord", True, closed_to=[services.GUESTS]))
    assert await in_database(closed_to, town.mia.id) == ""
    assert "Sign in" in await in_database(closed_to, 999)


async def test_only_the_whole_site_can_be_read_only(town: Town) -> None:
    assert "Choose where:site" in await town.told(town.ada, "admin maintenance", level="read-only")

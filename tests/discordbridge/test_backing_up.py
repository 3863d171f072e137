"""``/admin backup``: Olga is asked, told when it has ended and what came of it; a second one meanwhile is refused."""

import asyncio
from pathlib import Path

import pytest
from pytest_django import Settings

from discordbridge import backing_up
from meatlizard.jobs import worker
from meatlizard.jobs.actions import claim
from meatlizard.jobs.models import Job
from meatlizard.moderation.models import AuditEntry
from meatlizard.ops.backups import finding, places, verifying
from meatlizard.ops.backups.jobs import QUEUE, make_backup
from meatlizard.threads import in_database
from tests.discordbridge.administrators import Town
from tests.fakes.discord import Use


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.BACKUP_TO = ""
    monkeypatch.setattr(backing_up, "LOOK_SECONDS", 0.02)
    return tmp_path


async def run_waiting() -> None:
    """As a worker does."""
    job = await in_database(claim, "a worker", QUEUE)
    assert job is not None
    await asyncio.to_thread(worker.run_job, job)


async def begun(town: Town) -> Use:
    """Olga has said yes, and reads that it has begun."""
    use = await town.use(town.olga, "admin backup")
    assert "in clear text" in str(use.text)
    press = town.olga.press(use.message, "Make it")
    await town.discord.world.until(lambda: "is being made" in str(use.text), "a word that it has begun")
    return press


async def test_it_is_made_in_the_background_and_told_of(town: Town, home: Path) -> None:
    press = await begun(town)
    refused = await town.confirmed(town.olga, "admin backup", "Make it")
    assert "is being made or verified already" in refused
    assert press.followups == []
    await run_waiting()
    told = (await press.says("The backup is made")).content
    (name,) = finding.ended(places.usual())
    assert name in told and "SECRET_KEY" in told and "restored on trial" in told and str(home) not in told
    assert (await in_database(verifying.verify, name, "", [])).deep
    entries = await in_database(lambda: list(AuditEntry.objects.values_list("action", "door", "actor")))
    assert entries == [("backup", f"discord {town.olga.id}", town.operator.pk)]


async def test_why_there_is_none_is_told(town: Town, home: Path) -> None:
    press = await begun(town)
    (home / "backups").touch()
    await run_waiting()
    told = (await press.says("There is no backup")).content
    assert "disk refused" in told and str(home) not in told


async def test_one_that_took_longer_than_discord_waits_is_told_of_directly(town: Town) -> None:
    press = await begun(town)
    town.discord.world.token_life = 0
    await run_waiting()
    await town.olga.until(
        lambda: any("The backup is made" in one.content for one in town.olga.dm().messages.values()), "a direct message"
    )
    assert press.followups == []


async def test_nothing_is_made_on_cancel_or_by_others(town: Town) -> None:
    assert "Nothing was done" in await town.confirmed(town.olga, "admin backup", "Cancel")
    assert "for administrators" in await town.told(town.mia, "admin backup")
    assert "Only an operator of the site" in await town.told(town.ada, "admin backup")
    assert not await in_database(Job.objects.filter(task=make_backup.module_path).exists)

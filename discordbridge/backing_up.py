"""Follows the backup that ``/admin backup`` began, and tells whoever began it what came of it."""

import asyncio
import uuid

import discord
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, ngettext

from discordbridge import reports
from discordbridge.administering import Used
from meatlizard.ops.backups import actions as backups
from meatlizard.threads import in_database

LOOK_SECONDS = 2.0


async def follow(interaction: Used, job: uuid.UUID) -> None:
    while (outcome := await in_database(backups.outcome, job)) is None:  # noqa: ASYNC110  (the job may run in another process)
        await asyncio.sleep(LOOK_SECONDS)
    text = told(outcome)
    try:
        await interaction.followup.send(**reports.told(text))
    except discord.HTTPException:
        # Discord takes answers to a press for a quarter of an hour, and a large site takes longer.
        await interaction.user.send(text, allowed_mentions=discord.AllowedMentions.none())


def told(outcome: backups.Outcome) -> str:
    if outcome.error and not outcome.name:
        return gettext("There is no backup. {why}").format(why=reports.plain(outcome.error, 500))
    lines = [
        gettext("The backup is made: `{name}`, {size}, of them {fresh} new, in {seconds} s.").format(
            name=outcome.name,
            size=filesizeformat(outcome.size),
            fresh=filesizeformat(outcome.fresh),
            seconds=outcome.seconds,
        )
    ]
    if outcome.vanished:
        said = ngettext(
            "{count} file was deleted meanwhile and is not in it.",
            "{count} files were deleted meanwhile and are not in it.",
            outcome.vanished,
        )
        lines.append(said.format(count=outcome.vanished))
    if outcome.error:
        lines.append(gettext("But it is not to be relied on: {why}").format(why=reports.plain(outcome.error, 500)))
    elif outcome.deep:
        lines.append(gettext("It was restored on trial, and is good."))
    elif outcome.verified:
        lines.append(
            gettext("Its bytes were compared; whether the database in it can be read, only who has the key can tell.")
        )
    lines.append(gettext("Secrets are not in it: INFERENCE_SERVER_KEY and SECRET_KEY must be kept apart."))
    return "\n".join(lines)

"""docs/DISCORD.md names every command, menu and setting that there is, and none that there is not."""

import re
from pathlib import Path

import pytest
from discord import AppCommandType, app_commands

from discordbridge.cogs import COGS
from discordbridge.commands_only import CommandsOnly
from discordbridge.options import OPTIONS

PAGE = (Path(__file__).parents[2] / "docs" / "DISCORD.md").read_text()


async def commands() -> CommandsOnly:
    bot = CommandsOnly()
    for name in COGS:
        await bot.load_extension(name)
    return bot


def rows(beginning: str) -> str:
    """The first cells of a table's rows, the table being the one with such a first row."""
    table = PAGE[PAGE.index(beginning) :].split("\n\n")[0]
    return "\n".join(line.split("|")[1] for line in table.splitlines()[2:])


async def test_every_command_is_there_and_no_other() -> None:
    bot = await commands()
    offered: set[str] = set()
    for command in bot.tree.walk_commands():
        if isinstance(command, app_commands.Command):
            offered.add(command.qualified_name)
    named: set[str] = set(re.findall(r"/(video [a-z]+|[a-z]+)\b(?=[` ])", re.sub(r"`/admin[^`]*`", "", PAGE)))
    for cell in rows("| command | does | who |").splitlines():
        group = ""
        for part in re.findall(r"`([^`]+)`", cell):
            words = part.removeprefix("/admin ").split()
            if part.startswith("/admin "):
                group = " ".join(["admin", *words[:-1]])
            named.add(f"{group} {words[-1]}")
    assert named == offered


@pytest.mark.parametrize("kind", [AppCommandType.message, AppCommandType.user])
async def test_every_menu_is_named(kind: AppCommandType) -> None:
    bot = await commands()
    assert all(f"*{menu.name}*" in PAGE for menu in bot.tree.get_commands(type=kind))


def test_every_setting_is_there_and_no_other() -> None:
    assert set(re.findall(r"`([^`]+)`", rows("| setting | means |"))) == set(OPTIONS)

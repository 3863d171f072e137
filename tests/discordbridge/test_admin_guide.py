"""docs/ADMIN_GUIDE.md names every page of the administration and every command that administrators have on Discord, and no other."""

import re
from pathlib import Path

import pytest
from discord import app_commands
from django.contrib import admin
from django.utils.translation import override

from tests.discordbridge.test_documented import commands

GUIDE = (Path(__file__).parents[2] / "docs/ADMIN_GUIDE.md").read_text()
CUSTOM = {
    "accounts_user_deed": "a form for each deed", "jobs_job_queue": "*Queue*", "moderation_try": "*Try text*", "moderation_import": "*Import*",
    "moderation_export": "*Export*", "chat_flow_walk": "*Walk through it*", "chat_node_pair": "*Add inference client*",
    "chat_node_live": "*Clients* live", "chat_node_live_now": "*Clients* live", "chat_node_order": "*Clients* live",
    "chat_route_try": "*Try a question*",
    "alerts_channel_test": "*Send a test message*",
}  # fmt: skip
"""Pages that are no list and no form of a model, and the words that stand for them."""

DJANGOS = frozenset({
    "index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n", "view_on_site", "app_list",
})  # fmt: skip
ENDS = ("_changelist", "_add", "_history", "_delete", "_change")


def part(beginning: str) -> str:
    return GUIDE[GUIDE.index(f"## {beginning}\n") :].split("\n## ")[0]


def test_every_page_is_named_and_no_other() -> None:
    with override("en"):
        pages = {str(model._meta.verbose_name_plural) for model in admin.site._registry}
    assert set(re.findall(r"\*\*([^*]+)\*\*", part("Every page of the administration"))) - {"Bold"} == pages


def test_every_page_of_its_own_is_named() -> None:
    routes = {
        one.name
        for outer in admin.site.urls[0]
        for one in getattr(outer, "url_patterns", [outer])
        if one.name and not one.name.endswith(ENDS)
    }
    assert routes - DJANGOS == set(CUSTOM)
    said = part("Every page of the administration")
    assert [name for name, words in CUSTOM.items() if words not in said] == []


@pytest.mark.asyncio
async def test_every_command_is_named_and_no_other() -> None:
    bot = await commands()
    offered = {
        f"/{command.qualified_name}"
        for command in bot.tree.walk_commands()
        if isinstance(command, app_commands.Command) and command.qualified_name.startswith("admin ")
    }
    assert set(re.findall(r"`(/admin [a-z ]+)`", part("Every command of administrators on Discord"))) == offered

"""``python -m tests.fakes.discord [--port N] [member ...]``: a fake as a process, with one guild; prints what a bot needs to know.

People are driven over REST with the tokens it prints (``Authorization: <token>``, without "Bot"), as Discord's own clients are.
"""

import argparse
import asyncio
import json

from tests.fakes.discord.server import FakeDiscord


async def main(port: int, members: list[str]) -> None:
    async with FakeDiscord(port) as fake:
        guild = fake.guild()
        people = {"olga": fake.owner(guild), **{name: fake.member(guild, name) for name in members}}
        print(json.dumps({
            "DISCORD_API_URL": fake.api_url, "DISCORD_GATEWAY_URL": fake.gateway_url, "DISCORD_CDN_URL": fake.cdn_url,
            "DISCORD_TOKEN": fake.bot_token, "guild": str(guild.id),
            "people": {name: person.user.token for name, person in people.items()},
        }), flush=True)  # fmt: skip
        await asyncio.Event().wait()


parser = argparse.ArgumentParser(description="A Discord on loopback.")
parser.add_argument("--port", type=int, default=0)
parser.add_argument("members", nargs="*")
arguments = parser.parse_args()
asyncio.run(main(arguments.port, arguments.members))

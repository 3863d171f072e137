"""Where Discord is: one place says so, and files come from there alone."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from discordbridge.addresses import is_file_of_discord
from tests.meatlizard.configured import settings_of
from tests.meatlizard.test_settings import LOCAL


def test_discords_own_addresses_are_the_default() -> None:
    values = settings_of(LOCAL)
    assert values["DISCORD_API_URL"] == "https://discord.com/api/v10"
    assert values["DISCORD_GATEWAY_URL"] == "wss://gateway.discord.gg"
    assert values["DISCORD_CDN_URL"] == "https://cdn.discordapp.com"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISCORD_API_URL", "http://discord.example.org/api"),
        ("DISCORD_API_URL", "ftp://127.0.0.1"),
        ("DISCORD_GATEWAY_URL", "https://gateway.discord.gg"),
        ("DISCORD_GATEWAY_URL", "ws://gateway.discord.gg"),
        ("DISCORD_CDN_URL", "cdn"),
    ],
)
def test_a_token_is_sent_to_no_careless_address(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=name):
        settings_of(LOCAL | {name: value})
    assert settings_of(LOCAL | {"DISCORD_API_URL": "http://127.0.0.1:99/api/"})["DISCORD_API_URL"] == (
        "http://127.0.0.1:99/api"
    )


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/cat.png?ex=1", True),
        ("https://media.discordapp.net/attachments/1/2/cat.png", True),
        ("http://cdn.discordapp.com/attachments/1/2/cat.png", False),
        ("https://cdn.discordapp.com.example.org/cat.png", False),
        ("https://cdn.discordapp.com@example.org/cat.png", False),
        ("https://example.org@cdn.discordapp.com/cat.png", False),
        ("https://cdn.discordapp.com:8443/cat.png", False),
        ("https://127.0.0.1/cat.png", False),
        ("cat.png", False),
    ],
)
def test_files_come_from_discord_alone(url: str, ours: bool) -> None:
    assert is_file_of_discord(url) is ours

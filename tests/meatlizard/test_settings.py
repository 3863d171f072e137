"""What settings become of environment variables."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.meatlizard.configured import PRODUCTION, settings_of

LOCAL = {name: PRODUCTION[name] for name in ("SECRET_KEY", "INFERENCE_SERVER_KEY")}


def test_the_defaults_are_one_process_on_sqlite() -> None:
    values = settings_of(LOCAL)
    database = values["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    assert values["CHANNEL_LAYERS"]["default"]["BACKEND"] == "channels.layers.InMemoryChannelLayer"
    assert not values["MULTIPROCESS"]
    assert not values["DEBUG"]
    assert values["SITE_URL"] == "http://127.0.0.1:8000"
    assert not values["SESSION_COOKIE_SECURE"]
    assert "daphne" not in values["INSTALLED_APPS"]


def test_https_makes_cookies_and_headers_strict() -> None:
    values = settings_of(PRODUCTION)
    assert values["SESSION_COOKIE_NAME"] == "__Host-sessionid"
    assert values["CSRF_COOKIE_NAME"] == "__Host-csrftoken"
    assert values["SESSION_COOKIE_SECURE"]
    assert values["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert values["LOG_FORMAT"] == "json"
    assert "localhost" not in values["ALLOWED_HOSTS"]


def test_services_are_taken_from_their_addresses() -> None:
    values = settings_of(PRODUCTION)
    database = values["DATABASES"]["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert database["OPTIONS"]["pool"]["max_size"] > 1
    assert values["CACHES"]["default"]["LOCATION"] == PRODUCTION["REDIS_URL"]
    assert values["MULTIPROCESS"]
    assert settings_of(PRODUCTION | {"MULTIPROCESS": "false"})["MULTIPROCESS"] is False


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text("from a file\n")
    environment: dict[str, str] = {"SECRET_KEY_FILE": str(secret)}
    assert settings_of(environment)["SECRET_KEY"] == "from a file"


def test_a_file_of_settings_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("QUEUE_MAX_WAITING=7\nREGISTRATION=closed\n")
    values = settings_of({"ENV_FILE": str(file), "REGISTRATION": "invite"})
    assert values["QUEUE_MAX_WAITING"] == 7
    assert values["REGISTRATION"] == "invite"


def test_mail_makes_addresses_count() -> None:
    assert settings_of(LOCAL)["ACCOUNT_EMAIL_VERIFICATION"] == "none"
    values = settings_of(LOCAL | {"EMAIL_URL": "smtp+tls://post:secret@mail.example.org:587"})
    assert values["ACCOUNT_EMAIL_VERIFICATION"] == "mandatory"
    assert (values["EMAIL_HOST"], values["EMAIL_PORT"], values["EMAIL_USE_TLS"]) == ("mail.example.org", 587, True)


def test_discord_sign_in_is_offered_when_both_keys_are_there() -> None:
    provider = "allauth.socialaccount.providers.discord"
    assert provider not in settings_of(LOCAL)["INSTALLED_APPS"]
    assert provider not in settings_of(LOCAL | {"DISCORD_CLIENT_ID": "1"})["INSTALLED_APPS"]
    both = settings_of(LOCAL | {"DISCORD_CLIENT_ID": "1", "DISCORD_CLIENT_SECRET": "2"})
    assert provider in both["INSTALLED_APPS"]
    assert "https://discord.com" in both["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"]


def test_s3_takes_the_uploads() -> None:
    keys = {"S3_BUCKET": "files", "S3_ACCESS_KEY_ID": "a", "S3_SECRET_ACCESS_KEY": "b"}
    assert settings_of(LOCAL | keys)["STORAGES"]["default"]["BACKEND"] == "storages.backends.s3.S3Storage"
    assert "FileSystemStorage" in settings_of(LOCAL)["STORAGES"]["default"]["BACKEND"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SITE_URL", "chat.example.org"),
        ("SITE_URL", "ftp://chat.example.org"),
        ("SITE_URL", "https://chat.example.org/chat"),
        ("SITE_URL", "https://chat.example.org:99999"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "nginx"),
        ("QUEUE_MAX_WAITING", "0"),
        ("QUEUE_MAX_WAITING", "many"),
        ("DATABASE_URL", "mysql://db/site"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises((ImproperlyConfigured, ValueError)) as refused:
        settings_of(LOCAL | {name: value})
    if isinstance(refused.value, ImproperlyConfigured):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("text", "stored"),
    [("https://Chat.Example.org/", "https://chat.example.org"), ("http://[::1]:81", "http://[::1]:81")],
)
def test_an_address_is_normalised(text: str, stored: str) -> None:
    values: dict[str, Any] = settings_of(LOCAL | {"SITE_URL": text})
    assert values["SITE_URL"] == stored

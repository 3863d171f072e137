"""An unsafe configuration does not start, and says what to do."""

import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured

from meatlizard import checks
from tests.meatlizard.configured import PRODUCTION, configured
from tests.services.programs import new_folder
from tests.services.site import LiveSite, outer_environment
from tests.test_architecture import ROOT


def ids(**changes: str) -> list[str]:
    with configured(**changes):
        return [str(message.id) for message in checks.production(None)]


def test_a_proper_production_site_starts() -> None:
    assert ids() == []
    with configured():
        checks.refuse_unsafe()


def test_a_site_on_this_machine_needs_its_secrets_only() -> None:
    local = dict.fromkeys(PRODUCTION, "") | {name: PRODUCTION[name] for name in ("SECRET_KEY", "INFERENCE_SERVER_KEY")}
    assert ids(**local) == []


@pytest.mark.parametrize(
    ("number", "changes"),
    [
        ("E001", {"SITE_URL": "http://chat.example.org"}),
        ("E002", {"DEBUG": "true"}),
        ("E003", {"ALLOWED_HOSTS": "*"}),
        ("E004", {"TRUSTED_PROXIES": ""}),
        ("E005", {"TRUSTED_PROXIES": "0.0.0.0/0"}),
        ("E006", {"SECRET_KEY": ""}),
        ("E007", {"SECRET_KEY": "short"}),
        ("E007", {"SECRET_KEY": "a" * 60}),
        ("E007", {"SECRET_KEY": "django-insecure-" + PRODUCTION["SECRET_KEY"]}),
        ("E007", {"SECRET_KEY_FALLBACKS": "old"}),
        ("E008", {"INFERENCE_SERVER_KEY": ""}),
        ("E009", {"INFERENCE_SERVER_KEY": "bm90IDMyIGJ5dGVz"}),
        ("E009", {"INFERENCE_SERVER_KEY": "not base64 at all"}),
        ("E009", {"INFERENCE_SERVER_KEY": "A" * 43 + "="}),
        ("E010", {"MULTIPROCESS": "true", "REDIS_URL": ""}),
        ("E011", {"REDIS_URL": "redis.internal"}),
        ("E012", {"DATABASE_URL": "postgresql://db.internal:5432/"}),
        ("E013", {"S3_BUCKET": "files"}),
        ("E013", {"S3_ENDPOINT_URL": "https://s3.example.org"}),
        ("E018", {"STORAGE": "s3"}),
        ("E014", {"REGISTRATION": "everybody"}),
        ("E015", {"DISCORD_CLIENT_ID": "1"}),
        ("E016", {"LEASE_SECONDS": "10", "NODE_HEARTBEAT_SECONDS": "5"}),
        ("E019", {"CONTENT_HOST": "chat.example.org"}),
        ("E019", {"CONTENT_HOST": "CHAT.example.org:444"}),
        ("W002", {"CONTENT_HOST": "files.chat.example.org"}),
        ("W002", {"CONTENT_HOST": "example.org"}),
        ("W001", {"DATABASE_URL": "", "MULTIPROCESS": "true"}),
    ],
)
def test_an_unsafe_one_is_told_so(number: str, changes: dict[str, str]) -> None:
    assert ids(**changes) == [f"meatlizard.{number}"]


def test_every_check_names_a_remedy() -> None:
    broken = {
        "SITE_URL": "http://chat.example.org",
        "SECRET_KEY": "short",
        "INFERENCE_SERVER_KEY": "",
        "REGISTRATION": "x",
    }
    with configured(**broken):
        found = checks.production(None)
    assert len(found) == 4
    assert all(message.hint for message in found)


def test_any_server_refuses_and_names_all_errors() -> None:
    with configured(SECRET_KEY="short", REGISTRATION="x"), pytest.raises(ImproperlyConfigured) as refused:
        checks.refuse_unsafe()
    assert "meatlizard.E007" in str(refused.value)
    assert "meatlizard.E014" in str(refused.value)


def test_a_warning_does_not_keep_the_site_from_starting() -> None:
    with configured(DATABASE_URL="", MULTIPROCESS="true"):
        checks.refuse_unsafe()


def test_no_secret_is_in_a_message() -> None:
    canary = "canaryCANARY1234"
    with configured(SECRET_KEY=canary, INFERENCE_SERVER_KEY=canary, DISCORD_TOKEN=canary):
        assert canary not in "".join(map(str, checks.production(None)))


def test_serve_refuses_an_unsafe_site() -> None:
    site = LiveSite()
    site.settings["SITE_URL"] = "http://chat.example.org"
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", "--port", str(site.port)],
        cwd=ROOT, env=outer_environment() | site.settings, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "meatlizard.E001" in done.stderr
    assert not site.answers()


def test_another_server_refuses_an_unsafe_site_too() -> None:
    site = LiveSite(INFERENCE_SERVER_KEY="")
    done = subprocess.run(
        [sys.executable, "-c", "import meatlizard.asgi"],
        cwd=ROOT, env=outer_environment() | site.settings | {"VAR_DIR": str(new_folder("var"))},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "meatlizard.E008" in done.stderr

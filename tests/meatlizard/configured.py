"""The settings module as another environment would make it."""

import base64
import os
import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.test import override_settings

from tests.test_architecture import ROOT

PRODUCTION = {
    "ENV_FILE": "",
    "SITE_URL": "https://chat.example.org",
    "TRUSTED_PROXIES": "10.0.0.0/8",
    "SECRET_KEY": "kX3vQ9bT7mN1pR5sW8yZ2cF6gH4jL0dA-_eUiOqBnVxM",
    "INFERENCE_SERVER_KEY": base64.b64encode(bytes(range(32))).decode(),
    "DATABASE_URL": "postgresql://site:password@db.internal:5432/site",
    "REDIS_URL": "redis://redis.internal:6379/0",
}


def settings_of(environment: dict[str, str]) -> dict[str, Any]:
    """What meatlizard/settings.py makes of exactly these variables."""
    variables = {"PATH": os.environ["PATH"], "ENV_FILE": "", **environment}
    with mock.patch.dict(os.environ, variables, clear=True), mock.patch.dict(sys.modules):
        # Its parts have read the environment of the tests.
        for name in [one for one in sys.modules if one.startswith("meatlizard.settings_")]:
            del sys.modules[name]
        values = runpy.run_path(str(ROOT / "meatlizard/settings.py"))
    return {name: value for name, value in values.items() if name.isupper() and name != "BASE_DIR"}


@contextmanager
def configured(**changes: str) -> Iterator[dict[str, Any]]:
    """Runs the block under PRODUCTION with ``changes``; an empty string removes a variable."""
    environment = {name: value for name, value in (PRODUCTION | changes).items() if value or name == "ENV_FILE"}
    values = settings_of(environment)
    with warnings.catch_warnings():
        # Of DATABASES: connections stay as they are, the checks look at the setting only.
        warnings.simplefilter("ignore", UserWarning)
        changed = override_settings(**values)
        changed.enable()
    try:
        yield values
    finally:
        changed.disable()

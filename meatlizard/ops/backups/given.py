"""The settings that an operator has given, without whatever lets somebody in."""

import os
import re
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings

from meatlizard.settings_env import env

SECRET = re.compile(r"SECRET|KEY|TOKEN|PASSWORD|CREDENTIAL|IDENTITY|PRIVATE|_FILE$|^MCP_COMMANDS$")
NAMED = re.compile(r"^#?\s?([A-Z][A-Z0-9_]+)=", re.MULTILINE)


def plain() -> dict[str, str]:
    """By name; of addresses without user, password and question, since some services take keys there."""
    example = (settings.BASE_DIR / ".env.example").read_text()
    found = {}
    for name in sorted(set(NAMED.findall(example))):
        if SECRET.search(name) or name not in os.environ:
            continue
        found[name] = _without_secrets(str(env(name)))
    return found


def _without_secrets(value: str) -> str:
    if "://" not in value:
        return value
    parts = urlsplit(value)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))

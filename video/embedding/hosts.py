"""Which sites may show a video: the names that its owner has written down, as a policy of browsers has them."""

import re
from typing import Final

from video.models import Video

HOST: Final = re.compile(
    r"(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?::[0-9]{1,5})?"
)
MOST: Final = 50


def ancestors(video: Video) -> list[str]:
    """Sources for ``frame-ancestors``. The site itself may show every video that may be shown anywhere at all; none where it is off."""
    if video.embed == Video.Embed.OFF:
        return ["'none'"]
    if video.embed == Video.Embed.ANYWHERE:
        return ["*"]
    return ["'self'", *named(video.embed_hosts)]


def named(lines: str) -> list[str]:
    """Host names of those lines, one each; addresses of pages give their host. What is none is left out: it could widen the policy."""
    found = (_host(line) for line in lines.splitlines())
    return list(dict.fromkeys(host for host in found if host))[:MOST]


def _host(line: str) -> str:
    text = line.strip().lower()
    text = re.sub(r"^https?://", "", text).split("/", 1)[0]
    try:
        text = text.encode("idna").decode() if not text.isascii() else text
    except UnicodeError:
        return ""
    return text if HOST.fullmatch(text) else ""

"""Keys and passwords that somebody is about to publish with a text. Shapes that are given out by their makers, and nothing vaguer: who
is warned too often reads no warning."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import re2
from django.utils.translation import gettext_lazy as _

MOST = 20
"""That are told of in one file."""


@dataclass(frozen=True, slots=True)
class Leak:
    """``shown``: its first characters, as much as tells which one it is."""

    what: str
    line: int
    shown: str


# By RE2 and in bytes: 10 MB take a quarter of a second for all of them, whatever is in them, where Python's own way took three.
_SHAPES: Final = [
    (_("a private key"), re2.compile(rb"-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")),
    (_("a private key of age"), re2.compile(rb"\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b")),
    (_("a key of AWS"), re2.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    (_("a token of GitHub"), re2.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,90})\b")),
    (_("a token of GitLab"), re2.compile(rb"\bglpat-[A-Za-z0-9_-]{20}\b")),
    (_("a token of Slack"), re2.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{10,80}")),
    (_("a key of Stripe"), re2.compile(rb"\b[rs]k_live_[A-Za-z0-9]{20,100}\b")),
    (_("a key of Google"), re2.compile(rb"\bAIza[0-9A-Za-z_-]{35}\b")),
    (_("a key of OpenAI or Anthropic"), re2.compile(rb"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{32,200}\b")),
    (_("a token of Hugging Face"), re2.compile(rb"\bhf_[A-Za-z0-9]{34}\b")),
    (_("a token of npm"), re2.compile(rb"\bnpm_[A-Za-z0-9]{36}\b")),
    (_("a token of PyPI"), re2.compile(rb"\bpypi-AgEI[A-Za-z0-9_-]{50,300}")),
    (_("a token of a Discord bot"), re2.compile(rb"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}\b")),
    (_("a key of SendGrid"), re2.compile(rb"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b")),
    (_("a token of Telegram"), re2.compile(rb"\b\d{8,10}:AA[A-Za-z0-9_-]{33}\b")),
    (_("a signed token (JWT)"), re2.compile(rb"\beyJ[A-Za-z0-9_-]{10,500}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,700}")),
    (_("an address with a password in it"), re2.compile(rb"\b[a-z][a-z0-9+]{1,15}://[^\s:@/'\"<>]{1,80}:[^\s:@/'\"<>$\{]{3,80}@[\w.-]{3,100}")),
    (_("a password"), re2.compile(
        rb"(?i)\b(?:api_?key|secret(?:_?key)?|access_?token|passw(?:or)?d)\b['\"]?\s{0,3}[:=]{1,2}\s{0,3}['\"]([^\s'\"$<{]{12,200})['\"]"
    )),
]  # fmt: skip


def find(text: str) -> list[Leak]:
    """In the order of their lines."""
    data = text.encode(errors="replace")
    found = sorted(_found(data), key=lambda pair: pair[0])
    leaks: list[Leak] = []
    taken = -1
    for start, end, what in found:
        if start < taken:
            continue
        taken = end
        shown = data[start : start + 12].partition(b"\n")[0].decode(errors="ignore")
        leaks.append(Leak(what, data.count(b"\n", 0, start) + 1, f"{shown}…"))
        if len(leaks) == MOST:
            break
    return leaks


def _found(data: bytes) -> Iterator[tuple[int, int, str]]:
    for what, shape in _SHAPES:
        for match in islice(shape.finditer(data), MOST):
            yield match.start(), match.end(), str(what)

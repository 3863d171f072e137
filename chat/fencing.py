"""How text of others is set apart from what a model is told: between two lines with a mark that nobody could write into it beforehand."""

import hashlib
import json
import re

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff"
    "\uffa0\ufff0-\ufffb\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""What people do not see and models read: controls, signs that turn the direction of writing, letters without width, tags of Unicode, in
which whole orders have been hidden. The joiners (200C, 200D) stay: Persian and Hindi need them, and emoji."""


def visible(text: str) -> str:
    """``text`` without what nobody sees in it."""
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def spelled_out(text: str) -> str:
    """``text`` with what nobody sees in it written as JSON escapes it: for somebody who is to decide on it."""
    return _INVISIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text)


def mark(key: object, *texts: str) -> str:
    """A word that stands in none of ``texts``. It is made of ``key`` and the same every time, for machines that remember what they
    have read."""
    number = 0
    while True:
        word = hashlib.sha256(f"{key}{number or ''}".encode()).hexdigest()[:16]
        if not any(word in text for text in texts):
            return word
        number += 1

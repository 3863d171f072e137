"""``@@decorators``: the lines before an entry's text that say how it is used (character card specification, version 3). Pure.

``@@name value``; a line ``@@@name value`` stands in for the one before when that is unknown. Lines that nobody here understands are left out of
what a model reads.
"""

from collections.abc import Iterator

KNOWN = frozenset(
    {
        "activate", "dont_activate", "depth", "role", "scan_depth", "position", "additional_keys", "exclude_keys",
        "activate_only_after", "activate_only_every",
    }
)  # fmt: skip
MAX_NUMBER = 1_000


class Decorators:
    def __init__(self, found: dict[str, str]) -> None:
        self._found = found

    def __contains__(self, name: str) -> bool:
        return name in self._found

    def word(self, name: str) -> str:
        return self._found.get(name, "").lower()

    def words(self, name: str) -> list[str]:
        return [word.strip() for word in self._found.get(name, "").split(",")]

    def number(self, name: str) -> int | None:
        """None where it is not there, or no number from 0 on."""
        value = self._found.get(name, "")
        return min(MAX_NUMBER, int(value)) if value.isascii() and value.isdigit() and len(value) < 20 else None


def split(content: str) -> tuple[Decorators, str]:
    """The decorators, and the text without any."""
    lines = content.split("\n")
    at = 0
    while at < len(lines) and (lines[at].startswith("@@") or (at and not lines[at].strip())):
        at += 1
    return Decorators(dict(_understood(lines[:at]))), "\n".join(lines[at:])


def _understood(lines: list[str]) -> Iterator[tuple[str, str]]:
    done = False
    for line in lines:
        spare = line.startswith("@@@")
        name, _blank, value = line.lstrip("@").strip().partition(" ")
        if spare and done:
            continue
        done = name in KNOWN
        if done:
            yield name, value.strip()

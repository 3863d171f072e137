"""What has changed between two texts, line by line."""

import difflib

LINES = 5_000
"""Of either text that are compared: the time grows with the square of what differs."""


def unified(before: str, after: str, name: str = "") -> list[str] | None:
    """Lines of a diff without its head, none where nothing has changed; None where it would take too long."""
    one, two = before.splitlines(), after.splitlines()
    if max(len(one), len(two)) > LINES:
        return None
    return list(difflib.unified_diff(one, two, name, name, lineterm=""))[2:]

"""How much a server may say."""

MOST_LINE = 4 * 2**20
"""Bytes of one message."""

MOST_BYTES = 16 * 2**20
MOST_MESSAGES = 2_000
"""Since the site last asked it something."""


class Unbounded(Exception):
    """It says too much."""

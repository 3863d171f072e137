"""What a call to Discord may raise through no fault of ours."""

from typing import Any

import aiohttp
import discord

TROUBLE: tuple[type[Exception], ...] = (
    discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, TimeoutError,
)  # fmt: skip
"""Refused, held back for too long, or the line broke, in which case nobody knows whether it was done. discord.py passes the last on as
aiohttp raised it.
"""

NOT_TOLD: tuple[type[Exception], ...] = (*TROUBLE, RuntimeError)
"""What saying something may raise: the last when the bot itself is leaving."""


def described(error: BaseException) -> dict[str, Any]:
    """For the log: what it was, without anything that somebody wrote."""
    return {
        "error": type(error).__name__,
        "status": getattr(error, "status", None),
        "code": getattr(error, "code", None),
    }

"""What a User-Agent says: a bot or a person, and with which browser on which system."""

import functools
import logging
from typing import Final

import re2

from shortener.rules import devices

log = logging.getLogger(__name__)

KEPT: Final = 4_096
MAX_AGENT: Final = 400
"""Characters that are looked at: real ones are shorter, and each pattern's time grows with it."""


@functools.cache
def _crawlers() -> "re2.Set":
    """All patterns of crawler-user-agents in one automaton: 9 us a text, where its own way takes 280."""
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    options = re2.Options()
    options.log_errors = False
    patterns = re2.Set.SearchSet(options)
    for crawler in CRAWLER_USER_AGENTS_DATA:
        try:
            patterns.Add(crawler["pattern"])
        except re2.error:
            log.warning("shortener.pattern_unusable", extra={"pattern": crawler["pattern"]})
    patterns.Compile()
    return patterns


@functools.lru_cache(KEPT)
def is_bot(agent: str) -> bool:
    """Who says nothing is a program, too."""
    return not agent or bool(_crawlers().Match(agent[:MAX_AGENT]))


@functools.lru_cache(KEPT)
def described(agent: str) -> tuple[str, str, str]:
    """Browser, system, device; empty where unknown."""
    from ua_parser import parse_os, parse_user_agent

    text = agent[:MAX_AGENT]
    browser, system = parse_user_agent(text), parse_os(text)
    kind = next((one for one in ("mobile", "tablet", "desktop") if one in devices(text)), "")
    return browser.family if browser else "", system.family if system else "", kind

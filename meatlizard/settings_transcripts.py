"""Settings of transcripts."""

from meatlizard import environment as parse
from meatlizard.settings_env import env

TRANSCRIPTS = parse.one_of("TRANSCRIPTS", env("TRANSCRIPTS", default="chosen").lower(), ("off", "chosen", "all"))
TRANSCRIPT_IDLE_DAYS = parse.counted("TRANSCRIPT_IDLE_DAYS", env.int("TRANSCRIPT_IDLE_DAYS", default=30))
TRANSCRIPT_LINKS = [
    parse.one_of("TRANSCRIPT_LINKS", way.strip().lower(), ("page", "mail", "message"))
    for way in env.list("TRANSCRIPT_LINKS", default=["page", "mail", "message"])
    if way.strip()
]
TRANSCRIPT_KEYS = parse.keys("TRANSCRIPT_KEYS", env.list("TRANSCRIPT_KEYS", default=[]))

"""Settings of pastes."""

from meatlizard import environment as parse
from meatlizard.settings_env import env

PASTE_CREATE = parse.one_of("PASTE_CREATE", env("PASTE_CREATE", default="members").lower(), ("members", "everyone"))
PASTE_MAX_BYTES = parse.positive("PASTE_MAX_BYTES", env.int("PASTE_MAX_BYTES", default=10_000_000))
PASTE_ANONYMOUS_MAX_BYTES = parse.positive(
    "PASTE_ANONYMOUS_MAX_BYTES", env.int("PASTE_ANONYMOUS_MAX_BYTES", default=1_000_000)
)
PASTE_ANONYMOUS_TOTAL_BYTES = parse.positive(
    "PASTE_ANONYMOUS_TOTAL_BYTES", env.int("PASTE_ANONYMOUS_TOTAL_BYTES", default=1_000_000_000)
)
SEALED_FILES_MAX_BYTES = parse.positive(
    "SEALED_FILES_MAX_BYTES", env.int("SEALED_FILES_MAX_BYTES", default=500_000_000)
)

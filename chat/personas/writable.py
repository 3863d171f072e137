"""What can be written down everywhere. Pure."""

import re

UNWRITABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Controls say nothing to a reader, PostgreSQL refuses the first, and half a surrogate pair can be written nowhere."""

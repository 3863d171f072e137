"""How much may be kept. The largest file is the operator's to say: ``ATTACHMENT_MAX_BYTES``."""

import datetime

MAX_COLLECTIONS = 100
"""Of one person, with those in the trash."""

MAX_DOCUMENTS = 1_000
"""Of one collection, with those in the trash."""

MAX_TEXT = 1_000_000
"""Characters of one document that are kept: some 600 pages."""

MAX_NOTE = 200_000
MAX_FILES = 20
"""That are added by one request."""

MAX_ATTACHED = 10
"""Collections of one conversation, and of one persona."""

MAX_NAME = 100
MAX_DESCRIPTION = 300
TRASH_DAYS = 30

COMING = datetime.timedelta(minutes=15)
"""After which a document that is still being read never will be: the process that read it was killed."""

"""Pages of the web as documents, fetched when somebody attaches their address."""

from urllib.parse import urlsplit

from chat.attachments import actions
from chat.models import Upload
from meatlizard.accounts.models import User
from meatlizard.security.fetch import Fetcher

fetcher = Fetcher()

PAGES = frozenset({"text/html", "application/xhtml+xml"})


def looks_like_one(text: str) -> bool:
    parts = text.split()
    return len(parts) == 1 and parts[0].lower().startswith(("http://", "https://")) and len(parts[0]) > 10


def take(owner: User, url: str) -> Upload:
    """Raises what fetching and :func:`chat.attachments.actions.take` raise."""
    found = fetcher.get(url.strip())
    page = found.media_type in PAGES
    return actions.take(
        owner, name_of(found.url), [found.body], len(found.body), source=found.url, page=page, charset=found.charset
    )


def name_of(url: str) -> str:
    parts = urlsplit(url)
    last = parts.path.rstrip("/").rpartition("/")[2]
    return f"{parts.hostname} {last}".strip() if last else parts.hostname or "page"

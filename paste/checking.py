"""What may become a paste: bounds, names, formats, and what moderation says of it."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, TooLarge
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import screening
from meatlizard.moderation.actions.screening import Blocked, Finding
from meatlizard.moderation.judging import look
from meatlizard.security.passwords import MAX_PASSWORD
from paste import contents, formats
from paste.contents import BINARY, Draft
from paste.models import File, Paste

if TYPE_CHECKING:
    from paste.actions import Terms

SERVICE = "paste"
MAX_FILES = 50
MAX_TITLE = 200
MAX_VIEWS = 1_000_000
MAX_DAYS = 3_650
ANONYMOUS_DAYS = 30
"""The longest that a visitor's paste is kept."""

TOTAL_SECONDS = 60
"""How long it is remembered what all of visitors' pastes take together."""


def check_terms(terms: "Terms", anonymous: bool, *, keeps_password: bool = False) -> None:
    if terms.privacy not in Paste.Privacy.values:
        raise Invalid(gettext("Choose who may read it."), code="privacy_bad")
    if anonymous and terms.privacy == Paste.Privacy.PRIVATE:
        raise Invalid(gettext("A private paste needs an account: nobody else could read it."), code="privacy_bad")
    if terms.privacy == Paste.Privacy.PASSWORD and not terms.password and not keeps_password:
        raise Invalid(gettext("Enter a password, or choose another way to share."), code="password_missing")
    if len(terms.password) > MAX_PASSWORD:
        raise Invalid(
            gettext("A password has at most %(most)s characters.") % {"most": MAX_PASSWORD}, code="password_too_long"
        )
    if terms.views is not None and not 1 <= terms.views <= MAX_VIEWS:
        raise Invalid(gettext("A paste can be read 1 to 1,000,000 times, or without a bound."), code="views_bad")
    _check_end(terms.expires, anonymous)


def _check_end(expires: datetime.datetime | None, anonymous: bool) -> None:
    now = timezone.now()
    if expires is not None and not now < expires <= now + datetime.timedelta(days=MAX_DAYS + 1):
        raise Invalid(gettext("A paste ends after 1 to 3,650 days, or never."), code="expiry_out_of_range")
    longest = now + datetime.timedelta(days=ANONYMOUS_DAYS, minutes=1)
    if anonymous and (expires is None or expires > longest):
        raise Invalid(
            gettext("Without an account a paste is kept for %(days)s days at most.") % {"days": ANONYMOUS_DAYS},
            code="expiry_out_of_range",
        )


def title(text: str) -> str:
    """One line."""
    return " ".join(storable(text).split())[:MAX_TITLE]


def check_size(size: int, anonymous: bool) -> None:
    most = settings.PASTE_ANONYMOUS_MAX_BYTES if anonymous else settings.PASTE_MAX_BYTES
    if size > most:
        raise TooLarge(
            gettext("This has %(size)s, and a paste may have at most %(most)s.")
            % {"size": filesizeformat(size), "most": filesizeformat(most)}
        )
    if anonymous and _anonymous_total() + size > settings.PASTE_ANONYMOUS_TOTAL_BYTES:
        raise TooLarge(
            gettext("There is no room left for pastes without an account. Sign in, or come back later."), code="no_room"
        )


def _anonymous_total() -> int:
    """Not to the byte: it is a bound against a full disk."""
    total = cache.get("paste.anonymous")
    if total is None:
        total = Paste.objects.filter(owner=None).aggregate(total=Sum("size"))["total"] or 0
        cache.set("paste.anonymous", total, TOTAL_SECONDS)
    return int(total)


def ready(
    drafts: Sequence[Draft], owner: User | None, privacy: str
) -> tuple[list[tuple[File, bytes]], "Finding | None"]:
    """Rows to be stored, each with its bytes, and what moderation is to be told once they are. Raises Invalid, TooLarge, Blocked."""
    if not drafts or all(not draft.data.strip() for draft in drafts):
        raise Invalid(gettext("There is nothing in this paste yet."), code="empty")
    if len(drafts) > MAX_FILES:
        raise Invalid(gettext("A paste has at most %(most)s files.") % {"most": MAX_FILES}, code="too_many_files")
    check_size(sum(len(draft.data) for draft in drafts), owner is None)
    texts = [contents.decoded(draft.data) for draft in drafts]
    finding = None
    if privacy == Paste.Privacy.PUBLIC:
        texts, finding = _screened(owner, texts)
    rows = []
    for position, (draft, text) in enumerate(zip(drafts, texts, strict=True)):
        data = draft.data if text is None else text.encode()
        named = Draft(_name(draft.name), data, draft.format)
        rows.append((contents.row(named, position, _format(named, text), text), data))
    return rows, finding


def _name(name: str) -> str:
    """The last part of a path, without what no file's name has."""
    last = storable(name).replace("\\", "/").rstrip("/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip()[: contents.MAX_NAME]


def _format(draft: Draft, text: str | None) -> str:
    if text is None:
        return BINARY
    if draft.format and draft.format != BINARY:
        if not formats.is_known(draft.format):
            raise Invalid(gettext("This site does not know the format “%(format)s”.") % {"format": draft.format[:40]})
        return draft.format
    return formats.guess(draft.name, text)


def _screened(owner: User | None, texts: Sequence[str | None]) -> tuple[list[str | None], "Finding | None"]:
    """What strangers find in a list is looked at as what is said in the chat is. Raises Blocked."""
    rules = rulebook.current().rules(SERVICE, "in")
    if not rules:
        return list(texts), None
    shown: list[str | None] = []
    finding = None
    for text in texts:
        if text is None:
            shown.append(None)
            continue
        if owner is not None:
            text, found = screening.incoming(owner, SERVICE, text)
        else:
            text, found = _looked_at(None, text)
        finding = finding or found
        shown.append(text)
    return shown, finding


def named(owner: User | None, text: str, privacy: str) -> tuple[str, "Finding | None"]:
    """The title as it is stored, looked at where strangers find it. It is one thing with its texts: rules that count have counted them.
    Raises Blocked."""
    line = title(text)
    return _looked_at(owner, line) if line and privacy == Paste.Privacy.PUBLIC else (line, None)


def check_listed(drafts: Sequence[Draft], owner: User) -> "Finding | None":
    """What is about to be listed as it is. Raises Blocked, and Invalid where a rule would change it."""
    rows, finding = ready(drafts, owner, Paste.Privacy.PUBLIC)
    plain, _none = ready(drafts, owner, Paste.Privacy.UNLISTED)
    if [file.sha256 for file, _data in rows] != [file.sha256 for file, _data in plain]:
        raise Invalid(
            gettext("A rule of this site masks words of this paste where everybody finds it. Take them out first."),
            code="masked",
        )
    return finding


def _looked_at(owner: User | None, text: str) -> tuple[str, "Finding | None"]:
    verdict = look(rulebook.current().rules(SERVICE, "in"), text)
    if not verdict:
        return text, None
    found = Finding(SERVICE, "in", owner.pk if owner is not None else None, verdict)
    if found.blocks and owner is not None:
        screening.refuse(owner, found)
    if found.blocks:
        screening.note(found)
        raise Blocked(
            gettext("This was not stored: %(why)s") % {"why": screening.told(found.verdict.first.rule)}, code="blocked"
        )
    return found.text, found


def note(found: "Finding | None", paste: Paste) -> None:
    if found is not None:
        screening.note(found, target=f"paste:{paste.slug}")


def storable(text: str) -> str:
    # PostgreSQL takes no NUL, and no half of a surrogate pair.
    return text.replace("\x00", "").encode(errors="replace").decode()

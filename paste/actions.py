"""Verbs of pastes: make, revise, restore, fork, delete, use up a view, let somebody in by the password."""

import datetime
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.kept_sql import KeptInsert
from meatlizard.security.passwords import Lock
from meatlizard.storage import actions as storage
from paste import checking, contents
from paste.access import NO_SUCH_PASTE, makers, token_hash
from paste.contents import Draft
from paste.jobs import sweep_pastes
from paste.models import File, Paste, Revision
from paste.slugs import new_slug

Privacy = Paste.Privacy
State = Paste.State

MAX_REVISIONS = 1_000
KEPT_AFTER_DELETION = datetime.timedelta(days=7)
"""How long an owner can bring a paste back."""

KEPT_AFTER_LAST_VIEW = datetime.timedelta(hours=1)
"""How long who read it last may download what is in it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may read a paste, how often and for how long. ``expires`` and ``views`` None: without end. ``views`` 1: once."""

    privacy: str = Privacy.UNLISTED
    password: str = ""
    expires: datetime.datetime | None = None
    views: int | None = None
    discussion: bool = True


USUAL = Terms()

_new_paste, _new_file = KeptInsert(Paste), KeptInsert(File)


# --- making -------------------------------------------------------------------------------------------------------------


def create(
    owner: User | None,
    drafts: Sequence[Draft],
    *,
    title: str = "",
    terms: Terms = USUAL,
    with_token: bool = False,
    fork_of: Paste | None = None,
) -> tuple[Paste, str]:
    """Makes a paste of ``drafts``; returns it with the token that deletes it: always for a visitor (``owner`` None), for a member
    ``with_token``, else empty. Nobody can be told it again.

    Raises Forbidden (who may not make any, or what a rule of moderation forbids), Invalid, TooLarge, StorageFull.
    """
    _may_make(owner)
    checking.check_terms(terms, owner is None)
    ready, finding = checking.ready(drafts, owner, terms.privacy)
    title, about_title = checking.named(owner, title, terms.privacy)
    # Slow on purpose, and hence before anything is locked.
    password = make_password(terms.password) if terms.privacy == Privacy.PASSWORD else ""
    token = secrets.token_urlsafe(24) if owner is None or with_token else ""
    now = timezone.now()
    paste = Paste(
        slug=new_slug(), owner=owner, deletion_hash=token_hash(token) if token else "", title=title,
        privacy=terms.privacy, password=password, discussion=terms.discussion, expires=terms.expires,
        views_left=terms.views, created=now, updated=now, fork_of=fork_of,
    )  # fmt: skip
    _insert(paste, ready)
    checking.note(finding or about_title, paste)
    return paste, token


def create_sealed(
    owner: User | None,
    adata: str,
    ciphertext: str,
    *,
    slug: str = "",
    expires: datetime.datetime | None = None,
    views: int | None = None,
    discussion: bool = False,
) -> tuple[Paste, str]:
    """Makes a paste that was encrypted in a browser: ``ciphertext`` in base64, ``adata`` the JSON that was authenticated with it. It
    is read by whoever has the address; the key is in nobody's hands here. Returns it with the token that deletes it.

    Raises as :func:`create`, and Invalid where ``slug`` is taken.
    """
    _may_make(owner)
    terms = Terms(expires=expires, views=views, discussion=discussion)
    checking.check_terms(terms, owner is None)
    data = ciphertext.encode()
    checking.check_size(len(data), owner is None)
    token = secrets.token_urlsafe(24)
    now = timezone.now()
    paste = Paste(
        slug=slug or new_slug(), owner=owner, deletion_hash=token_hash(token), sealed=True, adata=adata,
        discussion=discussion, expires=expires, views_left=views, created=now, updated=now,
    )  # fmt: skip
    draft = Draft("", data, "sealed")
    try:
        _insert(paste, [(contents.row(draft, 0, "sealed", ciphertext), data)])
    except IntegrityError:
        raise Invalid(gettext("A paste of this name is there already. Send it again."), code="slug_taken") from None
    return paste, token


def _may_make(owner: User | None) -> None:
    if owner is None and makers() != "everyone":
        raise Forbidden(gettext("On this site only members make pastes. Sign in first."), code="members_only")


def _insert(paste: Paste, ready: Sequence[tuple[File, bytes]]) -> None:
    """Stores paste, first revision and files; the bytes of large ones between two transactions, so that neither waits for the storage,
    and a process that dies leaves a paste that nobody reaches and the sweep deletes."""
    large = any(file.stored for file, _data in ready)
    paste.size = sum(file.size for file, _data in ready)
    if large:
        paste.state, paste.purge_at = State.COMING, paste.created + KEPT_AFTER_LAST_VIEW
    with transaction.atomic():
        if paste.owner is not None:
            storage.take(paste.owner, paste.size)
        # Programs make many pastes: with SQL that is kept they cost two thirds. A sealed one never has a second revision.
        _new_paste.run(paste)
        if not paste.sealed:
            Revision.objects.create(paste=paste, number=1, author=paste.owner, created=paste.created)
        for file, _data in ready:
            file.paste = paste
            _new_file.run(file)
    if large:
        _store(ready)
        paste.state, paste.purge_at = State.READY, None
        if not Paste.objects.filter(pk=paste.pk, state=State.COMING).update(state=State.READY, purge_at=None):
            raise Invalid(gettext("This took too long to be stored. Send it again."), code="too_late")


def _store(ready: Sequence[tuple[File, bytes]]) -> None:
    for file, data in ready:
        if file.stored:
            contents.store(file, data)


# --- changing -----------------------------------------------------------------------------------------------------------


def revise(
    paste: Paste,
    author: User,
    drafts: Sequence[Draft],
    *,
    title: str | None = None,
    note: str = "",
    base: int | None = None,
) -> Paste:
    """Makes ``drafts`` the present revision; what is as before is not stored again. ``base``: the revision that was edited.

    Raises Invalid when nothing changed or somebody was faster, and as :func:`create`.
    """
    if paste.sealed:
        raise Invalid(gettext("An encrypted paste cannot be changed. Make a new one."), code="sealed")
    ready, finding = checking.ready(drafts, author, paste.privacy)
    if paste.revision >= MAX_REVISIONS:
        raise Invalid(
            gettext("This paste has as many revisions as it may. Make a copy of it."), code="too_many_revisions"
        )
    base = base or paste.revision
    before = list(File.objects.filter(paste=paste.pk).of_revision(base))
    fresh, kept = _compared(ready, before)
    name, about_title = (paste.title, None) if title is None else checking.named(author, title, paste.privacy)
    if not fresh and len(kept) == len(before):
        if name == paste.title:
            raise Invalid(gettext("Nothing has changed."), code="unchanged")
        Paste.objects.filter(pk=paste.pk).update(title=name, updated=timezone.now())
        paste.title = name
        checking.note(about_title, paste)
        return paste
    _bring(paste, author, fresh)
    _advance(paste, author, base, [file for file, _data in fresh], kept, name, note)
    checking.note(finding or about_title, paste)
    return paste


def _compared(
    ready: Sequence[tuple[File, bytes]], before: Sequence[File]
) -> tuple[list[tuple[File, bytes]], list[File]]:
    """What is new of ``ready``, and which rows of ``before`` go on."""
    same = {(row.position, row.name, row.format, row.sha256): row for row in before}
    fresh: list[tuple[File, bytes]] = []
    kept: list[File] = []
    for file, data in ready:
        row = same.get((file.position, file.name, file.format, file.sha256))
        if row is None:
            fresh.append((file, data))
        else:
            kept.append(row)
    return fresh, kept


def _bring(paste: Paste, author: User, fresh: Sequence[tuple[File, bytes]]) -> None:
    """Stores new files of a paste, which no revision has yet."""
    size = sum(file.size for file, _data in fresh)
    for file, _data in fresh:
        file.paste, file.since = paste, 0
    with transaction.atomic():
        # The paste before its owner's ledger, as whatever deletes locks them.
        Paste.objects.filter(pk=paste.pk).update(size=F("size") + size)
        if paste.owner is not None:
            storage.take(paste.owner, size)
        File.objects.bulk_create([file for file, _data in fresh])
    _store(fresh)


def _advance(
    paste: Paste, author: User, base: int, fresh: Sequence[File], kept: Sequence[File], title: str, note: str
) -> None:
    number = base + 1
    now = timezone.now()
    with transaction.atomic():
        # Who loses leaves files without a revision, which the sweep deletes.
        # Rules have looked at the new texts as at those of a paste of this privacy.
        mine = Paste.objects.standing().filter(pk=paste.pk, revision=base, privacy=paste.privacy)
        if not mine.update(revision=number, updated=now, title=title):
            raise _changed_meanwhile()
        going = File.objects.filter(paste=paste.pk, until=None, since__gt=0)
        going.exclude(pk__in=[file.pk for file in kept]).update(until=number)
        came = File.objects.filter(pk__in=[file.pk for file in fresh], since=0).update(since=number)
        if came != len(fresh):
            raise Invalid(gettext("This took too long to be stored. Send it again."), code="too_late")
        Revision.objects.create(paste=paste, number=number, author=author, note=note.strip()[:200], created=now)
    paste.revision, paste.updated, paste.title = number, now, title


def _changed_meanwhile() -> Invalid:
    return Invalid(
        gettext("This paste was changed meanwhile. Open it again, and bring your change into what is there now."),
        code="changed_meanwhile",
    )


def restore(paste: Paste, author: User, number: int) -> Paste:
    """Makes what stood in revision ``number`` the present one, as a revision of its own."""
    drafts = drafts_of(paste, number)
    return revise(paste, author, drafts, note=gettext("as in revision %(number)s") % {"number": number})


def drafts_of(paste: Paste, number: int | None = None) -> list[Draft]:
    """The files of a revision, as they could come in."""
    rows = File.objects.filter(paste=paste.pk).of_revision(number or paste.revision)
    return [Draft(row.name, contents.read(row), row.format) for row in rows]


def fork(user: User, paste: Paste) -> Paste:
    """A paste of one's own that begins with what is in ``paste``; it has no end, and is not listed."""
    if paste.sealed or paste.burns:
        raise Invalid(
            gettext("This paste cannot be copied here: it is encrypted, or read only so often."), code="no_fork"
        )
    terms = Terms(privacy=Privacy.PUBLIC if paste.privacy == Privacy.PUBLIC else Privacy.PRIVATE)
    copy, _token = create(user, drafts_of(paste), title=paste.title, terms=terms, fork_of=paste)
    return copy


def change_terms(paste: Paste, terms: Terms) -> Paste:
    """Changes who may read it and for how long. A password that is not given stays as it was."""
    keeps = paste.privacy == Privacy.PASSWORD and terms.privacy == Privacy.PASSWORD and not terms.password
    checking.check_terms(terms, paste.owner_id is None, keeps_password=keeps)
    if paste.sealed and terms.privacy not in (Privacy.UNLISTED, Privacy.PRIVATE):
        raise Invalid(
            gettext("An encrypted paste is never listed, and has its password in the browser."), code="sealed"
        )
    becomes_public = terms.privacy == Privacy.PUBLIC and paste.privacy != Privacy.PUBLIC
    found, title = None, paste.title
    if becomes_public and paste.owner is not None:
        found = checking.check_listed(drafts_of(paste), paste.owner)
        title, about_title = checking.named(paste.owner, title, terms.privacy)
        found = found or about_title
    password = make_password(terms.password) if terms.privacy == Privacy.PASSWORD and not keeps else ""
    changed = {
        "privacy": terms.privacy, "password": paste.password if keeps else password, "expires": terms.expires,
        "views_left": terms.views, "discussion": terms.discussion, "updated": timezone.now(), "title": title,
        "shown_since": paste.revision if becomes_public else paste.shown_since,
    }  # fmt: skip
    # Not over the head of who has just read it for the last time.
    mine = Paste.objects.standing().filter(pk=paste.pk)
    # Nor what nobody has looked at: the revision that becomes public is the one that was.
    changing = mine.filter(revision=paste.revision) if becomes_public else mine
    if not changing.update(**changed):
        if mine.exists():
            raise _changed_meanwhile()
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    for name, value in changed.items():
        setattr(paste, name, value)
    checking.note(found, paste)
    return paste


# --- the end ------------------------------------------------------------------------------------------------------------


def delete(paste: Paste) -> None:
    """Puts it out of everybody's reach; its owner may bring it back for some days. One without an owner goes at once."""
    later = KEPT_AFTER_DELETION if paste.owner_id is not None and not paste.sealed else datetime.timedelta()
    changed = Paste.objects.filter(pk=paste.pk, state=State.READY).update(
        state=State.DELETED, purge_at=timezone.now() + later
    )
    if changed and not later:
        sweep_pastes.enqueue()


def undelete(paste: Paste) -> None:
    row = Paste.objects.filter(pk=paste.pk, state=State.DELETED, purge_at__gt=timezone.now())
    if not row.update(state=State.READY, purge_at=None):
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")


def claim_view(paste: Paste) -> str:
    """Uses up one of the views that are left, and returns what proves it (:func:`has_claimed`). Of any number who try at once exactly as
    many succeed as there were views; the others get NotFound. Nothing happens for a paste without such an end."""
    if not paste.burns:
        return ""
    now = timezone.now()
    won = Paste.objects.standing().filter(Q(views_left__gt=0), pk=paste.pk).update(
        views_left=F("views_left") - 1,
        # Right sides see the row as it was.
        state=Case(When(views_left=1, then=Value(State.SPENT)), default=F("state")),
        purge_at=Case(When(views_left=1, then=Value(now + KEPT_AFTER_LAST_VIEW)), default=F("purge_at")),
    )  # fmt: skip
    if not won:
        raise NotFound(str(NO_SUCH_PASTE), code="no_such_paste")
    return signing.dumps(paste.pk, salt="paste.claimed")


def has_claimed(paste: Paste, proof: str) -> bool:
    """Whether ``proof`` was given to one of its readers, within the hour."""
    if not proof:
        return False
    try:
        claimed: object = signing.loads(proof, salt="paste.claimed", max_age=KEPT_AFTER_LAST_VIEW)
    except signing.BadSignature:
        return False
    return claimed == paste.pk


# --- the password -------------------------------------------------------------------------------------------------------


def unlock(paste: Paste, password: str, address: str) -> str:
    """It uses up no view. As :meth:`meatlizard.security.passwords.Lock.unlock`."""
    return _lock(paste).unlock(password, address)


def is_unlocked(paste: Paste, proof: str) -> bool:
    return paste.privacy != Privacy.PASSWORD or _lock(paste).is_open(proof)


def _lock(paste: Paste) -> Lock:
    return Lock("paste", paste.pk, paste.password)


def largest(anonymous: bool) -> int:
    """Bytes that one paste may have."""
    return int(settings.PASTE_ANONYMOUS_MAX_BYTES if anonymous else settings.PASTE_MAX_BYTES)

"""The doors for command lines and programs: ``PUT /files/put/<name>`` takes the bare bytes (``curl -T``), ``POST /files/form/`` a form in
parts (``curl -F``, ShareX). Both know keys of the API, as Bearer or as the password of Basic, and pages of this site.
"""

import base64
import binascii
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

from files import names
from files.asgi import who
from files.asgi.asked import Asked
from files.asgi.doors import open_door
from files.doors import answers
from files.doors.multipart import Field, FileBegins, FileEnds, Form, Found, boundary_of
from files.doors.receiving import Arrival, check_room, lively
from files.models import File
from files.tus import placing
from files.tus.placing import Wish
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Forbidden, Invalid
from meatlizard.threads import in_database

UPLOAD: Final = "files:upload"
"""Scope of a key that may do nothing but this; one that may write may as well."""

PUT_PATH: Final = r"/files/put/(?P<path>.*)"
FORM_PATH: Final = "/files/form/"
COLLISIONS: Final = ("keep", "replace")
MAX_PATH: Final = 4_000
MAX_OPTIONS: Final = 20
AROUND: Final = 65_536
"""What a form has around its files."""


def open_doors() -> None:
    open_door(PUT_PATH, put, methods=frozenset({"PUT", "POST"}))
    open_door(FORM_PATH, form, methods=frozenset({"POST"}))


async def put(asked: Asked) -> None:
    """The body is the file, the rest of the path its name and the folders it lies in."""
    try:
        owner = await _let_in(asked)
        options = _options(asked)
        path = asked.part["path"].strip("/")
        if not path:
            raise Invalid(_("Say what the file is called: curl -T NAME …/files/put/"), code="name_missing")
        async with Arrival(owner, await in_database(_wish, owner, path, options), asked.length) as arrival:
            async for piece in lively(asked):
                await arrival.take(piece)
            file = await arrival.store()
        await answers.made(asked, [file])
    except AppError as refused:
        await answers.refused(asked, refused)


async def form(asked: Asked) -> None:
    """All files of the form, whatever their fields are called. ``folder`` and ``collision`` may be fields before them, or in the address."""
    stored: list[File] = []
    try:
        # A key, and room, are looked at before anything is read.
        owner = await _let_in(asked)
        form = Form(boundary_of(asked.headers.get("content-type", "")))
        if asked.length is not None:
            await in_database(check_room, owner, asked.length - AROUND)
        async for file in _received(asked, form, owner):
            # One by one: what came before a refusal is named beside it.
            stored.append(file)  # noqa: PERF401
        if not stored:
            raise Invalid(_("There is no file in this form. Send one: curl -F file=@NAME"), code="empty")
        await answers.made(asked, stored)
    except AppError as refused:
        await answers.refused(asked, refused, stored)


async def _received(asked: Asked, form: Form, owner: User) -> AsyncIterator[File]:
    options = _options(asked)
    parts = _found(asked, form)
    async for found in parts:
        if isinstance(found, Field):
            options.setdefault(found.name, found.value)
        elif isinstance(found, FileBegins):
            # A path here is where it lay at the sender's.
            wish = await in_database(_wish, owner, names.last_part(found.filename), options)
            async with Arrival(owner, wish) as arrival:
                async for piece in parts:
                    if isinstance(piece, FileEnds):
                        break
                    assert isinstance(piece, bytes)
                    await arrival.take(piece)
                file = await arrival.store()
            yield file


async def _found(asked: Asked, form: Form) -> AsyncIterator[Found]:
    async for piece in lively(asked):
        for found in form.feed(piece):
            yield found
    form.finish()


def _options(asked: Asked) -> dict[str, str]:
    try:
        return dict(parse_qsl(asked.query, max_num_fields=MAX_OPTIONS))
    except ValueError:
        raise Invalid(_("There are too many parameters in this address."), code="too_many_options") from None


async def _let_in(asked: Asked) -> User:
    _password_as_key(asked)
    return await in_database(_known, asked)


def _known(asked: Asked) -> User:
    try:
        return who.known(asked, UPLOAD, writing=True)
    except Forbidden as refused:
        if refused.code != "scope_missing":
            raise
        return who.known(asked, who.WRITE, writing=True)


def _wish(owner: User, path: str, options: dict[str, str]) -> Wish:
    """Raises Invalid, and NotFound for a folder that is not the owner's."""
    folder, collision = options.get("folder", "").strip(), options.get("collision", "keep").strip().lower()
    if collision not in COLLISIONS:
        raise Invalid(_("What becomes of a name that is taken is “keep” or “replace”."), code="collision_unknown")
    if len(path) > MAX_PATH:
        raise Invalid(_("This path is too long."), code="path_refused")
    # In the words of tus, so that one place decides where a file goes.
    said = {"relativePath": path, "folder": folder, "collision": collision}
    wish = placing.read(",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items()))
    placing.check(owner, wish)
    return wish


def _password_as_key(asked: Asked) -> None:
    """``curl -u me:KEY`` sends it so, and many programs know no other way. Whatever stands before the colon is nobody's name."""
    way, _space, encoded = asked.headers.get("authorization", "").partition(" ")
    if way.lower() != "basic":
        return
    try:
        _name, _colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        secret = ""
    asked.headers["authorization"] = f"Bearer {secret}"

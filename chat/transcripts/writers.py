"""The four forms of a transcript, in pieces. Each is made of the session alone: no clock, no chance, the site's own language."""

import base64
import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from markdown_it import MarkdownIt

from chat.transcripts.reading import Said, Session
from chat.transcripts.shape import document

MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/json", "md": "text/markdown; charset=utf-8", "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
}  # fmt: skip
MOST_INLINED = 12_000_000
"""Bytes of images within a page; those beyond are named in it, and lie beside it."""

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a page shows within itself. Nothing that could hold a script."""

FORMULA = re.compile(r"^[\s\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r]")
"""How programs that open CSV recognise what they carry out (OWASP, "CSV Injection"), wide letters and leading blanks included."""

_FENCED = frozenset({"fence", "code_block"})
_parser = MarkdownIt("commonmark", {"html": False})

Look = Callable[[int], bytes | None]
"""The bytes of a file by its number; None where they are gone."""


def written(session: Session, form: str, kept: frozenset[int], look: Look) -> Iterator[bytes]:
    """``form``: one of MEDIA_TYPES. ``kept``: numbers of files of which there is a copy."""
    makers: dict[str, Callable[[], Iterator[bytes]]] = {
        "json": lambda: _json(session, kept), "md": lambda: _markdown(session, kept), "csv": lambda: _csv(session),
        "html": lambda: _html(session, kept, look),
    }  # fmt: skip
    pieces = makers[form]()
    while True:
        # Not around the whole: the language is the thread's, and whoever takes the pieces has one of their own.
        with translation.override(settings.LANGUAGE_CODE):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _json(session: Session, kept: frozenset[int]) -> Iterator[bytes]:
    yield document(session, kept).model_dump_json(indent=1, warnings=False).encode()
    yield b"\n"


def _markdown(session: Session, kept: frozenset[int]) -> Iterator[bytes]:
    """What was said stands in quotations, so that no text can pass for a heading of the transcript, with its ``<`` made harmless."""
    row = session.row
    yield f"# {_plain(session.title) or gettext('Conversation')}\n\n".encode()
    yield f"{_plain(session.person)}, {row.begun:%Y-%m-%d %H:%M} – {row.closed:%Y-%m-%d %H:%M} UTC, {row.place}\n".encode()
    for said in session.said:
        lines = [f"\n## {_plain(said.author)}, {said.at:%Y-%m-%d %H:%M} UTC\n"]
        lines.append(quoted(said.content) if said.content else f"*{_silence(said)}*")
        for one in said.files:
            gone = "" if one.number in kept else f" ({gettext('not kept')})"
            lines.append(f"\n*{gettext('attached')}:* {_plain(one.name)}{gone}")
        lines += [
            f"\n\\[{one.number}\\] {_plain(one.title)}{f' <{one.address}>' if one.host and _bare(one.address) else ''}"
            for one in said.sources
        ]
        yield ("\n".join(lines) + "\n").encode()


def quoted(text: str) -> str:
    """Markdown as a quotation. ``<`` begins no tag in it, but for code, where it is shown as it is."""
    lines = [f"> {line}" if line else ">" for line in text.strip("\n").splitlines()]
    code: set[int] = set()
    # What is code is asked of the quotation: a tab is narrower in it, and may indent no code there.
    for token in _parser.parse("\n".join(lines)):
        # Only at its outermost level are its lines lines of the text; deeper code is treated as any text.
        if token.type in _FENCED and token.level == 1 and token.map:
            code.update(range(*token.map))
    return "\n".join(line if number in code else line.replace("<", "&lt;") for number, line in enumerate(lines))


def _plain(text: str) -> str:
    """One line without any meaning in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>#+\-.!|~&:@/])", r"\\\1", " ".join(text.split()))


def _bare(address: str) -> bool:
    return not re.search(r"[<>\s]", address) and address.startswith(("http://", "https://"))


def _csv(session: Session) -> Iterator[bytes]:
    # With a mark of its order of bytes, by which spreadsheets know UTF-8.
    yield "\ufeff".encode() + _row("number", "time", "role", "author", "model", "text", "attachments")
    for number, said in enumerate(session.said, 1):
        text = said.content or _silence(said)
        names = "\n".join(one.name for one in said.files)
        yield _row(str(number), said.at.strftime("%Y-%m-%dT%H:%M:%SZ"), said.role, said.author, said.model, text, names)


def _row(*cells: str) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow([f"'{one}" if FORMULA.match(one) else one for one in cells])
    return line.getvalue().encode()


def _html(session: Session, kept: frozenset[int], look: Look) -> Iterator[bytes]:
    style = _style()
    yield render_to_string(
        "chat/transcripts/page_begin.html",
        {"session": session, "row": session.row, "style": style, "policy": page_policy()},
    ).encode()
    room = MOST_INLINED
    for said in session.said:
        files = []
        for one in said.files:
            data = None
            if one.image and one.media_type in IMAGES and one.number in kept and one.size <= room:
                data = look(one.number)
                room -= len(data) if data is not None else 0
            files.append(
                {
                    "file": one,
                    "kept": one.number in kept,
                    "data": f"data:{one.media_type};base64,{base64.b64encode(data).decode()}" if data else "",
                }
            )
        words = {"said": said, "files": files, "silence": "" if said.content else _silence(said)}
        yield render_to_string("chat/transcripts/page_message.html", words).encode()
    yield render_to_string("chat/transcripts/page_end.html").encode()


def _silence(said: Said) -> str:
    """In the place of a text."""
    if said.withheld:
        return gettext("A rule of this site withheld this.")
    return "" if said.role == "user" else gettext("No answer came of this.")


@cache
def _style() -> str:
    return render_to_string("chat/export.css") + render_to_string("chat/transcripts/page.css")


@cache
def page_policy() -> str:
    """For the page itself and for the answer that brings it. The one style in it is known by its hash; nothing else runs or is asked for."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"

"""Code, line by line, with the class names that Pygments gives."""

import html
from collections.abc import Iterable, Iterator
from typing import Any

LINES = 1_000
"""Lines of a piece."""

LONG_LINE = 20_000
"""Characters. A longer line is shown without colours: nobody reads it, and lexers may take minutes for it."""

AT_ONCE = 8_000
"""Characters that a lexer gets at a time, cut at ends of lines: some take time that grows with the square of it."""


def plain(text: str, mark: str) -> Iterator[str]:
    """``mark``: what the ids of lines begin with."""
    return _pieces((html.escape(line) for line in _lines(text)), mark)


def plain_piece(text: str, mark: str, number: int) -> str | None:
    """One of :func:`plain`, from 0, without making the others; None where there is none."""
    lines = _lines(text)[number * LINES : (number + 1) * LINES]
    return next(_pieces((html.escape(line) for line in lines), mark, number * LINES + 1)) if lines else None


def highlighted(text: str, language: str, mark: str) -> Iterator[str]:
    """Raises LookupError for a language that Pygments does not know."""
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        raise LookupError(language) from None
    return _pieces(_coloured(text, lexer), mark)


def _pieces(lines: Iterable[str], mark: str, start: int = 1) -> Iterator[str]:
    piece: list[str] = []
    number = 0
    for number, line in enumerate(lines, start):
        piece.append(f'<span class="line" id="{mark}{number}">{line}\n</span>')
        if len(piece) == LINES:
            yield "".join(piece)
            piece = []
    if piece or not number:
        yield "".join(piece)


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _coloured(text: str, lexer: Any) -> Iterator[str]:
    for part in _parts(_lines(text)):
        if len(part[0]) > LONG_LINE:
            yield html.escape(part[0])
        else:
            yield from _tokens(part, lexer)


def _parts(lines: list[str]) -> Iterator[list[str]]:
    """Lines together, as many as are lexed at a time; cut where a line is blank, if that is near."""
    part: list[str] = []
    length = 0
    for line in lines:
        if len(line) > LONG_LINE:
            if part:
                yield part
            yield [line]
            part, length = [], 0
            continue
        part.append(line)
        length += len(line) + 1
        if length > AT_ONCE or (length > AT_ONCE // 2 and not line.strip()):
            yield part
            part, length = [], 0
    if part:
        yield part


def _tokens(lines: list[str], lexer: Any) -> Iterator[str]:
    """As many lines as came in, whatever the lexer makes of them."""
    line: list[str] = []
    done = 0
    for kind, value in lexer.get_tokens("\n".join(lines) + "\n"):
        name = _class(kind)
        first, *more = value.split("\n")
        line.append(_span(name, first))
        for text in more:
            done += 1
            yield "".join(line)
            if done == len(lines):
                return
            line = [_span(name, text)]
    yield "".join(line)
    yield from ("" for _ in range(len(lines) - done - 1))


def _class(kind: Any) -> str:
    from pygments.token import STANDARD_TYPES

    while kind is not None:
        name = STANDARD_TYPES.get(kind)
        if name is not None:
            return str(name)
        kind = kind.parent
    return ""


def _span(name: str, text: str) -> str:
    if not text:
        return ""
    said = html.escape(text)
    return f'<span class="{name}">{said}</span>' if name and name not in ("w", "p", "n", "o") else said

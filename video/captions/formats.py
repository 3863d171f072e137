"""Files of captions: WebVTT, SubRip and SubStation Alpha are read, WebVTT and SubRip written."""

import re
from collections.abc import Iterable
from io import StringIO
from typing import Final

import pysubs2
import webvtt
from charset_normalizer import from_bytes
from django.utils.translation import gettext as _
from pysubs2.formats.substation import parse_tags
from webvtt.errors import MalformedCaptionError, MalformedFileError

from meatlizard.errors import Invalid
from meatlizard.languages import number
from video.captions.cues import MOST_CHARACTERS, MOST_CUES, Cue, clean, placed, put_in_order

MOST_BYTES: Final = 4 * 2**20
ARROW: Final = "-->"
_TOP: Final = re.compile(r"\{[^}]*\\an[789][^}]*\}")
_SRT_PLACE: Final = re.compile(r"\{\\an?\d{1,2}\}")


def read(data: bytes) -> list[Cue]:
    """What a file says, whichever of the formats it is in. Raises Invalid: it is none of them, is too large, or has nothing to read in it."""
    if len(data) > MOST_BYTES:
        raise Invalid(
            _("A file of captions has at most {most} MiB.").format(most=number(MOST_BYTES // 2**20)),
            code="captions_large",
        )
    text = _text(data)
    cues = put_in_order(_cues(text))
    if not cues:
        raise Invalid(_("There are no captions in this file."), code="captions_empty")
    if len(cues) > MOST_CUES:
        raise Invalid(_("These are more than {most} captions.").format(most=number(MOST_CUES)), code="captions_many")
    if any(len(one.markup) > MOST_CHARACTERS for one in cues):
        raise Invalid(
            _("One of the captions has more than {most} characters.").format(most=number(MOST_CHARACTERS)),
            code="caption_long",
        )
    return cues


def vtt(cues: Iterable[Cue]) -> str:
    blocks = ["WEBVTT"]
    for cue in cues:
        settings = f" {cue.settings}" if cue.settings else ""
        blocks.append(f"{clock(cue.start)} {ARROW} {clock(cue.end)}{settings}\n{cue.markup}")
    return "\n\n".join(blocks) + "\n"


def srt(cues: Iterable[Cue]) -> str:
    blocks = [
        f"{place}\n{clock(cue.start, ',')} {ARROW} {clock(cue.end, ',')}\n{_without_entities(cue.markup)}"
        for place, cue in enumerate(cues, 1)
    ]
    return "\n\n".join(blocks) + "\n"


def clock(ms: int, point: str = ".") -> str:
    """``01:02:03.456``."""
    seconds, ms = divmod(ms, 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{ms:03d}"


def _without_entities(markup: str) -> str:
    # SubRip knows none of them.
    return markup.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return _even(data.decode(encoding))
        except UnicodeDecodeError:
            continue
    best = from_bytes(data[:200_000]).best()
    if best is None:
        raise _unknown()
    return _even(data.decode(best.encoding, errors="replace"))


def _even(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")


def _cues(text: str) -> list[Cue]:
    head = text.lstrip()[:20_000]
    if head.startswith("WEBVTT"):
        return _of_webvtt(text.lstrip(), "vtt")
    if "[Script Info]" in head or "[Events]" in head:
        return _of_substation(text)
    if ARROW in text:
        return _of_webvtt(text.strip("\n"), "srt")
    raise _unknown()


def _of_webvtt(text: str, kind: str) -> list[Cue]:
    try:
        read = webvtt.from_buffer(StringIO(text), format=kind)
    except (MalformedFileError, MalformedCaptionError, ValueError) as problem:
        raise _unknown() from problem
    return [
        Cue(
            one.start_time.in_milliseconds(), one.end_time.in_milliseconds(), clean(_plain(one.raw_text, kind)),
            placed(str(one.settings)) or ("line:0" if kind == "srt" and _TOP.search(one.raw_text) else ""),
        )
        for one in read.captions
    ]  # fmt: skip


def _plain(text: str, kind: str) -> str:
    return _SRT_PLACE.sub("", text) if kind == "srt" else text


def _of_substation(text: str) -> list[Cue]:
    try:
        read = pysubs2.SSAFile.from_string(text, format_="ass" if "[V4+ Styles]" in text or "[V4+" in text else "ssa")
    except (pysubs2.Pysubs2Error, ValueError, KeyError, IndexError, OverflowError) as problem:
        raise _unknown() from problem
    return [
        Cue(line.start, line.end, clean(_tagged(line, read.styles)), "line:0" if _TOP.search(line.text) else "")
        for line in read
        if not line.is_comment and not line.is_drawing
    ]


def _tagged(line: pysubs2.SSAEvent, styles: "dict[str, pysubs2.SSAStyle]") -> str:
    """With the tags that we keep in the place of its own."""
    written = []
    for piece, style in parse_tags(line.text, styles.get(line.style, pysubs2.SSAStyle()), styles):
        plain = piece.replace("\\h", " ").replace("\\n", "\n").replace("\\N", "\n")
        plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        for name, worn in (("u", style.underline), ("i", style.italic), ("b", style.bold)):
            if worn and plain.strip():
                plain = f"<{name}>{plain}</{name}>"
        written.append(plain)
    return "".join(written)


def _unknown() -> Invalid:
    return Invalid(
        _("This is no file of captions that we can read. WebVTT, SubRip (.srt) and SubStation Alpha (.ass, .ssa) are."),
        code="captions_unknown",
    )

"""Files that run something in a careless place: made here, by hand. Each ends in ``alert``, which a browser tells of."""

import struct
import zlib
from typing import Final

FIRE: Final = "alert(document.domain)"
SCRIPT: Final = f"<script>{FIRE}</script>"
HTML: Final = f"<!doctype html><html><body><h1>x</h1>{SCRIPT}</body></html>".encode()
SVG: Final = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {more}>{inside}</svg>'


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">L", len(data)) + kind + data + struct.pack(">L", zlib.crc32(kind + data))


def _png(text: bytes) -> bytes:
    head = _chunk(b"IHDR", struct.pack(">LLBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"tEXt", b"Comment\0" + text) + _chunk(b"IDAT", zlib.compress(b"\0\0\0\0")) + _chunk(b"IEND", b"")  # fmt: skip


def _gif(comment: bytes) -> bytes:
    """1 by 1, with a comment that holds what is to run."""
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xfe" + bytes([len(comment)]) + comment + b"\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"  # fmt: skip


def _pdf(script: str, before: bytes = b"") -> bytes:
    return (
        before
        + (
            "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(" + script + ")>>>>endobj\n"
            "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n"
            "trailer<</Root 1 0 R>>\n%%EOF\n"
        ).encode()
    )


def _mp4(inside: bytes) -> bytes:
    return b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + struct.pack(">L", 8 + len(inside)) + b"free" + inside


def _riff(kind: bytes, inside: bytes) -> bytes:
    return b"RIFF" + struct.pack("<L", 4 + 8 + len(inside)) + kind + b"JUNK" + struct.pack("<L", len(inside)) + inside


PAGES: Final[dict[str, bytes]] = {
    "plain.html": HTML,
    "upper.html": b"<HTML><BODY ONLOAD=alert(document.domain)>x</BODY></HTML>",
    "late.html": b" \n\t" * 200 + HTML,
    "comment.html": b"<!-- x -->" + HTML,
    "image.html": b"<img src=x onerror=alert(document.domain)>",
    "words-first.html": b"just words, and then " + SCRIPT.encode(),
    "bom.html": b"\xef\xbb\xbf" + HTML,
    "utf16.html": HTML.decode().encode("utf-16"),
    "utf7.html": b"+ADw-script+AD4-alert(document.domain)+ADw-/script+AD4-",
    "page.xhtml": f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body>{SCRIPT}</body></html>'.encode(),
    "page.xml": f'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">{FIRE}</x:script>'.encode(),
    "styled.xml": b'<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="#s"?><!DOCTYPE d [<!ATTLIST xsl:stylesheet id ID #REQUIRED>]>'
    b'<d><xsl:stylesheet id="s" version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><html><body>'
    b"<script>alert(document.domain)</script></body></html></xsl:template></xsl:stylesheet></d>",
    "script.svg": SVG.format(more="", inside=f"<script>{FIRE}</script>").encode(),
    "onload.svg": SVG.format(more=f'onload="{FIRE}"', inside="").encode(),
    "foreign.svg": SVG.format(
        more="", inside=f'<foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onload="{FIRE}">x</body></foreignObject>'
    ).encode(),
    "animated.svg": SVG.format(more="", inside=f'<animate onbegin="{FIRE}" attributeName="x" dur="1s"/>').encode(),
    "declared.svg": b'<?xml version="1.0" standalone="no"?><!DOCTYPE svg>' + SVG.format(more="", inside=SCRIPT).encode(),
    "gif-and-html.gif": _gif(SCRIPT.encode()),
    "png-and-html.png": _png(HTML),
    "jpeg-and-html.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xfe" + struct.pack(">H", len(HTML) + 2) + HTML + b"\xff\xd9",
    "pdf-and-html.pdf": _pdf("1", HTML + b"\n"),
    "pdf-in-front.pdf": _pdf("1") + HTML,
    "zip-and-html.zip": b"PK\x03\x04" + bytes(26) + HTML,
    "mp4-and-html.mp4": _mp4(HTML),
    "wav-and-html.wav": _riff(b"WAVE", HTML),
    "webp-and-html.webp": _riff(b"WEBP", HTML),
    "mp3-and-html.mp3": b"ID3\x03\0\0\0\0\0\x21" + HTML,
    "zeros.html": bytes(600) + HTML,
    "page.mht": b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + HTML,
}  # fmt: skip
"""Opened as pages."""

SCRIPTS: Final[dict[str, bytes]] = {
    "plain.js": f"{FIRE}//".encode(),
    "gif-and-js.gif": b"GIF89a/*\x01\x00\x80\x00\x00\xff\xff\xff*/=1;alert(document.domain)//;",
    "bmp-and-js.bmp": b"BM/*" + bytes(range(1, 40)).replace(b"*", b"-") + b"*/=1;alert(document.domain)//",
    "jpeg-and-js.jpg": b"\xff\xd8\xff\xe0/*" + b"\x01" * 20 + b"*/=1;alert(document.domain)/*\xff\xd9*/",
    "wav-and-js.wav": b"RIFF/**/WAVE=1;alert(document.domain)//",
    "webp-and-js.webp": b"RIFF/**/WEBP=1;alert(document.domain)//",
    "pdf-and-js.pdf": b"%PDF-1.7=1",
    "html-and-js.html": b"<!-- x\nalert(document.domain)\n//--><html>",
    "data.json": b"alert(document.domain)",
}
"""Loaded as scripts, from a page of the site's own."""

PDF_SCRIPT: Final = _pdf("app.alert\\(1\\)")

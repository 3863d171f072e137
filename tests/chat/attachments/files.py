"""Files of every kind, made here: real ones, and those of people who mean harm."""

import io
import struct
import zipfile
import zlib
from typing import Any

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

ORIENTATION, GPS_IFD = 0x0112, 0x8825


def picture(
    kind: str = "PNG", size: tuple[int, int] = (64, 48), colour: object = (200, 30, 30), mode: str = "RGB", **more: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, kind, **more)  # type: ignore[arg-type]
    return out.getvalue()


def photograph(size: tuple[int, int] = (80, 40)) -> bytes:
    """A JPEG held sideways, by a camera that notes where it is: its left half red, its right half blue."""
    image = Image.new("RGB", size, "red")
    image.paste(Image.new("RGB", (size[0] // 2, size[1]), "blue"), (size[0] // 2, 0))
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010F] = "SECRET CAMERA"
    exif.get_ifd(GPS_IFD)[1] = "N"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95, comment=b"SECRET COMMENT")
    return out.getvalue()


def moving() -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG that states a size, and holds as many black pixels in a few kilobytes."""
    packer = zlib.compressobj(9)
    row = b"\x00" * (width // 8 + 2)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def pdf(*pages: str, password: str = "", owner_only: bool = False) -> bytes:
    """Each page with one line of text; an empty one has none. ``owner_only``: locked against printing, and open to be read."""
    writer = PdfWriter()
    font = DictionaryObject(
        {NameObject(f"/{key}"): NameObject(f"/{value}") for key, value in (("Type", "Font"), ("Subtype", "Type1"), ("BaseFont", "Helvetica"))}
    )  # fmt: skip
    for text in pages:
        page = writer.add_blank_page(300, 200)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode() if text else b"0 0 100 100 re f")
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password:
        writer.encrypt("" if owner_only else password, password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def packed(parts: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
TYPES = {"[Content_Types].xml": "<Types/>"}


def rels(**targets: str) -> str:
    rows = "".join(f'<Relationship Id="{key}" Target="{target}"/>' for key, target in targets.items())
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'


def docx(body: str = "", head: str = "", **more: str | bytes) -> bytes:
    body = body or (
        '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Lizards</w:t></w:r></w:p>'
        "<w:p><w:r><w:t>They </w:t></w:r><w:r><w:t>bask.</w:t></w:r><w:r><w:tab/><w:t>Often.</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>name</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>age</w:t></w:r></w:p></w:tc></w:tr>"
        "<w:tr><w:tc><w:p><w:r><w:t>Rex</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>7</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    document = f"{head}<w:document {W}><w:body>{body}</w:body></w:document>"
    return packed({**TYPES, "word/document.xml": document, **more})


def xlsx() -> bytes:
    """Two sheets out of order, with shared and own texts, a date, a time and a formula's value."""
    book = (
        f'<workbook {S} {R}><sheets><sheet name="Prices" r:id="b"/><sheet name="Notes" r:id="a"/></sheets></workbook>'
    )
    strings = f"<sst {S}><si><t>item</t></si><si><r><t>co</t></r><r><t>st</t></r></si><si><t>tail</t><rPh><t>TEIRU</t></rPh></si></sst>"
    styles = f'<styleSheet {S}><numFmts><numFmt numFmtId="164" formatCode="hh:mm"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs></styleSheet>'
    prices = (
        f'<worksheet {S}><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>crickets</t></is></c><c r="B2" s="1"><v>45000</v></c><c r="C2"><f>1+1</f><v>2</v></c>'
        '<c r="D2" s="2"><v>0.5</v></c><c r="E2" t="b"><v>1</v></c></row></sheetData></worksheet>'
    )
    notes = f'<worksheet {S}><sheetData><row r="1"><c r="A1" t="s"><v>2</v></c></row></sheetData></worksheet>'
    return packed(
        {
            **TYPES, "xl/workbook.xml": book, "xl/_rels/workbook.xml.rels": rels(a="worksheets/one.xml", b="/xl/worksheets/two.xml"),
            "xl/sharedStrings.xml": strings, "xl/styles.xml": styles, "xl/worksheets/one.xml": notes, "xl/worksheets/two.xml": prices,
        }
    )  # fmt: skip


def pptx() -> bytes:
    show = f'<p:presentation {P} {R}><p:sldIdLst><p:sldId id="1" r:id="second"/><p:sldId id="2" r:id="first"/></p:sldIdLst></p:presentation>'
    slide = f"<p:sld {P} {A}><a:p><a:r><a:t>%s</a:t></a:r></a:p></p:sld>"
    return packed(
        {
            **TYPES, "ppt/presentation.xml": show, "ppt/_rels/presentation.xml.rels": rels(first="slides/slide1.xml", second="slides/slide2.xml"),
            "ppt/slides/slide1.xml": slide % "The end", "ppt/slides/slide2.xml": slide % "Welcome",
            "ppt/slides/_rels/slide2.xml.rels": rels(n="../notesSlides/notesSlide1.xml"), "ppt/notesSlides/notesSlide1.xml": slide % "Smile",
        }
    )  # fmt: skip


OPEN = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
)


def open_document(kind: str, body: str, **more: str | bytes) -> bytes:
    content = f"<office:document-content {OPEN}><office:body>{body}</office:body></office:document-content>"
    return packed({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content, **more})


def odt() -> bytes:
    return open_document(
        "text",
        '<text:h>Lizards</text:h><text:p>They <text:span>bask</text:span><text:s text:c="3"/>a lot.<text:line-break/>Yes.</text:p>',
    )


def ods() -> bytes:
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    rows = "".join(
        f"<table:table-row>{''.join(row)}</table:table-row>"
        for row in (
            [cell.format("", "a"), cell.format("", "b")],
            [
                cell.format(' table:number-columns-repeated="3"', "x"),
                "<table:table-cell table:number-columns-repeated='16000'/>",
            ],
        )
    )
    return open_document("spreadsheet", f'<table:table table:name="Food">{rows}</table:table>')


def odp() -> bytes:
    return open_document(
        "presentation", "<draw:page><text:p>Welcome</text:p></draw:page><draw:page><text:p>The end</text:p></draw:page>"
    )


RTF = rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator Secret 1;}\f0\b Lizards\b0\par They caf\'e9 \u9786? bask.\par}"

LAUGHS = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE w [<!ENTITY a SYSTEM "file:///etc/passwd">]>'

"""Contents of every kind, made here: real ones, and those of people who mean harm."""

import io
import math
import struct
import tarfile
import wave
import zipfile
import zlib

from PIL import Image, PngImagePlugin

SECRETS = (b"SECRET-SERIAL", b"SECRET-OWNER", b"SECRET-PLACE", b"SECRET-TRAIL")
"""Must be in no copy for others."""

_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>SECRET-PLACE</rdf:RDF></x:xmpmeta>'


def noted(orientation: int = 6) -> Image.Exif:
    """What a camera and its programs write: maker, serial number, owner, place, a maker's own block."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F], exif[0x0110], exif[0x013B] = "Maker", "Model 1", "SECRET-OWNER"
    inner = exif.get_ifd(0x8769)
    inner[0x9003] = "2024:05:06 07:08:09"
    inner[0xA431] = "SECRET-SERIAL"
    inner[0x927C] = b"SECRET-SERIAL in the maker's block"
    place = exif.get_ifd(0x8825)
    place[1], place[2], place[3], place[4] = "N", (52.0, 31.0, 0.0), "E", (13.0, 24.0, 0.0)
    place[0x1D] = "SECRET-PLACE"
    return exif


def halves(size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Its left half red, its right half blue."""
    image = Image.new("RGB", size, "red")
    image.paste(Image.new("RGB", (size[0] // 2, size[1]), "blue"), (size[0] // 2, 0))
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def jpeg(**options: object) -> bytes:
    """With Exif, XMP, IPTC, a comment, an unknown block, and a second image with notes of its own behind its end."""
    plain = saved(halves(), "JPEG", exif=noted(), quality=95, comment=b"SECRET-OWNER", **options)
    xmp = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + _XMP)
    iptc = segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\x00\x00\x00\x00\x00\x0dSECRET-PLACE")
    unknown = segment(0xE5, b"SECRET-SERIAL")
    return plain[:2] + xmp + iptc + unknown + plain[2:] + plain + b"SECRET-TRAIL"


def png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "SECRET-OWNER")
    texts.add_itxt("XML:com.adobe.xmp", _XMP.decode(), zip=False)
    data = saved(halves(), "PNG", exif=noted(), pnginfo=texts)
    body = b"prVt" + b"SECRET-SERIAL"
    own = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    at = data.index(b"IEND") - 4
    return data[:at] + own + data[at:] + b"SECRET-TRAIL"


def webp(*, moving: bool = False) -> bytes:
    more: dict[str, object] = (
        {"save_all": True, "append_images": [Image.new("RGB", (80, 40), "green")]} if moving else {}
    )
    return saved(halves(), "WEBP", exif=noted(), xmp=_XMP, lossless=True, **more) + b"SECRET-TRAIL"


def gif() -> bytes:
    frames = [Image.new("P", (20, 20), colour) for colour in (1, 2, 3)]
    data = saved(
        frames[0], "GIF", save_all=True, append_images=frames[1:], loop=0, comment=b"SECRET-OWNER", duration=70
    )
    xmp = b"\x21\xff\x0bXMP DataXMP\x0cSECRET-PLACE\x00"
    return data[:-1] + xmp + b"\x3bSECRET-TRAIL"


def tiff() -> bytes:
    exif = noted()
    exif[0x02BC] = _XMP
    return saved(halves(), "TIFF", exif=exif, save_all=True, append_images=[Image.new("RGB", (30, 30), "green")])


def avif() -> bytes:
    return saved(halves(), "AVIF", exif=noted(), xmp=_XMP, quality=95)


def tone(seconds: float = 2.0, rate: int = 8_000) -> bytes:
    """Silent in its first half, loud in its second."""
    count = int(seconds * rate)
    loud = [int(20_000 * math.sin(at / 5)) if at > count / 2 else 0 for at in range(count)]
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{count}h", *loud))
    return out.getvalue()


def packed(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in names.items():
            file.writestr(name, data)
    return out.getvalue()


def tarred(names: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:  # type: ignore[call-overload]
        for name, data in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(link)
    return out.getvalue()

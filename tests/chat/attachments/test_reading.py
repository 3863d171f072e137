"""Files of every kind, read by the child process as on the site."""

import io
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from meatlizard.errors import Invalid, LimitReached
from meatlizard.reading import conversion
from meatlizard.reading.conversion import clean_name, converted
from meatlizard.reading.found import MAX_TEXT
from tests.chat.attachments import files


def text_of(data: bytes, **more: object) -> str:
    with converted([data], **more) as found:  # type: ignore[arg-type]
        assert found.kind == "document"
        return found.text


def image_of(data: bytes) -> tuple[Image.Image, bytes, str]:
    with converted([data]) as found:
        assert found.kind == "image"
        assert found.thumbnail is not None
        with Image.open(found.thumbnail) as small:
            assert max(small.size) <= 320
        kept = found.file.read_bytes()
        image = Image.open(io.BytesIO(kept))
        image.load()
        assert (found.width, found.height) == image.size
        return image, kept, found.media_type


def refused(data: bytes, code: str, **more: object) -> str:
    with pytest.raises(Invalid) as caught, converted([data], **more):  # type: ignore[arg-type]
        pass
    assert caught.value.code == code, caught.value.message
    return caught.value.message


# images -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "kept"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/jpeg"), ("GIF", "image/png")]
)
def test_images_are_written_anew(kind: str, kept: str) -> None:
    image, data, media_type = image_of(files.picture(kind))
    assert media_type == kept
    assert image.size == (64, 48)
    red = image.convert("RGB").getpixel((30, 20))
    assert all(abs(one - wanted) < 12 for one, wanted in zip(red, (200, 30, 30), strict=True))  # type: ignore[arg-type]
    assert data != files.picture(kind)


def test_a_photograph_stands_upright_and_tells_nothing_of_its_camera() -> None:
    data = files.photograph()
    assert b"SECRET CAMERA" in data
    image, kept, _ = image_of(data)
    assert image.size == (40, 80), "turned as it was held"
    red, blue = image.getpixel((20, 10)), image.getpixel((20, 70))
    assert red[0] > 200 > 60 > red[2]  # type: ignore[index]
    assert blue[2] > 200 > 60 > blue[0]  # type: ignore[index]
    assert not image.getexif()
    assert b"SECRET" not in kept
    assert b"Exif" not in kept


def test_of_a_moving_image_the_first_frame_is_kept() -> None:
    image, _, media_type = image_of(files.moving())
    assert media_type == "image/png"
    assert getattr(image, "n_frames", 1) == 1
    assert image.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_large_images_are_made_smaller_and_see_through_ones_stay_so() -> None:
    assert image_of(files.picture("JPEG", (4000, 2000)))[0].size == (1600, 800)
    image, _, media_type = image_of(files.picture("PNG", (40, 40), (0, 0, 0, 0), "RGBA"))
    assert (media_type, image.mode) == ("image/png", "RGBA")


def test_a_photograph_of_a_phone() -> None:
    heif = pytest.importorskip("pi_heif")
    if "HEIF" not in Image.SAVE:
        # The library that is installed only reads: what it reads is tested with a file of its own making where there is one.
        assert heif.libheif_version()
        refused(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 400, "image_unreadable")
        return
    assert image_of(files.picture("HEIF"))[0].size == (64, 48)


def test_a_bomb_of_pixels_is_refused_before_it_unpacks() -> None:
    data = files.png_of(20_000, 20_000)
    assert len(data) < 200_000
    assert "64 million pixels" in refused(data, "too_many_pixels")


def test_what_no_one_could_look_at_is_refused() -> None:
    refused(files.picture("PNG", (3_000, 10)), "too_thin")


# documents --------------------------------------------------------------------------------------------------------------


def test_pages_of_a_pdf_are_marked() -> None:
    text = text_of(files.pdf("Lizards bask.", "", "They run."))
    assert text == "[page 1]\nLizards bask.\n\n[page 2]\n\n\n[page 3]\nThey run.\n\n"


def test_a_locked_pdf_is_refused_and_one_locked_against_printing_is_read() -> None:
    assert "password" in refused(files.pdf("secret", password="lizard"), "encrypted")
    assert "open" in text_of(files.pdf("open", password="lizard", owner_only=True))


def test_a_scanned_pdf_says_so() -> None:
    assert "pictures" in refused(files.pdf("", ""), "scanned")


def test_office_documents() -> None:
    assert text_of(files.docx()) == "# Lizards\nThey bask.\tOften.\nname\tage\nRex\t7\n"
    assert (
        text_of(files.xlsx())
        == "[sheet Prices]\nitem\t\tcost\ncrickets\t2023-03-15\t2\t12:00:00\tTRUE\n\n[sheet Notes]\ntail\n"
    )
    assert text_of(files.pptx()) == "[slide 1]\nWelcome\n[notes]\nSmile\n\n[slide 2]\nThe end\n"
    assert text_of(files.odt()) == "# Lizards\nThey bask   a lot.\nYes.\n"
    assert text_of(files.ods()) == "[table Food]\na\tb\nx\tx\tx\n"
    assert text_of(files.odp()) == "[slide 1]\nWelcome\n[slide 2]\nThe end\n"
    assert text_of(files.RTF) == "Lizards\nThey café ☺ bask.\n"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Grüße, 世界"), ("utf-8-sig", "Grüße"), ("utf-16", "Grüße, 世界"), ("utf-32", "Grüße"),
        ("cp1252", "Die Echse liegt auf dem heißen Stein und genießt die schöne Sonne über Köln. " * 5),
        ("shift_jis", "トカゲは暖かい石の上で日光浴をしています。とても気持ちがいいです。" * 5),
        ("koi8_r", "Ящерица греется на тёплом камне и наслаждается солнечным светом. " * 5),
    ],
)  # fmt: skip
def test_text_in_the_encodings_of_the_world(encoding: str, text: str) -> None:
    assert text_of(text.encode(encoding)).strip() == text.strip()


def test_lines_end_in_one_way_and_controls_are_gone() -> None:
    assert text_of(b"a\r\nb\rc\x1b[0m\td" + b" words" * 100).startswith("a\nb\nc[0m\td")


def test_text_that_is_too_long_is_cut_and_says_so() -> None:
    with converted([b"word " * 50_000]) as found:
        assert len(found.text) == MAX_TEXT
        assert found.cut == "Only the first 100,000 characters are read."


def test_a_page_of_the_web_is_read_without_its_decoration() -> None:
    body = "<p>They bask on stones. </p>" * 20
    page = (
        f"<html><head><title>All of  lizards</title><style>p{{}}</style></head><body><nav>Home</nav><main><h1>Lizards</h1>{body}"
        "<ul><li>one<li>two</ul><pre>a  b\n c</pre><script>alert(1)</script></main><footer>Imprint</footer></body></html>"
    )
    with converted([page.encode()], page=True) as found:
        assert found.title == "All of lizards"
        assert found.text.startswith("# Lizards\n\nThey bask")
        assert "- one\n- two" in found.text
        assert "a  b\n" in found.text
        for silent in ("Home", "Imprint", "alert", "p{"):
            assert silent not in found.text


def test_a_page_in_the_encoding_that_it_or_its_server_names() -> None:
    body = "<p>Größe " * 60
    assert "Größe" in text_of(f'<meta charset="iso-8859-1">{body}'.encode("latin-1"), page=True)
    assert "Größe" in text_of(body.encode("cp1252"), page=True, charset="windows-1252")
    assert "Größe" in text_of(body.encode(), page=True, charset="no-such-thing")


# what is refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"), (b"   \n\t ", "empty"),
        (b"\x7fELF" + bytes(range(256)) * 4, "binary"), (bytes(range(256)) * 20, "binary"),
        (b"ID3" + bytes(range(256)), "binary"), (b"\x00\x00\x00\x18ftypisom" + bytes(200), "binary"),
        (b"\x1f\x8b\x08\x00" + bytes(range(256)), "binary"), (b"BM" + bytes(100), "binary"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old_office"),
        (files.packed({"a.txt": "x"}), "archive"),
        (files.packed({"mimetype": "application/epub+zip"}), "other_document"),
        (files.docx("<w:p/>"), "no_text"),
        (files.open_document("text", "", **{"META-INF/manifest.xml": "<manifest:encryption-data/>"}), "encrypted"),
        (b"%PDF-1.7 and then nothing", "pdf_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, "image_unreadable"),
        (b"{\\rtf1 }", "no_text"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(data: bytes, code: str) -> None:
    assert refused(data, code)


def test_bombs_are_refused() -> None:
    zeros = files.docx("", **{"word/document.xml": b"<w>" + b" " * 100_000_000})
    assert len(zeros) < 200_000
    refused(zeros, "bomb")
    many = files.packed({**{f"{number}": "" for number in range(6_000)}, "word/document.xml": "<w/>"})
    refused(many, "bomb")
    refused(files.docx(head=files.LAUGHS, body="<w:p><w:r><w:t>&b;</w:t></w:r></w:p>"), "office_unreadable")
    refused(files.docx(head=files.OUTSIDE, body="<w:p><w:r><w:t>&a;</w:t></w:r></w:p>"), "office_unreadable")
    refused(files.docx("<w:r>" * 5_000 + "</w:r>" * 5_000), "office_unreadable")


WHOLE: dict[str, Callable[[], bytes]] = {
    "png": lambda: files.picture("PNG", (300, 200)), "jpeg": files.photograph, "webp": lambda: files.picture("WEBP"), "gif": files.moving,
    "pdf": lambda: files.pdf("one", "two"), "docx": files.docx, "xlsx": files.xlsx, "odt": files.odt,
}  # fmt: skip


@pytest.mark.parametrize("kind", WHOLE)
def test_cut_off_anywhere_a_file_is_read_or_refused_and_nothing_else(kind: str) -> None:
    whole = WHOLE[kind]()
    for part in range(1, 8):
        try:
            with converted([whole[: len(whole) * part // 8]]) as found:
                assert found.text or found.kind == "image"
        except Invalid as error:
            assert error.code != "too_much", f"the child died at {part}/8 of {kind}"


def test_a_file_of_two_kinds_is_kept_as_one() -> None:
    script = b"<script>alert(1)</script><html>"
    image, kept, _ = image_of(files.picture("GIF") + script)
    assert image.size == (64, 48)
    assert b"script" not in kept
    assert b"script" not in image_of(files.picture("PNG") + files.packed({"evil.html": script}))[1]


def test_drawings_that_run_scripts_are_text() -> None:
    with converted(
        [b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>']
    ) as found:
        assert (found.kind, found.media_type) == ("document", "text/plain")


def test_a_child_that_dies_is_an_answer_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(conversion, "SECONDS", 0.001)
    assert refused(b"text", "too_much")
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_a_few_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_turn", threading.BoundedSemaphore(1))
    monkeypatch.setattr(conversion, "WAIT_SECONDS", 0.01)
    assert conversion._turn.acquire(timeout=1)
    with pytest.raises(LimitReached), converted([b"text"]):
        pass
    conversion._turn.release()
    assert text_of(b"text") == "text"


# names ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("report.pdf", "report.pdf"), ("../../etc/passwd", "passwd"), ("C:\\windows\\x.txt", "x.txt"), ("a\r\nSet-Cookie: x", "a Set-Cookie_ x"),
        ("evil\u202egnp.exe", "evilgnp.exe"), ("\u2066a\u2069\u200b.txt", "a.txt"), ("", "file"), ("...", "file"), ("/", "file"),
        ('a"b<c>|`d', "a_b_c___d"), ("  two   words ", "two words"), ("x" * 300 + ".docx", "x" * 195 + ".docx"), ("\x00\ud800n", "n"),
        ("e\u0301", "\u00e9"),
    ],
)  # fmt: skip
def test_names_say_what_they_seem_to_say(given: str, kept: str) -> None:
    assert clean_name(given) == kept.replace("Set-Cookie_", "Set-Cookie:")

"""What is made of contents: by a real child process, of real files and of hostile ones."""

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from files.previews import kinds, workshop
from meatlizard.reading.found import Unreadable
from tests.chat.attachments.files import png_of
from tests.files.previews import contents

SEEN = 0x0112
WITH_FFMPEG = pytest.mark.skipif(not workshop.programs(), reason="ffmpeg is not installed")


def make(what: str, data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    with workshop.made(what, io.BytesIO(data)) as made:
        return made.found, {
            path.name: path.read_bytes() for path in made.folder.iterdir() if path.name != "result.json"
        }


def refusal(what: str, data: bytes) -> str:
    with pytest.raises(Unreadable) as refused:
        make(what, data)
    return refused.value.code


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_photograph_is_made_small_upright_and_without_its_notes() -> None:
    found, files = make("picture", contents.jpeg())
    assert (found["width"], found["height"]) == (40, 80)
    assert found["facts"]["camera"] == "Maker Model 1" and found["facts"]["located"]
    assert found["facts"]["taken"] == "2024:05:06 07:08:09"
    small = opened(files["small.webp"])
    assert small.format == "WEBP" and small.size == (40, 80) and not dict(small.getexif())
    # Turned: what was to its left is on top now.
    assert small.convert("RGB").getpixel((20, 10))[0] > 200 and small.convert("RGB").getpixel((20, 70))[2] > 200  # type: ignore[index]
    assert set(found["files"]) == set(files) and all(found["files"][name] == len(data) for name, data in files.items())
    assert not any(secret in data for secret in contents.SECRETS for data in files.values())


def test_a_large_picture_comes_in_two_sizes() -> None:
    found, files = make("picture", contents.saved(contents.halves((2_400, 1_200)), "PNG"))
    assert (found["width"], found["height"]) == (2_400, 1_200)
    assert opened(files["large.webp"]).size == (1_600, 800) and opened(files["small.webp"]).size == (320, 160)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "GIF", "ICO", "AVIF"])
def test_other_images_are_shown_too(kind: str) -> None:
    _found, files = make("picture", contents.saved(contents.halves((64, 64)), kind))
    assert opened(files["small.webp"]).format == "WEBP"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_of(40_000, 40_000), "too_many_pixels"),
        (png_of(60_000, 2), "too_thin"),
        (contents.jpeg()[:300], "image_unreadable"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 60, "image_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image_unreadable"),
        (b"", "empty"),
    ],
    ids=["bomb", "thin", "truncated", "lying", "no-raster", "empty"],
)
def test_what_is_no_picture_within_bounds_is_refused(data: bytes, code: str) -> None:
    assert refusal("picture", data) == code


EVERY = {
    "jpeg": (contents.jpeg, "image/jpeg"), "progressive": (lambda: contents.jpeg(progressive=True), "image/jpeg"),
    "png": (contents.png, "image/png"), "webp": (contents.webp, "image/webp"),
    "moving": (lambda: contents.webp(moving=True), "image/webp"), "gif": (contents.gif, "image/gif"),
    "tiff": (contents.tiff, "image/tiff"), "avif": (contents.avif, "image/jpeg"),
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
def test_a_copy_for_others_says_nothing_of_place_and_serial_numbers(name: str) -> None:
    build, media_type = EVERY[name]
    data = build()
    found, files = make("bare", data)
    bare = files["bare"]
    assert found == {"media_type": media_type}
    assert not [secret for secret in contents.SECRETS if secret in bare]
    image, original = opened(bare), opened(data)
    exif = image.getexif()
    assert not exif.get_ifd(0x8825) and not exif.get_ifd(0x8769)
    if media_type != "image/tiff":
        assert set(exif) <= {SEEN}
    assert not image.info.get("xmp") and not image.info.get("comment") and not getattr(image, "text", {})
    assert getattr(image, "n_frames", 1) == (getattr(original, "n_frames", 1) if original.format != "MPO" else 1)


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png", "webp", "gif"])
def test_not_one_pixel_of_it_changes_and_it_stays_upright(name: str) -> None:
    data = EVERY[name][0]()
    bare = opened(make("bare", data)[1]["bare"])
    original = opened(data)
    assert bare.convert("RGB").tobytes() == original.convert("RGB").tobytes()
    assert bare.getexif().get(SEEN, 1) == original.getexif().get(SEEN, 1)
    assert bare.info.get("duration") == original.info.get("duration")


def test_what_says_nothing_stays_as_it_is() -> None:
    plain = contents.saved(contents.halves(), "PNG")
    assert make("bare", plain)[1]["bare"] == plain


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_cut_off_anywhere_nothing_secret_comes_out(name: str, share: float) -> None:
    data = EVERY[name][0]()
    try:
        bare = make("bare", data[: int(len(data) * share)])[1]["bare"]
    except Unreadable as refused:
        assert refused.code in ("image_unreadable", "empty")
    else:
        assert not [secret for secret in contents.SECRETS if secret in bare]


def test_archives_are_listed_and_what_leads_astray_is_marked() -> None:
    names = {
        "docs/": b"",
        "docs/a.txt": b"a" * 100,
        "../../etc/cron.d/x": b"x",
        "C:\\evil.exe": b"",
        "gpj.\u202eexe": b"",
    }
    found, files = make("archive", contents.packed(names))
    assert not files
    flags = {name: flags for name, _size, flags in found["facts"]["entries"]}
    assert flags == {
        "docs/": "d",
        "docs/a.txt": "",
        "../../etc/cron.d/x": "u",
        "C:\\evil.exe": "u",
        "gpj.\\u202eexe": "u",
    }
    assert found["facts"]["count"] == 5 and found["facts"]["unpacked"] == 101


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar_files_are_listed_however_they_are_packed(mode: str) -> None:
    found, _files = make("archive", contents.tarred({"a.txt": b"abc", "/etc/passwd": b""}, mode))
    assert found["facts"]["entries"] == [["a.txt", 3, ""], ["/etc/passwd", 0, "u"], ["link", 0, "l"]]


def test_archives_that_mean_harm_are_refused_in_time() -> None:
    many = contents.packed({f"{number}.txt": b"" for number in range(2_500)})
    found, _files = make("archive", many)
    assert len(found["facts"]["entries"]) == 2_000 and found["facts"]["count"] == 2_500 and found["facts"]["more"]
    assert refusal("archive", many[:-30]) == "archive_unreadable"
    assert refusal("archive", b"\x1f\x8b\x08\x00garbage") == "archive_unreadable"
    assert refusal("archive", b"no archive at all") == "archive_unreadable"


@WITH_FFMPEG
def test_a_recording_shows_where_it_is_loud() -> None:
    found, _files = make("recording", contents.tone())
    peaks = found["facts"]["peaks"]
    assert 1.9 < found["duration"] < 2.1
    assert max(peaks[: len(peaks) // 3]) < 10 and min(peaks[-len(peaks) // 4 :]) > 80


@WITH_FFMPEG
@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/secret.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile /etc/passwd\n",
        "<?xml version='1.0'?><MPD><Period><AdaptationSet/></Period></MPD>",
    ],
    ids=["hls", "concat", "dash"],
)
def test_lists_that_lead_elsewhere_are_no_recordings(text: str) -> None:
    assert refusal("recording", text.encode()) == "recording_unreadable"
    assert refusal("video", text.encode()) == "recording_unreadable"


@WITH_FFMPEG
def test_damaged_recordings_are_refused() -> None:
    assert refusal("recording", contents.tone()[:20]) == "recording_unreadable"
    assert refusal("video", contents.tone()) == "recording_unreadable"


def test_without_ffmpeg_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert refusal("recording", contents.tone()) == "no_ffmpeg"


def test_a_file_is_looked_at_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    path.write_bytes(contents.saved(contents.halves(), "PNG"))
    with workshop.made("picture", path) as made:
        assert made.found["width"] == 80
    assert path.exists()


@pytest.mark.parametrize(
    ("media_type", "name", "kind"),
    [
        ("image/png", "a.pdf", "picture"), ("image/svg+xml", "a.svg", "text"), ("text/plain", "README.md", "markdown"),
        ("text/x-python", "a.py", "text"), ("application/x-tar", "a", "archive"), ("video/mp4", "", "video"),
        ("application/vnd.oasis.opendocument.text", "", "document"), ("application/octet-stream", "a.png", "none"),
        ("text/html; charset=utf-8", "a.html", "text"), ("audio/flac", "", "recording"),
    ],
)  # fmt: skip
def test_what_it_is_decides_and_not_its_name(media_type: str, name: str, kind: str) -> None:
    assert kinds.of(media_type, name) == kind

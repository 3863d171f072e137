"""Forms in parts, as programs and as enemies send them."""

import random
import tracemalloc

import pytest

from files.doors.multipart import MAX_FIELD, MAX_PARTS, Field, FileBegins, FileEnds, Form, Found, boundary_of
from meatlizard.errors import AppError, Invalid, LimitReached

BOUNDARY = b"----------c7f1"


def part(disposition: bytes, body: bytes, *more: bytes) -> bytes:
    head = b"\r\n".join((b"Content-Disposition: form-data; " + disposition, *more))
    return b"--" + BOUNDARY + b"\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


END = b"--" + BOUNDARY + b"--\r\n"


def read(body: bytes, piece: int = 1 << 16) -> list[Found]:
    form = Form(BOUNDARY)
    found = [one for at in range(0, len(body), piece) for one in form.feed(body[at : at + piece])]
    form.finish()
    return found


def files(found: list[Found]) -> dict[str, bytes]:
    told: dict[str, bytes] = {}
    name = ""
    for one in found:
        if isinstance(one, FileBegins):
            name = one.filename
            told[name] = b""
        elif isinstance(one, bytes):
            told[name] += one
    return told


@pytest.mark.parametrize("piece", [1, 2, 7, 64, 1 << 16])
def test_what_was_sent_comes_out_however_it_was_cut(piece: int) -> None:
    content = b"\r\n--" + BOUNDARY[:-1] + b"\r\n-" + random.Random(1).randbytes(3_000) + b"\r\n--\r\n"
    body = (
        part(b'name="folder"', "Grüße".encode())
        + part(b'name="file"; filename="a.bin"', content, b"Content-Type: image/png")
        + part(b'name="other"; filename=""', b"")
        + END
    )
    found = read(body, piece)
    assert found[0] == Field("folder", "Grüße")
    assert files(found) == {"a.bin": content, "": b""}
    assert sum(isinstance(one, FileEnds) for one in found) == 2


@pytest.mark.parametrize(
    "told", ["", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", f"multipart/form-data; boundary={'x' * 300}",
             "multipart/mixed; boundary=x", "application/x-www-form-urlencoded; boundary=x"],
)  # fmt: skip
def test_without_a_usable_boundary_there_is_no_form(told: str) -> None:
    with pytest.raises(Invalid):
        boundary_of(told)


def test_a_boundary_may_be_quoted() -> None:
    assert boundary_of('Multipart/Form-Data; charset=utf-8; boundary="a b"') == b"a b"


WHOLE = part(b'name="file"; filename="a"', b"content") + END


@pytest.mark.parametrize("length", range(len(WHOLE) - 2))
def test_a_form_that_breaks_off_anywhere_is_not_whole(length: int) -> None:
    with pytest.raises(Invalid):
        read(WHOLE[:length])


@pytest.mark.parametrize(
    "body",
    [
        b"no form at all",
        b"--other\r\n\r\n" + END,
        b"--" + BOUNDARY + b"\r\nContent-Type: text/plain\r\n\r\nx\r\n" + END,
        b"--" + BOUNDARY + b"\r\nContent-Disposition: attachment; filename=x\r\n\r\nx\r\n" + END,
        b"--" + BOUNDARY + b"\r\n" + b"A" * 5_000 + b": b\r\n\r\nx\r\n" + END,
        b"--" + BOUNDARY + b"\r\nX: " + b"b" * 5_000 + b"\r\n\r\nx\r\n" + END,
        b"--" + BOUNDARY + b"\r\n" + b"".join(b"X-%d: b\r\n" % number for number in range(100)) + b"\r\nx\r\n" + END,
        b"--" + BOUNDARY + b"\r\n\x00\x01: b\r\n\r\nx\r\n" + END,
        part(b'name="x"', b"y" * (MAX_FIELD + 1)) + END,
    ],
)
def test_what_is_none_or_too_much_is_refused(body: bytes) -> None:
    for piece in (1, 1 << 16):
        with pytest.raises(AppError):
            read(body, piece)


def test_ten_thousand_parts_are_refused_and_held_nowhere() -> None:
    body = b"".join(part(b'name="f"; filename="%d"' % number, b"") for number in range(10_000)) + END
    tracemalloc.start()
    try:
        with pytest.raises(LimitReached):
            read(body)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert (
        len(list(read(b"".join(part(b'name="f"; filename="a"', b"") for _ in range(MAX_PARTS)) + END))) == 2 * MAX_PARTS
    )


def test_many_fields_are_refused() -> None:
    with pytest.raises(LimitReached):
        read(b"".join(part(b'name="f"', b"1") for _ in range(200)) + END)


def test_a_large_file_is_held_nowhere() -> None:
    form = Form(BOUNDARY)
    list(form.feed(WHOLE[: WHOLE.index(b"content")]))
    piece = b"\r\n--" * 16_000
    tracemalloc.start()
    try:
        for _number in range(200):
            for _one in form.feed(piece):
                pass
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_a_name_is_given_as_it_was_sent() -> None:
    sent = [b"../../etc/passwd", b"C:\\\\Users\\\\a.txt", b'a\\"b.txt', "Grüße\u202egpj.exe".encode(), b"\xff\xfe"]
    names = [
        one.filename
        for name in sent
        for one in read(part(b'name="f"; filename="' + name + b'"', b"x") + END)
        if isinstance(one, FileBegins)
    ]
    assert names == ["../../etc/passwd", "a.txt", 'a"b.txt', "Grüße\u202egpj.exe", "\ufffd\ufffd"]

"""The pure half beside a real nginx: whatever is asked of a file, both answer the same, but for the ETag's letters and an error's text."""

import http.client
import os
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from files.serving import answers, dates, ranges
from files.serving.answers import Content, Refused
from tests.services.nginx import nginx_server
from tests.services.programs import free_port, new_folder

SIZE: Final = 1_000
MODIFIED: Final = 1_700_000_000
ETAG: Final = '"7c9f'+ "0" * 60 + '"'  # fmt: skip
Asked = Sequence[tuple[str, str]]
"""Headers; ``{etag}`` stands for the ETag of whoever is asked."""

INSIDE = """
access_log off;
keepalive_requests 1000000;
types {{ application/octet-stream bin; }}
server {{
    listen 127.0.0.1:{port};
    root {root};
    max_ranges {most};
}}
"""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Oracle:
    """One kept connection to an nginx with files of SIZE bytes and of none."""

    def __init__(self, port: int, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.etags = {name: str(self._ask("HEAD", name, []).headers["ETag"]) for name in contents}

    def reply(self, name: str, asked: Asked, method: str = "GET") -> Reply:
        response = self._ask(method, name, [(key, value.replace("{etag}", self.etags[name])) for key, value in asked])
        return comparable(
            response.status,
            response.getheaders(),
            response.read() if not response.isclosed() else b"",
            self.etags[name],
        )

    def _ask(self, method: str, name: str, headers: Asked) -> http.client.HTTPResponse:
        self._link.putrequest(method, f"/{name}", skip_accept_encoding=True)
        for key, value in headers:
            self._link.putheader(key, value.encode("latin-1"))
        self._link.endheaders()
        response = self._link.getresponse()
        if method == "HEAD" or response.status == 412:
            response.read()
        if response.status == 412:
            # nginx announces that the connection is kept, and closes it.
            self._link.close()
        return response


def comparable(status: int, headers: Sequence[tuple[str, str]], body: bytes, etag: str) -> Reply:
    """Without what is nobody's answer (server, date, connection), and with one name for the ETag and for the boundary."""
    said = {name.lower(): value for name, value in headers}
    kept = [(name.lower(), value) for name, value in headers if name.lower() not in ("server", "date", "connection")]
    if status >= 400:
        # Texts of errors are each server's own.
        kept = [
            (name, value)
            for name, value in kept
            if name not in ("content-type", "content-length", "allow", "x-content-type-options")
        ]
        body = b""
    kept = [(name, value.replace(etag, "{etag}")) for name, value in kept]
    _kind, found, boundary = said.get("content-type", "").partition("boundary=")
    if found:
        assert len(boundary) == 20 and boundary.isdigit()
        kept = [(name, value.replace(boundary, "{boundary}")) for name, value in kept]
        body = body.replace(boundary.encode(), b"{boundary}")
    return Reply(status, tuple(kept), body)


def ours(content: bytes, asked: Asked, method: str = "GET", most: int = ranges.MOST_RANGES) -> Reply:
    raw = [(name.lower().encode(), value.replace("{etag}", ETAG).strip(" ").encode("latin-1")) for name, value in asked]
    about = Content(len(content), ETAG, MODIFIED, "application/octet-stream")
    try:
        found = answers.answer(answers.conditions(method, raw), about, head=method == "HEAD", most=most)
    except Refused as refused:
        found = answers.error(refused.status, refused.headers)
    body = b"".join(one if isinstance(one, bytes) else content[one.start : one.stop] for one in found.body)
    length = dict(found.headers).get(b"content-length")
    if method == "HEAD" or found.status == 304:
        body = b""
    else:
        assert length is not None and int(length) == len(body)
    return comparable(found.status, [(name.decode(), value.decode()) for name, value in found.headers], body, ETAG)


def contents() -> dict[str, bytes]:
    return {"full.bin": random.Random(8).randbytes(SIZE), "empty.bin": b"", "one.bin": b"x"}


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    root, port = new_folder("files"), free_port()
    for name, content in contents().items():
        put(root / name, content)
    with nginx_server(INSIDE.format(port=port, root=root, most=ranges.MOST_RANGES), port):
        yield Oracle(port, contents())


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, (MODIFIED, MODIFIED))


SAME: Final = dates.written(MODIFIED)
EARLIER, LATER = dates.written(MODIFIED - 1), dates.written(MODIFIED + 1)
RANGES: Final = [
    "bytes=0-99", "bytes=0-0", "bytes=999-999", "bytes=999-1000", "bytes=0-", "bytes=500-", "bytes=-1", "bytes=-1000",
    "bytes=-5000", "bytes=-0", "bytes=1000-", "bytes=1000-2000", "bytes=5-2", "bytes=0-999", "bytes=0-5000", "bytes=", "bytes",
    "bytes= 0-1", "bytes=0 - 1", "bytes=0-1 ", "bytes=0- 1", "bytes=- 1", "BYTES=0-1", "Bytes=0-1,3-4", "items=0-1", "bytes =0-1",
    "bytes=a-b", "bytes=--1", "bytes=1-2-3", "bytes=1", "bytes=0x1-2", "bytes=+1-2", "bytes=0-1,", "bytes=,0-1", "bytes=0-1,,3-4",
    "bytes=0-0,-1", "bytes=0-0,999-999", "bytes=0-9,5-14", "bytes=0-9,0-9", "bytes=900-,0-99", "bytes=-1,0-0,500-600", "bytes=0-0,2000-",
    "bytes=2000-,3000-", "bytes=0-600,400-999", "bytes=0-499,500-999", "bytes=0-499,500-999,0-0", "bytes=0-,-1",
    "bytes=9223372036854775807-", "bytes=9223372036854775808-", "bytes=0-9223372036854775807", "bytes=0-9223372036854775808",
    "bytes=-9223372036854775807", "bytes=0000000000000000000000000000001-2", "bytes=0-" + "9" * 4000, "bytes=1-1, 2-2 , 3-3",
    "bytes=" + ",".join(["0-0"] * ranges.MOST_RANGES), "bytes=" + ",".join(["0-0"] * (ranges.MOST_RANGES + 1)),
    "bytes=" + ",".join(["2000-"] * 200 + ["0-0"]), "bytes=" + ",".join(["0-0"] * (ranges.MOST_RANGES + 1)) + ",garbage",
]  # fmt: skip
CONDITIONS: Final[list[Asked]] = [
    [],
    [("If-None-Match", "{etag}")], [("If-None-Match", "W/{etag}")], [("If-None-Match", "*")], [("If-None-Match", '"other"')],
    [("If-None-Match", '"a", {etag}')], [("If-None-Match", '"a",W/{etag} , "b"')], [("If-None-Match", "{etag}x")],
    [("If-None-Match", "")], [("If-None-Match", "{etag} {etag}")], [("If-None-Match", '"a" {etag}')], [("If-None-Match", "*, {etag}")],
    [("If-None-Match", "w/{etag}")], [("If-None-Match", "W/")], [("If-None-Match", ",,{etag}")],
    [("If-Match", "{etag}")], [("If-Match", "W/{etag}")], [("If-Match", "*")], [("If-Match", '"other"')], [("If-Match", '"a", {etag}')],
    [("If-Match", "")],
    [("If-Modified-Since", SAME)], [("If-Modified-Since", EARLIER)], [("If-Modified-Since", LATER)], [("If-Modified-Since", "never")],
    [("If-Unmodified-Since", SAME)], [("If-Unmodified-Since", EARLIER)], [("If-Unmodified-Since", LATER)], [("If-Unmodified-Since", "x")],
    [("If-None-Match", "{etag}"), ("If-Modified-Since", SAME)], [("If-None-Match", "{etag}"), ("If-Modified-Since", EARLIER)],
    [("If-None-Match", '"other"'), ("If-Modified-Since", SAME)], [("If-Match", "{etag}"), ("If-Unmodified-Since", EARLIER)],
    [("If-Match", '"other"'), ("If-Unmodified-Since", SAME)], [("If-Match", "{etag}"), ("If-None-Match", "{etag}")],
    [("If-Match", '"other"'), ("If-None-Match", "{etag}")], [("If-Unmodified-Since", EARLIER), ("If-None-Match", "{etag}")],
    [("If-Range", "{etag}")], [("If-Range", "W/{etag}")], [("If-Range", '"other"')], [("If-Range", SAME)], [("If-Range", EARLIER)],
    [("If-Range", LATER)], [("If-Range", "")], [("If-Range", '"')], [("If-Range", "*")], [("If-Range", "{etag}, {etag}")],
    [("If-Range", "{etag}"), ("If-None-Match", "{etag}")], [("If-Range", '"other"'), ("If-Match", "{etag}")],
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", contents())
def test_every_range_is_answered_as_nginx_answers_it(oracle: Oracle, name: str, method: str) -> None:
    for value in RANGES:
        asked = [("Range", value)]
        assert ours(oracle.contents[name], asked, method) == oracle.reply(name, asked, method), value


@pytest.mark.parametrize("span", [None, "bytes=0-99", "bytes=1000-", "bytes=0-0,-1"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_condition_is_answered_as_nginx_answers_it(oracle: Oracle, method: str, span: str | None) -> None:
    for conditions in CONDITIONS:
        asked = [*conditions, *([("Range", span)] if span else [])]
        assert ours(oracle.contents["full.bin"], asked, method) == oracle.reply("full.bin", asked, method), asked


def test_methods_and_repeated_headers_as_nginx(oracle: Oracle) -> None:
    content = oracle.contents["full.bin"]
    first = [("Range", "bytes=0-1"), ("Range", "bytes=5-9")]
    assert ours(content, first) == oracle.reply("full.bin", first)
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (
            ours(content, [], method).status
            == oracle.reply("full.bin", [("Content-Length", "0")], method).status
            == 405
        )
    for name in ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range"):
        twice = [(name, "*"), (name, "*")]
        assert ours(content, twice).status == oracle.reply("full.bin", twice).status == 400


NUMBERS = st.one_of(
    st.integers(0, 1_010).map(str), st.sampled_from(["", " ", "00", "x", "9223372036854775807", "9" * 20])
)
SPANS = st.builds(lambda first, dash, last, after: f"{first}{dash}{last}{after}", NUMBERS, st.sampled_from(["-", " -", "- ", "", "--"]), NUMBERS, st.sampled_from(["", " "]))  # fmt: skip
AS_OFTEN = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@AS_OFTEN
@given(spans=st.lists(SPANS, max_size=6), name=st.sampled_from(list(contents())))
def test_whatever_range_is_made_up(oracle: Oracle, spans: list[str], name: str) -> None:
    asked = [("Range", "bytes=" + ",".join(spans))]
    assert ours(oracle.contents[name], asked) == oracle.reply(name, asked)


TAGS = st.lists(
    st.sampled_from(["{etag}", "W/", '"x"', ",", " ", "\t", "*", "{etag}", '"', "W"]), min_size=1, max_size=6
).map("".join)


@AS_OFTEN
@given(name=st.sampled_from(["If-None-Match", "If-Match", "If-Range"]), tags=TAGS)
def test_whatever_list_of_tags_is_made_up(oracle: Oracle, name: str, tags: str) -> None:
    asked = [(name, tags.strip(" ")), ("Range", "bytes=3-5")]
    assert ours(oracle.contents["full.bin"], asked) == oracle.reply("full.bin", asked)


FORMS = ["Tue, 14 Nov 2023 22:13:20 GMT", "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023"]
MUTATED = st.tuples(
    st.sampled_from(FORMS), st.lists(st.tuples(st.integers(0, 34), st.sampled_from(list(" ,:-0129JaNoF"))), max_size=3)
)


@AS_OFTEN
@given(mutated=MUTATED)
@example((FORMS[0], [])).via("each form as it is")
@example((FORMS[1], [])).via("each form as it is")
@example((FORMS[2], [])).via("each form as it is")
@example((FORMS[0], [(5, "3"), (6, "2")])).via("a day that no month has")
def test_whatever_date_is_made_up(oracle: Oracle, mutated: tuple[str, list[tuple[int, str]]]) -> None:
    text, changes = mutated
    for at, char in changes:
        text = text[:at] + char + text[at + 1 :]
    for name in ("If-Modified-Since", "If-Unmodified-Since", "If-Range"):
        asked = [(name, text.strip(" ")), ("Range", "bytes=3-5")]
        assert ours(oracle.contents["full.bin"], asked) == oracle.reply("full.bin", asked), text


@pytest.mark.parametrize("header", ["bytes=0-{}x", "bytes={}x", "bytes=0{}x", "bytes=-5{}x", "bytes=0-5{}x"])
def test_a_long_row_of_spaces_is_refused_in_no_time(header: str) -> None:
    """What takes time that grows with its square would hold the whole site up: a minute for this."""
    begun = time.thread_time()
    with pytest.raises(ranges.Unsatisfiable):
        ranges.asked(header.format(" " * 60_000), 1_000)
    assert time.thread_time() - begun < 1

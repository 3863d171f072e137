"""What the specification of tus 1.0.0 says that a server MUST or SHOULD do, sentence by sentence."""

import datetime
import json
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
from django.utils import timezone

from files.models import File, Upload
from files.tus import sweeping
from meatlizard.accounts.models import User
from tests.files.asking import BREAKS_OFF, Answer, Asking, key_for
from tests.files.tus.sending import BYTES, ENDPOINT, Tus, checksum, metadata

Room = Callable[[User], int]

pytestmark = pytest.mark.both_databases


def code(answer: Answer) -> str:
    return str(json.loads(answer.body)["error"]["code"])


def content_of(answer: Answer) -> bytes:
    """Of the file that an answer says is there."""
    from files.blobs import reading

    file = File.objects.select_related("blob").get(pk=answer["content-location"].split("/")[2])
    with reading.open(file.blob) as bytes_of_it:
        return bytes_of_it.read()


# --- core -----------------------------------------------------------------------------------------------------------


def test_options_say_what_is_spoken_and_ask_for_nothing() -> None:
    for headers in ({}, {"tus_resumable": "0.2.2"}):
        answer = Asking().ask("OPTIONS", ENDPOINT, **headers)
        assert (answer.status, answer["tus-version"], answer["tus-resumable"]) == (204, "1.0.0", "1.0.0")
        assert answer["tus-extension"] == (
            "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"
        )
        assert {"sha1", "sha256", "md5"} <= set(answer["tus-checksum-algorithm"].split(","))


@pytest.mark.parametrize("version", ["0.2.2", "1.0.1", "", None])
def test_another_version_is_refused_and_not_processed(tus: Tus, version: str | None) -> None:
    answer = tus.create(5, tus_resumable=version)
    assert (answer.status, answer["tus-version"], answer["tus-resumable"]) == (412, "1.0.0", "1.0.0")
    assert not Upload.objects.exists()


def test_every_answer_says_the_version(tus: Tus) -> None:
    for answer in (
        tus.create(3),
        tus.head(f"{ENDPOINT}none/"),
        Asking().ask("POST", ENDPOINT, tus_resumable="1.0.0", upload_length="1"),
    ):
        assert answer["tus-resumable"] == "1.0.0"


def test_head_says_where_to_go_on_and_is_kept_by_no_cache(tus: Tus) -> None:
    path = tus.begin(5)
    tus.patch(path, 0, b"ab")
    answer = tus.head(path)
    assert (answer.status, answer["upload-offset"], answer["upload-length"], answer["cache-control"]) == (
        200,
        "2",
        "5",
        "no-store",
    )
    assert "upload-defer-length" not in answer.headers
    assert not answer.body


def test_head_says_the_offset_of_nothing_and_of_all(tus: Tus) -> None:
    path = tus.begin(3)
    assert tus.offset(path) == 0
    tus.patch(path, 0, b"abc")
    assert tus.offset(path) == 3


@pytest.mark.parametrize("key", ["nonsense", "00000000-0000-0000-0000-000000000000", "a" * 65, "../x"])
def test_what_is_not_there_has_no_offset(tus: Tus, key: str) -> None:
    for answer in (
        tus.head(f"{ENDPOINT}{key}/"),
        tus.patch(f"{ENDPOINT}{key}/", 0, b"x"),
        tus.tus("DELETE", f"{ENDPOINT}{key}/"),
    ):
        assert answer.status == 404
        assert "upload-offset" not in answer.headers


def test_patch_appends_and_says_the_new_offset(tus: Tus) -> None:
    path = tus.begin(11)
    first = tus.patch(path, 0, [b"hel", b"lo"])
    assert (first.status, first["upload-offset"]) == (204, "5")
    last = tus.patch(path, 5, b" world")
    assert (last.status, last["upload-offset"]) == (204, "11")
    assert content_of(last) == b"hello world"
    assert content_of(tus.head(path)) == b"hello world"


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", None])
def test_patch_of_another_content_type_is_refused(tus: Tus, kind: str | None) -> None:
    path = tus.begin(5)
    assert tus.patch(path, 0, b"ab", content_type=kind).status == 415
    assert tus.offset(path) == 0


@pytest.mark.parametrize("offset", [0, 1, 3, 99])
def test_patch_at_another_offset_changes_nothing(tus: Tus, offset: int) -> None:
    path = tus.begin(5)
    tus.patch(path, 0, b"ab")
    answer = tus.patch(path, offset, b"xyz"[: 5 - offset] or b"x")
    assert (answer.status, answer["upload-offset"]) == (409, "2")
    assert tus.offset(path) == 2


@pytest.mark.parametrize("offset", ["", "-1", "two", "1.5", "+2", "٢", "9" * 40, None])
def test_an_offset_that_is_no_number_is_refused(tus: Tus, offset: str | None) -> None:
    path = tus.begin(5)
    if offset is not None and not offset.isascii():
        offset = offset.encode().decode("latin-1")
    assert tus.patch(path, 0, b"ab", upload_offset=offset).status == 400
    assert tus.offset(path) == 0


def test_what_arrived_before_a_connection_broke_counts(tus: Tus) -> None:
    path = tus.begin(10)
    assert tus.patch(path, 0, [b"abc", b"de", BREAKS_OFF]).status == 0
    assert tus.offset(path) == 5
    assert content_of(tus.patch(path, 5, b"fghij")) == b"abcdefghij"


def test_more_than_was_said_is_refused_and_leaves_what_was_there(tus: Tus) -> None:
    path = tus.begin(5)
    tus.patch(path, 0, b"ab")
    assert tus.patch(path, 2, b"xxxx").status == 413
    assert tus.patch(path, 2, [b"xx", b"xx"], transfer_encoding="chunked").status == 413
    assert tus.offset(path) == 2


def test_a_body_in_chunks_is_taken(tus: Tus) -> None:
    path = tus.begin(4)
    assert content_of(tus.patch(path, 0, [b"ab", b"cd"], transfer_encoding="chunked")) == b"abcd"


def test_the_method_told_apart_counts_instead_of_the_other(tus: Tus) -> None:
    path = tus.begin(3)
    for method in ("POST", "GET", "DELETE"):
        assert tus.tus(method, path, x_http_method_override="HEAD")["upload-offset"] == "0"
    said = {"upload_offset": "0", "content_type": BYTES, "x_http_method_override": "PATCH"}
    assert tus.tus("POST", path, b"abc", **said).status == 204
    assert tus.tus("POST", path, x_http_method_override="DELETE").status == 204
    assert tus.head(path).status == 410


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ENDPOINT), ("PUT", ENDPOINT), ("PATCH", ENDPOINT), ("DELETE", ENDPOINT), ("HEAD", ENDPOINT)],
)
def test_what_cannot_be_done_with_an_address_is_said(tus: Tus, method: str, path: str) -> None:
    answer = tus.tus(method, path)
    assert (answer.status, answer["allow"], answer["tus-resumable"]) == (405, "OPTIONS, POST", "1.0.0")
    one = tus.tus("PUT", tus.begin(3))
    assert (one.status, one["allow"]) == (405, "OPTIONS, HEAD, PATCH, DELETE")


# --- creation -------------------------------------------------------------------------------------------------------


def test_creation_says_where(tus: Tus) -> None:
    answer = tus.create(100, name="world.pdf")
    assert answer.status == 201
    assert answer["location"].startswith(ENDPOINT)
    assert "upload-offset" not in answer.headers


def test_an_upload_of_nothing_is_whole_at_once(tus: Tus) -> None:
    answer = tus.create(0, name="empty")
    assert answer.status == 201
    assert content_of(answer) == b""
    head = tus.head(answer["location"])
    assert (head["upload-offset"], head["upload-length"]) == ("0", "0")


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "", "9" * 17])
def test_a_length_that_is_no_number_is_refused(tus: Tus, length: str) -> None:
    assert tus.create(None, upload_length=length).status == 400


def test_a_length_must_be_told_or_put_off_and_not_both(tus: Tus) -> None:
    assert tus.create(None).status == 400
    assert tus.create(5, upload_defer_length="1").status == 400


@pytest.mark.parametrize("value", ["0", "2", "true", ""])
def test_to_put_off_the_length_is_said_with_1(tus: Tus, value: str) -> None:
    assert tus.create(None, upload_defer_length=value).status == 400


def test_a_length_put_off_is_told_later_and_stays(tus: Tus) -> None:
    path = tus.begin(None)
    head = tus.head(path)
    assert head["upload-defer-length"] == "1"
    assert "upload-length" not in head.headers
    assert tus.patch(path, 0, b"ab").status == 204
    assert tus.head(path)["upload-defer-length"] == "1"
    assert tus.patch(path, 2, b"c", upload_length="5").status == 204
    assert tus.head(path)["upload-length"] == "5"
    assert tus.patch(path, 3, b"d", upload_length="6").status == 400
    assert content_of(tus.patch(path, 3, b"de", upload_length="5")) == b"abcde"


def test_a_length_told_without_bytes_ends_an_upload(tus: Tus) -> None:
    path = tus.begin(None)
    tus.patch(path, 0, b"abc")
    assert tus.patch(path, 3, b"", upload_length="2").status == 400
    assert content_of(tus.patch(path, 3, b"", upload_length="3")) == b"abc"


def test_metadata_are_said_back_as_they_came(tus: Tus) -> None:
    said = "filename d29ybGQucGRm,is_confidential,empty "
    path = tus.create(5, upload_metadata=said)["location"]
    assert tus.head(path)["upload-metadata"] == said


@pytest.mark.parametrize(
    "said", ["filename not*base64", "a YQ==,a YQ==", "a YQ==,,b YQ==", ",", "ä YQ==", "a " + "Y" * 9_000]
)
def test_metadata_that_cannot_be_read_are_refused(tus: Tus, said: str) -> None:
    assert tus.create(5, upload_metadata=said).status == 400
    assert not Upload.objects.exists()


def test_the_first_bytes_may_come_with_the_creation(tus: Tus) -> None:
    answer = tus.create(11, b"hello")
    assert (answer.status, answer["upload-offset"]) == (201, "5")
    assert content_of(tus.patch(answer["location"], 5, b" world")) == b"hello world"


def test_all_bytes_may_come_with_the_creation(tus: Tus) -> None:
    answer = tus.create(5, [b"he", b"llo"], name="hello.txt", upload_checksum=checksum(b"hello"))
    assert (answer.status, answer["upload-offset"]) == (201, "5")
    assert content_of(answer) == b"hello"
    head = tus.head(answer["location"])
    assert (head["upload-offset"], head["upload-length"], head["content-location"]) == (
        "5",
        "5",
        answer["content-location"],
    )


def test_bytes_with_the_creation_are_looked_at_as_others_are(tus: Tus) -> None:
    assert tus.create(5, b"hello", content_type="text/plain").status == 415
    assert tus.create(4, b"hello").status == 413
    assert tus.create(4, [b"he", b"llo"], transfer_encoding="chunked").status == 413
    assert tus.create(9, b"hello", upload_checksum=checksum(b"other")).status == 460
    assert tus.create(5, b"hello", upload_checksum=checksum(b"other")).status == 460
    assert not File.objects.exists()
    assert not Upload.objects.unfinished().exists()


def test_a_creation_that_breaks_off_leaves_nothing(tus: Tus, alice: User, room: Room) -> None:
    for length in (5, 9_000_000):
        assert tus.create(length, [b"abc", BREAKS_OFF], content_length=str(length)).status == 0
    assert not File.objects.exists()
    assert not Upload.objects.unfinished().exists()
    assert room(alice) == 0


# --- expiration -----------------------------------------------------------------------------------------------------


def test_until_when_it_lasts_is_said_and_moves_on(tus: Tus) -> None:
    made = tus.create(5)
    first = parsedate_to_datetime(made["upload-expires"])
    assert made["upload-expires"].endswith(" GMT")
    assert first > timezone.now() + datetime.timedelta(hours=23)
    Upload.objects.update(expires=timezone.now() + datetime.timedelta(minutes=1))
    assert parsedate_to_datetime(tus.patch(made["location"], 0, b"ab")["upload-expires"]) >= first
    assert parsedate_to_datetime(tus.head(made["location"])["upload-expires"]) >= first
    assert "upload-expires" not in tus.patch(made["location"], 2, b"cde").headers


def test_after_that_it_is_gone(tus: Tus, alice: User, room: Room) -> None:
    path = tus.begin(5)
    tus.patch(path, 0, b"ab")
    assert room(alice) == 5
    Upload.objects.update(expires=timezone.now() - datetime.timedelta(seconds=1))
    assert sweeping.sweep() == 1
    answer = tus.head(path)
    assert answer.status == 410
    assert "upload-offset" not in answer.headers
    assert tus.patch(path, 2, b"cde").status == 410
    assert room(alice) == 0


# --- checksum -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
def test_a_piece_with_its_checksum_is_taken(tus: Tus, algorithm: str) -> None:
    path = tus.begin(5)
    assert tus.patch(path, 0, [b"ab", b"c"], upload_checksum=checksum(b"abc", algorithm)).status == 204
    assert content_of(tus.patch(path, 3, b"de", upload_checksum=checksum(b"de", algorithm))) == b"abcde"


def test_a_piece_with_another_checksum_is_discarded(tus: Tus) -> None:
    path = tus.begin(5)
    tus.patch(path, 0, b"ab")
    assert tus.patch(path, 2, b"cde", upload_checksum=checksum(b"xyz")).status == 460
    assert tus.offset(path) == 2
    assert content_of(tus.patch(path, 2, b"cde", upload_checksum=checksum(b"cde"))) == b"abcde"


@pytest.mark.parametrize(
    "said", ["crc32 AAAA", "SHA1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "sha1", "sha1 !!", "sha1 AAAA", ""]
)
def test_a_checksum_that_cannot_be_looked_at_is_refused(tus: Tus, said: str) -> None:
    path = tus.begin(11)
    assert tus.patch(path, 0, b"hello world", upload_checksum=said).status == 400
    assert tus.offset(path) == 0


def test_of_a_piece_with_a_checksum_that_breaks_off_nothing_counts(tus: Tus) -> None:
    path = tus.begin(5)
    tus.patch(path, 0, b"a")
    assert tus.patch(path, 1, [b"bc", BREAKS_OFF], upload_checksum=checksum(b"bcde")).status == 0
    assert tus.offset(path) == 1


# --- termination ----------------------------------------------------------------------------------------------------


def test_what_is_ended_is_gone_and_its_room_is_given_back(tus: Tus, alice: User, room: Room) -> None:
    path = tus.begin(500)
    tus.patch(path, 0, b"ab")
    assert room(alice) == 500
    assert tus.tus("DELETE", path).status == 204
    assert room(alice) == 0
    for answer in (tus.head(path), tus.patch(path, 2, b"c"), tus.tus("DELETE", path)):
        assert answer.status == 410


def test_to_end_a_finished_upload_leaves_its_file(tus: Tus) -> None:
    path = tus.begin(2)
    done = tus.patch(path, 0, b"ab")
    assert tus.tus("DELETE", path).status == 204
    assert tus.head(path).status == 410
    assert content_of(done) == b"ab"


# --- whose ----------------------------------------------------------------------------------------------------------


def test_a_stranger_finds_nothing(tus: Tus, charlie: User) -> None:
    path = tus.begin(5)
    stranger = Tus(charlie)
    for answer in (stranger.head(path), stranger.patch(path, 0, b"ab"), stranger.tus("DELETE", path)):
        assert answer.status == 404
    assert tus.offset(path) == 0


def test_a_guest_is_told_to_sign_in(tus: Tus) -> None:
    path = tus.begin(5)
    guest = Tus()
    for answer in (
        guest.create(5),
        guest.create(5, b"hello"),
        guest.head(path),
        guest.patch(path, 0, b"ab"),
        guest.tus("DELETE", path),
    ):
        assert answer.status == 401
    assert tus.offset(path) == 0


def test_a_key_uploads_where_it_may(alice: User) -> None:
    assert content_of(Tus(key=key_for(alice, "files:write")).create(2, b"ab")) == b"ab"
    assert Tus(key=key_for(alice, "files:read")).create(2, b"ab").status == 403


def test_a_page_of_another_site_uploads_nothing(tus: Tus) -> None:
    answer = tus.create(2, b"ab", origin="https://evil.example")
    assert (answer.status, code(answer)) == (403, "csrf")
    assert not File.objects.exists()


def test_what_was_refused_is_told_in_words(tus: Tus) -> None:
    answer = tus.create(5, upload_metadata=metadata(folder="00000000-0000-0000-0000-000000000001"))
    assert (answer.status, code(answer)) == (404, "no_such_folder")
    assert json.loads(answer.body)["error"]["message"]

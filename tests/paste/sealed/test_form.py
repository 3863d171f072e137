"""PrivateBin's format: what is taken, what is refused and in which words, and that what is written down again is what was sealed."""

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from meatlizard.errors import AppError, Invalid, TooLarge
from paste.sealed import form
from tests.paste.sealed import sealing

MOST = 10_000_000


def sent(value: Any) -> bytes:
    return json.dumps(value).encode()


def known() -> dict[str, Any]:
    return {"v": 2, "adata": sealing.KNOWN_ADATA, "ct": sealing.KNOWN_CT, "meta": {"expire": "1week"}}


def test_the_known_answer_of_privatebin_is_taken_and_comes_back_to_the_letter() -> None:
    paste = form.read(sent(known()), MOST)
    assert isinstance(paste, form.NewPaste)
    adata = form.as_sealed(paste.adata, paste.ct)
    # PHP would write `\/`, and no client could open it any more.
    assert adata == json.dumps(sealing.KNOWN_ADATA, separators=(",", ":")) and "8/W4" in adata
    plain = sealing.unseal(json.loads(adata), paste.ct, sealing.key_of(sealing.KNOWN_KEY))
    assert plain == sealing.KNOWN_PLAIN


def test_another_way_to_write_adata_would_not_open() -> None:
    adata = copy.deepcopy(sealing.KNOWN_ADATA)
    adata[2] = 1
    with pytest.raises(InvalidTag):
        sealing.unseal(adata, sealing.KNOWN_CT, sealing.key_of(sealing.KNOWN_KEY))


def test_keys_are_written_in_base58() -> None:
    assert sealing.text_of(sealing.key_of(sealing.KNOWN_KEY)) == sealing.KNOWN_KEY


def changed(path: str, value: Any) -> Callable[[], dict[str, Any]]:
    def change() -> dict[str, Any]:
        body: Any = copy.deepcopy(known())
        *way, last = path.split(".")
        place = body
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value
        found: dict[str, Any] = body
        return found

    return change


WRONG = {
    "version 1": changed("v", 1),
    "a version in words": changed("v", "2"),
    "another key": changed("more", 1),
    "another key in meta": changed("meta.created", 1),
    "an expiry nobody offers": changed("meta.expire", "2days"),
    "few iterations": changed("adata.0.2", 10_000),
    "iterations without end": changed("adata.0.2", 10**12),
    "iterations as a fraction": changed("adata.0.2", 100000.0),
    "a key of 64 bits": changed("adata.0.3", 64),
    "a tag of 32 bits": changed("adata.0.4", 32),
    "another algorithm": changed("adata.0.5", "des"),
    "a mode that proves nothing": changed("adata.0.6", "cbc"),
    "another compression": changed("adata.0.7", "rawdeflate"),
    "a script as a formatter": changed("adata.1", "<script>"),
    "true for 1": changed("adata.3", True),
    "2 for 1": changed("adata.2", 2),
    "adata that is an object": changed("adata", {}),
    "adata that is too long": changed("adata", [*sealing.KNOWN_ADATA, 0]),
    "a short salt": changed("adata.0.1", "AAAA"),
    "a long vector": changed("adata.0.0", base64.b64encode(b"x" * 40).decode()),
    "a vector that is no base64": changed("adata.0.0", "not base64 at all!"),
    "base64 written another way": changed("adata.0.1", "mCzc5TZVGqF="),
    "no sealed text": changed("ct", ""),
    "a sealed text with line breaks": changed("ct", sealing.KNOWN_CT[:40] + "\n" + sealing.KNOWN_CT[40:]),
    "a tag and nothing else": changed("ct", base64.b64encode(bytes(range(16))).decode()),
    "text that was not sealed": changed("ct", base64.b64encode(b"plain words, again and again. " * 40).decode()),
    "a guard that is none": changed("site", {"guard": "x"}),
    "views without end": changed("site", {"views": 10**9}),
    "no views": changed("site", {"views": 0}),
}


def read_whole(body: dict[str, Any]) -> None:
    paste = form.read(sent(body), MOST)
    assert isinstance(paste, form.NewPaste)
    form.as_sealed(paste.adata, paste.ct)


@pytest.mark.parametrize("make", WRONG.values(), ids=WRONG.keys())
def test_what_is_no_sealed_paste_is_refused_in_words(make: Callable[[], dict[str, Any]]) -> None:
    with pytest.raises(Invalid) as refused:
        read_whole(make())
    assert len(refused.value.message) > 15 and "<script>" not in refused.value.message


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b"[" * 100_000, b'{"v":2}', b"\xff\xfe", b'{"a":' * 5_000])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid):
        form.read(body, MOST)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["v", "adata", "ct", "meta", "pasteid", "parentid", "deletetoken", "site"]), inner)))  # fmt: skip
def test_whatever_is_sent_there_is_an_answer(value: Any) -> None:
    try:
        form.read(sent(value), MOST)
    except AppError as refused:
        assert refused.status == 400


def test_too_much_is_refused_and_the_words_say_how_much_is_allowed() -> None:
    with pytest.raises(TooLarge, match="at most 1"):
        form.read(b"x" * 1_500_000, 1_048_576)


def test_a_comment_and_a_deletion_are_told_apart() -> None:
    adata, ct = sealing.seal({"comment": "nice"}, b"k" * 32, comment=True)
    comment = {"v": 2, "adata": adata, "ct": ct, "pasteid": "a" * 16, "parentid": "a" * 16}
    assert isinstance(form.read(sent(comment), MOST), form.NewComment)
    assert isinstance(form.read(sent({"pasteid": "a" * 16, "deletetoken": "t"}), MOST), form.Deletion)
    for wrong in (
        {**comment, "parentid": "../../etc"},
        {**comment, "meta": {}},
        {"pasteid": "A" * 16, "deletetoken": "t"},
    ):
        with pytest.raises(Invalid):
            form.read(sent(wrong), MOST)

"""The code an operator copies to a new machine, and what happens when it is copied badly."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.protocol import pairing
from inference_client.protocol.pairing import PairingCode, PairingCodeError

CODE = PairingCode(bytes(range(16)), bytes(range(100, 132)))
TEXT = "ML1-" + "-".join(CODE.text.split("-")[1:])


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32))
def test_every_code_comes_back_from_its_text(secret: bytes, public: bytes) -> None:
    code = PairingCode(secret, public)
    assert pairing.parse(code.text) == code


def test_the_text_is_grouped_and_begins_with_its_kind() -> None:
    groups = CODE.text.split("-")
    assert groups[0] == "ML1"
    assert [len(group) for group in groups[1:]] == [5] * 16
    assert not set("ILOU") & set("".join(groups[1:]))


@pytest.mark.parametrize(
    "copied",
    [
        TEXT.lower(),
        TEXT.replace("-", ""),
        TEXT.replace("-", " "),
        f"\n  {TEXT}\t\n",
        TEXT[:50] + "\n" + TEXT[50:],
        TEXT.replace("-", "\u2013"),
        TEXT.replace("-", "\u2011"),
        "ML1" + TEXT[3:].replace("0", "O").replace("1", "l"),
        "ml1" + TEXT[3:].replace("0", "o").replace("1", "I"),
    ],
)
def test_case_blanks_dashes_and_lookalikes_do_not_matter(copied: str) -> None:
    assert pairing.parse(copied) == CODE


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("", "begins with ML1-"),
        ("hello", "begins with ML1-"),
        (TEXT[4:], "begins with ML1-"),
        ("https://site.example/", "begins with ML1-"),
        ("ML2" + TEXT[3:], "update the inference client"),
        ("ML1", "has 0 characters"),
        (TEXT[:-1], "has 79 characters after ML1, not 80"),
        (TEXT + "7", "has 81 characters"),
        (TEXT[:-6], "has 75 characters"),
        (TEXT[:4] + "U" + TEXT[5:], "character 1 after ML1 is 'U'"),
        (TEXT[:-1] + "!", "character 80 after ML1 is '!'"),
        (TEXT[:-1] + "é", "character 80 after ML1 is 'É'"),
    ],
)
def test_a_bad_copy_is_explained(wrong: str, sentence: str) -> None:
    with pytest.raises(PairingCodeError) as refused:
        pairing.parse(wrong)
    assert sentence in str(refused.value)


def test_nearly_every_single_typing_mistake_is_found() -> None:
    """Each character replaced by each other one: a checksum of 16 bits lets 1 in 65,536 through."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    plain = CODE.text.replace("-", "")
    missed = tried = 0
    for place in range(3, len(plain)):
        for character in alphabet.replace(plain[place], ""):
            tried += 1
            with contextlib.suppress(PairingCodeError):
                pairing.parse(plain[:place] + character + plain[place + 1 :])
                missed += 1
    assert tried == 80 * 31
    assert missed <= 1


def test_new_codes_differ_and_carry_the_sites_key() -> None:
    public = bytes(range(32))
    one, two = pairing.new(public), pairing.new(public)
    assert one.server_public == public
    assert one.secret != two.secret
    assert len(one.secret) == 16
    with pytest.raises(ValueError, match="32 bytes"):
        pairing.new(b"short")


def test_the_site_recognises_a_code_by_a_hash_that_does_not_tell_it() -> None:
    assert CODE.secret_hash == pairing.hash_secret(CODE.secret_text)
    assert CODE.secret_text not in CODE.secret_hash
    assert len(CODE.secret_hash) == 64
    assert pairing.hash_secret("something else entirely") != CODE.secret_hash

"""Words are cut as BERT's own tokenizer cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_client.engines.llama_cpp.wordpiece import WordPiece

WORDS = ["[UNK]", "[CLS]", "[SEP]"] + [
    "\u2581" + word for word in ["the", "liz", "un", "cafe", "!", "[", "sep", "]", "火", "车", "ह", "σ", "ss", "i"]
]
WORDS += ["ard", "s", "able", "know", "n", "\u093f", "\u03c3"]
UNKNOWN = 0
cut = WordPiece(WORDS, UNKNOWN)


def pieces(text: str, most: int = 1000) -> list[str]:
    return [WORDS[token].replace("\u2581", "^") for token in cut.tokens(text, most)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\n\u00a0\u3000", []),
        ("the lizards", ["^the", "^liz", "ard", "s"]),
        ("The LIZARD!", ["^the", "^liz", "ard", "^!"]),
        ("unknowable", ["^un", "know", "able"]),
        ("unthinkable", ["[UNK]"]),
        ("Caf\u00e9 cafe\u0301", ["^cafe", "^cafe"]),
        ("\u706b\u8f66the", ["^\u706b", "^\u8f66", "^the"]),
        ("\u0939\u093f", ["^\u0939", "\u093f"]),
        ("\u03a3\u03a3", ["^\u03c3", "\u03c3"]),
        ("\u0130", ["^i"]),
        ("th\u200be\u00ad\x07", ["^the"]),
        ("[SEP]", ["^[", "^sep", "^]"]),
        ("[UNK]", ["^[", "[UNK]", "^]"]),
        ("un" + "know" * 24 + "s", ["^un", *["know"] * 24, "s"]),
        ("un" + "know" * 25, ["[UNK]"]),
    ],
)
def test_cuts(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_a_text_is_cut_at_the_limit_even_within_a_word() -> None:
    assert pieces("the lizards the lizards", 3) == ["^the", "^liz", "ard"]


def test_a_vocabulary_of_capitals_keeps_them() -> None:
    capitals = WordPiece(["[UNK]", "\u2581The", "\u2581the"], UNKNOWN, lowercase=False)
    assert capitals.tokens("The the", 9) == [1, 2]


@given(st.text())
def test_any_text_becomes_known_tokens(text: str) -> None:
    assert all(0 <= token < len(WORDS) and token not in (1, 2) for token in cut.tokens(text, 256))


@pytest.mark.parametrize("before", [4090, 4091, 4095, 4096, 8190])
def test_a_word_of_a_long_text_is_whole_wherever_it_stands(before: int) -> None:
    assert pieces(" " * before + "lizards unknowable") == ["^liz", "ard", "s", "^un", "know", "able"]
    assert pieces("un" + "know" * before) == ["[UNK]"]

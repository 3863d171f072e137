"""BERT's tokenizer, as the models were trained with it.

llama.cpp has one of its own, which drops vowels of Korean, Hindi and other scripts (it takes them for accents) and cuts words
of any length; a search would not find what was stored by other programs. Differs from the original in one thing: ``[SEP]`` and
its like in a text are read as text, so that nobody can end a text early.

Source: the BERT normalizer, pre-tokenizer and WordPiece model of https://github.com/huggingface/tokenizers
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

PHANTOM_SPACE: Final = "\u2581"
MAX_WORD: Final = 100
"""Characters; a longer word is unknown."""

_STEP: Final = 4096
_REMOVED: Final = frozenset({"Cc", "Cf", "Co", "Cs"})
_CJK: Final = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPiece:
    """``words`` is the vocabulary as a GGUF holds it: beginnings of words marked with a phantom space."""

    def __init__(self, words: Sequence[str], unknown: int, *, lowercase: bool = True) -> None:
        self._first = {word[1:]: number for number, word in enumerate(words) if word.startswith(PHANTOM_SPACE)}
        self._later = {word: number for number, word in enumerate(words) if not word.startswith(PHANTOM_SPACE)}
        self._longest = max(map(len, words), default=1)
        self._unknown = unknown
        self._lowercase = lowercase
        self._pieces = lru_cache(maxsize=20_000)(self._cut)

    def tokens(self, text: str, most: int) -> list[int]:
        """At most ``most`` tokens from the beginning of ``text``."""
        found: list[int] = []
        rest = ""
        # In steps, so that a long text costs no more than what is read of it.
        for start in range(0, len(text) + _STEP, _STEP):
            normal = [_normal(character, self._lowercase) for character in text[start : start + _STEP]]
            words = (rest + "".join(normal or " ")).split(" ")
            rest = words.pop()[: MAX_WORD + 1]
            for word in words:
                found += self._pieces(word) if word else ()
                if len(found) >= most:
                    return found[:most]
        return found

    def _cut(self, word: str) -> tuple[int, ...]:
        if len(word) > MAX_WORD:
            return (self._unknown,)
        pieces: list[int] = []
        start = 0
        while start < len(word):
            known = self._later if start else self._first
            for end in range(min(len(word), start + self._longest), start, -1):
                number = known.get(word[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return (self._unknown,)
        return tuple(pieces)


@lru_cache(maxsize=20_000)
def _normal(character: str, lowercase: bool) -> str:
    """What stands for it: nothing, a space, itself between spaces, or its lower case without accents."""
    if character in "\t\n\r":
        return " "
    if character in "\0\ufffd" or unicodedata.category(character) in _REMOVED:
        return ""
    if character.isspace():
        return " "
    if any(low <= ord(character) <= high for low, high in _CJK):
        return f" {character} "
    if lowercase:
        plain = [one for one in unicodedata.normalize("NFD", character) if unicodedata.category(one) != "Mn"]
        character = "".join(one.lower() for one in plain)
    return "".join(f" {one} " if _is_punctuation(one) else one for one in character)


def _is_punctuation(character: str) -> bool:
    if character.isascii():
        return character.isprintable() and not character.isalnum() and character != " "
    return unicodedata.category(character).startswith("P")

"""Answers as messages: nothing is lost, every limit holds, and what was full stays as it was."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discordbridge.relay.answer import MAX_PARTS, Answer
from discordbridge.relay.mentions import APART
from discordbridge.relay.parts import CODE_SHOWN, ROOM, Parts
from discordbridge.relay.scanning import Scanner
from discordbridge.relay.units import fit, units

WORDS = ("lizard", "stone", "sun", "wall", "warm", "grass", "summer", "tail", "green", "quick")


@st.composite
def markdown(draw: st.DrawFn) -> str:
    """Answers like those of models, and garbage between."""
    blocks = st.one_of(
        _words(200), _words(40).map("# {}".format), _words(20).map("- **{}**".format), _words(400).map(lambda text: f"*{text}*"),
        st.builds(lambda text, n, tick: f"{tick}py\n{text * n}\n{tick}", st.just("print('lizard')  # `sun`\n"), st.integers(0, 150),
                  st.sampled_from(["```", "~~~", "````"])),
        st.builds(lambda rows: "| a | b |\n|---|---|\n" + "\n".join(f"| {row} | stone |" for row in rows), st.lists(_words(4), max_size=80)),
        st.sampled_from(["$$\\frac{a}{b}$$", "$$\nx", "\\[", "```", "~~~~", "| a | b |", "|-|-|", ">>> quote", "-# small", "||spoiler||", "@everyone",
                         "[a](https://example.org/b)", "`code", "**open", "👩‍👩‍👧‍👦" * 300, "e\u0301" * 900, "🇩🇪🇫🇷" * 500, "x" * 5_000, "`" * 500,
                         "[" * 300, "y\u0300\u0301" * 700, "``` ` ``", "*" * 2_500, "\\" * 2_001]),
        st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300),
        st.text(alphabet="`*_~|<@>[]()# \n-x", max_size=300),
    )  # fmt: skip
    pieces = draw(st.lists(blocks, max_size=12))
    separators = draw(
        st.lists(st.sampled_from(["\n", "\n\n", "\r\n", " "]), min_size=len(pieces), max_size=len(pieces))
    )
    return "".join(piece + separator for piece, separator in zip(pieces, separators, strict=True))


def _words(most: int) -> st.SearchStrategy[str]:
    return st.builds(lambda words, n: " ".join((words * most)[:n]), st.permutations(WORDS), st.integers(1, most))


def all_parts(text: str) -> list[str]:
    """Without the bound on how many are sent."""
    scanner, parts = Scanner(), Parts()
    for piece in [*scanner.feed(text), *scanner.end()]:
        parts.add(piece)
    return [*parts.full, parts.last]


def fences(part: str) -> int:
    return len(re.findall("```", part))


@settings(max_examples=50, deadline=None)
@given(markdown())
@example("```\n" + "x" * 4_000)
@example("a" * 1_199 + "@everyone")
@example("`" + "a" * 3_000 + "`")
@example("x\n" * 3_000)
def test_limits_hold_and_code_ends_where_it_begins(text: str) -> None:
    for part in all_parts(text):
        assert units(part) <= ROOM + 4
        assert fences(part) % 2 == 0
        assert not re.search(
            r"@everyone|@here|<@[!&]?\d|<#\d", re.sub(r"```.*?```|`[^`\n]*`", "", part, flags=re.DOTALL)
        )
        assert part.encode("utf-16", "strict")


@settings(max_examples=35, deadline=None)
@given(markdown(), st.data())
def test_what_was_full_stays_as_it_was(text: str, data: st.DataObject) -> None:
    whole = Answer()
    whole.update(text)
    final = whole.whole().parts
    growing = Answer()
    for length in sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5))):
        growing.update(text[:length])
        shown = growing.so_far()
        assert shown.parts[: shown.settled] == final[: shown.settled]
        assert len(shown.parts) <= shown.settled + 1
        again = Answer()
        again.update(text[:length])
        assert again.so_far() == shown
    growing.update(text)
    assert growing.whole().parts == final


def bare(text: str) -> str:
    """The letters of a text, whatever marks and blanks are around them."""
    return "".join(re.findall(r"[a-z]", text))


@settings(max_examples=35, deadline=None)
@given(st.lists(st.one_of(_words(300), _words(90).map("**{}**".format), _words(30).map("# {}".format), _words(9).map("> - {}".format),
                          _words(300).map("```\n{}\n```".format), st.just("lizard" * 900), _words(200).map("`{}`".format)), max_size=20))  # fmt: skip
def test_nothing_is_lost_and_nothing_is_there_twice(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    assert bare("".join(all_parts(text))) == bare(text)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(alphabet="abc {}`", max_size=60), min_size=2, max_size=9), st.integers(1, 200))
def test_long_code_is_a_file_as_it_was_written(lines: list[str], times: int) -> None:
    code = re.sub("`+", "`", "\n".join(lines * times))
    answer = Answer()
    answer.update(f"Look:\n```python\n{code}\n```\nThat is all.")
    shown = answer.whole()
    if len(code) < CODE_SHOWN // 2:
        assert not shown.files
    if not shown.files:
        assert len(code) <= 2 * CODE_SHOWN
        return
    assert shown.files[0].name == "code-1.py"
    assert shown.files[0].text == f"{code}\n"
    assert "📎 The whole code is in a file below." in "".join(shown.parts)
    assert "That is all." in shown.parts[-1]


CLUSTERS = ("a", "e\u0301", "👩\u200d🦰", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "각", "\u1100\u1161\u11a8", "❤\ufe0f")


@given(st.lists(st.sampled_from(CLUSTERS), max_size=40), st.integers(12, 40))
def test_a_cut_breaks_no_character(clusters: list[str], room: int) -> None:
    end = fit("".join(clusters), room)
    assert units("".join(clusters)[:end]) <= room
    assert end in [len("".join(clusters[:at])) for at in range(len(clusters) + 1)]
    assert end or not clusters


def test_a_flag_and_a_family_stay_whole() -> None:
    assert fit("🇩🇪🇫🇷", 6) == 2
    assert fit("ab👩‍👩‍👧‍👦", 8) == 2
    assert fit("👍🏽👍🏽", 5) == 2
    assert fit("e\u0301e\u0301", 3) == 2


def test_ends_of_messages_are_sought_between_paragraphs() -> None:
    paragraph = "The lizard warms itself on a stone in the sun. " * 12
    parts = all_parts("\n\n".join([paragraph.strip()] * 6))
    assert all(part.startswith("The lizard") and part.endswith("sun.") for part in parts)


def test_code_that_fits_into_a_message_is_not_cut() -> None:
    code = "```py\n" + "print('lizard')\n" * 60 + "```"
    before, after = all_parts("A word before it. " * 60 + f"\n\n{code}\nAnd after.")
    assert before.endswith("it.")
    assert after.startswith(code)


def test_longer_code_goes_on_in_the_next_message_with_its_language() -> None:
    first, second = all_parts("```py\n" + "print('lizard')\n" * 150 + "```")
    assert first.startswith("```py\n") and first.endswith("\n```")
    assert second.startswith("```py\n") and second.endswith("\n```")
    assert first.count("print") + second.count("print") == 150


def test_an_answer_of_too_many_messages_comes_as_a_file_too() -> None:
    text = "\n\n".join(f"Paragraph {at} of the lizard. " * 20 for at in range(80))
    answer = Answer()
    answer.update(text)
    assert len(answer.so_far().parts) == MAX_PARTS
    shown = answer.whole("https://example.org/c/1")
    assert len(shown.parts) == MAX_PARTS
    assert shown.more
    assert [(file.name, file.text) for file in shown.files] == [("answer.md", text)]
    assert "<https://example.org/c/1>" in shown.note


def test_an_answer_that_turns_out_another_begins_anew() -> None:
    answer = Answer()
    answer.update("The lizard is on the wall")
    answer.update("The lizard is gone.")
    assert answer.whole().parts == ("The lizard is gone.",)


@pytest.mark.parametrize("text", ["", " \n\n ", "```\n```", "\x00\x1b"])
def test_nothing_makes_no_message(text: str) -> None:
    answer = Answer()
    answer.update(text)
    assert answer.whole().parts == ()


def test_ticks_within_code_do_not_end_it() -> None:
    (part,) = all_parts("````md\n```py\nx\n```\n````")
    assert part == f"```md\n``{APART}`py\nx\n``{APART}`\n```"

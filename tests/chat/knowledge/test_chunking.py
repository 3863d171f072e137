"""Passages of a text: nothing is lost, offsets lead back, and what belongs together stays together as far as it fits."""

import itertools
import random
import time

import pytest

from chat.knowledge.chunking import OVERLAP, SIZE, Cut, cut, weigh

MOST = SIZE + OVERLAP


def parts(text: str, found: list[Cut]) -> list[str]:
    return [text[one.start : one.end] for one in found]


def complete(text: str, found: list[Cut]) -> None:
    """Every letter that is no blank stands in a passage, in order, and none is too heavy."""
    at = 0
    for one in found:
        assert not text[at : one.start].strip(), "something between two passages was lost"
        assert at == 0 or one.end > at, "a passage that adds nothing"
        assert 0 < weigh(text, one.start, one.end) <= MOST
        assert text[one.start : one.end].strip() == text[one.start : one.end]
        at = one.end
    assert not text[at:].strip(), "the end was lost"


def test_a_short_text_is_one_passage_under_its_headings() -> None:
    text = "# Lizards\n\n## Food\n\nThey eat crickets.\n"
    assert cut(text) == [Cut(0, len(text) - 1, "Lizards")]


@pytest.mark.parametrize("text", ["", "   \n\n\t\n", "\u3000\n"])
def test_blanks_are_no_passage(text: str) -> None:
    assert cut(text) == []


def test_a_heading_begins_a_passage_and_names_it() -> None:
    food, light = "They eat crickets. " * 40, "They need lamps. " * 40
    text = f"# Care\n\n## Food\n\n{food}\n\n## Light\n\n{light}\n"
    found = cut(text)
    complete(text, found)
    light_part = next(one for one in found if "need lamps" in text[one.start : one.end])
    assert text[light_part.start :].startswith("## Light"), "no overlap across a heading"
    assert light_part.heading == "Care › Light"
    assert found[0].heading == "Care"


def test_pages_of_a_file_are_its_places() -> None:
    text = "".join(f"[page {number}]\n{'Word after word. ' * 50}\n\n" for number in range(1, 4))
    assert [one.heading for one in cut(text)] == ["page 1", "page 2", "page 3"]


def test_neighbours_overlap_at_a_border() -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(200))
    found = cut(text)
    complete(text, found)
    for before, after in itertools.pairwise(found):
        shared = text[after.start : before.end]
        assert 0 < len(shared) <= OVERLAP
        assert shared.startswith("This is"), "it begins with a sentence"


def test_a_table_and_code_that_fit_stay_whole() -> None:
    table = "\n".join(f"| day {number} | {number * 7} crickets |" for number in range(25))
    code = "```python\n" + "\n".join(f"feed({number})\n" for number in range(40)) + "```"
    text = f"{'Before the table. ' * 30}\n\n{table}\n\n{'Between both. ' * 30}\n\n{code}\n\nAfter."
    found = cut(text)
    complete(text, found)
    assert any(table in part for part in parts(text, found))
    assert any(code in part for part in parts(text, found)), "blank lines within code do not end it"


def test_a_table_that_does_not_fit_is_cut_between_rows() -> None:
    rows = [f"{number}\tcrickets\t{number * 7}" for number in range(400)]
    text = "\n".join(rows)
    found = cut(text)
    complete(text, found)
    whole = {*rows}
    assert all(line in whole for part in parts(text, found) for line in part.split("\n"))


def test_chinese_is_weighed_by_its_signs_and_cut_at_its_stops() -> None:
    text = "蜥蜴喜欢在温暖的墙上晒太阳。" * 200
    found = cut(text)
    complete(text, found)
    assert all(one.end - one.start <= MOST // 4 for one in found)
    assert all(part.endswith("。") for part in parts(text, found))


@pytest.mark.parametrize(
    "line", ["x" * 1_000_000, "word " * 200_000, "墙" * 300_000, "# " + "y" * 1_000_000, "|" * 500_000]
)
def test_one_long_line_is_cut_in_time_that_grows_with_its_length(line: str) -> None:
    begun = time.process_time()
    found = cut(line)
    assert time.process_time() - begun < 20, "a text twice as long may take twice as long, not four times"
    complete(line, found)


def test_whatever_comes_nothing_is_lost() -> None:
    """Texts put together by chance from what the cutting looks at; the seed makes a failure come again."""
    pieces = [
        "# A\n", "### B c\n", "```\n", "~~~~\n", "````py\n", "| a | b |\n", "x\ty\n", "\n", "\n\n", " ", "word ", "Sentence. ",
        "墙上。", "[page 7]\n", "[sheet Über]\n", "\r\n", "\u2028", "é" * 90, "z" * 1_500, "😀" * 40, "#" * 7, "\t", "- item\n",
    ]  # fmt: skip
    for seed in range(150):
        chance = random.Random(seed)
        text = "".join(chance.choice(pieces) for _ in range(chance.randrange(1, 300)))
        complete(text, cut(text))

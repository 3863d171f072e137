"""Chapters in descriptions: what people write, and what is none."""

import pytest

from video.library.chapters import Chapter, parse

PLAIN = "0:00 Start\n0:30 Middle\n1:00 End"


def titles(text: str, duration: float | None = 300) -> list[tuple[int, str]]:
    return [(chapter.start, chapter.title) for chapter in parse(text, duration)]


def test_chapters_end_where_the_next_begins_and_the_last_with_the_video() -> None:
    assert parse(PLAIN, 95.5) == [Chapter(0, 30, "Start"), Chapter(30, 60, "Middle"), Chapter(60, 95.5, "End")]
    assert parse(PLAIN)[-1] == Chapter(60, None, "End")


@pytest.mark.parametrize(
    "line",
    [
        "1:00 Second", "01:00 Second", "1:00 - Second", "1:00 \u2013 Second", "1:00: Second", "(1:00) Second", "[1:00] Second", "- 1:00 Second",
        "* 1:00 Second", "2. 1:00 Second", "Second 1:00", "Second - 1:00", "Second (1:00)", "1:00 **Second**", "00:01:00 Second", "\u2022 1:00 Second",
    ],
)  # fmt: skip
def test_people_write_a_chapter_in_many_ways(line: str) -> None:
    assert titles(f"Hello.\n\n0:00 First\n{line}\n2:00 Third\n\nBye.") == [(0, "First"), (60, "Second"), (120, "Third")]


def test_hours_and_minutes_above_an_hour() -> None:
    assert titles("0:00 A\n59:59 B\n1:02:03 C\n90:00 D", 7200) == [(0, "A"), (3599, "B"), (3723, "C"), (5400, "D")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0:00 One\n0:30 Two",  # too few
        "0:05 One\n0:30 Two\n1:00 Three",  # does not begin at the beginning
        "0:00 One\n1:00 Two\n0:30 Three",  # not in order
        "0:00 One\n0:30 Two\n0:30 Three",  # twice
        "0:00 One\n0:09 Two\n1:00 Three",  # one is shorter than ten seconds
        "0:00 One\n0:30 Two\n4:55 Three",  # so is the last, of 300 seconds
        "0:00\n0:30\n1:00",  # no titles
        "0:00 One\n0:75 Two\n1:00 Three",  # no time
        "At 10:30 we met.\nIt was 0:00.\nScore 3:2 in the end",
    ],
)
def test_what_breaks_a_rule_has_no_chapters(text: str) -> None:
    assert parse(text, 300) == []


def test_what_begins_behind_the_end_is_left_out() -> None:
    assert titles(PLAIN + "\n9:00 Never", 300) == [(0, "Start"), (30, "Middle"), (60, "End")]
    assert titles(PLAIN, 45) == []


@pytest.mark.parametrize("text", ["0:00 " * 5_000, "(" * 20_000, "- " * 10_000 + "0:00", " ".join(["1:00"] * 4_000)])
def test_hostile_descriptions_take_no_time(text: str) -> None:
    assert parse(text[:20_000], 300) == []


def test_more_chapters_than_anybody_reads_are_none() -> None:
    assert parse("\n".join(f"{n // 6}:{n % 6}0 Part {n}" for n in range(201)), 10_000) == []

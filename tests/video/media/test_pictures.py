"""Sheets of small pictures, and pictures to choose from: of the right moment, size and number."""

from pathlib import Path

import pytest
from PIL import Image

from tests.video.clips import WITH_FFMPEG, Clips
from tests.video.media.watching import all_made
from video.media import ladder, pictures, probing
from video.media.facts import Probe

pytestmark = WITH_FFMPEG


def reds(folder: Path, board: pictures.Storyboard) -> list[int]:
    """How red the middle of each small picture is."""
    found = []
    for number in range(board.count):
        sheet, place = divmod(number, board.columns * board.rows)
        row, column = divmod(place, board.columns)
        with Image.open(folder / board.sheets[sheet]) as image:
            at = (column * board.width + board.width // 2, row * board.height + board.height // 2)
            found.append(image.convert("RGB").getpixel(at)[0])  # type: ignore[index]
    return found


@pytest.mark.parametrize("from_parts", [True, False], ids=["of-parts", "of-the-file"])
def test_each_small_picture_is_of_its_moment(clips: Clips, tmp_path: Path, from_parts: bool) -> None:
    source = clips("reddening")
    plan, parts, _ = all_made(source, tmp_path)
    given = [(part.path, part.init_size) for part in parts["240p"]] if from_parts else source
    board = pictures.storyboard(given, plan, tmp_path)
    assert (board.step, board.count, board.sheets) == (4.0, 12, ["0.jpg"]) and (board.width, board.height) == (160, 90)
    found = reds(tmp_path, board)
    # It grows redder by 5 a second.
    assert found == pytest.approx([number * 4 * 5 for number in range(12)], abs=14)


def test_what_is_short_gets_a_small_picture_each_second(clips: Clips, tmp_path: Path) -> None:
    plan = ladder.plan(probing.probe(clips("tall")))
    board = pictures.storyboard(clips("tall"), plan, tmp_path)
    assert (board.step, board.count) == (1.0, 2) and (board.width, board.height) == (90, 160)
    assert pictures.Storyboard.from_json(board.as_json()) == board


def test_a_long_video_has_a_bounded_number_of_small_pictures(clips: Clips) -> None:
    found = probing.probe(clips("plain"))
    for seconds in (50, 3_600, 36_000, 86_000):
        plan = ladder.plan(Probe.from_json({**found.as_json(), "duration": seconds}))
        assert plan.duration / pictures.step_of(plan) <= pictures.MOST_TILES and pictures.step_of(plan) % 4 == 0


def test_pictures_to_choose_from_are_of_different_moments(clips: Clips, tmp_path: Path) -> None:
    source = clips("reddening")
    plan = ladder.plan(probing.probe(source))
    found = pictures.candidates(source, plan, tmp_path, 4)
    reds_seen = []
    for path in found:
        with Image.open(path) as image:
            assert image.format == "JPEG" and image.size == (160, 90) and not image.getexif()
            reds_seen.append(image.convert("RGB").getpixel((80, 45))[0])  # type: ignore[index]
    assert reds_seen == pytest.approx([(number + 0.5) * 12 * 5 for number in range(4)], abs=14)

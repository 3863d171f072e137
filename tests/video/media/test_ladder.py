"""Plans: sizes that fit, rates that are even, chunks on the grid."""

from itertools import pairwise

import pytest

from tests.video.clips import WITH_FFMPEG, Clips
from video.media import ladder, probing
from video.media.facts import Probe

pytestmark = WITH_FFMPEG


def planned(clips: Clips, width: int, height: int, **more: object) -> ladder.Plan:
    found = probing.probe(clips("plain")).as_json()
    picture = {**found["picture"], "width": width, "height": height, "shown": [width, height], **more}
    return ladder.plan(Probe.from_json({**found, "picture": picture}))


@pytest.mark.parametrize(
    ("width", "height", "sizes"),
    [
        (3840, 2160, [(426, 240), (640, 360), (854, 480), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160)]),
        (1920, 1080, [(426, 240), (640, 360), (854, 480), (1280, 720), (1920, 1080)]),
        (1920, 800, [(426, 178), (640, 266), (854, 356), (1280, 534), (1920, 800)]),
        (1080, 1920, [(240, 426), (360, 640), (480, 854), (720, 1280), (1080, 1920)]),
        (1440, 1080, [(320, 240), (480, 360), (640, 480), (960, 720), (1440, 1080)]),
        # A size of its own where a usual one would lose much, and none where it would lose little.
        (1000, 700, [(342, 240), (514, 360), (686, 480), (1000, 700)]),
        (1300, 731, [(426, 240), (640, 360), (852, 480), (1280, 720)]),
        (101, 77, [(100, 76)]),
        (8192, 16, [(426, 2), (640, 2), (854, 2), (1280, 2), (1920, 4), (2560, 6), (3840, 8)]),
    ],
)
def test_sizes_never_exceed_the_files_own(clips: Clips, width: int, height: int, sizes: list[tuple[int, int]]) -> None:
    plan = planned(clips, width, height)
    found = [(rung.width, rung.height) for rung in plan.rungs]
    assert all(abs(w - x) <= 2 and abs(h - y) <= 2 for (w, h), (x, y) in zip(found, sizes, strict=True)), found
    assert all(w <= width and h <= height and w % 2 == h % 2 == 0 for w, h in found)
    assert [rung.cap for rung in plan.rungs] == sorted(rung.cap for rung in plan.rungs)


def test_the_tallest_size_is_bounded_by_what_is_wanted(clips: Clips) -> None:
    found = probing.probe(clips("hd"))
    assert [rung.size for rung in ladder.plan(found, ladder.Wanted(tallest=480)).rungs] == [240, 360, 480]


def test_every_length_is_planned_on_the_grid(clips: Clips) -> None:
    found = probing.probe(clips("plain")).as_json()
    for rate in (
        (24000, 1001),
        (25, 1),
        (30000, 1001),
        (30, 1),
        (50, 1),
        (60000, 1001),
        (1, 1),
        (25, 2),
        (240, 1),
        (120, 1),
        (90, 1),
    ):
        for seconds in (0.04, 3.9, 61, 76.2, 3_601.7):
            probe = Probe.from_json({**found, "duration": seconds, "picture": {**found["picture"], "rate": list(rate)}})
            plan = ladder.plan(probe)
            assert (
                plan.frame_rate <= 60
                and 3.5 <= plan.grid / plan.frame_rate <= 4.5
                and all(plan.grid % rung.every == 0 for rung in plan.rungs)
            )
            # The lowest size of the beginning is there first; of what is long, that of all.
            assert [chunk.alone for chunk in plan.chunks[1:]] == [seconds > ladder.SHORT] * (
                len(plan.chunks) - 1
            ) and plan.chunks[0].alone
            assert all([*plan.first(chunk), *plan.rest(chunk)] == plan.rungs for chunk in plan.chunks)
            assert plan.chunks[0].duration <= 12 * 1.2 and all(chunk.duration < 85 for chunk in plan.chunks)
            assert plan.chunks[0].first == 0 and abs(plan.chunks[-1].end - seconds) < 1.01 / plan.frame_rate + 0.001
            assert all(
                one.beyond == after.first and one.beyond % plan.grid == 0 for one, after in pairwise(plan.chunks)
            )

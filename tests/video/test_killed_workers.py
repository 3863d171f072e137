"""Two real workers make one video; the first is killed with SIGKILL in the middle of a step."""

import signal
import sys
from collections.abc import Iterator

import pytest

from tests.services import migrated
from tests.services.programs import Program, wait_until
from tests.services.site import ROOT, LiveSite, outer_environment
from tests.video.clips import WITH_FFMPEG, Clips, clips

pytestmark = [pytest.mark.slow, WITH_FFMPEG]
__all__ = ["clips"]

BEGIN = """
from pathlib import Path
from meatlizard.accounts.models import User
from tests.video.making import begun
print(begun(User.objects.create_user("alice"), Path({clip!r})).pk)
"""
TOLD = """
from video.models import Step, Video
video = Video.objects.get()
steps = Step.objects.order_by("order").values_list("state", flat=True)
again = Step.objects.filter(attempts__gt=1).count()
print("told", video.state, list(steps).count("done"), again, video.playable is not None)
"""


@pytest.fixture
def site() -> Iterator[LiveSite]:
    live = LiveSite(LEASE_SECONDS="3", NODE_HEARTBEAT_SECONDS="1", JOBS_IN_SITE="false")
    migrated.copy_to(live.database)
    yield live
    live.end()


def worker(site: LiveSite, name: str) -> Program:
    argv = [sys.executable, "manage.py", "worker"]
    return Program(name, argv, site.home / f"{name}.log", env=outer_environment() | site.settings, cwd=ROOT)


def told(site: LiveSite) -> list[str]:
    said = site.manage("shell", "-c", TOLD)
    return next(line for line in said.splitlines() if line.startswith("told")).split()[1:]


def test_a_killed_worker_costs_its_step_and_no_other(site: LiveSite, clips: Clips) -> None:
    site.manage("shell", "-c", BEGIN.format(clip=str(clips("hd"))))
    first = worker(site, "first")
    wait_until(lambda: "kind=lowest" in first.tail(), "a step after the first is begun", 60, alive=first)
    first.kill()
    done = int(told(site)[1])
    second = worker(site, "second")
    wait_until(lambda: told(site)[0] == "ready", "the second has made the rest", 120, alive=second)
    state, all_done, again, playable = told(site)
    assert (state, playable) == ("ready", "True")
    assert int(all_done) >= done
    assert int(again) <= 1, "only what was in hands is made again"
    assert second.stop(signal.SIGTERM, 20) == 0
    assert "Traceback" not in second.tail()

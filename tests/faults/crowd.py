"""People who ask at the same moment, a client they ask through, and what the site has stored of it in the end."""

import asyncio
import itertools
import shutil
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from tests.faults.leases import leases
from tests.faults.page import Page
from tests.faults.scene import ask_site
from tests.models import LONG_PAIRS, Pair
from tests.services.client import LiveClient
from tests.services.programs import POLL_SECONDS, Program
from tests.services.site import ROOT, LiveSite

ANSWER_SECONDS = 120.0
START_SECONDS = 60.0


class QuickClient(LiveClient):
    """The real client with its link's clocks in quick motion (``real_time``: as it is)."""

    slots = 8
    real_time = False

    def start(self) -> "QuickClient":
        module = "inference_client" if self.real_time else "tests.faults.quick_client"
        argv = [sys.executable, "-m", module, "run", "--model", str(self.model), "--slots", str(self.slots)]
        argv += ["--ctx", "2048", "--threads", "1"]
        self._program = Program("client", argv, self.home / "client.log", env=self.environment, cwd=ROOT)
        return self

    def twin(self) -> "QuickClient":
        """The same key in another folder, as after a restored backup on a second machine. Not started."""
        other = QuickClient(self.model, **self.settings)
        for name in ("node.key", "site.json"):
            shutil.copy(self.home / name, other.home / name)
        return other


class Crowd:
    """``people`` as ``scene.prepare`` made them, each with a long question, who wait ``patience`` seconds for the answer. Use as
    an async context manager: at its end the pages are closed.
    """

    def __init__(self, site: LiveSite, people: list[dict[str, str]], patience: float = ANSWER_SECONDS) -> None:
        self.site = site
        self.patience = patience
        self.pairs: list[Pair] = list(itertools.islice(itertools.cycle(LONG_PAIRS), len(people)))
        self.pages = [Page(site, person["cookie"], person["conversation"]) for person in people]
        self._asking: list[asyncio.Task[dict[str, Any]]] = []

    async def __aenter__(self) -> "Crowd":
        for page in self.pages:
            await page.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        for page in self.pages:
            await page.__aexit__(kind, error, trace)

    async def ask(self) -> None:
        """All ask; returns when each sees text and none has the whole answer."""
        for page, pair in zip(self.pages, self.pairs, strict=True):
            self._asking.append(asyncio.create_task(page.ask(pair.question, self.patience)))
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*(page.first_text.wait() for page in self.pages))
        assert not any(page.finished for page in self.pages), "an answer was over before the fault came"

    async def read(self) -> dict[str, dict[str, Any]]:
        """Waits for the ends and compares: on the page and in the database each has the answer to his question. Returns
        what is stored, by generation.
        """
        await asyncio.gather(*self._asking)
        stored: dict[str, dict[str, Any]] = await asyncio.to_thread(ask_site, self.site, "answers()")
        for page, pair in zip(self.pages, self.pairs, strict=True):
            row = stored[page.generation]
            assert (row["state"], row["content"]) == ("done", pair.answer), _difference(row["content"], pair.answer)
            assert page.text == pair.answer, _difference(page.text, pair.answer)
            assert page.finished is not None and page.finished["length"] == len(pair.answer)
        return {page.generation: stored[page.generation] for page in self.pages}

    @property
    def impatient(self) -> bool:
        """Somebody has stopped waiting."""
        return any(task.done() and task.exception() is not None for task in self._asking)

    async def end(self) -> list[str]:
        """Waits for the ends; the texts that are stored then, whatever they are."""
        await asyncio.gather(*self._asking)
        stored = await asyncio.to_thread(ask_site, self.site, "answers()")
        return [stored[page.generation]["content"] for page in self.pages]

    async def until(self, what: str, holds: Callable[[dict[str, Any]], bool], seconds: float) -> list[dict[str, Any]]:
        """Waits until it holds for the lease of everybody's generation; these."""
        deadline = time.monotonic() + seconds
        while True:
            rows = await asyncio.to_thread(leases, self.site)
            mine = [rows[page.generation] for page in self.pages]
            if all(map(holds, mine)):
                return mine
            assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}\n{mine}"
            await asyncio.sleep(POLL_SECONDS)


def _difference(got: str, right: str) -> str:
    at = next(
        (place for place, (a, b) in enumerate(zip(got, right, strict=False)) if a != b), min(len(got), len(right))
    )
    return f"at {at} of {len(right)} comes {got[at : at + 40]!r} in place of {right[at : at + 40]!r}"

"""The real client with a scripted engine, as a program: ``python -m tests.fakes.run_client --rate 50 --slots 8``.

The state directory is that of the real program (``MEATLIZARD_HOME``), paired with the real ``pair`` command. Prints
``ready`` once, when the site has welcomed it.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from inference_client.engines.base import Job
from inference_client.link import Link
from inference_client.problems import Problem
from inference_client.program import serve
from inference_client.state import Home
from inference_client.view import shown
from tests.fakes.engine import ScriptedEngine, counting, echo


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 after SIGTERM, that of the Problem otherwise."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, help="state directory instead of MEATLIZARD_HOME")
    parser.add_argument("--alias", default="scripted")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--rate", type=float, default=50.0, help="tokens per second of each answer")
    parser.add_argument("--token-length", type=int, default=4)
    parser.add_argument("--prompt-steps", type=int, default=0)
    parser.add_argument("--words", type=int, help="answer with so many numbered words")
    parser.add_argument("--plain", action="store_true", help="no live view")
    parser.add_argument("--counting", action="store_true", help="answer with 512 numbered words")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)

    def words(_: Job) -> str:
        return " ".join(f"w{number}" for number in range(options.words))

    engine = ScriptedEngine(
        words if options.words else counting if options.counting else echo,
        alias=options.alias,
        slots=options.slots,
        rate=options.rate,
        token_length=options.token_length,
        prompt_steps=options.prompt_steps,
    )
    try:
        with shown(engine, plain=options.plain) as follow:
            asyncio.run(_serve(Home(options.home), engine, follow))
    except Problem as problem:
        print(problem.message, file=sys.stderr)
        return int(problem.exit_code)
    return 0


async def _serve(home: Home, engine: ScriptedEngine, follow: Callable[[Link], None]) -> None:
    waiting: list[asyncio.Task[None]] = []

    async def announce(link: Link) -> None:
        await link.connected.wait()
        print("ready", flush=True)

    def started(link: Link) -> None:
        follow(link)
        waiting.append(asyncio.create_task(announce(link)))

    await serve(home, engine, started=started)
    for task in waiting:
        task.cancel()


if __name__ == "__main__":
    sys.exit(main())

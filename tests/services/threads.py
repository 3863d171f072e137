"""Several callers at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

R = TypeVar("R")


def at_once(calls: Sequence[Callable[[], R]]) -> list[R]:
    """Runs all calls in threads that begin together, each with a database connection of its own."""
    gate = threading.Barrier(len(calls))

    def run(call: Callable[[], R]) -> R:
        gate.wait(30)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))

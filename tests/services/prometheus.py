"""Prometheus on a port of its own, scraping what it is told to."""

import json
import os
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services.programs import Program, find, free_port, missing, new_folder, wait_until


class PrometheusServer:
    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str, **query: str) -> Any:
        """``data`` of what its API answers. Raises AssertionError with its words."""
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                told = json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path} {query}: {error.read().decode()}") from None
        assert told["status"] == "success", told
        return told["data"]

    def value(self, expression: str) -> float | None:
        """Of the first series that it comes to; None where there is none."""
        result = self.ask("query", query=expression)["result"]
        return float(result[0]["value"][1]) if result else None

    def answers(self) -> bool:
        try:
            self.ask("status/config")
        except (OSError, AssertionError):  # it answers 503 while it begins
            return False
        return True


@contextmanager
def prometheus_server(configuration: str, beside: dict[str, str]) -> Iterator[PrometheusServer]:
    """Runs until the block ends, with ``beside`` as files in the folder of its configuration."""
    program = find("prometheus")
    if program is None:
        missing("No Prometheus is installed")
    home = new_folder("prometheus")
    for name, content in {"prometheus.yml": configuration, **beside}.items():
        (home / name).write_text(content)
    server = PrometheusServer(free_port())
    argv = [
        program, f"--config.file={home / 'prometheus.yml'}", f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address=127.0.0.1:{server.port}", "--log.level=warn",
    ]  # fmt: skip
    running = Program("Prometheus", argv, Path(home / "log"), env={"PATH": os.environ["PATH"]}, cwd=home)
    try:
        wait_until(server.answers, "Prometheus answers", 60, alive=running)
        yield server
    finally:
        running.kill()

"""What is measured of no app in particular: requests, sockets, the database, the process, the machine."""

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _

from meatlizard.health import machine
from meatlizard.metrics import charts, parts  # noqa: F401  (declares the health of the parts)
from meatlizard.metrics.batches import MARK
from meatlizard.metrics.charts import Chart
from meatlizard.metrics.readings import Found, reading
from meatlizard.metrics.registry import PREFIX, asked, counter, histogram, level
from meatlizard.metrics.storing import levels_now

BEGUN: Final = time.time()
QUERY_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0)

requests = histogram(
    "http_request_seconds",
    "Seconds until the answer began, by part of the site and class of status.",
    ("part", "status"),
)
sockets = level("sockets", "Open websockets.", ("kind",))
sockets_opened = counter("sockets_opened_total", "Websockets that were opened.", ("kind",))
queries = histogram("database_query_seconds", "Seconds of one statement.", (), QUERY_SECONDS)
query_errors = counter("database_errors_total", "Statements that the database refused or did not answer.", ("error",))
counter(MARK, "Minutes in which the site served.")


def register() -> None:
    _charts()
    asked("process_resident_bytes", "Memory of the site's processes.", resident)
    asked("processes", "Processes that measure.", lambda: 1.0)
    connection_created.connect(_time_queries, dispatch_uid="metrics.queries")
    reading("processes", _levels_of_processes)
    reading(
        "machine", _machine,
        ("disk_used_ratio", "Share of the disk with VAR_DIR that is in use.", ()),
        ("memory_used_ratio", "Share of the machine's or container's memory that is in use.", ()),
    )  # fmt: skip


def _charts() -> None:
    took = "http_request_seconds"
    for one in (
        Chart("uptime", _("Uptime"), _("per cent of minutes"), (MARK,), charts.uptime, ceiling=100.0),
        Chart("health", _("Health of the parts"), _("1: good, 0: down"), ("health",), charts.mean_level("health"), ("component",), 1.0),
        Chart("requests", _("Requests"), _("a second"), (took,), charts.how_often(took)),
        Chart("errors", _("Failed requests"), _("per cent"), (took,), charts.ratio(took, took, 100, _failed, count=True)),
        Chart("response", _("Answers begin within, 95 of 100"), _("seconds"), (took,), charts.quantile(requests, 0.95)),
        Chart("sockets", _("Open websockets"), "", ("sockets",), charts.level("sockets")),
        Chart("database", _("Statements of the database, 95 of 100 within"), _("seconds"), ("database_query_seconds",),
              charts.quantile(queries, 0.95)),
        Chart("memory", _("Memory in use"), _("per cent"), ("memory_used_ratio",), charts.mean_level("memory_used_ratio", 100), ceiling=100.0),
        Chart("disk", _("Disk in use"), _("per cent"), ("disk_used_ratio",), charts.mean_level("disk_used_ratio", 100), ceiling=100.0),
    ):  # fmt: skip
        charts.chart(one)


def _failed(labels: Mapping[str, str]) -> bool:
    return labels["status"] == "5xx"


def resident() -> float | None:
    """Bytes of this process in memory; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return float(pages * os.sysconf("SC_PAGE_SIZE"))


def _levels_of_processes() -> Iterable[Found]:
    for (name, labels), value in levels_now().items():
        yield Found(name.removeprefix(PREFIX), value, labels)


def _machine() -> Iterable[Found]:
    yield Found("disk_used_ratio", machine.disk_used(Path(settings.VAR_DIR)) / 100)
    if (used := machine.memory_used()) is not None:
        yield Found("memory_used_ratio", used / 100)


def _time_queries(sender: Any, connection: Any, **kwargs: Any) -> None:
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.append(_timed)


def _timed(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except Exception as error:
        query_errors.add(type(error).__name__)
        raise
    finally:
        queries.observe(time.perf_counter() - began)

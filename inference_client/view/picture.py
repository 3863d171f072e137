"""What the view shows, as a function of what is known: no terminal, no clock, no engine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from inference_client.machine import Reading
from inference_client.protocol.messages import Availability
from inference_client.protocol.vocabulary import ModelInfo, ModelMetrics

UNKNOWN: Final = "–"
NARROW: Final = 60
"""Columns below which only the most needed figures are shown."""

FIXED_LINES: Final = 9
"""Lines that are no models: heading, state, head of the table, machine, errors and the line of the cursor."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything known at one moment. ``errors``: the last ones with their time of day, oldest first."""

    address: str
    name: str = ""
    connected: bool = False
    trouble: str = ""
    uptime: float = 0.0
    reconnections: int = 0
    running: int = 0
    availability: Availability | None = None
    models: tuple[ModelInfo, ...] = ()
    metrics: tuple[ModelMetrics, ...] = ()
    reading: Reading = field(default_factory=Reading)
    errors: tuple[tuple[str, str], ...] = ()


def picture(seen: Snapshot, width: int, height: int) -> RenderableType:
    """As many lines as fit into ``height``, none wider than ``width``."""
    lines: list[RenderableType] = [_line(_connection(seen)), _line(_work(seen))]
    lines.append(_models(seen, width, max(1, height - FIXED_LINES)))
    lines.append(_line(_machine(seen.reading)))
    lines += [_error(*error) for error in seen.errors]
    # Where the terminal echoes what is typed: ^C at the end of a full line would begin another.
    lines.append(Text())
    return Group(*lines)


def duration(seconds: float) -> str:
    """The two greatest units: ``3 d 4 h``, ``12 min``."""
    minutes = int(seconds) // 60
    if minutes >= 1440:
        return f"{minutes // 1440} d {minutes % 1440 // 60} h"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def size(octets: int | None) -> str:
    if octets is None:
        return UNKNOWN
    return f"{octets / 2**30:.1f} GB" if octets >= 2**30 else f"{octets / 2**20:.0f} MB"


def per_second(count: int, seconds: float) -> str:
    """Unknown until something was measured."""
    return f"{count / seconds:.1f}" if seconds > 0 else UNKNOWN


def _connection(seen: Snapshot) -> Iterable[tuple[str, str]]:
    if seen.connected:
        yield ("connected", "bold green")
        yield (f" to {seen.address} as {seen.name}", "")
    else:
        yield ("not connected", "bold red")
        yield (f" to {seen.address}{': ' if seen.trouble else ''}{seen.trouble}", "")


def _work(seen: Snapshot) -> Iterable[tuple[str, str]]:
    allowed = seen.availability
    if allowed is not None and allowed.state != "open":
        why = f" ({allowed.why.replace('_', ' ')})" if allowed.why else ""
        yield (f"{allowed.state}{why}, ", "bold yellow")
    yield (f"{seen.running} running, {sum(item.waiting for item in seen.metrics)} waiting", "")
    if allowed is not None and allowed.max_slots is not None:
        yield (f", at most {allowed.max_slots} at once", "")
    if allowed is not None and allowed.own_only:
        yield (", own jobs only", "")
    yield (f", up {duration(seen.uptime)}", "dim")
    if seen.reconnections:
        yield (f", reconnected {seen.reconnections} times", "dim")


def _models(seen: Snapshot, width: int, most: int) -> Table:
    wide = width >= NARROW
    table = Table(box=None, pad_edge=False, expand=True, header_style="dim")
    table.add_column("model", no_wrap=True, overflow="ellipsis", ratio=1)
    if wide:
        table.add_column("memory", no_wrap=True)
    for title in ("slots", "queue", *(("read t/s",) if wide else ()), "write t/s", *(("errors",) if wide else ())):
        table.add_column(title, justify="right", no_wrap=True)
    figures = {item.alias: item for item in seen.metrics}
    shown = seen.models if len(seen.models) <= most else seen.models[: most - 1]
    for model in shown:
        table.add_row(*_row(model, figures.get(model.alias), wide))
    if len(shown) < len(seen.models):
        table.add_row(f"and {len(seen.models) - len(shown)} more", style="dim")
    return table


def _row(model: ModelInfo, figures: ModelMetrics | None, wide: bool) -> Sequence[RenderableType]:
    style = "" if model.loaded else "dim"
    if figures is None:
        slots, queue, read, write, errors = f"{UNKNOWN}/{model.slots}", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN
    else:
        slots, queue, errors = f"{figures.busy}/{model.slots}", str(figures.waiting), str(figures.errors)
        read = per_second(figures.prompt_tokens, figures.seconds)
        write = per_second(figures.completion_tokens, figures.seconds)
    loaded = "loaded" if model.loaded else "not loaded"
    cells = (model.alias, loaded, slots, queue, read, write, errors) if wide else (model.alias, slots, queue, write)
    return [Text(cell, style) for cell in cells]


def _machine(reading: Reading) -> Iterable[tuple[str, str]]:
    yield (f"memory {size(reading.memory)}, free {size(reading.memory_free)}", "")
    gpu = reading.gpu
    if gpu.utilisation is not None or gpu.memory is not None:
        busy = UNKNOWN if gpu.utilisation is None else f"{gpu.utilisation:.0%}"
        yield (f", GPU {busy}, {size(gpu.memory)}", "")
    if reading.temperature is not None:
        yield (f", {reading.temperature:.0f} °C", "")


def _error(when: str, what: str) -> Text:
    return _line([(f"{when} ", "dim"), (what, "yellow")])


def _line(parts: Iterable[tuple[str, str]]) -> Text:
    """One line, cut at the edge: a view whose lines wrap jumps."""
    text = Text(no_wrap=True, overflow="ellipsis")
    for words, style in parts:
        # A log line with a line feed or an escape in it must not move the cursor.
        text.append("".join(letter if letter.isprintable() else " " for letter in words), style)
    return text

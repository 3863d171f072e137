"""What the operating system says about this machine. Nothing is guessed: what it does not tell is None.

Every reader may take a while (programs are run, processes are looked through): call them in a thread. None raises.
"""

import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psutil

log = logging.getLogger(__name__)

COMMAND_SECONDS: Final = 3.0
IOREG: Final = ("/usr/sbin/ioreg", "-r", "-d", "1", "-w", "0", "-c", "IOAccelerator")
NVIDIA_SMI: Final = (
    "nvidia-smi",
    "--query-gpu=utilization.gpu,memory.used,temperature.gpu",
    "--format=csv,noheader,nounits",
)

PROCESSOR_SENSORS: Final = frozenset({"coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal", "amdgpu"})
"""Linux's names of sensors in processors; a disk's or a radio's says nothing about how hot the work makes the machine."""

_STATISTICS: Final = re.compile(r'^[ |]*"PerformanceStatistics" = \{(.*)\}\s*$', re.MULTILINE)
_NUMBER: Final = re.compile(r'"([^"]+)"=([0-9]+(?:\.[0-9]+)?)(?=[,}]|$)')
_FAILURES = (OSError, ValueError, subprocess.SubprocessError, psutil.Error)

Runner = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True)
class Gpu:
    """Of several GPUs the busiest one's ``utilisation`` (0 to 1), the bytes in use in all, the hottest one's degrees."""

    utilisation: float | None = None
    memory: int | None = None
    temperature: float | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """``memory``: bytes of this program and its children in RAM; ``memory_free``: what others could still have."""

    memory: int | None = None
    memory_free: int | None = None
    gpu: Gpu = Gpu()
    temperature: float | None = None


def run_command(command: Sequence[str]) -> str:
    """Its output. Raises OSError or subprocess.SubprocessError, also when it takes too long."""
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=COMMAND_SECONDS)  # noqa: S603
    return done.stdout


def parse_ioreg(text: str) -> Gpu:
    """From ``ioreg -r -d 1 -w 0 -c IOAccelerator``: one line of statistics an accelerator.

    Apple's GPUs and Intel's say how much of the system's memory they use, AMD's how much of their own.
    """
    cards = []
    for match in _STATISTICS.finditer(text):
        values: dict[str, float] = {}
        for name, number in _NUMBER.findall(match[1]):
            values.setdefault(name, float(number))
        busy = _first(values, "Device Utilization %", "GPU Activity(%)")
        memory = _first(values, "vramUsedBytes", "inUseVidMemoryBytes", "In use system memory")
        cards.append(_card(busy, memory, values.get("Temperature(C)")))
    return together(cards)


def parse_nvidia_smi(text: str) -> Gpu:
    """From ``nvidia-smi`` with the query of ``NVIDIA_SMI``: a line a card, per cent, MiB and degrees, or words like [N/A]."""
    cards = []
    for line in text.splitlines():
        fields = [_number(field) for field in line.split(",")]
        if len(fields) == 3:
            busy, mebibytes, degrees = fields
            cards.append(_card(busy, None if mebibytes is None else mebibytes * 2**20, degrees))
    return together(cards)


def read_nvml(nvml: Any) -> Gpu:
    """From NVIDIA's library, ``nvml`` being the module ``pynvml`` after ``nvmlInit``. Raises its errors."""
    readers: tuple[Callable[[Any], float], ...] = (
        lambda card: nvml.nvmlDeviceGetUtilizationRates(card).gpu,
        lambda card: nvml.nvmlDeviceGetMemoryInfo(card).used,
        lambda card: nvml.nvmlDeviceGetTemperature(card, nvml.NVML_TEMPERATURE_GPU),
    )
    cards = []
    for number in range(nvml.nvmlDeviceGetCount()):
        card = nvml.nvmlDeviceGetHandleByIndex(number)
        values: list[float | None] = []
        for read in readers:
            try:
                values.append(float(read(card)))
            except nvml.NVMLError_NotSupported:
                values.append(None)
        cards.append(_card(*values))
    return together(cards)


def together(cards: Iterable[Gpu]) -> Gpu:
    """Several GPUs as one."""
    cards = list(cards)
    memory = [card.memory for card in cards if card.memory is not None]
    return Gpu(
        max((card.utilisation for card in cards if card.utilisation is not None), default=None),
        sum(memory) if memory else None,
        max((card.temperature for card in cards if card.temperature is not None), default=None),
    )


class Machine:
    """Looks for its sources at the first reading, in whose thread that may take as long as it does, and then never again."""

    def __init__(self, run: Runner = run_command, system: str = sys.platform) -> None:
        self._run = run
        self._system = system
        self._ask: Callable[[], Gpu] | None = None

    def read(self) -> Reading:
        """Everything, in up to a few seconds."""
        gpu = self.gpu()
        return Reading(program_memory(), free_memory(), gpu, self._hottest(gpu))

    def temperature(self) -> float | None:
        """Degrees Celsius of the hottest processor or GPU."""
        return self._hottest(self.gpu())

    def _hottest(self, gpu: Gpu) -> float | None:
        degrees = [value for value in (gpu.temperature, self._processor()) if value is not None]
        return max(degrees, default=None)

    def gpu(self) -> Gpu:
        if self._ask is None:
            self._ask = self._source()
        try:
            return self._ask()
        except _FAILURES as error:
            log.debug("the GPU cannot be asked: %s", error)
            return Gpu()

    def _source(self) -> Callable[[], Gpu]:
        if self._system == "darwin":
            return lambda: parse_ioreg(self._run(IOREG))
        nvml = _nvml()
        if nvml is not None:
            return lambda: _from_nvml(nvml)
        if shutil.which(NVIDIA_SMI[0]) is not None:
            return lambda: parse_nvidia_smi(self._run(NVIDIA_SMI))
        return Gpu

    def _processor(self) -> float | None:
        # psutil has no such function on macOS, where only root may ask.
        sensors = getattr(psutil, "sensors_temperatures", None)
        if self._system == "darwin" or sensors is None:
            return None
        try:
            found = sensors()
        except _FAILURES:
            return None
        values = (value.current for name, chip in found.items() if name in PROCESSOR_SENSORS for value in chip)
        return max((degrees for value in values if (degrees := _degrees(value)) is not None), default=None)


def program_memory() -> int | None:
    """Bytes in RAM of this program and all its children, the engines' processes."""
    try:
        program = psutil.Process()
        total = int(program.memory_info().rss)
        children = program.children(recursive=True)
    except _FAILURES:
        return None
    for child in children:
        try:
            total += int(child.memory_info().rss)
        except _FAILURES:
            continue
    return total


def free_memory() -> int | None:
    """Bytes that programs could have without any swapping."""
    try:
        return int(psutil.virtual_memory().available)
    except _FAILURES:
        return None


def _nvml() -> Any:
    """The module if it is installed and finds a driver."""
    try:
        import pynvml  # type: ignore[import-not-found,import-untyped,unused-ignore]

        pynvml.nvmlInit()
    except ImportError:
        return None
    except pynvml.NVMLError as error:
        log.debug("NVML is installed and of no use: %s", error)
        return None
    return pynvml


def _from_nvml(nvml: Any) -> Gpu:
    try:
        return read_nvml(nvml)
    except nvml.NVMLError as error:
        log.debug("the GPU cannot be asked: %s", error)
        return Gpu()


def _card(busy: float | None, memory: float | None, degrees: float | None) -> Gpu:
    """What cannot be is as good as not told."""
    return Gpu(
        busy / 100 if busy is not None and 0 <= busy <= 100 else None,
        int(memory) if memory is not None and 0 <= memory < 2**50 else None,
        _degrees(degrees),
    )


def _degrees(value: float | None) -> float | None:
    """A sensor that is not there often reads 0."""
    return value if value is not None and 0 < value <= 150 else None


def _first(values: dict[str, float], *names: str) -> float | None:
    return next((values[name] for name in names if name in values), None)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None

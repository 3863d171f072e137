"""What the system tells, from recorded shapes of its tools' output; what it does not tell is absent."""

# ruff: noqa: N802

import subprocess
from collections.abc import Sequence
from types import SimpleNamespace

import psutil
import pytest

from inference_client import machine
from inference_client.machine import Gpu, Machine, parse_ioreg, parse_nvidia_smi, read_nvml

APPLE = """\
+-o AGXAcceleratorG13X  <class AGXAcceleratorG13X, id 0x1000003b2, registered, matched, active, busy 0 (0 ms), retain 104>
    {
      "IOClass" = "AGXAcceleratorG13X"
      "gpu-core-count" = 16
      "IOReportLegend" = ({"IOReportGroupName"="Internal Statistics","IOReportChannels"=((1,2,"In use system memory"))})
      "PerformanceStatistics" = {"In use system memory (driver)"=0,"Alloc system memory"=2348810240,"Tiler Utilization %"=3,"recoveryCount"=0,"lastRecoveryTime"=0,"Renderer Utilization %"=11,"TiledSceneBytes"=655360,"Device Utilization %"=12,"SplitSceneCount"=0,"Allocated PB Size"=48234496,"In use system memory"=578813952}
      "model" = "Apple M1 Pro"
    }
"""
TWO_CARDS = """\
+-o AMDRadeonX6000_AMDNavi14GraphicsAccelerator  <class AMDRadeonX6000_AMDNavi14GraphicsAccelerator, id 0x100000abc>
    {
      "PerformanceStatistics" = {"GPU Activity(%)"=64,"vramUsedBytes"=2147483648,"vramFreeBytes"=2147483648,"Temperature(C)"=71,"Total Power(W)"=38}
    }

+-o IntelAccelerator  <class IntelAccelerator, id 0x10000033b, registered, matched, active, busy 0 (3 ms), retain 30>
  |   "PerformanceStatistics" = {"Nested"={"x"=1,"y"="a,b"},"Device Utilization %"=7,"In use system memory"=268435456,"Temperature(C)"=0}
"""


def test_apples_gpu_tells_use_and_memory_and_no_temperature() -> None:
    assert parse_ioreg(APPLE) == Gpu(0.12, 578813952, None)


def test_two_cards_of_an_older_mac_count_as_one() -> None:
    assert parse_ioreg(TWO_CARDS) == Gpu(0.64, 2147483648 + 268435456, 71)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+-o AGXAccelerator\n    {\n    }\n",
        '      "PerformanceStatistics" = {"recoveryCount"=0}\n',
        '      "PerformanceStatistics" = {"Device Utilization %"=101,"In use system memory"=18446744071562067968}\n',
        '      "PerformanceStatistics" = {"Device Utilization %"=',
        "x" * 1_000_000,
    ],
)
def test_what_ioreg_does_not_say_is_absent(text: str) -> None:
    assert parse_ioreg(text) == Gpu()


def test_nvidia_smi_is_read_line_by_line() -> None:
    assert parse_nvidia_smi("45, 5210, 61\n12, 100, 70\n") == Gpu(0.45, 5310 * 2**20, 70)
    assert parse_nvidia_smi("[N/A], 10, [Not Supported]\n") == Gpu(None, 10 * 2**20, None)
    assert parse_nvidia_smi("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n") == Gpu()


class _Nvml:
    """NVIDIA's module as far as it is used; its second card tells no temperature."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    class NVMLError_NotSupported(NVMLError):  # noqa: N801
        pass

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, number: int) -> int:
        return number

    def nvmlDeviceGetUtilizationRates(self, card: int) -> SimpleNamespace:
        return SimpleNamespace(gpu=30 + card, memory=5)

    def nvmlDeviceGetMemoryInfo(self, card: int) -> SimpleNamespace:
        return SimpleNamespace(used=1000, free=1, total=1001)

    def nvmlDeviceGetTemperature(self, card: int, sensor: int) -> int:
        if card:
            raise self.NVMLError_NotSupported
        return 55


def test_nvml_is_asked_card_by_card() -> None:
    assert read_nvml(_Nvml()) == Gpu(0.31, 2000, 55)


@pytest.mark.parametrize(
    "failure",
    [FileNotFoundError("ioreg"), subprocess.TimeoutExpired("ioreg", 3), subprocess.CalledProcessError(1, "ioreg")],
)
def test_a_tool_that_fails_or_hangs_costs_only_its_own_figures(failure: Exception) -> None:
    def broken(command: Sequence[str]) -> str:
        raise failure

    reading = Machine(run=broken, system="darwin").read()
    assert reading.gpu == Gpu()
    assert reading.memory and reading.memory_free


def test_memory_counts_the_engines_processes_too() -> None:
    alone = machine.program_memory()
    assert alone is not None
    size = 64 * 2**20
    code = f"x = bytearray(b'x' * {size}); print('ready', flush=True); input()"
    child = subprocess.Popen(["python3", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == b"ready\n"
        together = machine.program_memory()
    finally:
        child.kill()
        child.communicate()
    assert together is not None
    assert together > alone + size // 2


def test_this_very_machine_is_read_without_an_error() -> None:
    reading = Machine().read()
    assert reading.memory is not None
    assert reading.gpu.utilisation is None or 0 <= reading.gpu.utilisation <= 1


def test_only_sensors_in_processors_count(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {
        "nvme": [SimpleNamespace(current=80.0)],
        "coretemp": [SimpleNamespace(current=51.0), SimpleNamespace(current=57.5)],
        "k10temp": [SimpleNamespace(current=0.0)],
    }
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: found, raising=False)
    assert Machine(run=lambda _: "", system="linux").read().temperature == 57.5
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: {"nvme": found["nvme"]}, raising=False)
    assert Machine(run=lambda _: "", system="linux").read().temperature is None

"""How results are printed: ``name value unit`` lines, a goal beside the value where there is one."""

from collections.abc import Sequence

import psutil


def say(name: str, value: float, unit: str, goal: str = "") -> None:
    """``goal`` such as ``>= 0.95``."""
    print(
        f"engine.{name} {value:.4g} {unit}" + (f"  # goal {goal}: {_judged(value, goal)}" if goal else ""), flush=True
    )


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def cpu_seconds(pid: int) -> float:
    """All that the process has used, its threads together."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def pss(pid: int) -> int:
    """Proportional memory of the process in bytes: pages it shares count by the share."""
    return int(psutil.Process(pid).memory_full_info().pss)


def _judged(value: float, goal: str) -> str:
    relation, number = goal.split()
    met = {">=": value >= float(number), "<=": value <= float(number), "<": value < float(number)}[relation]
    return "met" if met else "MISSED"

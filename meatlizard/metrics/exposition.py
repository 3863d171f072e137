"""The text that Prometheus reads (format 0.0.4): sums of the whole site since ever, and levels as they are now.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from meatlizard.metrics.models import Rollup, Series
from meatlizard.metrics.registry import Family, Labels

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKET: Final = "_bucket"

Pairs = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Total:
    """``buckets``: how many up to each bound and not up to the one before."""

    n: float = 0
    total: float = 0.0
    buckets: dict[float, float] = field(default_factory=dict)


Totals = dict[str, dict[Pairs, Total]]


def totals() -> Totals:
    """What was added since ever, by name and labels. One query."""
    found: Totals = defaultdict(lambda: defaultdict(Total))
    rows = Rollup.objects.filter(step=Rollup.Step.EVER, series__kind__in=[Series.Kind.SUM, Series.Kind.MARK])
    for name, labels, n, total in rows.values_list("series__name", "series__labels", "n", "total"):
        given = json.loads(labels)
        if name.endswith(BUCKET) and "le" in given:
            bound = float(given.pop("le"))
            found[name.removesuffix(BUCKET)][_pairs(given)].buckets[bound] = total
        else:
            one = found[name][_pairs(given)]
            one.n, one.total = n, total
    return found


def text(families: Mapping[str, Family], sums: Totals, levels: Iterable[tuple[str, Labels, float]]) -> str:
    """Names that no part of this version declares are left out."""
    by_name: dict[str, list[tuple[Labels, float]]] = defaultdict(list)
    for name, labels, value in levels:
        by_name[name].append((labels, value))
    lines: list[str] = []
    for name, family in sorted(families.items()):
        if family.kind == "gauge":
            told = [_line(name, zip(family.labels, labels, strict=True), value) for labels, value in by_name[name]]
        else:
            told = [line for pairs, one in sorted(sums.get(name, {}).items()) for line in _summed(family, pairs, one)]
        if told:
            lines += [f"# HELP {name} {_escaped_help(family.help)}", f"# TYPE {name} {family.kind}", *told]
    return "\n".join(lines) + "\n"


def _summed(family: Family, pairs: Pairs, one: Total) -> Iterator[str]:
    if family.kind == "counter":
        yield _line(family.name, pairs, one.total)
        return
    so_far = 0.0
    for bound in sorted({*family.bounds, *one.buckets} - {float("inf")}):
        so_far += one.buckets.get(bound, 0.0)
        yield _line(f"{family.name}_bucket", (*pairs, ("le", f"{bound:g}")), so_far)
    yield _line(f"{family.name}_bucket", (*pairs, ("le", "+Inf")), one.n)
    yield _line(f"{family.name}_sum", pairs, one.total)
    yield _line(f"{family.name}_count", pairs, one.n)


def _line(name: str, pairs: Iterable[tuple[str, str]], value: float) -> str:
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in pairs)
    number = repr(int(value)) if value == int(value) else repr(float(value))
    return f"{name}{{{told}}} {number}" if told else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _escaped_help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _pairs(given: Mapping[str, str]) -> Pairs:
    return tuple(sorted(given.items()))

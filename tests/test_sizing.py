"""The arithmetic of docs/SIZING.md, worked out again."""

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from inference_client.engines.llama_cpp import budget
from tests.test_architecture import ROOT

TEXT = (ROOT / "docs/SIZING.md").read_text()
SUMS = re.findall(r"`([^`=]*\d[^`=]*) = ([\d.]+)`", TEXT)
MODELS = re.findall(r"^\| [^|]+ \| Q\d\S* \|.*$", TEXT, re.MULTILINE)
CONTEXT, SLOTS = 8192, 4
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip


def value(text: str) -> float:
    return worked_out(ast.parse(text.replace("×", "*").strip(), mode="eval").body)


def worked_out(node: ast.expr) -> float:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](worked_out(node.left), worked_out(node.right))
    assert isinstance(node, ast.Constant) and isinstance(node.value, int | float)
    return node.value


def test_there_is_arithmetic_to_be_found() -> None:
    assert len(SUMS) >= 15 and len(MODELS) >= 6


@pytest.mark.parametrize(("left", "right"), SUMS)
def test_each_sum_is_right(left: str, right: str) -> None:
    decimals = len(right.partition(".")[2])
    assert round(value(left), decimals) == pytest.approx(float(right), abs=10**-decimals / 2)


@dataclass(frozen=True)
class Header:
    """What the client reads from a model's file."""

    weights: int
    numbers: dict[str, int]
    vocabulary: int = 128_256

    def number(self, name: str, default: int) -> int:
        return self.numbers.get(name, default)


@pytest.mark.parametrize("row", MODELS, ids=lambda row: "-".join(row.split("|")[1:3]).strip())
def test_each_model_needs_what_the_client_estimates(row: str) -> None:
    _name, _kind, file, layers, heads, token, weights, memory, work, total = (
        one.strip() for one in row.split("|")[1:-1]
    )
    count, length = (int(part) for part in heads.split("×"))
    numbers = {
        "block_count": int(layers), "attention.head_count_kv": count, "attention.key_length": length,
        "attention.value_length": length, "embedding_length": 4096,
    }  # fmt: skip
    need = budget.estimate([Header(int(float(file) * 1e9), numbers)], CONTEXT, SLOTS)  # type: ignore[list-item]
    assert int(token) == int(layers) * count * 2 * length * budget.CELL_BYTES // 1024
    assert float(weights) == pytest.approx(need.weights / budget.GIB, abs=0.06)
    assert float(memory) == pytest.approx(need.cache / budget.GIB, abs=0.06)
    # The vocabulary and the width are not in the table.
    assert float(work) == pytest.approx(need.work / budget.GIB, abs=0.2)
    assert float(total) == pytest.approx(float(weights) + float(memory) + float(work), abs=0.11)


def test_the_largest_model_for_each_machine_fits() -> None:
    totals = {row.split("|")[1].strip() + " " + row.split("|")[2].strip(): float(row.split("|")[-2]) for row in MODELS}
    for usable, name in re.findall(
        r"^\| (?:Mac|GPU) with \d+ GB \| `?(?:[\d.]+ × [\d.]+ = )?([\d.]+)`? \| ([^|;]+)", TEXT, re.MULTILINE
    ):
        fitting = [total for model, total in totals.items() if model.startswith(name.strip())]
        assert fitting and min(fitting) <= float(usable), name

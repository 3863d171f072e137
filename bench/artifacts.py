"""How well files are found in answers, and what it costs: ``python -m bench.artifacts`` (with ``-v``: what was found wrongly).

On labelled examples that were written for this project. A file counts as found when it is of the kind that was wanted, has the name that was
said, and is a new version where one was wanted. Prints ``name value unit`` lines.
"""

import sys
import time
from collections.abc import Sequence

from bench.artifact_material import Example, examples
from chat.artifacts import kinds, wishes
from chat.artifacts.detection import Found, find, may_hold
from chat.artifacts.wishes import asks

ROUNDS = 200
ORDINARY = ("What is a gecko, and where does it live?", "A gecko is a small lizard that lives in warm places. " * 40)


def wrong(example: Example, found: Sequence[Found]) -> tuple[list[str], list[str]]:
    """(what was not found, what was found in vain)."""
    left = list(found)
    missed = []
    for wanted in example.wanted:
        match = next((one for one in left if _is(wanted, one)), None)
        if match is None:
            missed.append(wanted)
        else:
            left.remove(match)
    return missed, [one.name for one in left]


def _is(wanted: str, found: Found) -> bool:
    name = wanted.rstrip("^")
    if wanted.endswith("^") != bool(found.of):
        return False
    if name.startswith("*."):
        kind = kinds.of_file(f"x{name[1:]}")
        return kind is not None and found.kind == kind.name
    return found.name.lower() == name.lower()


def rates(chosen: Sequence[Example], *, verbose: bool = False) -> tuple[float, float, float]:
    """(precision, recall, part of the examples with nothing wrong)."""
    right = missing = vain = whole = 0
    for example in chosen:
        asked = asks(example.question, changes=bool(example.known))
        looked = may_hold(example.answer, asked)
        found = (
            [one for one in find(example.question, example.answer, example.known) if one.sure == "yes"]
            if looked
            else []
        )
        missed, extra = wrong(example, found)
        right += len(example.wanted) - len(missed)
        missing += len(missed)
        vain += len(extra)
        whole += not missed and not extra
        if verbose and (missed or extra):
            print(f"# {example.question!r}: missed {missed}, in vain {extra}", file=sys.stderr)
    return right / max(1, right + vain), right / max(1, right + missing), whole / len(chosen)


def cost(question: str, answer: str) -> tuple[float, float]:
    """Microseconds of CPU when the question is asked and when its answer ends."""
    wishes.of(question)
    began = time.process_time()
    for _ in range(ROUNDS):
        asked = asks(question)
    between = time.process_time()
    for _ in range(ROUNDS):
        if may_hold(answer, asked):
            find(question, answer)
    return (between - began) / ROUNDS * 1e6, (time.process_time() - between) / ROUNDS * 1e6


def main() -> None:
    verbose = "-v" in sys.argv[1:]
    known = list(examples())
    for name, chosen in (
        ("shown", [one for one in known if not one.held]),
        ("held", [one for one in known if one.held]),
        ("all", known),
    ):
        precision, recall, whole = rates(chosen, verbose=verbose and name != "all")
        print(f"artifacts_{name}_examples {len(chosen)} count")
        print(f"artifacts_{name}_precision {precision:.3f} ratio")
        print(f"artifacts_{name}_recall {recall:.3f} ratio")
        print(f"artifacts_{name}_right {whole:.3f} ratio")
    program = next(one for one in known if "program that downloads" in one.question)
    for name, (question, answer) in (("ordinary", ORDINARY), ("program", (program.question, program.answer))):
        asking, ending = cost(question, answer)
        print(f"artifacts_{name}_asked {asking:.1f} us")
        print(f"artifacts_{name}_ended {ending:.1f} us")


if __name__ == "__main__":
    main()
